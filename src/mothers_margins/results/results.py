"""Tidy results: numbers in long form, one row per statistic, that know which study and rows they
come from.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import Any, Literal

import numpy as np
import pandas as pd
from pandas.api.typing import NAType

from mothers_margins.errors import UsageError
from mothers_margins.study.conditions import Group
from mothers_margins.study.source import Source
from mothers_margins.study.study import Study

# One row as pandas gives it (`to_dict("records")`); its values have whatever type the column has.
Record = dict[Hashable, Any]
Scalar = str | float | NAType | None  # a cell: a name or a code, a number, or nothing
Row = dict[str, Scalar]  # one row as a verb makes it; what it does not say is empty
Lock = Literal["", "open", "changed"]
NOT_LOCKED = "NOT LOCKED: exploratory"  # the mark of estimates from restricted data before the lock
EVERY_KIND = ["table", "study", "timepoint", "status", "note"]
# The columns of every kind. What a column means is the same in every kind (docs/results.md); which
# of them count participants, of whom and within what, stands in `counted`.
COLUMNS = {
    "summaries": [
        "block",
        "variable",
        "level",
        "group",
        "statistic",
        "value",
        "n",
        "denominator",
        "missing",
        "distinct",
    ],
    "bins": ["variable", "lower", "upper", "group", "n", "denominator", "missing"],
    "published_check": ["variable", "level", "group", "statistic", "value", "published", "agrees"],
    "themes": ["theme", "subtheme"],
    "joint_counts": ["part", "block", "atom", "region", "variable", "level", "group", "n"],
    "flow": ["outcome", "specification", "step", "group", "n"],
    "events": [
        "engine",
        "event",
        "variable",
        "level",
        "reason",
        "method",
        "variables",
        "group",
        "n",
        "denominator",
        "setting",
        "chains",
        "chains_in_all",
        "outcome",
        "specification",
    ],
    "comparisons": [
        "variable",
        "level",
        "group_a",
        "group_b",
        "test",
        "statistic",
        "df",
        "p_value",
        "effect",
        "effect_name",
        "conf_low",
        "conf_high",
        "n",
        "distinct",
        "reason",
    ],
    "estimates": [
        "outcome",
        "model",
        "method",
        "term",
        "variable",
        "level",
        "reference",
        "estimate",
        "std_error",
        "df",
        "conf_low",
        "conf_high",
        "p_value",
        "n",
        "n_events",
        "m",
        "fmi",
        "mc_error",
        "mc_low",
        "mc_high",
        "mc_p",
        "profile_low",
        "profile_high",
        "profile_p",
        "specification",
        "standing",
        "without_maximum",
        "interval",
    ],
    "chains": ["variable", "chain", "sweep", "mean", "sd"],
    "plan_test": [
        "recipe",
        "outcome",
        "analysis",
        "measure",
        "variable",
        "level",
        "value",
        "mc_error",
        "bar",
        "within",
        "cohorts",
    ],
    "convergence": ["outcome", "specification", "variable", "rhat", "chains", "sweeps"],
    "equations": [
        "outcome",
        "specification",
        "variable",
        "method",
        "level",
        "n",
        "denominator",
        "columns",
        "variables",
        "observed",
        "expected",
    ],
    "predictions": [
        "outcome",
        "model",
        "method",
        "variable",
        "level",
        "at",
        "estimate",
        "std_error",
        "df",
        "conf_low",
        "conf_high",
        "n",
        "n_events",
        "m",
        "fmi",
        "mc_error",
        "specification",
    ],
    "checks": [
        "outcome",
        "model",
        "specification",
        "method",
        "check",
        "variable",
        "level",
        "tenth",
        "statistic_name",
        "statistic",
        "df",
        "p_value",
        "conf_low",
        "conf_high",
        "n",
        "n_events",
        "n_beyond",
        "patterns",
    ],
}
# Columns that hold a name or a code; where nothing is said they are empty texts. All others hold
# numbers.
NAMES = frozenset(
    [
        "table",
        "study",
        "status",
        "note",
        "block",
        "variable",
        "level",
        "group",
        "step",
        "theme",
        "subtheme",
        "outcome",
        "specification",
        "engine",
        "event",
        "reason",
        "method",
        "variables",
        "group_a",
        "group_b",
        "test",
        "effect_name",
        "model",
        "term",
        "reference",
        "check",
        "statistic_name",
        "recipe",
        "analysis",
        "measure",
        "standing",
        "interval",
        "part",
    ]
)
# In a file a p that is released as a class has its side before its limit, so that nobody takes the
# limit for p; by the code in its note.
P_IN_FILES = {"p_below": "<", "p_at_least": ">="}
# `statistic` names a number in these kinds; in comparisons and checks it is the number.
NAMED_STATISTIC = ("summaries", "published_check")
# Columns of whole numbers; means over imputations can stand among them.
WHOLE = frozenset(
    [
        "n",
        "denominator",
        "missing",
        "n_events",
        "n_beyond",
        "patterns",
        "m",
        "setting",
        "chains",
        "chains_in_all",
        "columns",
        "sweeps",
        "chain",
        "sweep",
        "distinct",
        "tenth",
        "without_maximum",
        "atom",
        "region",
    ]
)


@dataclass(frozen=True)
class About:
    """What a frame of results needs to be read: its kind, study, source and the groups in it.

    lock: of estimates and what is made from them: `open` where no agreed list of explanatory
    variables covers them and the rows are restricted, `changed` where the agreed list was changed,
    else empty. released: whether they have been through the door.
    """

    kind: str
    study: Study
    source: Source
    groups: Mapping[str, Group]
    lock: Lock = ""
    released: bool = False

    @property
    def internal(self) -> bool:
        """Whether they are for the research team only: of restricted data, and not released."""
        return self.source.kind == "restricted" and not self.released

    @property
    def marks(self) -> tuple[str, ...]:
        """What everything made from these results must say of itself."""
        lock = NOT_LOCKED if self.lock == "open" else ""
        return tuple(mark for mark in (self.source.mark, lock) if mark)


class Results(pd.DataFrame):
    """A data frame of tidy results. `about` travels through selections; a frame that lost it cannot
    be saved.
    """

    _metadata = ["about"]  # pandas reads this list to pass the attribute on
    about: About

    @property
    def _constructor(self) -> type["Results"]:
        return Results


def tidy(
    rows: Sequence[Mapping[str, Scalar]] | Mapping[str, Sequence[Scalar]],
    about: About,
    timepoint: int | None = None,
) -> Results:
    """Rows, or their columns by name, as `Results` with exactly the columns of their kind, in
    order; what a row does not say is empty.
    """
    if timepoint is not None and (isinstance(timepoint, bool) or not isinstance(timepoint, int)):
        raise UsageError("A timepoint is a whole number, or left out.")
    columns = [*EVERY_KIND, *COLUMNS[about.kind]]
    frame = Results(rows, columns=None if rows else columns)
    common = {"study": about.study.name, "timepoint": timepoint, "status": "shown"}
    for name in columns:
        named = name in names_of(about.kind)
        absent = common.get(name, "" if named else nan)
        if name not in frame or (named and frame[name].isna().all()):
            frame[name] = absent
        elif named:
            frame[name] = frame[name].fillna(absent)
        if name in WHOLE:
            frame[name] = _whole(frame[name])
    frame = frame[columns].astype({"timepoint": "Int64"})
    frame.about = about
    return frame


def names_of(kind: str) -> frozenset[str]:
    """The columns of a kind that hold names or codes; all others hold numbers."""
    own = {"statistic"} if kind in NAMED_STATISTIC else set()
    return NAMES & {*EVERY_KIND, *COLUMNS[kind]} | own


# Any: a record, whose values have whatever type their columns have
def codes(row: Mapping[Hashable, Any]) -> tuple[str, ...]:
    """The codes in the note of a results row."""
    return tuple(str(row["note"]).split())


def _whole(numbers: pd.Series) -> pd.Series:
    """A column as whole numbers, so that an empty cell does not turn the others into fractions,
    where it holds none.
    """
    try:
        floats = numbers.astype("Float64")
    except (TypeError, ValueError):
        return numbers
    known = floats.dropna().to_numpy(dtype=float)
    # asked first: pandas cuts fractions off without a word
    are_whole = np.isfinite(known) & (known == np.floor(known))
    return floats.astype("Int64") if are_whole.all() else floats


def checked(results: Results, who: str, kind: str = "") -> About:
    """What results are about. Raises UsageError, in the name of `who`, if no verb returned them or
    not of this kind.
    """
    about: About | None = getattr(results, "about", None) if isinstance(results, Results) else None
    if about is None:
        remedy = "Give what a verb returned, or rows chosen from it."
        raise UsageError(
            f"{who}: this does not say which study and rows it comes from.", (), remedy
        )
    if list(results.columns) != [*EVERY_KIND, *COLUMNS[about.kind]]:
        raise UsageError(
            f"{who}: results of kind {about.kind} have the columns of their kind, no more and no "
            "fewer."
        )
    if kind and about.kind != kind:
        raise UsageError(f"{who}: these results are {about.kind}, not {kind}.")
    return about


def stack(*results: Results) -> Results:
    """Results of one kind, study and source, one below the other.

    Raises UsageError if they differ in one of these, or in what they say of the lock: then give
    them as a list.
    """
    abouts = [checked(frame, "stack") for frame in results]
    if len({(about.kind, about.study.name, about.source) for about in abouts}) != 1:
        raise UsageError("stack: needs results of one kind, one study and one source.")
    if len({about.lock for about in abouts}) != 1:
        remedy = "Give them to the table as a list."
        raise UsageError(
            "stack: some of these are covered by the agreed list and some are not.", (), remedy
        )
    groups: dict[str, Group] = {}
    for about in abouts:
        groups |= about.groups
    filled = [pd.DataFrame(frame) for frame in results if len(frame)]
    stacked = Results(pd.concat(filled, ignore_index=True))
    stacked.about = replace(abouts[0], groups=groups)
    return stacked
