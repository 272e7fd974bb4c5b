"""The cohort: participant rows that match the study definition, with where they come from and why
cells are missing.
"""

from dataclasses import dataclass, field
from html import escape

import pandas as pd

from mothers_margins.errors import DisclosureError, UsageError, count, unknown
from mothers_margins.study.source import Source
from mothers_margins.study.study import Study


@dataclass(frozen=True)
class Event:
    """What was done to the rows on their way in, as a code and a count.

    engine: sources (`no_row_in_table`, `row_left_out`; table: its place among the files) or
    corrections (`cell_corrected`).
    """

    engine: str
    event: str
    variable: str
    rows: int
    table: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class Cohort:
    """Participants of one study, one row each.

    data: rows in file order, one column per variable; categorical with declared levels, Int64,
    Float64 or boolean. reasons: same shape; why a cell of `data` is missing, as the schema labels
    the code, else missing itself. scoring: one column per score; the rule that made it, row by row
    (empty until `derive`). events: see `Event`.
    """

    data: pd.DataFrame
    reasons: pd.DataFrame
    source: Source
    study: Study
    scoring: pd.DataFrame = field(default_factory=pd.DataFrame)
    events: tuple[Event, ...] = ()

    @property
    def derived(self) -> bool:
        """Whether `derive` has added all that the study derives."""
        return all(name in self.data for name in (*self.study.scores, *self.study.derived))

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        """No row is ever shown: what a notebook displays is an output."""
        mark = self.source.mark or f"{self.source.kind.upper()} DATA"
        supposed = ""
        if self.source.supposed:
            levels = [
                f" {self.study.label(name)}: {level}." for name, level in self.source.supposed
            ]
            supposed = f" Supposed where not known:{''.join(levels)}"
        return (
            f"{mark}. {count(len(self), 'row')} of study {self.study.name}. "
            f"{self.source.statement}{supposed}"
        )

    def _repr_html_(self) -> str:
        style = (
            "border-left:6px solid #5b3a7d;background:#f5f0fa;color:#1d1d1b;padding:.6em "
            "1em;margin:.5em 0"
        )
        return f'<div role="note" style="{style}"><strong>{escape(repr(self))}</strong></div>'


def gap(cohort: Cohort, name: str) -> pd.Series:
    """Where a value is missing though there is something to know: not where the question does not
    apply.
    """
    missing = column(cohort, name).isna() & ~cohort.reasons[name].isin(cohort.study.not_applicable)
    return missing.astype(bool)


def only_recorded(cohort: object, who: str) -> Cohort:
    """The cohort, if its rows were recorded or drawn; the one guard of all verbs that look beyond
    the printed totals.

    Raises UsageError, in the name of the verb `who`, for anything but a cohort, DisclosureError for
    rows that were rebuilt from a publication: they answer only what it states, through `summarise`
    and `compare`.
    """
    if not isinstance(cohort, Cohort):
        given = type(cohort).__name__
        raise UsageError(f"{who}: needs a cohort, as derive returns it; it was given a {given}.")
    if cohort.source.kind == "reconstructed":
        remedy = "Ask summarise or compare for what the publication states."
        why = "rows rebuilt from a publication agree with its totals and say nothing else"
        raise DisclosureError(f"{who}: {why}.", (), remedy)
    return cohort


def column(cohort: Cohort, name: str) -> pd.Series:
    """Values of one variable. Raises UsageError if it is unknown or not derived yet."""
    if name not in cohort.study.declared:
        raise unknown("variable", [name], cohort.study.variables, f"study {cohort.study.name}")
    if name not in cohort.data:
        raise UsageError(f"'{name}' is derived: call mm.derive(cohort) first.")
    return cohort.data[name]
