"""Workshop decks: slides that a notebook shows, made from `Released` alone, and the files made of
them.
"""
