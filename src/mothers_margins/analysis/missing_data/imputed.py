"""An imputed cohort: its completed copies, and what was done to make them."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from math import nan
from typing import Any, Literal

import pandas as pd

from mothers_margins.cohort.cohort import Cohort, gap
from mothers_margins.cohort.derive import remade
from mothers_margins.imputation import Imputations
from mothers_margins.results.results import About, Results, tidy
from mothers_margins.study.analysis_plan import MissingData
from mothers_margins.study.conditions import Group
from mothers_margins.study.study import ancestors

Composites = Literal["components", "direct", "missing_as_no"]
ALL = {"all": Group(label="All", where={})}
# Of these the number is of all participants: they are not in the run.
OUTSIDE = ("outcome_not_known", "not_concerned", "predicting_outcome_not_known")


@dataclass(frozen=True)
class Done:
    """What a run left out or kept by a rule: a code, the variable, and how many participants it
    met.

    Codes beside those of OUTSIDE: `average_in_place` (an unknown outcome predicts at the share of
    those known), `auxiliary_left_out` (recorded after the outcome, or part of it), `missing_as_no`,
    `shift_without_effect`.
    """

    code: str
    variable: str
    n: float = nan


@dataclass(frozen=True, eq=False, repr=False)
class Imputed:
    """A cohort imputed m times for one outcome.

    cohort: the rows of the run, with their missing values. filled: names of the imputed variables.
    composites: how these were treated; shifts: what was added to imputed values. done: what was
    left out or kept by a rule, with numbers. made: the engine's result. burnin: sweeps of each
    chain. seed: of the random numbers.
    """

    cohort: Cohort
    outcome: str
    model: str
    composites: Composites
    shifts: Mapping[str, float]
    filled: tuple[str, ...]
    done: tuple[Done, ...]
    made: Imputations
    burnin: int
    seed: int

    @property
    def m(self) -> int:
        """Number of imputations."""
        return self.made.m

    @property
    def plan(self) -> MissingData:
        """The study's missing-data plan."""
        plan = self.cohort.study.file.missing_data
        assert plan  # noqa: S101 (impute has looked)
        return plan

    @property
    def timepoint(self) -> int | None:
        """Timepoint of the outcome."""
        when = self.cohort.study.outcomes[self.outcome].timepoint
        return when if when in (1, 2) else None

    def complete(self, i: int, only: Collection[str] | None = None) -> Cohort:
        """The i-th completed cohort, from 1: imputed cells filled, and what is derived from them
        made again.

        What does not apply, and what the run did not impute, stays missing. only: the variables
        that are asked for besides the outcome, which is quicker than all. Raises IndexError beyond
        m.
        """
        frame, study = self.made.complete(i), self.cohort.study
        wanted = {*self.cohort.data} if only is None else {self.outcome, *only}
        untouched = wanted <= {*frame} or all(
            ancestors(study, n).isdisjoint(self.filled) for n in wanted - {*frame}
        )
        needed = wanted if untouched else wanted.union(*(ancestors(study, name) for name in wanted))
        data = {str(name): values for name, values in self.cohort.data.items() if name in needed}
        for name in ({*self.filled} | {*self.made.passive}) & needed:
            data[name] = _in_type(frame[name], data[name])
        if not untouched:
            reasons = {name: self.cohort.reasons[name] for name in data}
            data |= remade(study, data, reasons, self.filled)
        made = pd.DataFrame(data)
        return replace(
            self.cohort, data=made, reasons=self.cohort.reasons[list(made)].where(made.isna())
        )

    def events(self) -> Results:
        """How the run was made, and what it left out, kept by a rule, augmented or could not fit:
        kind events.

        engine run: `imputations`, `sweeps` and `seed`, whose values are in `setting`. engine
        imputation: what was done to `n` participants of the run, or of all where it says who is not
        in it (see `Done`); `imputed` by `method`, with the shift in `setting`; `made_from_parts`,
        which are in `variables`. engine chains: in how many `chains` of `chains_in_all` something
        happened at least once (see `imputation.HAPPENINGS`).
        """
        settings = {"imputations": self.m, "sweeps": self.burnin, "seed": self.seed}
        rows = [
            {"engine": "run", "event": event, "setting": value} for event, value in settings.items()
        ]
        rows += self._what_was_done()
        for one in self.made.events_frame().to_dict("records"):
            row = {"engine": "chains", "event": one["event"], "variable": one["variable"]}
            named = "reason" if one["event"] == "chain_failed" else "variables"
            row |= {named: "; ".join(one["names"])}
            rows.append(
                row | {"chains": one["chains"], "chains_in_all": self.m + len(self.made.failed)}
            )
        return tidy([{"group": "all"} | row for row in rows], self._about("events"), self.timepoint)

    def _what_was_done(self) -> Iterator[dict[str, Any]]:
        """Rows of the engine imputation."""
        size = len(self.cohort)
        outside = sum(done.n for done in self.done if done.code in OUTSIDE)
        for done in self.done:
            whole = size + outside if done.code in OUTSIDE else size
            row: dict[str, Any] = {
                "engine": "imputation",
                "event": done.code,
                "variable": done.variable,
            }
            yield row | {"n": done.n, "denominator": whole}
        for target in self.made.targets:
            row = {"engine": "imputation", "event": "imputed", "variable": target.name}
            row |= {"method": target.equation.method, "setting": self.shifts.get(target.name, nan)}
            yield row | {"n": int(target.missing.sum()), "denominator": size}
        for name, passive in self.made.passive.items():
            row = {"engine": "imputation", "event": "made_from_parts", "variable": name}
            row |= {"variables": "; ".join(passive.sources)}
            yield row | {"n": int(gap(self.cohort, name).sum()), "denominator": size}

    def traces(self) -> Results:
        """Mean and SD of the imputed values by variable, chain and sweep: kind chains."""
        rows = self.made.trace().to_dict("records")
        return tidy(
            [{str(key): value for key, value in row.items()} for row in rows],
            self._about("chains"),
            self.timepoint,
        )

    def convergence(self) -> Results:
        """R-hat of every imputed variable, near 1 where the chains have mixed: kind convergence."""
        common = {
            "outcome": self.outcome,
            "specification": self.model,
            "chains": self.m,
            "sweeps": self.burnin,
        }
        rows = [
            common | {"variable": str(name), "rhat": value}
            for name, value in self.made.rhat().items()
        ]
        return tidy(rows, self._about("convergence"), self.timepoint)

    def _about(self, kind: str) -> About:
        return About(kind, self.cohort.study, self.cohort.source, ALL)

    def __repr__(self) -> str:
        mark = self.cohort.source.mark
        said = (
            f"{self.m} imputations of {len(self.cohort)} {self.cohort.study.file.unit.many} "
            f"for {self.outcome}"
        )
        failed = (
            f" {len(self.made.failed)} CHAINS FAILED: see events()." if self.made.failed else ""
        )
        return (
            f"{mark + '. ' if mark else ''}{said}; {len(self.filled)} incomplete variables.{failed}"
        )


def _in_type(values: pd.Series, before: pd.Series) -> pd.Series:
    """Imputed values in the type of the column; whole numbers that are no longer whole become
    Float64.
    """
    try:
        return values.astype(before.dtype)
    except (TypeError, ValueError):
        return values.astype("Float64")
