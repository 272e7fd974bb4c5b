"""The page that readers open: made from what was released, and from nothing else."""
