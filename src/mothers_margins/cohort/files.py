"""Reads one data file as text: every cell exactly as it stands, whatever program wrote it."""

import csv
import io
import re
import warnings
from collections.abc import Callable, Mapping
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
    found, why = _attempt(path, sheet)
    if found is not None and not (found.cells and len(found.cells[0])):
        why = "it holds no rows of data"
    if found is None or why:
        raise UnreadableError(
            why
        )  # here, and not where it was caught: a context would carry the file's bytes
    return found


def _attempt(path: Path, sheet: str) -> tuple[Sheet | None, str]:
    """The file as text, or why it cannot be read."""
    kind = path.suffix.lower()
    if kind not in READERS:
        return None, f"it is not a {', '.join([*READERS][:-1])} or {[*READERS][-1]} file"
    try:
        if not path.is_file():
            return None, "there is no such file, or it may not be read"
        with warnings.catch_warnings():  # what readers warn of can hold a value
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", UnicodeWarning)
            return READERS[kind](path, sheet), ""
    except UnreadableError as error:
        return None, str(error)
    except PermissionError:
        return None, "there is no such file, or it may not be read"
    except MemoryError:
        return None, "it is damaged, or too large for the memory of this machine"
    except ImportError as error:
        extra = kind.removeprefix(".")
        said = (
            f"install {EXTRAS.get(extra, error.name)} into the project's environment (uv run "
            f"--extra {extra}, or pip)"
        )
        return None, f"reading {kind} files needs a package that is not there: {said}"
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
        raise UnreadableError("it holds no rows of data")
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
    by_column, cells = {}, {}
    for column, kind, display, name in about:
        by_column[column] = {
            _stata_code(int(code)): text for code, text in labels.get(name, {}).items()
        }
        cells[column] = _stata_cells(frame[column], single=kind == "f")
        if re.match(r"%-?[td]", display):
            cells[column] = pd.Series(
                "a date", index=frame.index
            )  # days since 1960 are no number of anything
    return _sheet_of(path, pd.DataFrame(cells), by_column)


def _stata_code(code: int) -> str:
    """A code of a value label: the numbers above 2147483621 stand for .a to .z."""
    return (
        f".{chr(ord('a') + code - 2147483622)}" if 2147483622 <= code <= 2147483647 else str(code)
    )


def _stata_cells(values: pd.Series, *, single: bool) -> pd.Series:
    """Stata's own missing value as an empty cell, .a to .z by their letter; single precision as it
    was typed.
    """
    if single:
        values = values.map(
            lambda one: one if isinstance(one, StataMissingValue) else _text(np.float32(one))
        )
    if values.dtype != object:
        return values
    letters = (str(one) if isinstance(one, StataMissingValue) else one for one in values)
    return pd.Series(["" if one == "." else one for one in letters], dtype=object)


def _xlsx(path: Path, sheet: str) -> Sheet:
    import openpyxl

    try:
        book = openpyxl.load_workbook(
            path, read_only=True
        )  # formulas stay formulas, so that they are seen
    except AttributeError:  # a sheet that is a chart
        book = openpyxl.load_workbook(path)
    try:
        named = [one for one in book.worksheets if not sheet or one.title == sheet]
        if len(named) != 1:
            raise UnreadableError(
                f"it has {count(len(named), 'sheet')} that fit; name one as `sheet` in sources.yaml"
            )
        if book.read_only:
            named[0].reset_dimensions()
        rows = [[_text(cell) for cell in row] for row in named[0].iter_rows(values_only=True)]
    finally:
        book.close()
    while rows and not any(rows[-1]):
        rows.pop()
    if len(rows) < 2:
        raise UnreadableError("it holds no rows of data")
    width = max(len(row) for row in rows)
    while width and not any(row[width - 1] for row in rows if len(row) >= width):
        width -= 1
    cells = np.array([(row + [""] * width)[:width] for row in rows], dtype=object).reshape(
        len(rows), width
    )
    return Sheet(path.name, tuple(cells[0]), tuple(cells[1:].T), first=2)


def _parquet(path: Path, _sheet: str) -> Sheet:
    import pyarrow.parquet

    return _sheet_of(
        path, pyarrow.parquet.read_table(path).to_pandas(ignore_metadata=True), {}
    )  # an index is a column


def _sav(path: Path, _sheet: str) -> Sheet:
    import pyreadstat

    frame, about = pyreadstat.read_sav(path, user_missing=True)
    labels = {
        column: {_text(code): text for code, text in found.items()}
        for column, found in about.variable_value_labels.items()
    }
    missing = {
        column: frozenset(
            _text(one)
            for one in frame[column].dropna().unique()
            if any(_in(one, r) for r in ranges)
        )
        for column, ranges in about.missing_ranges.items()
    }
    return _sheet_of(path, frame, labels, missing)


def _in(value: Any, limits: Any) -> bool:
    """Whether a value lies in a range that SPSS declares to be missing."""
    return type(value) is type(limits["lo"]) and bool(limits["lo"] <= value <= limits["hi"])


def _sheet_of(
    path: Path,
    frame: pd.DataFrame,
    labels: Mapping[str, Mapping[str, str]],
    missing: Mapping[str, frozenset[str]] | None = None,
) -> Sheet:
    cells = []
    for position in range(frame.shape[1]):
        values = frame.iloc[:, position]
        if values.dtype == object and pd.api.types.infer_dtype(values) != "string":
            cells.append(
                np.array([_text(value) for value in values], dtype=object)
            )  # True is not 1
        else:  # few distinct values: a hundred thousand rows would take long one by one
            place, distinct = pd.factorize(values, use_na_sentinel=False)
            # pandas makes single numbers double; 82.7 must not become 82.69999694824219
            found = (
                np.asarray(distinct, dtype=np.float32) if values.dtype == np.float32 else distinct
            )
            cells.append(np.array([_text(value) for value in found], dtype=object)[place])
    return Sheet(path.name, tuple(map(str, frame.columns)), tuple(cells), 1, labels, missing or {})


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


NOT_TEXT = "it is not comma-separated text in UTF-8"
EXTRAS = {"parquet": "pyarrow", "sav": "pyreadstat"}
READERS: dict[str, Callable[[Path, str], Sheet]] = {
    ".csv": _csv,
    ".dta": _dta,
    ".xlsx": _xlsx,
    ".parquet": _parquet,
    ".sav": _sav,
}
