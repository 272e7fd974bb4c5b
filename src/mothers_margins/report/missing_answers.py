"""How many answers are not known, as far as it was released."""

from collections.abc import Iterator, Mapping, Sequence

from mothers_margins.release.released import Released
from mothers_margins.results.results import Record, Results
from mothers_margins.results.shown import Hidden, Value, is_known, shown
from mothers_margins.tables.cells import cell, table_of
from mothers_margins.tables.table import Cell, Column, Notes, Row, Section, Table
from mothers_margins.wording import report as words
from mothers_margins.wording.terms import label

# Of a variable the row that says among whom it is counted.
COUNTED = ("n", "mean", "median")
SIZE = "n"


def missing_answers(released: Released, names: Sequence[str]) -> Table:
    """Of each variable how many in each group have no known answer. A number that was not released,
    or is counted with the rest, is [c].

    names: of released tables of groups; each is a section.
    """
    notes = Notes()
    notes.plain(words.MISSING_NOTE)
    first = released.results(names[0])
    parts = [released.results(name) for name in names]
    sections = [
        Section(released.study.tables[name].title, tuple(_rows(released, part)))
        for name, part in zip(names, parts, strict=True)
    ]
    return table_of(
        first.about,
        name="missing_answers",
        caption=words.MISSING_CAPTION,
        stub=words.VARIABLE,
        columns=[Column(str(place), words.MISSING_COLUMNS[place]) for place in range(3)],
        sections=sections,
        notes=notes,
    )


def _rows(released: Released, results: Results) -> Iterator[Row]:
    """One row for each variable of which a number was released, with a cell for each group."""
    found: dict[str, dict[str, Record]] = {}
    for row in results.to_dict("records"):
        if row["variable"] != SIZE and row["statistic"] in COUNTED:
            found.setdefault(str(row["variable"]), {}).setdefault(str(row["group"]), row)
    for variable, by_group in found.items():
        cells = tuple(_not_known(by_group, group) for group in results.about.groups)
        if any(one.status == "shown" for one in cells):
            yield Row(label(released.study, variable), cells, variable)


def _not_known(by_group: Mapping[str, Record], group: str) -> Cell:
    """How many of a group; hidden where no number was released."""
    row = by_group.get(group)
    value: Value = shown(row, "missing") if row else Hidden()
    if not is_known(value):
        value = Hidden()
    return cell("{missing}", {"missing": value})
