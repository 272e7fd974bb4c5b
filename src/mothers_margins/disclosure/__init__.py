"""Disclosure control on counts alone: what may be shown, and what an attacker could work out."""
