"""Reads one data file as text: every cell exactly as it stands, whatever program wrote it."""

import csv
import io
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from mothers_margins.cohort import messages
from mothers_margins.cohort.sheet import ANY_DAY, Sheet, UnreadableError, sheet_of
from mothers_margins.cohort.spss_file import read_sav
from mothers_margins.cohort.stata_file import read_dta
from mothers_margins.cohort.workbook import read_xlsx
from mothers_margins.errors import count, listed


def read_file(path: Path, sheet: str = "") -> Sheet:
    """Read a .csv, .dta, .xlsx, .parquet or .sav file. Raises UnreadableError, saying why and what
    to do.
    """
    content, why = _attempt(path, sheet)
    if content is not None and not (content.cells and len(content.cells[0])):
        why = messages.NO_ROWS
    # here, and not where it was caught: a context would carry the file's bytes
    if content is None or why:
        raise UnreadableError(why)
    return content


def why_not_opened(path: Path) -> str:
    """Why a path may not be opened to be read; empty if it may. A pipe or a device would be waited
    for without end.
    """
    try:
        if path.is_file():
            return ""
        there = path.exists() and not path.is_dir()
    except OSError:  # a folder on the way that may not be entered
        there = False
    return messages.NO_REGULAR_FILE if there else messages.NO_FILE


def _attempt(path: Path, sheet: str) -> tuple[Sheet | None, str]:
    """The file as text, or why it cannot be read."""
    kind = path.suffix.lower()
    if kind not in READERS:
        *others, last = READERS
        return None, f"it is not a {', '.join(others)} or {last} file"
    try:
        why = why_not_opened(path)
        if why:
            return None, why
        with warnings.catch_warnings():  # what readers warn of can hold a value
            warnings.simplefilter("ignore")
            return READERS[kind](path, sheet), ""
    except UnreadableError as error:
        return None, str(error)
    except PermissionError:
        return None, messages.NO_FILE
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
        return None, messages.BROKEN.format(kind=kind)


def _csv(path: Path, _sheet: str) -> Sheet:
    try:
        text = path.read_bytes().decode("utf-8-sig")
        if "\0" in text:
            raise UnreadableError(messages.NOT_TEXT)
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise UnreadableError(messages.NOT_TEXT) from None
    while rows and not any(rows[-1]):
        rows.pop()
    if len(rows) < 2:
        raise UnreadableError(messages.NO_ROWS)
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


def _parquet(path: Path, _sheet: str) -> Sheet:
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path) as file:
        table = file.read()
        if table.num_rows != file.metadata.num_rows:
            raise UnreadableError(messages.CUT_SHORT)
    for position, field in enumerate(table.schema, 1):
        # a kind of its own that this program does not know, such as pandas' quarters, is kept as a
        # number that means something else
        if b"ARROW:extension:name" in (field.metadata or {}):
            raise UnreadableError(f"column {position}: {messages.NO_CELL}")
    dates = [
        position
        for position, field in enumerate(table.schema)
        if pyarrow.types.is_temporal(field.type)
    ]
    for position in dates:  # not made dates of Python, which has none beyond the year 9999
        name = table.schema.field(position).name
        table = table.set_column(position, name, table.column(position).is_null())
    # an index is a column; a whole number beside an empty cell stays one, whatever its length
    frame = table.to_pandas(ignore_metadata=True, integer_object_nulls=True)
    for position in dates:
        days = [None if is_empty else ANY_DAY for is_empty in frame.iloc[:, position]]
        frame.isetitem(position, pd.Series(days, dtype=object))
    return sheet_of(path, frame, {})


EXTRAS = {"parquet": "pyarrow", "sav": "pyreadstat"}
READERS: dict[str, Callable[[Path, str], Sheet]] = {
    ".csv": _csv,
    ".dta": read_dta,
    ".xlsx": read_xlsx,
    ".parquet": _parquet,
    ".sav": read_sav,
}
