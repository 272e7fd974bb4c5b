"""An imputed cohort: its completed copies, and what was done to make them."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from math import nan
from typing import Literal

import numpy as np
import pandas as pd

from mothers_margins.analysis.missing_data.equations import RunEquations
from mothers_margins.cohort.cohort import Cohort, gap
from mothers_margins.cohort.derive import remade
from mothers_margins.imputation import Imputations
from mothers_margins.imputation.columns import Column
from mothers_margins.results.results import About, Results, Row, tidy
from mothers_margins.study.analysis_plan import MissingData
from mothers_margins.study.conditions import Group
from mothers_margins.study.variables import ancestors

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
    run: what its equations are made of. composites: how these were treated; shifts: what was added
    to imputed values. done: what was left out or kept by a rule, with numbers. made: the engine's
    result. burnin: sweeps of each chain. seed: of the random numbers.
    """

    cohort: Cohort
    outcome: str
    model: str
    composites: Composites
    shifts: Mapping[str, float]
    filled: tuple[str, ...]
    run: RunEquations
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
    def together(self) -> dict[str, tuple[str, ...]]:
        """Imputed variables with the levels that only exist put together, as the model of the run
        has them.
        """
        together: dict[str, tuple[str, ...]] = {}
        for name in self.filled:
            values = self.made.data[name]
            declared = self.cohort.study.levels(name)
            if isinstance(values.dtype, pd.CategoricalDtype) and declared:
                new = [str(level) for level in values.cat.categories if level not in declared]
                together |= {name: tuple(new)} if new else {}
        return together

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
        study = self.cohort.study
        completed = self.made.complete(i)
        wanted = {*self.cohort.data} if only is None else {self.outcome, *only}
        derived_again = self._hangs_on_imputed(wanted - {*completed})
        needed = wanted
        if derived_again:
            needed = wanted.union(*(ancestors(study, name) for name in wanted))
        data = {str(name): values for name, values in self.cohort.data.items() if name in needed}
        for name in {*self.filled, *map(str, self.made.passive)} & needed:
            data[name] = _in_type(completed[name], data[name])
        if derived_again:
            reasons = {name: self.cohort.reasons[name] for name in data}
            data |= remade(study, data, reasons, self.filled)
        frame = pd.DataFrame(data)
        reasons_left = self.cohort.reasons[list(frame)].where(frame.isna())
        return replace(self.cohort, data=frame, reasons=reasons_left)

    def _hangs_on_imputed(self, names: Collection[str]) -> bool:
        """Whether one of these is made from an imputed variable."""
        return any(not ancestors(self.cohort.study, name).isdisjoint(self.filled) for name in names)

    def log(self) -> Results:
        """How the run was made, and what it left out, kept by a rule, augmented or could not fit:
        kind events.

        engine run: `imputations`, `sweeps` and `seed`, whose values are in `setting`. engine
        imputation: what was done to `n` participants of the run, or of all where it says who is not
        in it (see `Done`); `imputed` by `method`, with the shift in `setting`; `made_from_parts`,
        which are in `variables`. engine chains: in how many `chains` of `chains_in_all` something
        happened at least once (see `imputation.HAPPENINGS`).
        """
        settings = {"imputations": self.m, "sweeps": self.burnin, "seed": self.seed}
        rows: list[Row] = [
            {"engine": "run", "event": event, "setting": value} for event, value in settings.items()
        ]
        rows += self._what_was_done()
        rows += self._what_happened_in_chains()
        everyone: Row = {"group": "all"}
        return tidy([everyone | row for row in rows], self._about("events"), self.timepoint)

    def _what_happened_in_chains(self) -> Iterator[Row]:
        """Rows of the engine chains."""
        for event in self.made.events_frame().to_dict("records"):
            # of a chain that failed the names are the kind of error, not variables
            column_of_names = "reason" if event["event"] == "chain_failed" else "variables"
            yield {
                "engine": "chains",
                "event": event["event"],
                "variable": event["variable"],
                column_of_names: "; ".join(event["names"]),
                "chains": event["chains"],
                "chains_in_all": self.m + len(self.made.failed),
            }

    def _what_was_done(self) -> Iterator[Row]:
        """Rows of the engine imputation."""
        size = len(self.cohort)
        outside = sum(done.n for done in self.done if done.code in OUTSIDE)
        for done in self.done:
            yield {
                "engine": "imputation",
                "event": done.code,
                "variable": done.variable,
                "n": done.n,
                "denominator": size + outside if done.code in OUTSIDE else size,
            }
        for target in self.made.targets:
            yield {
                "engine": "imputation",
                "event": "imputed",
                "variable": str(target.name),
                "method": target.equation.method,
                "setting": self.shifts.get(str(target.name), nan),
                "n": int(target.missing.sum()),
                "denominator": size,
            }
        for name, passive in self.made.passive.items():
            yield {
                "engine": "imputation",
                "event": "made_from_parts",
                "variable": str(name),
                "variables": "; ".join(map(str, passive.sources)),
                "n": int(gap(self.cohort, str(name)).sum()),
                "denominator": size,
            }

    def equations(self) -> Results:
        """What each equation rests on: kind equations.

        level: the rarer answer of a variable with levels, which `n` of `denominator` have, those
        with an observed value whom the variable concerns. columns: of the design that predict it,
        without the constant; variables: the auxiliaries among them, as many as the rarer answer
        carries. observed, expected: share of the rarer answer among these participants, and as
        the last equation of each chain expects it of them, before any shift; mean over chains.
        """
        rows = [self._equation(target) for target in self.made.targets]
        return tidy(rows, self._about("equations"), self.timepoint)

    def _equation(self, target: Column) -> Row:
        """The row of one imputed variable."""
        name = str(target.name)
        predictors = self.made.predictors[target.name]
        known = target.values[self._concerned(target) & ~np.isnan(target.values)]
        row: Row = {
            "outcome": self.outcome,
            "specification": self.model,
            "variable": name,
            "method": target.equation.method,
            "denominator": len(known),
            "columns": len(predictors),
            "variables": "; ".join(self._auxiliaries(predictors)),
        }
        if not target.levels:
            return row
        counts = np.bincount(known.astype(int), minlength=len(target.levels))
        rarer = int(counts.argmin())
        expected = [chain.expected[target.name] for chain in self.made.chains]
        return row | {
            "level": str(target.levels[rarer]),
            "n": int(counts[rarer]),
            "observed": float(counts[rarer] / counts.sum()),
            "expected": float(np.mean(expected)),
        }

    def _auxiliaries(self, predictors: Collection[str]) -> list[str]:
        """The plan's auxiliaries among the predictors of a variable, in the order of the plan."""
        return [name for name in self.run.auxiliaries if name in predictors]

    def _concerned(self, target: Column) -> np.ndarray:
        """Truth per participant of the run: whether a variable concerns them, as far as it is
        recorded.
        """
        applies = target.equation.applies
        if isinstance(applies, pd.Series):
            return applies.to_numpy(dtype=bool)
        if target.gate is None:
            return np.ones(len(self.cohort), dtype=bool)
        gate, levels = target.gate.name, applies[1] if applies else ()
        opening = levels if isinstance(levels, tuple) else (levels,)
        return np.asarray(self.made.data[gate].isin(opening), dtype=bool)

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
        common: Row = {
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
        mark = f"{self.cohort.source.mark}. " if self.cohort.source.mark else ""
        said = (
            f"{mark}{self.m} imputations of {len(self.cohort)} "
            f"{self.cohort.study.file.unit.many} for {self.outcome}; "
            f"{len(self.filled)} incomplete variables."
        )
        if self.made.failed:
            said += f" {len(self.made.failed)} CHAINS FAILED: see events()."
        return said


def _in_type(values: pd.Series, before: pd.Series) -> pd.Series:
    """Imputed values in the type of the column; whole numbers that are no longer whole become
    Float64. Where levels were put together, recorded cells keep their own level.
    """
    if isinstance(values.dtype, pd.CategoricalDtype) and values.dtype != before.dtype:
        levels = [*before.cat.categories, *values.cat.categories]
        kind = pd.CategoricalDtype([*dict.fromkeys(levels)])
        return before.astype(kind).where(before.notna(), values.astype(kind))
    try:
        return values.astype(before.dtype)
    except (TypeError, ValueError):
        return values.astype("Float64")
