"""The tables that people read.

A new one has a file of its own, ends in `cells.table_of`, and is named in the package's
`__init__.pyi` and, to be tried with hidden numbers and other words, in `tests/readable.py`.
"""
