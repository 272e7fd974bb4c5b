"""Numbers of tables and figures on the pages of a run: "Table 5a.1" is the first table of notebook
05's first entry. What a publication numbers keeps its own number.
"""

import re
from collections import Counter
from collections.abc import Iterable
from string import ascii_lowercase

NUMBER_OF_ENTRY = re.compile(r"^(\d+)")
CAPTION = re.compile(r"<(caption|figcaption)>(?!Table \d|Figure \d)(.*?)(?=</)", re.DOTALL)
LATER_PART = re.compile(r"\(part (?!1 )\d+ of \d+\)$")
KINDS = {"caption": "Table", "figcaption": "Figure"}


def prefix_of(entry: str, entries: Iterable[str]) -> str:
    """What stands before the point in the numbers of an entry: its notebook's number, and a letter
    where several entries of the run list begin with that number, in their order.

    Empty for an entry whose name begins with no number. A letter past z is two letters.
    """
    number = NUMBER_OF_ENTRY.match(entry)
    if not number:
        return ""
    same = [name for name in entries if _number(name) == number[1]] or [entry]
    short = number[1].lstrip("0") or "0"
    return short if len(same) < 2 else short + _letters(same.index(entry))


def _number(entry: str) -> str:
    number = NUMBER_OF_ENTRY.match(entry)
    return number[1] if number else ""


def _letters(place: int) -> str:
    """a to z, then aa, ab and so on."""
    before, own = divmod(place, len(ascii_lowercase))
    return (ascii_lowercase[before - 1] if before else "") + ascii_lowercase[own]


def numbered(page: str, prefix: str) -> str:
    """A page whose captions begin with their numbers, tables and figures each in their order; the
    same page where there is no prefix.
    """
    if not prefix:
        return page
    counted: Counter[str] = Counter()

    def with_number(found: re.Match[str]) -> str:
        kind = KINDS[found[1]]
        # a table that a page holds in parts has one number
        if not LATER_PART.search(found[2]):
            counted[kind] += 1
        return f"<{found[1]}>{kind} {prefix}.{counted[kind]}. {found[2]}"

    return CAPTION.sub(with_number, page)
