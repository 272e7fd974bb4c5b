"""Disclosure control on counts: what may be released together so that nothing hidden can be worked
out. It stands alone.
"""
