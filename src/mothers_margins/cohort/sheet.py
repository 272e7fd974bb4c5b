"""One data file as text: every cell exactly as it stands, whatever program wrote it. The one place
that decides what the text of a value is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mothers_margins.cohort import messages

# Text that no file can hold (a file with a NUL is refused), for a cell with a date or a time. What
# number is meant by it, only the analyst knows: days, years, a quarter.
A_DATE = "\0date"
ANY_DAY = date.min  # stands for a date that a file keeps as a number, whatever day it is
# What spreadsheet programs put where they cannot say what a cell holds.
ERRORS = re.compile(
    r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|FIELD!|GETTING_DATA)"
    r"|(Err:|#ERR)[0-9]+"
)
DATES = (date, time, timedelta, np.datetime64, np.timedelta64, pd.Period)


class UnreadableError(Exception):
    """Why a file cannot be read; never with anything that it holds."""


@dataclass(frozen=True, repr=False)
class Sheet:
    """One file as text.

    header: names of columns, as often as they stand. cells: one array of text per column; an empty
    cell is ''. first: number of the first row of data as its program shows it. labels: value labels
    by column and code. missing: texts that the file's own program takes for missing, by column.
    """

    name: str
    header: tuple[str, ...]
    cells: tuple[np.ndarray, ...]
    first: int
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    missing: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def __repr__(self) -> str:
        """No cell: a traceback with local variables would print it."""
        return f"Sheet of {len(self.header)} columns"


def sheet_of(
    path: Path,
    frame: pd.DataFrame,
    labels: Mapping[str, Mapping[str, str]],
    missing: Mapping[str, frozenset[str]] | None = None,
) -> Sheet:
    """A file whose names are no row of it, read as a frame. Raises UnreadableError, with the
    column, for a value that has no text.
    """
    cells = []
    for position in range(frame.shape[1]):
        try:
            cells.append(_texts(frame.iloc[:, position]))
        except UnreadableError as error:
            raise UnreadableError(f"column {position + 1}: {error}") from None
    return Sheet(path.name, tuple(map(str, frame.columns)), tuple(cells), 1, labels, missing or {})


def _texts(values: pd.Series) -> np.ndarray:
    """A column as text."""
    if values.dtype == object and pd.api.types.infer_dtype(values) != "string":
        # one by one: among distinct values True would be the same as 1
        return np.array([text_of(value) for value in values], dtype=object)
    # few distinct values: a hundred thousand rows would take long one by one
    of_row, distinct = pd.factorize(values, use_na_sentinel=False)
    # pandas makes single numbers double; 82.7 must not become 82.69999694824219
    single = values.dtype == np.float32
    exact = np.asarray(distinct, dtype=np.float32) if single else distinct
    return np.array([text_of(value) for value in exact], dtype=object)[of_row]


# Any: whatever a reader makes of a cell
def text_of(value: Any) -> str:
    """A value as a person would type it: whole numbers without a point, nothing for a missing one.
    Raises UnreadableError for what has no text, such as a list.
    """
    if isinstance(value, str):
        if "\0" in value:
            raise UnreadableError(messages.NO_TEXT)
        return value
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, DATES):  # before whole numbers, of which numpy's spans of time are a kind
        return A_DATE if value == value else ""  # no time at all is not itself
    if isinstance(value, bool | np.bool_):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | np.integer):
        return str(value)
    if isinstance(value, float | np.floating | Decimal):
        return _number(value)
    raise UnreadableError(messages.NO_CELL)


def _number(value: float | np.floating | Decimal) -> str:
    if value != value:  # not a number
        return ""
    return str(int(value)) if np.isfinite(float(value)) and value == int(value) else str(value)
