"""A composite made again from its imputed parts, quickly: chained equations ask for it in every sweep."""

from collections.abc import Callable, Collection, Iterator

import numpy as np
import pandas as pd

from mothers_margins.cohort import Cohort, holds
from mothers_margins.definition import Condition, Where
from mothers_margins.plan_checks import ancestors
from mothers_margins.study import Study

YES_NO = pd.CategoricalDtype(["Yes", "No"])


def maker(cohort: Cohort, name: str, parts: Collection[str]) -> Callable[[pd.DataFrame], pd.Series]:
    """A function from completed parts to a composite's Yes and No, as `remade` has them, for the rows it is given.

    Every condition that no part is in counts where it is known; a closed gate decides as the study says.
    """
    study, declared = cohort.study, cohort.study.derived[name]
    asked: list[tuple[Where, pd.Series]] = []
    for written in declared.conditions:
        for where in written_out(study, written, parts):
            rest = {other: condition for other, condition in where.items() if other not in parts}
            inside = {other: condition for other, condition in where.items() if other in parts}
            asked.append((inside, holds(cohort.data, study, rest).fillna(False).astype(bool)))
    closed = pd.Series(False, index=cohort.data.index)
    for gate in (study.instruments[part].gate for part in parts if part in study.instruments):
        if gate:
            closed |= (cohort.data[gate.variable] == gate.level).fillna(False).astype(bool)

    def make(completed: pd.DataFrame) -> pd.Series:
        places = cohort.data.index.get_indexer(completed.index)
        found = np.zeros(len(completed), dtype=bool)
        for inside, rest in asked:
            met = rest.to_numpy()[places]
            for part, condition in inside.items():
                met = met & _meets(completed[part], condition)
            found |= met
        shut = closed.to_numpy()[places]
        codes = np.where(found & ~shut, 0, 1)
        if declared.gated_out == "exclude":
            codes = np.where(shut, -1, codes)
        return pd.Series(pd.Categorical.from_codes(codes, dtype=YES_NO), index=completed.index)

    return make


def written_out(study: Study, where: Where, parts: Collection[str]) -> Iterator[Where]:
    """A condition with the derived variables that stand between a composite and its parts written out as theirs."""
    for name, condition in where.items():
        if name in parts or ancestors(study, name).isdisjoint(parts):
            continue
        others = {other: asked for other, asked in where.items() if other != name}
        for inner in study.derived[name].conditions if condition.levels == ("Yes",) else ():
            yield from written_out(study, {**others, **inner}, parts)
        return
    yield where


def _meets(values: pd.Series, condition: Condition) -> np.ndarray:
    """Whether completed values meet a condition; one that does not apply meets none."""
    if condition.at_least is not None:
        return np.asarray(values.to_numpy(dtype=float, na_value=np.nan) >= condition.at_least)
    codes = values.cat.codes.to_numpy()
    wanted = [place for place, level in enumerate(values.cat.categories) if level in condition.levels]
    found: np.ndarray = np.isin(codes, wanted)
    return (found ^ condition.excluded) & (codes >= 0)
