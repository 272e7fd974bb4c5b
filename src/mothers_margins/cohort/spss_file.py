"""Reads an SPSS file as text, with what SPSS itself takes for missing."""

import re
import struct
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mothers_margins.cohort import messages
from mothers_margins.cohort.sheet import (
    ANY_DAY,
    Sheet,
    UnreadableError,
    sheet_of,
    text_of,
)

# Print formats of what SPSS keeps as a number and shows as a date, a time, or a part of one.
DATE_FORMATS = re.compile(
    r"([AEJS]?DATE|DATETIME|YMDHMS|[DM]?TIME|QYR|MOYR|WKYR|WKDAY|MONTH)[0-9.]*"
)
# Where things stand in the header of a system file, and in the codes of a compressed one (SPSS;
# described in the manual of PSPP, "System File Format").
BEGINNING = 176
NOT_SAID = -1
UNCOMPRESSED = 0
BY_CODES = 1
OF_VARIABLE = 2
OF_VALUE_LABELS = 3
OF_LABELLED_VARIABLES = 4
OF_DOCUMENTS = 6
OF_EXTENSION = 7
LAST_RECORD = 999
FILLER = b"\x00"
END = b"\xfc"
AS_IT_IS = b"\xfd"
ZLIB_HEADER = 24
BEGINNING_OF_ZLIB = b"x"


def read_sav(path: Path, _sheet: str) -> Sheet:
    """Read a .sav file. Raises UnreadableError for one that does not hold what it says."""
    import pyreadstat

    try:
        # without conversion: a date beyond the year 9999, which Python has not, is a date like any
        # other
        frame, about = pyreadstat.read_sav(
            path, user_missing=True, disable_datetime_conversion=True
        )
    except pyreadstat.ReadstatError as error:
        if "encoding" in str(error):
            raise UnreadableError(messages.OTHER_LETTERS) from None
        raise
    if not _is_whole(path.read_bytes(), len(frame)):
        raise UnreadableError(messages.CUT_SHORT)
    labels = {
        column: {text_of(code): label for code, label in of_column.items()}
        for column, of_column in about.variable_value_labels.items()
    }
    missing = {
        column: _declared_missing(frame[column], ranges)
        for column, ranges in about.missing_ranges.items()
    }
    cells = {
        column: _cells(frame[column], str(display))
        for column, display in about.original_variable_types.items()
    }
    return sheet_of(path, pd.DataFrame(cells), labels, missing)


def _cells(values: pd.Series, display: str) -> pd.Series:
    """A column as it was read; dates are told apart from numbers."""
    if DATE_FORMATS.fullmatch(display) is None:
        return values
    return values.astype(object).where(values.isna(), ANY_DAY)


# Any: pyreadstat's type allows for single values too; it returns ranges, of numbers or of texts
def _declared_missing(values: pd.Series, ranges: Iterable[Any]) -> frozenset[str]:
    """Texts of the values that lie in a range that SPSS declares to be missing."""
    distinct = values.dropna().unique()
    return frozenset(
        text_of(value)
        for value in distinct
        if any(_lies_in(value, limits["lo"], limits["hi"]) for limits in ranges)
    )


# Any: as above
def _lies_in(value: Any, low: Any, high: Any) -> bool:
    """Whether a value lies in a range: of numbers, without a limit where SPSS says LO or HI; or of
    one text, without the blanks that fill it up.
    """
    if isinstance(value, str):
        return isinstance(low, str) and value.rstrip() == low.rstrip()
    if isinstance(low, str) or isinstance(high, str):
        return False
    lowest = -np.inf if low is None or np.isnan(low) else low
    highest = np.inf if high is None or np.isnan(high) else high
    return bool(lowest <= value <= highest)


def _is_whole(content: bytes, cases: int) -> bool:
    """Whether a file holds as many cases as it says and as were read; its reader stops at the
    number that the header says.
    """
    order = "<" if struct.unpack_from("<i", content, 64)[0] in (2, 3) else ">"
    (compression,) = struct.unpack_from(f"{order}i", content, 72)
    (in_header,) = struct.unpack_from(f"{order}i", content, 80)
    width, place = _dictionary(content, order)
    if compression == UNCOMPRESSED:
        elements, over = divmod(len(content) - place, 8)
    elif compression == BY_CODES:
        elements, over = _elements(content[place:])
    else:
        elements, over = _elements(_unpacked(content[place + ZLIB_HEADER :]))
    return elements == cases * width and not over and in_header in (NOT_SAID, cases)


def _dictionary(content: bytes, order: str) -> tuple[int, int]:
    """How many elements of 8 bytes a case has, and where the first case begins."""
    width = 0
    place = BEGINNING
    while True:
        (record,) = struct.unpack_from(f"{order}i", content, place)
        if record == LAST_RECORD:
            return width, place + 8
        width += record == OF_VARIABLE
        place += _length(content, place, order)


def _length(content: bytes, place: int, order: str) -> int:
    """How many bytes a record of the dictionary has."""
    numbers: tuple[int, int, int, int] = struct.unpack_from(f"{order}4i", content, place)
    record, first, second, third = numbers
    if record == OF_VARIABLE:  # second: whether it has a label; third: how many missing values
        label = 0
        if second:
            label = 4 + _filled(struct.unpack_from(f"{order}i", content, place + 32)[0], 4)
        return 32 + label + 8 * abs(third)
    if record == OF_VALUE_LABELS:
        end = place + 8
        for _ in range(first):
            end += 8 + _filled(content[end + 8] + 1, 8)
        return end - place
    if record == OF_LABELLED_VARIABLES:
        return 8 + 4 * first
    if record == OF_DOCUMENTS:
        return 8 + 80 * first
    if record == OF_EXTENSION:
        return 16 + second * third
    raise UnreadableError(messages.CUT_SHORT)


def _filled(length: int, unit: int) -> int:
    """A length filled up to whole units."""
    return -(-length // unit) * unit


def _elements(codes: bytes) -> tuple[int, int]:
    """How many elements stand in compressed cases, and how many bytes are missing at their end.

    Eight codes of a byte each say what the next elements are; those that are no small number follow
    as they are.
    """
    elements = 0
    place = 0
    while place < len(codes):
        block = codes[place : place + 8].partition(END)[0]
        elements += len(block) - block.count(FILLER)
        ended = len(block) < 8
        place += 8 + 8 * block.count(AS_IT_IS)
        if ended:
            break
    return elements, max(place - len(codes), 0)


def _unpacked(packed: bytes) -> bytes:
    """Compressed cases of a file that is packed with zlib as well, in parts one behind another."""
    parts = []
    while packed.startswith(BEGINNING_OF_ZLIB):
        part = zlib.decompressobj()
        parts.append(part.decompress(packed))
        packed = part.unused_data
    return b"".join(parts)
