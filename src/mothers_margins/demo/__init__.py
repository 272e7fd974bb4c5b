"""The rows that are shipped: rebuilt from published totals, or drawn by a recipe."""
