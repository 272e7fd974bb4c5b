"""Coefficients as numbers, asked as those of statsmodels are: of one data set, or pooled over
several.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from scipy import stats

from mothers_margins.analysis.regression.likelihood import Solution


class TermTest(Protocol):
    """A joint test that some coefficients are zero; df: how many they are."""

    @property
    def statistic(self) -> float:
        """Chi-squared, or F where the estimates are pooled."""

    @property
    def df(self) -> int:
        """Number of coefficients that are tested."""

    @property
    def pvalue(self) -> float:
        """p of all of them together."""


class Estimates(Protocol):
    """What is asked of coefficients, whether they are pooled (`imputation.Pooled`) or not."""

    @property
    def params(self) -> pd.Series:
        """Coefficients by column."""

    @property
    def bse(self) -> pd.Series:
        """Their standard errors."""

    @property
    def df(self) -> pd.Series:
        """Their degrees of freedom."""

    @property
    def pvalues(self) -> pd.Series:
        """Two-sided p of Wald's test."""

    @property
    def fmi(self) -> pd.Series:
        """Fraction of missing information."""

    @property
    def riv(self) -> pd.Series:
        """Relative increase in variance due to missing values."""

    @property
    def mc_error(self) -> pd.Series:
        """Monte Carlo error of the coefficients."""

    def cov_params(self) -> pd.DataFrame:
        """Covariance of the coefficients."""

    def conf_int(self, alpha: float = 0.05) -> pd.DataFrame:
        """Wald intervals, columns 0 and 1."""

    def wald_test(self, term: Sequence[str]) -> TermTest:
        """Joint test of some columns."""


@dataclass(frozen=True)
class WaldTest:
    """A joint test that some coefficients are zero: chi-squared with `df` degrees of freedom."""

    statistic: float
    df: int
    pvalue: float


@dataclass(frozen=True, eq=False)
class FromOneDataSet:
    """`Estimates` of one data set; its Wald tests are against the normal distribution, as in
    Stata.
    """

    names: tuple[str, ...]
    solution: Solution

    def _by_column(self, values: np.ndarray) -> pd.Series:
        return pd.Series(values, index=list(self.names))

    @property
    def params(self) -> pd.Series:
        """Coefficients by column."""
        return self._by_column(self.solution.params)

    @property
    def bse(self) -> pd.Series:
        """Standard errors, from the inverse of the information."""
        return self._by_column(np.sqrt(np.diag(self.solution.covariance)))

    @property
    def df(self) -> pd.Series:
        """Infinite, because the tests are against the normal distribution."""
        return self._by_column(np.full(len(self.names), np.inf))

    @property
    def pvalues(self) -> pd.Series:
        """Two-sided p of Wald's test."""
        return self._by_column(2 * stats.norm.sf(np.abs(self.params / self.bse)))

    @property
    def fmi(self) -> pd.Series:
        """Not defined without imputation (nan), as all that measures it."""
        return self._by_column(np.full(len(self.names), np.nan))

    riv = fmi
    mc_error = fmi

    def cov_params(self) -> pd.DataFrame:
        """Covariance of the coefficients."""
        return pd.DataFrame(self.solution.covariance, list(self.names), list(self.names))

    def conf_int(self, alpha: float = 0.05) -> pd.DataFrame:
        """Wald intervals, columns 0 and 1."""
        reach = stats.norm.ppf(1 - alpha / 2) * self.bse
        return pd.DataFrame({0: self.params - reach, 1: self.params + reach})

    def wald_test(self, term: Sequence[str]) -> WaldTest:
        """Joint test of some columns."""
        places = [self.names.index(name) for name in term]
        tested = self.solution.params[places]
        covariance = self.solution.covariance[np.ix_(places, places)]
        statistic = float(tested @ np.linalg.solve(covariance, tested))
        return WaldTest(statistic, len(places), float(stats.chi2.sf(statistic, len(places))))
