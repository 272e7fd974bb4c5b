"""Tables as text, and cells that a spreadsheet program would compute."""

import csv
import re
from io import StringIO

from mothers_margins.release.leak_search.search import Search

BEGINS = re.compile(r" *[=+\-@\t\r\n＝＋－＠]")
NO_FORMULA = re.compile(r" *(?:[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?\s?%?|[+-]?\.\d+|[+-])", re.ASCII)


def is_formula(text: str) -> bool:
    """Whether a spreadsheet program could take a text for a formula. A number is none."""
    return bool(BEGINS.match(text)) and not NO_FORMULA.fullmatch(text)


def search_csv(search: Search, text: str, separator: str) -> None:
    """A table as text."""
    search.text(text)
    if '"' in text:
        search.text(text.replace('""', '"'), "cells with quotes")
    rows = csv.reader(StringIO(text, newline=""), delimiter=separator)
    try:
        for row in rows:
            for column, cell in enumerate(row, start=1):
                if is_formula(cell):
                    search.add("formula", f"line {rows.line_num}, column {column}")
    except csv.Error:  # a cell longer than any text, which would hide what follows it
        search.add("too_large", f"line {rows.line_num}")
