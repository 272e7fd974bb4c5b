"""The equations of a run: how each incomplete variable is imputed, and which auxiliaries its rarer
answer can carry.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mothers_margins.analysis.missing_data.answered import (
    Threshold,
    answers,
    beside,
    bounds,
    containing,
)
from mothers_margins.analysis.missing_data.composites import maker
from mothers_margins.cohort.cohort import Cohort, column, gap
from mothers_margins.cohort.design_columns import put_together
from mothers_margins.imputation import Cut, Equation, Passive, default_method
from mothers_margins.study.analysis_plan import MissingData
from mothers_margins.study.participant_table import Summarised
from mothers_margins.study.study import Study
from mothers_margins.study.variables import ancestors

# Auxiliary columns that an equation of levels carries: one per so many of its rarer answer.
RARER_PER_AUXILIARY = 10
NO_LIMITS = (-float("inf"), float("inf"))


@dataclass(frozen=True, eq=False)
class RunEquations:
    """What the equations of a run are made of.

    data: its variables, levels put together as the model has them. parts_of: composites, and sums
    of scores, with their parts. cuts: of these the ones that are a score cut at a number: they have
    an equation of their own, and the score follows inside. auxiliaries: predictors that are in no
    model, in declared order.
    """

    cohort: Cohort
    plan: MissingData
    data: Mapping[str, pd.Series]
    parts_of: Mapping[str, tuple[str, ...]]
    cuts: Mapping[str, Threshold]
    auxiliaries: tuple[str, ...]
    shifts: Mapping[str, float]

    def made_of_parts(self, name: str) -> bool:
        """Whether a variable is made anew from its parts in every sweep."""
        return name in self.parts_of and name not in self.cuts

    def passive(self, name: str) -> Passive:
        """How a composite, or a sum of scores, is made from its parts."""
        parts = self.parts_of[name]
        if name in self.cohort.study.scores:
            return Passive(parts, _sum, of_numbers=_sum_of_numbers)
        return Passive(parts, maker(self.cohort, name, parts))

    def equation(self, name: str) -> Equation:
        """How an incomplete variable is imputed."""
        study = self.cohort.study
        values = self.data[name]
        score, cut, closed_as = self._cut(name)
        is_score = name in study.scores
        # the log-odds that the engine shifts are of the second level, which is the No
        sign = -1 if study.levels(name) == ("Yes", "No") else 1
        return Equation(
            method=self.plan.methods.get(name) or default_method(values),
            omit=self._omitted(name),
            limits=study.limits(name) if is_score else NO_LIMITS,
            # what a score is cut into concerns whom the score concerns
            applies=_applies(self.cohort, score or name, self.data),
            delta=self.shifts.get(name, 0.0) * sign,
            closed_as=closed_as,
            bounds=bounds(self.cohort, name) if is_score else None,
            answers=answers(self.cohort, score, self._imputed()) if score else None,
            cut=cut,
            beside=beside(self.cohort, name, self._imputed()),
        )

    def _imputed(self) -> list[str]:
        """Variables with an equation of their own."""
        incomplete = (name for name, values in self.data.items() if values.isna().any())
        return [name for name in incomplete if not self.made_of_parts(name)]

    def _cut(self, name: str) -> tuple[str, Cut | None, str | None]:
        """The score whose answers bind a variable, how the two hang together, and the level that a
        closed gate gives; nothing for a variable that is no score and not cut from one.
        """
        study = self.cohort.study
        if name in self.cuts:
            of = self.cuts[name]
            closed_as = "No" if study.derived[name].gated_out == "no" else None
            return of.score, Cut(of.score, "Yes", of.at), closed_as
        if name not in study.scores:
            return "", None, None
        for composite, of in self.cuts.items():
            if of.score == name:
                return name, Cut(composite, "Yes", of.at), None
        return name, None, None

    def _omitted(self, name: str) -> tuple[str, ...]:
        """What does not predict a variable: parts of composites that it is no part of (the
        composite predicts it in their place), scores that hold it as an item, and auxiliaries that
        its rarer answer cannot carry.
        """
        siblings = {part for parts in self.parts_of.values() if name in parts for part in parts}
        every = dict.fromkeys(part for parts in self.parts_of.values() for part in parts)
        others = [part for part in every if part not in siblings]
        holding = containing(self.cohort.study, name, self.data)
        _, left_out = self.budget(name)
        return tuple(dict.fromkeys([*others, *holding, *left_out]))

    def budget(self, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Auxiliaries that predict a variable, and those that do not: of levels one column per ten
        of the rarer answer, in the order of the plan, whatever the outcome.
        """
        # what would give it away predicts it in no case, so it takes no room
        study = self.cohort.study
        holding = containing(study, name, self.auxiliaries)
        behind = [other for other in self.auxiliaries if name in gates(study, other)]
        out = (name, *holding, *behind)
        auxiliaries = [other for other in self.auxiliaries if other not in out]
        values = self.data[name]
        if not isinstance(values.dtype, pd.CategoricalDtype):
            return tuple(auxiliaries), ()
        room = self.rarest(name) // RARER_PER_AUXILIARY
        kept: list[str] = []
        for place, other in enumerate(auxiliaries):
            room -= _width(self.data[other])
            if room < 0:
                return tuple(kept), tuple(auxiliaries[place:])
            kept.append(other)
        return tuple(kept), ()

    def rarest(self, name: str) -> int:
        """How many participants have the rarer answer of a variable with levels; 0 where nobody has
        one.
        """
        counts = self.data[name].value_counts()
        given = counts[counts > 0]
        return 0 if given.empty else int(given.min())

    def described(self, name: Hashable, equation: Equation | Passive) -> str:
        """An equation as the key of stored cells has it."""
        if isinstance(equation, Passive):
            return self._described_passive(str(name))
        applies = "by rows" if isinstance(equation.applies, pd.Series) else equation.applies
        words = (equation.method, equation.omit, equation.limits, applies, equation.delta)
        items = equation.answers.imputed if equation.answers else {}
        return f"{name} {words} {equation.closed_as} {equation.cut} {items}"

    def _described_passive(self, name: str) -> str:
        """By which rules it is made. A title or another wording decides no cell, so that cells stay
        good where only words change.
        """
        study = self.cohort.study
        above = sorted(ancestors(study, name))
        derived = [study.derived[other] for other in (name, *above) if other in study.derived]
        made = [variable.model_dump(exclude={*Summarised.model_fields}) for variable in derived]
        return f"{name} passive {self.parts_of[name]} {made}"

    def decided_by(self, name: str, equation: Equation | Passive) -> dict[str, pd.Series]:
        """What else decides the cells of a variable, though it predicts nothing: what a composite
        is made from, answers to items and what they allow, and whom a variable concerns.
        """
        data = self.cohort.data
        if isinstance(equation, Passive):
            above = sorted(ancestors(self.cohort.study, name))
            return {other: data[other] for other in above if other in data}
        deciding: dict[str, pd.Series] = {}
        if equation.answers:
            known = equation.answers.known
            deciding = {f"{name} {item}": known[item] for item in known}
        if equation.bounds:
            low, high = equation.bounds
            deciding |= {f"{name} least": low, f"{name} most": high}
        if equation.beside and isinstance(equation.beside[1], pd.Series):
            deciding[f"{name} beside {equation.beside[0]}"] = equation.beside[1]
        if isinstance(equation.applies, pd.Series):
            deciding[f"{name} applies"] = equation.applies
        return deciding


def _sum(parts: pd.DataFrame) -> pd.Series:
    """The sum of a row's parts; missing if one is."""
    columns = [values.to_numpy(dtype=float, na_value=np.nan) for _, values in parts.items()]
    return pd.Series(_sum_of_numbers(columns), index=parts.index)


def _sum_of_numbers(columns: Sequence[np.ndarray]) -> np.ndarray:
    return np.asarray(np.sum(columns, axis=0))


def as_analysed(cohort: Cohort, model: str, name: str, terms: Collection[str]) -> pd.Series:
    """A variable of a run; of a term the levels put together as its model has them, because what
    the analysis does not tell apart is not imputed apart.
    """
    values = column(cohort, name)
    if name not in terms:
        return values
    coding = cohort.study.coding(model, name)
    if not coding.merged:
        return values
    merged = put_together(cohort.study, values, name, coding)
    is_same = len(merged.cat.categories) == len(cohort.study.levels(name))
    return values if is_same else merged


def _width(values: pd.Series) -> int:
    """Columns that a predictor needs."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return max(len(values.cat.categories) - 1, 1)
    return 1


def gates(study: Study, name: str) -> tuple[str, ...]:
    """Variables that decide whether another one applies: the gate of its instrument, or what its
    field names.
    """
    instrument = study.instruments.get(name)
    field = study.fields.get(name)
    of_instrument = (instrument.gate.variable,) if instrument and instrument.gate else ()
    return (*of_instrument, *(field.applies_where if field else ()))


def _applies(
    cohort: Cohort, name: str, names: Collection[str]
) -> pd.Series | tuple[Hashable, tuple[str, ...]] | None:
    """Whom a variable concerns: by its gate where that is imputed too, else row by row; None if it
    concerns all.
    """
    study = cohort.study
    for gate in gates(study, name):
        if gate in names and gap(cohort, gate).any():
            return gate, _opening_levels(study, name, gate)
    outside = cohort.reasons[name].isin(study.not_applicable) & column(cohort, name).isna()
    return ~outside if outside.any() else None


def _opening_levels(study: Study, name: str, gate: str) -> tuple[str, ...]:
    """The levels of a gate at which a variable applies."""
    field = study.fields.get(name)
    if field and gate in field.applies_where:
        return tuple(field.applies_where[gate])
    instrument = study.instruments.get(name)
    closing = instrument.gate.level if instrument and instrument.gate else ""
    return tuple(level for level in study.levels(gate) if level != closing)
