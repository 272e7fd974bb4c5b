"""Reads one sheet of a workbook as text: what its program says of a cell beside its value is told,
not lost.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mothers_margins.cohort import messages
from mothers_margins.cohort.sheet import Sheet, UnreadableError, text_of
from mothers_margins.errors import count, listed

if TYPE_CHECKING:  # a fifth of a second that a .csv can spare
    from openpyxl import Workbook

FAR = 100  # blank rows, or blank columns, beyond which nothing belongs to the table


@dataclass(frozen=True, repr=False)
class _Page:
    """A sheet as far as it holds something.

    rows: by number, the column and the text of each cell that is not empty. merged: areas of merged
    cells such as 'E3:E5'. hidden: numbers of rows that are not shown.
    """

    rows: dict[int, dict[int, str]]
    merged: list[str]
    hidden: list[int]

    def __repr__(self) -> str:
        """No cell: a traceback with local variables would print it."""
        return f"Page of {len(self.rows)} rows"


def read_xlsx(path: Path, sheet: str) -> Sheet:
    """Read one sheet of a .xlsx file. Raises UnreadableError, with places and no value, for merged
    cells, hidden rows, and cells far from the table.
    """
    page = _page(path, sheet)
    if len(page.rows) < 2:
        raise UnreadableError(messages.NO_ROWS)
    problems = [*_far_away(page), *_merged(page), *_hidden(page)]
    if problems:
        raise UnreadableError("\n".join(problems))
    cells = np.full((max(page.rows), max(map(max, page.rows.values()))), "", dtype=object)
    for number, row in page.rows.items():
        cells[number - 1, [column - 1 for column in row]] = [*row.values()]
    return Sheet(path.name, tuple(cells[0]), tuple(cells[1:].T), first=2)


def _page(path: Path, sheet: str) -> _Page:
    book = _opened(path)
    try:
        fitting = [page for page in book.worksheets if not sheet or page.title == sheet]
        if len(fitting) != 1:
            raise UnreadableError(messages.SHEETS.format(sheets=count(len(fitting), "sheet")))
        return _streamed(book, fitting[0])
    finally:
        book.close()


def _opened(path: Path) -> "Workbook":
    """A book whose sheets are read when they are asked for; formulas stay formulas, so that they
    are seen.
    """
    from openpyxl.chartsheet import Chartsheet
    from openpyxl.reader.excel import ExcelReader

    class Reader(ExcelReader):
        """Openpyxl's reader, which fails at some sheets that are a chart; none has a cell."""

        # Any: parts of the file that openpyxl hands from one of its functions to another
        def read_chartsheet(self, sheet: Any, _part: Any) -> None:
            book: Any = self.wb  # its stubs do not name its list of sheets
            book._sheets.append(Chartsheet(parent=book, title=sheet.name))

    reader = Reader(path, read_only=True)
    reader.read()
    return reader.wb


# Any: openpyxl's stubs do not know what a book that is only read has
def _streamed(book: Any, page: Any) -> _Page:
    """A sheet read row by row as it stands in the file: openpyxl's own rows fill every gap with
    empty ones, a million for one cell at the end, and know of no merged cell.
    """
    from openpyxl.worksheet._reader import WorkSheetParser

    rows: dict[int, dict[int, str]] = {}
    with page._get_source() as source:
        parser = WorkSheetParser(
            source,
            page._shared_strings,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        for number, cells in parser.parse():
            texts = {cell["column"]: _cell(cell["value"]) for cell in cells}
            if number in rows or len(texts) < len(cells):  # the second would hide the first
                raise UnreadableError(messages.TWICE)
            held = {column: text for column, text in texts.items() if text}
            if held:
                rows[number] = held
    hidden = [
        int(number)
        for number, of_row in parser.row_dimensions.items()
        if of_row.get("hidden") in ("1", "true")
    ]
    merged = parser.merged_cells.mergeCell if parser.merged_cells else []
    return _Page(rows, [area.ref for area in merged], hidden)


# Any: whatever openpyxl makes of a cell
def _cell(value: Any) -> str:
    # formulas of several cells are no text
    return "=" if type(value).__name__.endswith("Formula") else text_of(value)


def _far_away(page: _Page) -> Iterator[str]:
    """Cells beyond a wide gap: a table that reached to them would fill the memory."""
    last_row = _last_before_gap(page.rows)
    last_column = _last_before_gap(column for row in page.rows.values() for column in row)
    places = [
        _place(column, number)
        for number, row in sorted(page.rows.items())
        for column in row
        if number > last_row or column > last_column
    ]
    if places:
        cells = count(len(places), "cell")
        yield messages.FAR_AWAY.format(cells=cells, where=listed(places, "cell"))


def _last_before_gap(numbers: Iterable[int]) -> int:
    """The last row or column that belongs to the table."""
    for before, after in pairwise([0, *sorted({*numbers})]):
        if after - before > FAR:
            return before
        last = after
    return last


def _place(column: int, row: int) -> str:
    """A cell as its program calls it."""
    from openpyxl.utils import get_column_letter

    return f"{get_column_letter(column)}{row}"


def _merged(page: _Page) -> Iterator[str]:
    """Areas of merged cells within the table: all their cells but the first are empty in the file,
    and all of them show the first one's value.
    """
    areas = [area for area in page.merged if _touches(area, page)]
    if areas:
        number = count(len(areas), "area")
        yield messages.MERGED.format(areas=number, where=listed(areas, "area"))


def _touches(area: str, page: _Page) -> bool:
    """Whether an area has several cells, one of them in the table."""
    from openpyxl.utils import range_boundaries

    left, top, *last = range_boundaries(area)
    width = max(map(max, page.rows.values()))
    within = (left or 1) <= width and (top or 1) <= max(page.rows)
    return within and [left, top] != last


def _hidden(page: _Page) -> Iterator[str]:
    rows = sorted({*page.hidden} & {*page.rows})
    if rows:
        yield messages.of_rows(messages.HIDDEN, rows)
