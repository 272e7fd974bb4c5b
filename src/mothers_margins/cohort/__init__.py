"""From files to checked, scored rows."""
