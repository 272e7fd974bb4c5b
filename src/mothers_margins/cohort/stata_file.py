"""Reads a Stata file as text: .a to .z keep their letter, dates are told apart from numbers."""

import re
import struct
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.io.stata import StataMissingValue, StataReader  # type: ignore[attr-defined]

from mothers_margins.cohort import messages
from mothers_margins.cohort.sheet import (
    ANY_DAY,
    Sheet,
    UnreadableError,
    sheet_of,
    text_of,
)

WITH_TAGS = 117  # the first format in which every part stands between tags
IN_UTF_8 = 118  # the first format that is in UTF-8
FIRST_LONG_LABELS = 108  # the first format whose value labels are longer than 8 letters
END = b"</value_labels></stata_dta>"
NEW_LINE = b"\r\n"  # some programs end any file with one


class _Reader(StataReader):
    """Pandas' reader, with the letters that an old file has.

    Before format 118 a file does not say which: Stata on Windows wrote those of code page 1252,
    other programs UTF-8, and pandas takes them for ISO 8859-1, which has no curly quotes.
    """

    # what pandas keeps and its stubs do not name
    _format_version: int
    _byteorder: str
    _nobs: int
    _dtype: np.dtype
    _data_location: int
    _seek_value_labels: int
    _typlist: list[int | str]
    _fmtlist: list[str]
    _lbllist: list[str]

    def _set_encoding(self) -> None:
        self._encoding = "utf-8" if self._format_version >= IN_UTF_8 else "cp1252"

    def _decode(self, s: bytes) -> str:
        raw = s.partition(b"\0")[0]
        # letters of Windows that happen to be UTF-8 make no word, so that UTF-8 is tried first
        for encoding in dict.fromkeys(("utf-8", self._encoding)):
            try:
                return raw.decode(encoding)
            except UnicodeDecodeError:
                continue
        raise UnreadableError(messages.UNKNOWN_LETTERS)


def read_dta(path: Path, _sheet: str) -> Sheet:
    """Read a .dta file. Raises UnreadableError for one that does not hold what it says."""
    with _Reader(path) as reader:
        reader._ensure_open()  # type: ignore[attr-defined]
        if not _is_whole(path.read_bytes(), reader):
            raise UnreadableError(messages.CUT_SHORT)
        # The one call that keeps .a to .z apart: every other way of reading turns them into one
        # missing value.
        frame = reader.read(  # type: ignore[attr-defined]
            convert_missing=True, convert_categoricals=False, convert_dates=False
        )
        labels = reader.value_labels()
        # an old file that is cut between two sets of labels lacks the second, and nothing else
        lost = {name for name in reader._lbllist if name} - {*labels}
        if lost and reader._format_version < WITH_TAGS:
            raise UnreadableError(messages.CUT_SHORT)
        # what pandas knows of the columns and shows nowhere: storage type, display format, name of
        # the value label
        about = zip(frame, reader._typlist, reader._fmtlist, reader._lbllist, strict=True)
    by_column = {}
    cells = {}
    for column, kind, display, name in about:
        of_column = labels.get(name, {})
        by_column[column] = {_code(int(code)): label for code, label in of_column.items()}
        # days, months or quarters since 1960 are no number of anything
        is_date = re.match(r"%-?[td]", display) is not None
        cells[column] = _cells(frame[column], single=kind == "f", is_date=is_date)
    return sheet_of(path, pd.DataFrame(cells), by_column)


def _is_whole(content: bytes, reader: _Reader) -> bool:
    """Whether rows and value labels end where the file says, and the file with them. Pandas reads
    as many rows as the header says, and as many labels as it comes upon.
    """
    version = reader._format_version
    order = reader._byteorder
    end_of_rows = reader._data_location + reader._nobs * reader._dtype.itemsize
    if end_of_rows > len(content):
        return False
    if version < WITH_TAGS:
        end = _end_of_labels(content, end_of_rows, version, order)
        return end == len(content)
    if not content.startswith(b"</data>", end_of_rows):
        return False
    end = _end_of_labels(content, reader._seek_value_labels, version, order)
    return content[end:].rstrip(NEW_LINE) == END


def _end_of_labels(content: bytes, place: int, version: int, order: str) -> int:
    """Where the last set of value labels ends that is whole."""
    while True:
        if version >= WITH_TAGS:
            end = _end_of_tagged(content, place, version, order)
        elif version >= FIRST_LONG_LABELS:
            end = _end_of_set(content, place, 9 if version == FIRST_LONG_LABELS else 33, order)
        else:
            end = _end_of_short(content, place, order)
        if end is None:
            return place
        place = end


def _end_of_tagged(content: bytes, place: int, version: int, order: str) -> int | None:
    """Where a set of value labels between tags ends; None if there is no whole one."""
    if not content.startswith(b"<lbl>", place):
        return None
    end = _end_of_set(content, place + 5, 129 if version >= IN_UTF_8 else 33, order)
    return end + 6 if end is not None and content.startswith(b"</lbl>", end) else None


def _end_of_set(content: bytes, place: int, length_of_name: int, order: str) -> int | None:
    """Where a set ends: its length, its name, how many labels it has and how long they are, and
    then these.
    """
    table = place + 4 + length_of_name + 3
    if table + 8 > len(content):
        return None
    (length,) = struct.unpack_from(f"{order}I", content, place)
    labels, letters = struct.unpack_from(f"{order}II", content, table)
    end = table + int(length)
    return end if length == 8 + 8 * labels + letters and end <= len(content) else None


def _end_of_short(content: bytes, place: int, order: str) -> int | None:
    """Where a set of the oldest files ends: how many labels it has, its name, and then these."""
    if place + 12 > len(content):
        return None
    (labels,) = struct.unpack_from(f"{order}H", content, place)
    end = place + 12 + 10 * int(labels)
    return end if labels and end <= len(content) else None


def _code(code: int) -> str:
    """A code of a value label: the numbers above 2147483621 stand for .a to .z."""
    if 2147483622 <= code <= 2147483647:
        return f".{chr(ord('a') + code - 2147483622)}"
    return str(code)


def _cells(values: pd.Series, *, single: bool, is_date: bool) -> pd.Series:
    """Stata's own missing value as an empty cell, .a to .z by their letter; single precision as it
    was typed.
    """
    if is_date:
        values = values.astype(object).where(values.map(_is_missing), ANY_DAY)
    elif single:
        values = values.map(_single)
    if values.dtype != object:
        return values
    letters = [str(cell) if _is_missing(cell) else cell for cell in values]
    return pd.Series(["" if cell == "." else cell for cell in letters], dtype=object)


def _is_missing(cell: object) -> bool:
    return isinstance(cell, StataMissingValue)


def _single(cell: float | StataMissingValue) -> str | StataMissingValue:
    """A number of single precision as text, with no more digits than it has."""
    return cell if isinstance(cell, StataMissingValue) else text_of(np.float32(cell))
