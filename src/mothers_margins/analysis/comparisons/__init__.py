"""Two groups compared."""
