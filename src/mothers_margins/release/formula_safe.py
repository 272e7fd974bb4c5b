"""Texts that stay texts when a spreadsheet program opens them, for those who write tables."""

import re

TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # as OWASP lists them
QUOTE = "'"
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?: ?%)?", re.ASCII)


def as_text_cell(text: str) -> str:
    """A text that no spreadsheet program takes for a formula: with a quote before it where it needs
    one. Numbers, and a sign alone, are left as they are; so is a text that has its quote.
    """
    begins = text.lstrip(" ")
    if not begins.startswith(TRIGGERS) or begins in ("-", "+") or NUMBER.fullmatch(begins):
        return text
    return QUOTE + text
