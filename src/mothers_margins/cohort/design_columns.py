"""How explanatory variables enter a model, as the study's `coding` says: one column of numbers per
term.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mothers_margins.study.analysis_plan import Coding
from mothers_margins.study.study import Study


def coded(
    study: Study,
    data: pd.DataFrame | Mapping[str, pd.Series],
    variable: str,
    coding: Coding | None = None,
) -> dict[tuple[str, str], pd.Series]:
    """Columns of one explanatory variable by (variable, level), as floats; missing where the
    variable is.

    A number is divided by its units. Levels in linear order count from 0 for the first declared
    (`reversed`: for the last). Otherwise one indicator per level beside the reference, after the
    declared levels are put together. coding: by default the study's.
    """
    coding = coding or study.codings[variable]
    values = data[variable]
    if coding.per is not None:
        return {(variable, ""): values.astype("Float64").astype(float) / coding.per}
    levels = list(study.levels(variable))
    if coding.linear:
        if coding.linear == "reversed":
            levels.reverse()
        order = {level: float(place) for place, level in enumerate(levels)}
        return {(variable, ""): values.astype("str").map(order).astype(float)}
    merged = put_together(study, values, variable, coding)
    # a level that has no place in this coding is not the reference
    missing = merged.isna().to_numpy()
    return {
        (variable, level): pd.Series(np.where(missing, np.nan, merged == level), index=values.index)
        for level in merged.cat.categories
        if level != coding.reference
    }


def put_together(study: Study, values: pd.Series, variable: str, coding: Coding) -> pd.Series:
    """Categories after the declared levels are put together; missing where the value is."""
    new_level = {level: level for level in study.levels(variable)}
    if coding.merged:
        new_level = {}
        for new, merged in coding.merged.items():
            new_level |= dict.fromkeys(merged, new)
        for new in coding.merged:
            new_level.setdefault(new, new)  # as it stands where it was imputed
    levels = pd.CategoricalDtype([*dict.fromkeys(new_level.values())])
    if not isinstance(values.dtype, pd.CategoricalDtype):
        return values.astype("str").map(new_level).astype(levels)
    # by codes: every completed copy of an imputed cohort asks for each of its terms
    place = {level: code for code, level in enumerate(levels.categories)}
    new_codes = [place.get(new_level.get(str(level), ""), -1) for level in values.cat.categories]
    codes = np.array([*new_codes, -1])[values.cat.codes.to_numpy()]
    together = pd.Categorical.from_codes(codes, dtype=levels)
    return pd.Series(together, index=values.index, name=values.name)
