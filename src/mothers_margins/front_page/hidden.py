"""Tables of which all, or whole columns, are held back: a sentence says more than a grid of [c]."""

from collections.abc import Iterable
from dataclasses import replace

from mothers_margins.tables.table import Cell, Row, Section, Table
from mothers_margins.wording import front_page as words


def is_all_hidden(table: Table) -> bool:
    """Whether every number of a table is held back."""
    return _are_hidden(cell for row in _rows(table) for cell in row.cells)


def without_hidden_columns(table: Table) -> Table:
    """A table without the columns of which every number is held back; a note names them. One of
    which no number is left stays as it is.
    """
    hidden = [place for place in range(len(table.columns)) if _is_hidden_column(table, place)]
    if not hidden or is_all_hidden(table):
        return table
    kept = [place for place in range(len(table.columns)) if place not in hidden]
    sections = tuple(_with_columns(section, kept) for section in table.sections)
    left_out = words.left_out([table.columns[place].title for place in hidden])
    marks = {cell.mark for section in sections for row in section.rows for cell in row.cells}
    marks |= {section.mark for section in sections}
    notes = [(mark, text) for mark, text in table.notes if not mark or mark in marks]
    columns = tuple(table.columns[place] for place in kept)
    return replace(table, columns=columns, sections=sections, notes=(("", left_out), *notes))


def _with_columns(section: Section, kept: list[int]) -> Section:
    """A section with these columns alone."""
    rows = [
        replace(row, cells=tuple(row.cells[place] for place in kept)) if row.cells else row
        for row in section.rows
    ]
    return replace(section, rows=tuple(rows))


def _rows(table: Table) -> list[Row]:
    return [row for section in table.sections for row in section.rows]


def _is_hidden_column(table: Table, place: int) -> bool:
    return _are_hidden(row.cells[place] for row in _rows(table) if row.cells)


def _are_hidden(cells: Iterable[Cell]) -> bool:
    """Whether numbers are held back, and none is shown."""
    statuses = {cell.status for cell in cells if cell.numbers is not None}
    return "suppressed" in statuses <= {"suppressed", "missing"}
