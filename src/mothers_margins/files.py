"""Reads one data file as text: every cell exactly as it stands, whatever program wrote it."""

import csv
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


@dataclass(frozen=True)
class Sheet:
    """One file as text.

    header: names of columns, as often as they stand. cells: one array of text per column; an empty cell is ''.
    first: number of the first row of data as its program shows it. labels: value labels by column and code.
    """

    name: str
    header: tuple[str, ...]
    cells: tuple[np.ndarray, ...]
    first: int
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def read_file(path: Path, sheet: str = "") -> Sheet:
    """Read a .csv, .dta, .xlsx, .parquet or .sav file. Raises UnreadableError, saying why and what to do."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise UnreadableError(f"it is not a {', '.join([*READERS][:-1])} or {[*READERS][-1]} file")
    try:
        found = reader(path, sheet)
    except OSError:
        raise UnreadableError("there is no such file, or it may not be read") from None
    except ImportError as error:
        extra = path.suffix.lower().removeprefix(".")
        package = EXTRAS.get(extra, error.name)
        said = f"install {package} into the project's environment (uv run --extra {extra}, or pip)"
        raise UnreadableError(f"reading {path.suffix} files needs a package that is not there: {said}") from None
    except (UnreadableError, MemoryError):
        raise
    except Exception:  # whatever a broken file makes its reader say could hold a value
        raise UnreadableError(f"it cannot be read as a {path.suffix.lower()} file; it may be cut short") from None
    if not found.cells or not len(found.cells[0]):
        raise UnreadableError("it holds no rows of data")
    return found


def _csv(path: Path, _sheet: str) -> Sheet:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.reader(lines, strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise UnreadableError("it is not comma-separated text in UTF-8") from None
    if len(rows) < 2:
        raise UnreadableError("it holds no rows of data")
    width = len(rows[0])
    if width == 1 and {*rows[0][0]} & {*";\t|"}:
        raise UnreadableError("it has one column only; cells must be separated by commas")
    uneven = [number for number, row in enumerate(rows, 1) if len(row) != width]
    if uneven:
        raise UnreadableError(f"{count(len(uneven), 'row')} with too many or too few cells ({listed(uneven)})")
    cells = np.array(rows[1:], dtype=object).reshape(len(rows) - 1, width)
    if any("\0" in name for name in rows[0]) or any("\0" in text for column in cells.T for text in pd.unique(column)):
        raise UnreadableError("it is not comma-separated text in UTF-8")
    return Sheet(path.name, tuple(rows[0]), tuple(cells.T), first=2)


def _dta(path: Path, _sheet: str) -> Sheet:
    # The one call that keeps .a to .z apart: every other way of reading turns them into one missing value.
    with pd.read_stata(path, iterator=True) as reader:
        frame = reader.read(  # type: ignore[attr-defined]
            convert_missing=True, convert_categoricals=False, convert_dates=False
        )
        labels = reader.value_labels()
        kinds, names = dict(zip(frame, reader._typlist, strict=True)), dict(zip(frame, reader._lbllist, strict=True))  # type: ignore[attr-defined]
    by_column = {
        column: {_stata_code(int(code)): text for code, text in labels[name].items()}
        for column, name in names.items()
        if name in labels
    }
    cells = {column: _stata_cells(frame[column], single=kinds[column] == "f") for column in frame}
    return _sheet_of(path, pd.DataFrame(cells), by_column)


def _stata_code(code: int) -> str:
    """A code of a value label: the numbers above 2147483621 stand for .a to .z."""
    return f".{chr(ord('a') + code - 2147483622)}" if 2147483622 <= code <= 2147483647 else str(code)


def _stata_cells(values: pd.Series, *, single: bool) -> pd.Series:
    """Stata's own missing value as an empty cell, .a to .z by their letter; single precision as it was typed."""
    if single:
        values = values.map(lambda one: one if isinstance(one, StataMissingValue) else _text(np.float32(one)))
    if values.dtype != object:
        return values
    letters = (str(one) if isinstance(one, StataMissingValue) else one for one in values)
    return pd.Series(["" if one == "." else one for one in letters], dtype=object)


def _xlsx(path: Path, sheet: str) -> Sheet:
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True)  # formulas stay formulas, so that they are seen
    try:
        named = [one for one in book.worksheets if not sheet or one.title == sheet]
        if len(named) != 1:
            raise UnreadableError(f"it has {count(len(named), 'sheet')} that fit; name one as `sheet` in sources.yaml")
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
    cells = np.array([(row + [""] * width)[:width] for row in rows], dtype=object).reshape(len(rows), width)
    return Sheet(path.name, tuple(cells[0]), tuple(cells[1:].T), first=2)


def _parquet(path: Path, _sheet: str) -> Sheet:
    return _sheet_of(path, pd.read_parquet(path), {})


def _sav(path: Path, _sheet: str) -> Sheet:
    import pyreadstat

    frame, about = pyreadstat.read_sav(path, user_missing=True)
    labels = {
        column: {_text(code): text for code, text in found.items()}
        for column, found in about.variable_value_labels.items()
    }
    return _sheet_of(path, frame, labels)


def _sheet_of(path: Path, frame: pd.DataFrame, labels: Mapping[str, Mapping[str, str]]) -> Sheet:
    cells = []
    for position in range(frame.shape[1]):
        place, found = pd.factorize(frame.iloc[:, position].astype(object), use_na_sentinel=False)
        cells.append(np.array([_text(value) for value in found], dtype=object)[place])
    return Sheet(path.name, tuple(map(str, frame.columns)), tuple(cells), first=1, labels=labels)


def _text(value: Any) -> str:
    """A value as a person would type it: whole numbers without a point, nothing for a missing one."""
    if isinstance(value, str):
        return value
    if value is None or value is pd.NA or value != value:  # not a number
        return ""
    if isinstance(value, bool | np.bool_):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float | np.floating):
        return str(int(value)) if float(value).is_integer() else str(value)
    return str(value)


EXTRAS = {"parquet": "pyarrow", "sav": "pyreadstat"}
READERS: dict[str, Callable[[Path, str], Sheet]] = {
    ".csv": _csv,
    ".dta": _dta,
    ".xlsx": _xlsx,
    ".parquet": _parquet,
    ".sav": _sav,
}
