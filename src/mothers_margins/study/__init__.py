"""What data_dictionary/<study>/ says: its files, their checks, and the study that one asks."""
