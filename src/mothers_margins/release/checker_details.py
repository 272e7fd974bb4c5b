"""The details behind the page for the person who checks outputs: every change, every hidden cell
with its count, and every number that is withheld. Private like the page, beside it, and never
released.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from mothers_margins.disclosure.universe import NOT_CONCERNED, NOT_KNOWN
from mothers_margins.release.checker_words import FINDINGS, HIDDEN, WITHHELD, in_words
from mothers_margins.release.formula_safe import as_text_cell
from mothers_margins.release.protected import ProtectedStudy
from mothers_margins.release.withheld import Withheld

NAMES_OF_REST = {NOT_KNOWN: "not known", NOT_CONCERNED: "not concerned"}


@dataclass(frozen=True)
class HiddenCell:
    """A hidden cell. why: `rule`, or `others` where it protects others. count: the true one."""

    variable: str
    level: str
    group: str
    why: str
    count: int


def hidden_cells(
    protected: ProtectedStudy, name: str, groups: Sequence[str]
) -> Iterator[HiddenCell]:
    """The hidden cells of a variable in these groups, level by level."""
    variable = protected.variable(name)
    if variable is None:
        return
    for level in (*variable.levels, NOT_KNOWN, NOT_CONCERNED):
        for group in groups:
            cell = protected.cell(name, level, group) if group in variable.columns else None
            if cell is not None and cell.hidden:
                why = "others" if cell.why == "others" else "rule"
                count = protected.count(name, level, group)
                yield HiddenCell(name, NAMES_OF_REST.get(level, level), group, why, count)


def changes_file(changes: pd.DataFrame) -> bytes:
    """All changes since earlier releases as CSV, but for what is new."""
    keys = ("table", "variable", "level", "group")
    rows = [
        (
            *(as_text_cell(str(row[key])) for key in keys),
            FINDINGS[row["finding"]],
            *(as_text_cell(str(row[key])) for key in ("before", "now")),
        )
        for row in changes[changes["finding"].isin([*FINDINGS])].to_dict("records")
    ]
    return _csv(rows, (*keys, "finding", "before", "now"))


def cells_file(protected: ProtectedStudy | None) -> bytes:
    """All hidden cells as CSV: variable, form, level, group, why, count."""
    rows = [] if protected is None else list(_rows_of_cells(protected))
    return _csv(rows, ("variable", "form", "level", "group", "hidden", "count"))


def _rows_of_cells(protected: ProtectedStudy) -> Iterator[tuple[object, ...]]:
    for request, _ in protected.blocks:
        for name, variable in request.variables.items():
            for cell in hidden_cells(protected, name, tuple(variable.columns)):
                texts = (cell.variable, protected.form(name), cell.level, cell.group)
                yield (*map(as_text_cell, texts), HIDDEN[cell.why], cell.count)


def rows_file(withheld: Sequence[Withheld]) -> bytes:
    """All numbers that are withheld of results that leave, as CSV."""
    rows = [
        tuple(
            as_text_cell(text)
            for text in (
                *(one.table, one.variable, one.level, one.about, one.column),
                in_words(WITHHELD, one.code),
            )
        )
        for one in withheld
    ]
    return _csv(rows, ("table", "variable", "level", "what", "column", "why"))


def _csv(rows: Sequence[tuple[object, ...]], columns: tuple[str, ...]) -> bytes:
    table = pd.DataFrame(rows, columns=list(columns))
    return table.to_csv(index=False, lineterminator="\n").encode()
