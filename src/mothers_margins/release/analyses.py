"""Whose rows a model is of: its levels with and without the outcome, and what may be said of it."""

from collections.abc import Iterable, Iterator, Mapping
from math import floor
from typing import NamedTuple

from mothers_margins.disclosure.model_gate import adjusted_estimates
from mothers_margins.disclosure.policy import Policy
from mothers_margins.errors import UsageError
from mothers_margins.release.columns import sides_of
from mothers_margins.release.protected import ProtectedStudy
from mothers_margins.results.counted import counts_of
from mothers_margins.results.results import Record, Results, checked
from mothers_margins.results.shown import is_known, shown
from mothers_margins.study.study import Study

SIDES = ("yes", "no")


class Analysis(NamedTuple):
    """An outcome, a model and the rows that it is fitted on, whichever method fits it."""

    outcome: str
    specification: str
    rows: str


class Side(NamedTuple):
    """A level's participants with and without the outcome; means where they are imputed."""

    events: float
    others: float

    @property
    def total(self) -> float:
        """All participants with the level."""
        return self.events + self.others

    @property
    def smallest(self) -> float:
        """The smaller of the two."""
        return min(self.events, self.others)


Cells = Mapping[str, Mapping[str, Side]]  # by variable and level


class Sample(NamedTuple):
    """How many participants a model is fitted on, and how many of them have the outcome."""

    n: int
    n_events: int

    @property
    def parts(self) -> tuple[int, int, int]:
        """All, those with and those without the outcome."""
        return self.n, self.n_events, self.n - self.n_events


def analysis_of(row: Record) -> Analysis:
    """Whose rows a row of estimates, predictions or cells is of."""
    method = str(row["method"])
    rows = "complete_case" if method == "firth" else method.replace("imputed_firth", "imputed")
    return Analysis(str(row["outcome"]), str(row["specification"]), rows)


def is_imputed(analysis: Analysis) -> bool:
    """Whether rows are imputed, so that there is no single table of them."""
    return analysis.rows.startswith("imputed")


def cells_of(cells: Results | None, who: str) -> dict[Analysis, dict[str, dict[str, Side]]]:
    """The cells of each analysis; one that holds a hidden number is left out.

    Raises UsageError, in the name of `who`, for what is no `Fit.tabulated`.
    """
    if cells is None:
        return {}
    checked(cells, who, "events")
    column = counts_of("events", "cells")[0].column
    found: dict[Analysis, dict[str, dict[str, dict[str, float]]]] = {}
    not_told: set[Analysis] = set()
    for row in cells.to_dict("records"):
        if row["engine"] != "cells":
            raise UsageError(f"{who}: cells are what Fit.tabulated returns.")
        value = shown(row, column)
        analysis = analysis_of(row)
        if not is_known(value):
            not_told.add(analysis)
            continue
        levels = found.setdefault(analysis, {}).setdefault(str(row["variable"]), {})
        levels.setdefault(str(row["level"]), {})[str(row["group"])] = float(value)
    return {
        analysis: {
            name: {
                level: Side(*(sides.get(side, 0.0) for side in SIDES))
                for level, sides in of.items()
            }
            for name, of in variables.items()
        }
        for analysis, variables in found.items()
        if analysis not in not_told
    }


def why_not_adjusted(sample: Sample, parameters: int, cells: Cells | None, policy: Policy) -> str:
    """Why the adjusted estimates of a model are withheld, as a code; empty if they may be shown.

    parameters: with the constant.
    """
    if cells is None:
        return "cells_not_given"
    totals = {
        name: [floor(side.total) for side in levels.values()] for name, levels in cells.items()
    }
    decision = adjusted_estimates(
        residual_df=sample.n - parameters,
        n_events=sample.n_events,
        n_non_events=sample.n - sample.n_events,
        level_totals=totals,
        threshold=policy.threshold,
        least_df=policy.threshold,
    )
    return "" if decision.form == "shown" else decision.reason


def sample_of(row: Record) -> Sample | None:
    """The numbers of a row; None if they are not known."""
    n, events = shown(row, "n"), shown(row, "n_events")
    if not (is_known(n) and is_known(events)):
        return None
    return Sample(int(n), int(events))


class Bases:
    """Numbers of participants that are released of each outcome: its groups', and those of models
    that came before. A model whose numbers differ from one of them by a small count would tell it.

    An outcome that is another reading of one is counted among the same participants.
    """

    def __init__(self, protected: ProtectedStudy, before: Iterable[Results] = ()) -> None:
        self._protected = protected
        self._samples: dict[str, list[Sample]] = {}
        for results in before:
            for row in results.to_dict("records"):
                sample = sample_of(row)
                if sample is not None:
                    self._of(str(row["outcome"])).append(sample)

    def takes(self, outcome: str, sample: Sample) -> bool:
        """Whether a model's numbers may stand beside all others; then they are one of them."""
        others = self._of(outcome)
        if any(self._is_near(sample, other) for other in others):
            return False
        if sample not in others:
            others.append(sample)
        return True

    def _is_near(self, sample: Sample, other: Sample) -> bool:
        apart = [abs(one - two) for one, two in zip(sample.parts, other.parts, strict=True)]
        return any(0 < number < self._protected.plan.policy.threshold for number in apart)

    def _of(self, outcome: str) -> list[Sample]:
        study = self._protected.plan.study
        root = read_as(study, outcome)
        if root not in self._samples:
            self._samples[root] = list(self._of_groups(study, root))
        return self._samples[root]

    def _of_groups(self, study: Study, outcome: str) -> Iterator[Sample]:
        sides = sides_of(study, outcome)
        if sides is not None:
            universe = self._protected.plan.universe
            events, others = (universe.size(group) for group in sides)
            yield Sample(events + others, events)


def read_as(study: Study, outcome: str) -> str:
    """The outcome of which another one is a reading, or itself."""
    declared = study.outcomes.get(outcome)
    return declared.of if declared is not None and declared.of else outcome
