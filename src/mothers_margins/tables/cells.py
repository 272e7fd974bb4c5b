"""How results become cells, and the head and foot that every table of results has."""

from collections.abc import Iterable, Mapping

from mothers_margins.results.results import About, Record
from mothers_margins.results.shown import Value, is_hidden, is_known, odds, shown
from mothers_margins.tables.table import Cell, Column, Notes, Section, Table
from mothers_margins.wording.terms import captioned, cited, origin

EMPTY = Cell("")


def cell(pattern: str, values: Mapping[str, Value], mark: str = "") -> Cell:
    """Values as a cell: suppressed if one is hidden, missing if none is known, else shown."""
    if any(is_hidden(value) for value in values.values()):
        return Cell(pattern, values, "suppressed", mark)
    if values and not any(is_known(value) for value in values.values()):
        return Cell(pattern, values, "missing", mark)
    return Cell(pattern, values, "shown", mark)


def of_row(pattern: str, row: Record, mark: str = "", **columns: str) -> Cell:
    """A cell of one results row: the names in the pattern, each with the column that it shows."""
    return cell(pattern, {name: shown(row, column) for name, column in columns.items()}, mark)


def ratio_of(row: Record, mark: str = "", low: str = "conf_low", high: str = "conf_high") -> Cell:
    """The cell of an odds ratio with its interval, from log-odds."""
    columns = {"ratio": "estimate", "ratio_low": low, "ratio_high": high}
    values = {name: odds(shown(row, column)) for name, column in columns.items()}
    return cell("{ratio} ({ratio_low} to {ratio_high})", values, mark)


def table_of(
    about: About,
    *,
    name: str,
    caption: str,
    stub: str,
    columns: Iterable[Column],
    sections: Iterable[Section],
    notes: Notes,
) -> Table:
    """A table of results, with the marks of its rows and of the lock, their source, and the study's
    rounding.
    """
    return Table(
        name=name,
        caption=captioned(about, caption),
        stub=stub,
        columns=tuple(columns),
        sections=tuple(sections),
        notes=notes.all(),
        mark=about.source.mark,
        source=f"{origin(about.study, about.source)} {cited(about.study)}",
        rounding=about.study.file.rounding,
    )
