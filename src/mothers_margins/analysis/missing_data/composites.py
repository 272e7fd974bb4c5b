"""A composite made again from its imputed parts, quickly: chained equations ask for it in every
sweep.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mothers_margins.cohort.cohort import Cohort
from mothers_margins.cohort.conditions import holds
from mothers_margins.study.conditions import Condition, Where
from mothers_margins.study.study import Study
from mothers_margins.study.study_file import Derived
from mothers_margins.study.variables import ancestors

YES_NO = pd.CategoricalDtype(["Yes", "No"])


def maker(cohort: Cohort, name: str, parts: Collection[str]) -> Callable[[pd.DataFrame], pd.Series]:
    """A function from completed parts to a composite's Yes and No, as `remade` has them, for the
    rows it is given.

    Every condition that no part is in counts where it is known. Behind a closed gate, known or as
    it was imputed (its score is then missing among the completed parts), a condition is not met, or
    leaves the row out, as the study says.
    """
    alternatives = tuple(_alternatives(cohort, name, parts))

    def make(completed: pd.DataFrame) -> pd.Series:
        places = cohort.data.index.get_indexer(completed.index)
        found, out = np.zeros(len(completed), dtype=bool), np.zeros(len(completed), dtype=bool)
        for alternative in alternatives:
            found |= alternative.is_met(completed, places)
            out |= alternative.leaves_out(completed, places)
        codes = np.where(found, 0, np.where(out, -1, 1))
        return pd.Series(pd.Categorical.from_codes(codes, dtype=YES_NO), index=completed.index)

    return make


@dataclass(frozen=True, eq=False)
class _Alternative:
    """One of the conditions that each make a composite a Yes.

    of_parts: what it asks of imputed parts. known: rows of the cohort that meet the rest of it.
    shut: rows that a closed gate leaves out. gated_parts: parts that leave a row out where their
    gate was imputed closed.
    """

    of_parts: Where
    known: np.ndarray
    shut: np.ndarray
    gated_parts: frozenset[str]

    def is_met(self, completed: pd.DataFrame, places: np.ndarray) -> np.ndarray:
        """Which completed rows meet it. places: where they stand in the cohort."""
        met: np.ndarray = self.known[places]
        for part, condition in self.of_parts.items():
            met = met & _meets(completed[part], condition)
        return met

    def leaves_out(self, completed: pd.DataFrame, places: np.ndarray) -> np.ndarray:
        """Which completed rows it leaves out."""
        out: np.ndarray = self.shut[places]
        for part in self.gated_parts:
            out = out | completed[part].isna().to_numpy()
        return out


def _alternatives(cohort: Cohort, name: str, parts: Collection[str]) -> Iterator[_Alternative]:
    """The conditions of a composite, written out as its parts'."""
    study = cohort.study
    for written in study.derived[name].conditions:
        for where, leaving_out in written_out(study, written, parts, study.derived[name]):
            of_parts = {other: asked for other, asked in where.items() if other in parts}
            rest = {other: asked for other, asked in where.items() if other not in parts}
            known = holds(cohort.data, study, rest).fillna(False).astype(bool)
            yield _Alternative(
                of_parts,
                (known & ~_closed(cohort, where)).to_numpy(),
                _closed(cohort, leaving_out).to_numpy(),
                leaving_out & {*of_parts},
            )


def _closed(cohort: Cohort, names: Collection[str]) -> pd.Series:
    """Where the gate of one of these scores is known to be closed."""
    closed = pd.Series(False, index=cohort.data.index)
    for gate in (
        cohort.study.instruments[name].gate for name in names if name in cohort.study.instruments
    ):
        if gate:
            closed |= (cohort.data[gate.variable] == gate.level).fillna(False).astype(bool)
    return closed


def written_out(
    study: Study, where: Where, parts: Collection[str], asking: Derived
) -> Iterator[tuple[Where, frozenset[str]]]:
    """A condition with the derived variables that stand between a composite and its parts written
    out as theirs.

    With each the names behind a gate that leaves a row out when it is closed; the variable that
    asks says so.
    """
    gated = (name for name in where if name in study.instruments and study.instruments[name].gate)
    leaving_out = frozenset(gated) if asking.gated_out != "no" else frozenset()
    for name, condition in where.items():
        if name in parts or ancestors(study, name).isdisjoint(parts):
            continue
        others = {other: asked for other, asked in where.items() if other != name}
        for inner in study.derived[name].conditions if condition.levels == ("Yes",) else ():
            for made, also in written_out(study, inner, parts, study.derived[name]):
                for whole, own in written_out(study, others, parts, asking):
                    yield {**whole, **made}, own | also
        return
    yield where, leaving_out


def _meets(values: pd.Series, condition: Condition) -> np.ndarray:
    """Whether completed values meet a condition; one that does not apply meets none."""
    if condition.at_least is not None:
        return np.asarray(values.to_numpy(dtype=float, na_value=np.nan) >= condition.at_least)
    codes = values.cat.codes.to_numpy()
    wanted = [
        place for place, level in enumerate(values.cat.categories) if level in condition.levels
    ]
    found: np.ndarray = np.isin(codes, wanted)
    return (found ^ condition.excluded) & (codes >= 0)
