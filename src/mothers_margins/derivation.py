"""Adds what the study derives from what was recorded: bands of a number, merged levels. Adds, never changes."""

from dataclasses import replace

import pandas as pd

from mothers_margins.cohort import Cohort
from mothers_margins.definition import Derived
from mothers_margins.errors import expect


def derive(cohort: Cohort) -> Cohort:
    """A new cohort with every derived variable of the study, as ordered or plain categories in declared order.

    A derived value is missing where its source is missing (with the same reason) or lies outside every band.
    Raises UsageError if it is not given a cohort.
    """
    expect(cohort, Cohort, "derive", "a cohort, as read_cohort, open_cohort or demo_cohort return it")
    data, reasons = cohort.data.copy(), cohort.reasons.copy()
    for variable in cohort.study.file.derived:
        source = cohort.data[variable.source]
        values = _banded(source, variable) if variable.bands else _merged(source, variable)
        outside = values.isna() & source.notna()
        data[variable.name] = values
        reasons[variable.name] = cohort.reasons[variable.source].mask(outside, "outside every declared band")
    return replace(cohort, data=data, reasons=reasons)


def _banded(source: pd.Series, variable: Derived) -> pd.Series:
    levels = pd.Series(pd.NA, index=source.index, dtype="str")
    for band in variable.bands:
        low = -float("inf") if band.minimum is None else band.minimum
        high = float("inf") if band.maximum is None else band.maximum
        levels = levels.mask(source.between(low, high).fillna(False).astype(bool), band.level)
    return levels.astype(pd.CategoricalDtype(list(variable.levels), ordered=True))


def _merged(source: pd.Series, variable: Derived) -> pd.Series:
    into = {old: new for new, olds in variable.merged.items() for old in olds}
    return source.astype("str").map(into).astype(pd.CategoricalDtype(list(variable.levels)))
