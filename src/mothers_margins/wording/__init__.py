"""Codes and numbers in words."""
