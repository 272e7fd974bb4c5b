"""Reads one data file as text: every cell exactly as it stands, whatever program wrote it."""

import csv
import io
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.io.stata import StataMissingValue  # type: ignore[attr-defined]

from mothers_margins.errors import count, listed


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


def read_file(path: Path, sheet: str = "") -> Sheet:
    """Read a .csv, .dta, .xlsx, .parquet or .sav file. Raises UnreadableError, saying why and what
    to do.
    """
    content, why = _attempt(path, sheet)
    if content is not None and not (content.cells and len(content.cells[0])):
        why = NO_ROWS
    # here, and not where it was caught: a context would carry the file's bytes
    if content is None or why:
        raise UnreadableError(why)
    return content


def _attempt(path: Path, sheet: str) -> tuple[Sheet | None, str]:
    """The file as text, or why it cannot be read."""
    kind = path.suffix.lower()
    if kind not in READERS:
        *others, last = READERS
        return None, f"it is not a {', '.join(others)} or {last} file"
    try:
        if not path.is_file():
            return None, NO_FILE
        with warnings.catch_warnings():  # what readers warn of can hold a value
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", UnicodeWarning)
            return READERS[kind](path, sheet), ""
    except UnreadableError as error:
        return None, str(error)
    except PermissionError:
        return None, NO_FILE
    except MemoryError:
        return None, "it is damaged, or too large for the memory of this machine"
    except ImportError as error:
        extra = kind.removeprefix(".")
        return None, (
            f"reading {kind} files needs a package that is not there: install "
            f"{EXTRAS.get(extra, error.name)} into the project's environment (uv run "
            f"--extra {extra}, or pip)"
        )
    except Exception:  # whatever a broken file makes its reader say could hold a value
        return None, f"it cannot be read as a {kind} file; it may be cut short"


def _csv(path: Path, _sheet: str) -> Sheet:
    try:
        text = path.read_bytes().decode("utf-8-sig")
        if "\0" in text:
            raise UnreadableError(NOT_TEXT)
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise UnreadableError(NOT_TEXT) from None
    while rows and not any(rows[-1]):
        rows.pop()
    if len(rows) < 2:
        raise UnreadableError(NO_ROWS)
    width = len(rows[0])
    if width == 1 and {*rows[0][0]} & {*";\t|"}:
        raise UnreadableError("it has one column only; cells must be separated by commas")
    uneven = [number for number, row in enumerate(rows, 1) if len(row) != width]
    if uneven:
        raise UnreadableError(
            f"{count(len(uneven), 'row')} with too many or too few cells ({listed(uneven)})"
        )
    cells = np.array(rows[1:], dtype=object).reshape(len(rows) - 1, width)
    return Sheet(path.name, tuple(rows[0]), tuple(cells.T), first=2)


def _dta(path: Path, _sheet: str) -> Sheet:
    # The one call that keeps .a to .z apart: every other way of reading turns them into one missing
    # value.
    with pd.read_stata(path, iterator=True) as reader:
        frame = reader.read(  # type: ignore[attr-defined]
            convert_missing=True, convert_categoricals=False, convert_dates=False
        )
        labels = reader.value_labels()
        # what pandas knows of the columns and shows nowhere: storage type, display format, name of
        # the value label
        about = zip(frame, reader._typlist, reader._fmtlist, reader._lbllist, strict=True)  # type: ignore[attr-defined]
    by_column = {}
    cells = {}
    for column, kind, display, name in about:
        of_column = labels.get(name, {})
        by_column[column] = {_stata_code(int(code)): label for code, label in of_column.items()}
        cells[column] = _stata_cells(frame[column], single=kind == "f")
        if re.match(r"%-?[td]", display):  # days since 1960 are no number of anything
            cells[column] = pd.Series("a date", index=frame.index)
    return _sheet_of(path, pd.DataFrame(cells), by_column)


def _stata_code(code: int) -> str:
    """A code of a value label: the numbers above 2147483621 stand for .a to .z."""
    if 2147483622 <= code <= 2147483647:
        return f".{chr(ord('a') + code - 2147483622)}"
    return str(code)


def _stata_cells(values: pd.Series, *, single: bool) -> pd.Series:
    """Stata's own missing value as an empty cell, .a to .z by their letter; single precision as it
    was typed.
    """
    if single:
        values = values.map(_single)
    if values.dtype != object:
        return values
    letters = [str(cell) if isinstance(cell, StataMissingValue) else cell for cell in values]
    return pd.Series(["" if cell == "." else cell for cell in letters], dtype=object)


def _single(cell: float | StataMissingValue) -> str | StataMissingValue:
    """A number of single precision as text, with no more digits than it has."""
    return cell if isinstance(cell, StataMissingValue) else _text(np.float32(cell))


def _xlsx(path: Path, sheet: str) -> Sheet:
    import openpyxl

    # formulas stay formulas, so that they are seen
    try:
        book = openpyxl.load_workbook(path, read_only=True)
    except AttributeError:  # a sheet that is a chart
        book = openpyxl.load_workbook(path)
    try:
        fitting = [page for page in book.worksheets if not sheet or page.title == sheet]
        if len(fitting) != 1:
            raise UnreadableError(
                f"it has {count(len(fitting), 'sheet')} that fit; name one as `sheet` in "
                "sources.yaml"
            )
        if book.read_only:
            fitting[0].reset_dimensions()
        rows = [[_text(cell) for cell in row] for row in fitting[0].iter_rows(values_only=True)]
    finally:
        book.close()
    while rows and not any(rows[-1]):
        rows.pop()
    if len(rows) < 2:
        raise UnreadableError(NO_ROWS)
    width = max(_width(row) for row in rows)
    whole = [(row + [""] * width)[:width] for row in rows]
    cells = np.array(whole, dtype=object).reshape(len(rows), width)
    return Sheet(path.name, tuple(cells[0]), tuple(cells[1:].T), first=2)


def _width(row: list[str]) -> int:
    """How many cells a row has up to the last that holds something."""
    return max((place for place, cell in enumerate(row, 1) if cell), default=0)


def _parquet(path: Path, _sheet: str) -> Sheet:
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path)
    return _sheet_of(path, table.to_pandas(ignore_metadata=True), {})  # an index is a column


def _sav(path: Path, _sheet: str) -> Sheet:
    import pyreadstat

    frame, about = pyreadstat.read_sav(path, user_missing=True)
    labels = {
        column: {_text(code): label for code, label in of_column.items()}
        for column, of_column in about.variable_value_labels.items()
    }
    missing = {
        column: _declared_missing(frame[column], ranges)
        for column, ranges in about.missing_ranges.items()
    }
    return _sheet_of(path, frame, labels, missing)


# Any: pyreadstat's type allows for single values too; it returns ranges, of numbers or of texts
def _declared_missing(values: pd.Series, ranges: Iterable[Any]) -> frozenset[str]:
    """Texts of the values that lie in a range that SPSS declares to be missing."""
    declared = set()
    for value in values.dropna().unique():
        for limits in ranges:
            same_type = type(value) is type(limits["lo"])
            if same_type and limits["lo"] <= value <= limits["hi"]:
                declared.add(_text(value))
    return frozenset(declared)


def _sheet_of(
    path: Path,
    frame: pd.DataFrame,
    labels: Mapping[str, Mapping[str, str]],
    missing: Mapping[str, frozenset[str]] | None = None,
) -> Sheet:
    cells = [_texts(frame.iloc[:, position]) for position in range(frame.shape[1])]
    return Sheet(path.name, tuple(map(str, frame.columns)), tuple(cells), 1, labels, missing or {})


def _texts(values: pd.Series) -> np.ndarray:
    """A column as text."""
    if values.dtype == object and pd.api.types.infer_dtype(values) != "string":
        # one by one: among distinct values True would be the same as 1
        return np.array([_text(value) for value in values], dtype=object)
    # few distinct values: a hundred thousand rows would take long one by one
    of_row, distinct = pd.factorize(values, use_na_sentinel=False)
    # pandas makes single numbers double; 82.7 must not become 82.69999694824219
    single = values.dtype == np.float32
    exact = np.asarray(distinct, dtype=np.float32) if single else distinct
    return np.array([_text(value) for value in exact], dtype=object)[of_row]


# Any: whatever a reader makes of a cell
def _text(value: Any) -> str:
    """A value as a person would type it: whole numbers without a point, nothing for a missing
    one.
    """
    if isinstance(value, str):
        if "\0" in value:
            raise UnreadableError("a cell holds a character that is no text")
        return value
    if value is None or value is pd.NA or value != value:  # not a number
        return ""
    if isinstance(value, bool | np.bool_):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float | np.floating):
        return str(int(value)) if float(value).is_integer() else str(value)
    return "=" if type(value).__name__.endswith("Formula") else str(value)


NO_FILE = "there is no such file, or it may not be read"
NO_ROWS = "it holds no rows of data"
NOT_TEXT = "it is not comma-separated text in UTF-8"
EXTRAS = {"parquet": "pyarrow", "sav": "pyreadstat"}
READERS: dict[str, Callable[[Path, str], Sheet]] = {
    ".csv": _csv,
    ".dta": _dta,
    ".xlsx": _xlsx,
    ".parquet": _parquet,
    ".sav": _sav,
}
