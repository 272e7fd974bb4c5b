"""The door: what leaves, and what is looked for before it does."""
