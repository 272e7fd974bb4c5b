"""Rules written out once more for the tests, from their papers and not from the program; and
changed cohorts.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

import mothers_margins as mm


def rubin(
    estimates: Sequence[float], variances: Sequence[float], df_complete: float = np.inf
) -> dict[str, float]:
    """Rubin's rules for one estimate (1987, §3.3); with finite df_complete Barnard and Rubin's df
    (1999, eq. 3).
    """
    m = len(estimates)
    mean = sum(estimates) / m
    within = sum(variances) / m
    between = sum((one - mean) ** 2 for one in estimates) / (m - 1)
    total = within + between + between / m
    riv = (between + between / m) / within
    df = (m - 1) * (1 + within / (between + between / m)) ** 2 if between > 1e-25 else np.inf
    if np.isfinite(df_complete):
        share = (between + between / m) / total
        observed = df_complete * (df_complete + 1) / (df_complete + 3) * (1 - share)
        df = 1 / (1 / df + 1 / observed)
    error = total**0.5
    reach = stats.t.ppf(0.975, df) * error
    found = {
        "estimate": mean,
        "std_error": error,
        "df": df,
        "riv": riv,
        "fmi": (riv + 2 / (df + 3)) / (riv + 1),
    }
    found |= {"conf_low": mean - reach, "conf_high": mean + reach, "mc_error": (between / m) ** 0.5}
    return found | {"p_value": 2 * stats.t.cdf(-abs(mean) / error, df)}


def d1(estimates: np.ndarray, covariances: np.ndarray) -> dict[str, float]:
    """The joint test of Li, Raghunathan and Rubin (1991, eq. 1.17 to 1.19): all k coefficients are
    zero.
    """
    m, k = estimates.shape
    mean, within = estimates.mean(axis=0), covariances.mean(axis=0)
    between = np.atleast_2d(np.cov(estimates.T))
    r = (1 + 1 / m) * np.trace(between @ np.linalg.inv(within)) / k
    f = mean @ np.linalg.inv(within) @ mean / (k * (1 + r))
    t = k * (m - 1)
    df2 = (
        4 + (t - 4) * (1 + (1 - 2 / t) / r) ** 2
        if t > 4
        else t * (1 + 1 / k) * (1 + 1 / r) ** 2 / 2
    )
    return {"statistic": f, "df2": df2, "pvalue": stats.f.sf(f, k, df2)}


def same(found: Any, expected: Any, tolerance: float = 1e-10) -> None:
    np.testing.assert_allclose(
        np.asarray(found, float), np.asarray(expected, float), rtol=tolerance, atol=1e-12
    )


def said(cohort: mm.Cohort, **changes: Any) -> mm.Cohort:
    """The same rows under a study.yaml with other parts."""
    file = cohort.study.file.model_copy(update=changes)
    return replace(cohort, study=replace(cohort.study, file=file))


def planned(cohort: mm.Cohort, **changes: Any) -> mm.Cohort:
    """The same rows under another missing-data plan."""
    plan = cohort.study.file.missing_data
    assert plan
    return said(cohort, missing_data=plan.model_copy(update=changes))


def ruled(cohort: mm.Cohort, **changes: Any) -> mm.Cohort:
    """The same rows under other rules of regression."""
    return said(cohort, regression=cohort.study.file.regression.model_copy(update=changes))


def emptied(cohort: mm.Cohort, name: str, rows: Any, reason: str = "not recorded") -> mm.Cohort:
    """Cells of one column taken away (rows: labels or truth values)."""
    data, reasons = cohort.data.copy(), cohort.reasons.copy()
    data.loc[rows, name], reasons.loc[rows, name] = pd.NA, reason
    return replace(cohort, data=data, reasons=reasons)


def part(cohort: mm.Cohort, rows: Any) -> mm.Cohort:
    """Some rows of a cohort."""
    scoring = cohort.scoring.loc[rows] if len(cohort.scoring) else cohort.scoring
    return replace(
        cohort, data=cohort.data.loc[rows], reasons=cohort.reasons.loc[rows], scoring=scoring
    )
