"""How many had the outcome, of all in a level: what stands beside the labels of a forest plot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mothers_margins.errors import UsageError
from mothers_margins.results.results import Record, Results, checked
from mothers_margins.results.shown import Value, combined, is_known, shown
from mothers_margins.rounding import rounded
from mothers_margins.study.study import Study
from mothers_margins.wording.terms import base, symbol

# On whose rows a level is counted: outcome, model and how missing values are treated; then the
# variable and the level.
Place = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class EventsOfAll:
    """By place: how many had the outcome, and how many there were. False where there are none."""

    counts: Mapping[Place, tuple[Value, Value]]

    def __bool__(self) -> bool:
        return bool(self.counts)

    def text(self, study: Study, row: Record) -> str:
        """'41/79' of an estimate's level; a symbol where it may not be shown; nothing of a number,
        which has no level.
        """
        counted = self.counts.get(_place(row))
        if counted is None:
            return ""
        if not all(is_known(value) for value in counted):
            return symbol(*counted)
        events, whole = [rounded(float(value), 0, study.file.rounding.rule) for value in counted]
        return f"{events}/{whole}"


def events_of_all(cells: Results | Sequence[Results] | None, who: str) -> EventsOfAll:
    """The counts that `Fit.tabulated` returns, or several of them.

    Raises UsageError, in the name of `who`, for results of another kind.
    """
    frames = [cells] if isinstance(cells, Results) else list(cells or ())
    by_side: dict[Place, dict[str, Value]] = {}
    for frame in frames:
        checked(frame, who, "events")
        if {*frame["engine"]} - {"cells"}:
            raise UsageError(f"{who}: cells are what Fit.tabulated returns.")
        for row in frame.to_dict("records"):
            by_side.setdefault(_place(row), {})[str(row["group"])] = shown(row, "n")
    return EventsOfAll(
        {place: (sides["yes"], _sum(sides["yes"], sides["no"])) for place, sides in by_side.items()}
    )


def _sum(*counts: Value) -> Value:
    return combined(lambda yes, no: yes + no, *counts)


def _place(row: Record) -> Place:
    names = (str(row[name]) for name in ("outcome", "specification"))
    outcome, specification = names
    how = base(str(row["method"]))
    return outcome, specification, how, str(row["variable"]), str(row["level"])
