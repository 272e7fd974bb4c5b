"""Disclosure control of counts and of what is made of them. Stands alone: numpy, scipy, pandas."""
