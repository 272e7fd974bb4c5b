"""How many had the outcome, of all in a level: what stands beside estimates in tables and in a
forest plot, on the rows that the estimates are of.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from mothers_margins.errors import UsageError
from mothers_margins.results.results import Record, Results, checked
from mothers_margins.results.shown import Value, combined, is_known, shown
from mothers_margins.rounding import rounded
from mothers_margins.study.study import Study
from mothers_margins.wording.methods import base
from mothers_margins.wording.numbers import symbol


class RowsKey(NamedTuple):
    """On whose rows estimates are: an outcome and a model, on complete cases or imputed."""

    outcome: str
    specification: str
    base: str


# The number with the outcome and that of all, by whose rows they are, variable and level.
Counts = dict[tuple[RowsKey, str, str], tuple[Value, Value]]


@dataclass(frozen=True)
class EventsOfAll:
    """The counts beside the estimates of a figure. False where there are none."""

    counts: Counts

    def __bool__(self) -> bool:
        return bool(self.counts)

    def text(self, study: Study, row: Record) -> str:
        """'41/79' of an estimate's level; a symbol where it may not be shown; nothing of a number,
        which has no level.
        """
        counted = self.counts.get((rows_key(row), str(row["variable"]), str(row["level"])))
        if counted is None:
            return ""
        if not all(is_known(value) for value in counted):
            return symbol(*counted)
        events, whole = [rounded(float(value), 0, study.file.rounding.rule) for value in counted]
        return f"{events}/{whole}"


def events_of_all(cells: Results | Iterable[Results] | None, who: str) -> EventsOfAll:
    """The counts that `Fit.tabulated` returns, or several of them.

    Raises UsageError, in the name of `who`, for results of another kind.
    """
    return EventsOfAll(counted_with_outcome(cells, who))


def rows_key(row: Record) -> RowsKey:
    """On whose rows an estimate is."""
    return RowsKey(str(row["outcome"]), str(row["specification"]), base(str(row["method"])))


def frames_of(results: object) -> list[Results]:
    """One frame of results, or several, as a list."""
    if isinstance(results, pd.DataFrame):
        return [results]  # type: ignore[list-item]  # `checked` says what is wrong with a plain frame
    return list(results) if isinstance(results, Iterable) else []


def counted_with_outcome(cells: Results | Iterable[Results] | None, who: str) -> Counts:
    """Number with the outcome and in all, by whose rows they are, variable and level. who: the verb
    in whose name errors speak.
    """
    by_side: dict[tuple[RowsKey, str, str], dict[str, Value]] = {}
    for frame in frames_of(cells) if cells is not None else []:
        checked(frame, who, "events")
        if set(frame["engine"]) - {"cells"}:
            raise UsageError(f"{who}: cells are what Fit.tabulated returns.")
        for row in frame.to_dict("records"):
            key = (rows_key(row), str(row["variable"]), str(row["level"]))
            by_side.setdefault(key, {})[row["group"]] = shown(row, "n")
    return {
        key: (sides["yes"], combined(lambda yes, no: yes + no, sides["yes"], sides["no"]))
        for key, sides in by_side.items()
    }
