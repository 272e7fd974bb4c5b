"""A composite made again from its imputed parts, quickly: chained equations ask for it in every
sweep.
"""

from collections.abc import Callable, Collection, Iterator

import numpy as np
import pandas as pd

from mothers_margins.cohort.cohort import Cohort
from mothers_margins.cohort.conditions import holds
from mothers_margins.study.conditions import Condition, Where
from mothers_margins.study.study import Study, ancestors
from mothers_margins.study.study_file import Derived

YES_NO = pd.CategoricalDtype(["Yes", "No"])


def maker(cohort: Cohort, name: str, parts: Collection[str]) -> Callable[[pd.DataFrame], pd.Series]:
    """A function from completed parts to a composite's Yes and No, as `remade` has them, for the
    rows it is given.

    Every condition that no part is in counts where it is known. Behind a closed gate, known or as
    it was imputed (its score is then missing among the completed parts), a condition is not met, or
    leaves the row out, as the study says.
    """
    study, data = cohort.study, cohort.data
    asked: list[tuple[Where, pd.Series, pd.Series, frozenset[str]]] = []
    for written in study.derived[name].conditions:
        for where, leaving_out in written_out(study, written, parts, study.derived[name]):
            rest = {other: condition for other, condition in where.items() if other not in parts}
            inside = {other: condition for other, condition in where.items() if other in parts}
            met = holds(data, study, rest).fillna(False).astype(bool) & ~_closed(cohort, where)
            asked.append((inside, met, _closed(cohort, leaving_out), leaving_out & {*inside}))

    def make(completed: pd.DataFrame) -> pd.Series:
        places = data.index.get_indexer(completed.index)
        found, out = np.zeros(len(completed), dtype=bool), np.zeros(len(completed), dtype=bool)
        for inside, rest, shut, leaving_out in asked:
            met = rest.to_numpy()[places]
            for part, condition in inside.items():
                met = met & _meets(completed[part], condition)
            found |= met
            out |= shut.to_numpy()[places]
            for part in leaving_out:
                out |= completed[part].isna().to_numpy()
        codes = np.where(found, 0, np.where(out, -1, 1))
        return pd.Series(pd.Categorical.from_codes(codes, dtype=YES_NO), index=completed.index)

    return make


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
