"""How results become cells, and the head and foot that every table of results has."""

from collections.abc import Iterable, Mapping

from mothers_margins.results.results import About, Record, codes
from mothers_margins.results.shown import Hidden, Value, is_hidden, is_known, odds, shown
from mothers_margins.tables.table import Cell, Column, Notes, Section, Table
from mothers_margins.wording import captions
from mothers_margins.wording.codes_of_notes import FROM_WHOLE_PERCENT, ONE_DECIMAL, p_sign
from mothers_margins.wording.head_and_foot import captioned, cited, held_back, mark_of, origin

EMPTY = Cell("")
WITH_INTERVAL = {  # by the name of the number, which says its decimals
    "ratio": "{ratio} ({ratio_low} to {ratio_high})",
    "coarse": "{coarse} ({coarse_low} to {coarse_high})",
    "difference": "{difference} ({difference_low} to {difference_high})",
    "whole": "{whole} ({whole_low} to {whole_high})",
}


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
    """The cell of an odds ratio with its interval, from log-odds; with one decimal where it is
    released with one.
    """
    ratio = "coarse" if ONE_DECIMAL in codes(row) else "ratio"
    columns = {ratio: "estimate", f"{ratio}_low": low, f"{ratio}_high": high}
    values = {name: odds(shown(row, column)) for name, column in columns.items()}
    return cell(WITH_INTERVAL[ratio], values, mark)


def p_of(row: Record, mark: str = "") -> Cell:
    """The cell of p; where it is released as a class, on which side of its limit it lies."""
    sign = p_sign(row)
    if sign:
        return of_row(f"{sign}{{limit}}", row, mark, limit="p_value")
    return of_row("{p_value}", row, mark, p_value="p_value")


def difference_of(row: Record, mark: str = "") -> Cell:
    """The cell of a difference with its interval; in whole points where it is made from whole per
    cent.
    """
    name = "whole" if FROM_WHOLE_PERCENT in codes(row) else "difference"
    columns = {name: "effect", f"{name}_low": "conf_low", f"{name}_high": "conf_high"}
    return of_row(WITH_INTERVAL[name], row, mark, **columns)


def table_of(
    about: About,
    *,
    name: str,
    caption: str,
    stub: str,
    columns: Iterable[Column],
    sections: Iterable[Section],
    notes: Notes,
    why_hidden: str = "",
    one_page: bool = False,
) -> Table:
    """A table of results, with the marks of its rows and of the lock, their source, and the study's
    rounding; of what was released with one note of what is held back, if anything is. why_hidden:
    that note in other words. one_page: that it fits an upright page.
    """
    columns, sections = tuple(columns), tuple(sections)
    if about.released and _has_hidden(columns, sections):
        notes.plain(why_hidden or held_back(about.study))
    return Table(
        name=name,
        caption=captioned(about, caption),
        stub=stub,
        columns=columns,
        sections=sections,
        notes=notes.all(),
        mark=mark_of(about),
        internal=about.internal,
        source=f"{origin(about.study, about.source)} {cited(about.study)}",
        rounding=about.study.file.rounding,
        one_page=one_page,
    )


def titled(about: About, title: str, columns: Iterable[Column]) -> str:
    """The caption of a table of groups, with its size: that of its first column, which holds the
    others, or of each group where they are none of the study's. A table of a publication is called
    as it is there.
    """
    if about.source.kind == "reconstructed":
        return title
    sizes = {column.key: column.size for column in columns if column.size is not None}
    if {*sizes} & {*about.study.groups}:
        return captions.of_all(title, sizes)
    labels = {column.key: column.heading for column in columns if column.key in sizes}
    return captions.by_group(title, labels, sizes)


def _has_hidden(columns: Iterable[Column], sections: Iterable[Section]) -> bool:
    """Whether any cell, or the size of a column, is suppressed."""
    sizes = any(isinstance(column.size, Hidden) for column in columns)
    cells = (cell for section in sections for row in section.rows for cell in row.cells)
    return sizes or any(cell.status == "suppressed" for cell in cells)
