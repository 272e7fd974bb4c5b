"""The figures that people read."""
