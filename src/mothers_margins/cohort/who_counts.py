"""Which rows of a file are a participant's: ids that are none, ids of one participant written in
two ways, and rows that are nobody's.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping

import numpy as np
import pandas as pd

from mothers_margins.cohort import messages

# Words that stand where an id would, in the last row or between two parts of a table. Those of
# three letters or fewer can be ids themselves, in a file whose other ids are so many letters too.
OF_A_TOTAL = frozenset({"total", "totals", "subtotal", "subtotals"})
OF_A_SUMMARY = frozenset(
    {
        "all",
        "average",
        "averages",
        "base",
        "count",
        "counts",
        "everybody",
        "everyone",
        "max",
        "maximum",
        "mean",
        "means",
        "median",
        "min",
        "minimum",
        "missing",
        "n",
        "nan",
        "none",
        "note",
        "notes",
        "null",
        "number",
        "overall",
        "sample",
        "sd",
        "source",
        "sum",
        "sums",
        "summary",
        "tot",
        "valid",
        "σ",
    }
)
SHORT = 3


def plain(identifier: str) -> str:
    """An id without what programs and people add or lose: blanks, capitals, the width of letters
    and dashes, zeros before a number, and the `.0` of a number that a spreadsheet took for a
    decimal.
    """
    letters = unicodedata.normalize("NFKC", identifier)
    text = "".join(map(_as_seen, letters)).casefold()
    # not behind a point, where a zero is one of the digits of a decimal
    return re.sub(r"(?<![0-9.])0+(?=[0-9])", "", re.sub(r"(?<=[0-9])\.0+$", "", text))


def _as_seen(character: str) -> str:
    """A character of an id; nothing for a blank, and one hyphen for all dashes."""
    kind = unicodedata.category(character)
    if character.isspace() or kind == "Cf":  # marks that are not seen, such as a blank of no width
        return ""
    return "-" if kind == "Pd" or character == "\N{MINUS SIGN}" else character


def rows_in_doubt(ids: np.ndarray, numbers: np.ndarray) -> Iterator[str]:
    """Rows whose id is no participant's, or one that another row has in another way of writing.

    numbers: of the rows. Ids that are the same in every letter, and empty ones, are not told here.
    """
    own, distinct = pd.factorize(ids)
    in_plain = np.array([plain(identifier) for identifier in distinct], dtype=object)
    nobody = np.array([bool(text) and not _says(text) for text in distinct])
    groups = pd.Series(in_plain)
    alike = groups.duplicated(keep=False).to_numpy() & np.array([*map(_says, distinct)])
    summary = np.array([_is_summary(text, distinct) for text in distinct])
    for message, wrong in (
        (messages.NO_ID, nobody),
        (messages.ALIKE, alike),
        (messages.SUMMARY_ROW, summary),
    ):
        rows = numbers[wrong[own]]
        if len(rows):
            yield messages.of_rows(message, rows)


def _says(identifier: str) -> bool:
    """Whether an id has a letter or a digit."""
    return any(character.isalnum() for character in identifier)


def _is_summary(identifier: str, others: Collection[str]) -> bool:
    """Whether an id is a word for a total or a note: 'Total', 'N = 52', 'Mean (SD)'."""
    text = unicodedata.normalize("NFKC", identifier).casefold().strip()
    words = re.findall(r"[^\W\d_]+", text)
    if OF_A_TOTAL & {*words}:
        return True
    has_number = any(map(str.isdigit, text))
    long = [word for word in words if word in OF_A_SUMMARY and len(word) > SHORT]
    if long and not has_number:
        return True
    if not words or words[0] not in OF_A_SUMMARY or not text.startswith(words[0]):
        return False
    if text == words[0]:
        length = len(text)
        return not any(
            other.isalpha() and len(other) == length and other != identifier for other in others
        )
    # with a number of its own it is an id (N12), unless the number is what it counts (n = 12)
    return not has_number or re.search(r"[=:(]", text) is not None


def rows_of_nothing(cells: Mapping[str, np.ndarray], absent: Collection[str]) -> np.ndarray:
    """The positions of rows whose cells are all blank, as far as there are any.

    cells: of all columns but the id. absent: texts for a cell that no file has; a participant who
    has no row in any table but the list of participants is one all the same.
    """
    positions = np.arange(len(next(iter(cells.values()), ())))
    without_any = np.full(len(positions), True)
    for texts in cells.values():
        no_cell = np.isin(texts[positions], [*absent])
        blank = np.array([not text.strip() for text in texts[positions]], dtype=bool)
        empty = blank | no_cell
        without_any = without_any[empty] & no_cell[empty]
        positions = positions[empty]
    return np.asarray(positions[~without_any])
