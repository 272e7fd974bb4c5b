"""Tests and effect sizes of two disjoint groups: numbers in, numbers out. What is used when is said
in the study.
"""

import warnings
from collections.abc import Iterator

import numpy as np
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

from mothers_margins.analysis.comparisons.fisher_exact import fisher_exact
from mothers_margins.results.results import Row


def categories(table: np.ndarray, *, yates: bool, fisher_below: float) -> Iterator[Row]:
    """Tests of a table of counts, levels by two groups: Pearson's chi-squared with Cramér's V,
    Fisher's beside it.

    table: one row per level, all margins positive. yates: continuity correction, for two levels
    only. Fisher's exact test follows where an expected count is below `fisher_below`. V = sqrt(chi2
    / n), chi2 uncorrected (Cramér 1946, §21.9, with two columns). Raises OverflowError as
    `fisher_exact` does.
    """
    plain = stats.chi2_contingency(table, correction=False)
    chosen = stats.chi2_contingency(table, correction=yates)
    tested: Row = {
        "test": "chi_squared",
        "statistic": chosen.statistic,
        "df": chosen.dof,
        "p_value": chosen.pvalue,
    }
    yield tested | {
        "effect": float(np.sqrt(plain.statistic / table.sum())),
        "effect_name": "cramers_v",
    }
    if (plain.expected_freq < fisher_below).any():
        yield {"test": "fisher_exact", "p_value": fisher_exact(table)}


def numbers(a: np.ndarray, b: np.ndarray, *, equal: bool, confidence: float) -> Row:
    """The t-test of two samples without missing values: Student's if `equal` variances are assumed,
    else Welch's.

    The effect is the difference of means, a minus b, with its interval (confidence in per cent).
    Missing (nan) where a group has fewer than two values or nothing varies.
    """
    effect: Row = {"effect": float(np.mean(a) - np.mean(b)), "effect_name": "difference_of_means"}
    if min(len(a), len(b)) < 2 or (np.ptp(a) == 0 and np.ptp(b) == 0):
        return {"test": "t", **effect}
    # scipy warns of lost precision where one group does not vary; nothing is lost
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        test = stats.ttest_ind(a, b, equal_var=equal)
    low, high = test.confidence_interval(confidence / 100)
    tested: Row = {"test": "t", "statistic": test.statistic, "df": test.df, "p_value": test.pvalue}
    return tested | effect | {"conf_low": low, "conf_high": high}


def ranks(a: np.ndarray, b: np.ndarray, *, correction: bool) -> Row:
    """Wilcoxon's rank-sum test by the normal approximation with ties (R's W: pairs in which a is
    above b, ties half).

    The effect is the share of such pairs. Missing where nothing varies.
    """
    if np.ptp(np.concatenate([a, b])) == 0:
        return {"test": "rank_sum"}
    test = stats.mannwhitneyu(a, b, use_continuity=correction, method="asymptotic")
    share: Row = {
        "effect": float(test.statistic / (len(a) * len(b))),
        "effect_name": "probability_of_superiority",
    }
    return share | {"test": "rank_sum", "statistic": test.statistic, "p_value": test.pvalue}


def difference(count_a: int, n_a: int, count_b: int, n_b: int, confidence: float) -> Row:
    """Difference of two percentages, in points, with Newcombe's interval (1998, Stat Med 17:873,
    method 10).
    """
    # a share of zero divides zero by zero inside; the limits are right
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        alpha = 1 - confidence / 100
        low, high = confint_proportions_2indep(
            count_a, n_a, count_b, n_b, method="newcomb", alpha=alpha
        )
    effect: Row = {"effect": 100 * (count_a / n_a - count_b / n_b), "effect_name": "difference"}
    return effect | {"conf_low": 100 * low, "conf_high": 100 * high}


def standardised(a: np.ndarray, b: np.ndarray) -> Row:
    """Standardised difference of two means, over the root of the average variance (Austin 2009,
    Stat Med 28:3083).
    """
    if min(len(a), len(b)) < 2:
        return {}
    spread = np.sqrt((np.var(a, ddof=1) + np.var(b, ddof=1)) / 2)
    return _standardised((np.mean(a) - np.mean(b)) / spread) if spread > 0 else {}


def standardised_levels(table: np.ndarray) -> Row:
    """Standardised difference of a table of levels by two groups (Yang and Dalton 2012, SAS Global
    Forum 335).

    With two levels, that of two proportions, with its sign (first level, a minus b); with more, a
    distance. Nothing where the groups share no level, or the average covariance of the shares
    cannot be inverted.
    """
    a, b = (table / table.sum(axis=0))[:-1].T  # the last level follows from the others
    spread = (np.diag(a) - np.outer(a, a) + np.diag(b) - np.outer(b, b)) / 2
    if not (table.min(axis=1) > 0).any() or np.linalg.cond(spread) > 1e10:
        return {}
    if len(a) == 1:
        return _standardised((a - b)[0] / np.sqrt(spread[0, 0]))
    return _standardised(np.sqrt((a - b) @ np.linalg.solve(spread, a - b)))


def _standardised(value: float) -> Row:
    return {"effect": float(value), "effect_name": "standardised_difference"}
