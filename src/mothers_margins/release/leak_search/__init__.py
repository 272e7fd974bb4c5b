"""What `leaks` looks for, by kinds of file. No code of a program that writes such files is used."""
