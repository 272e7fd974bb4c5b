"""Firth's estimates of one data set, or of m, with the interval and p of their penalised
likelihood.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pandas as pd

from mothers_margins.analysis.regression.estimates import FromOneDataSet, TermTest
from mothers_margins.analysis.regression.penalised_profile import PenalisedProfiles
from mothers_margins.imputation import MeanDistribution, Pooled


@dataclass(frozen=True, eq=False)
class ByPenalisedProfile:
    """`Estimates` whose interval and p are by penalised profile likelihood, of several data sets
    pooled by CLIP (Heinze, Ploner and Beyea 2013, Stat Med 32:5062); all else is as in `wald`.

    designs: one per data set, n x k; events: of each the outcome as 0 and 1.
    """

    wald: FromOneDataSet | Pooled
    designs: tuple[np.ndarray, ...]
    events: tuple[np.ndarray, ...]

    @property
    def params(self) -> pd.Series:
        """Coefficients by column; pooled, the mean over data sets."""
        return self.wald.params

    @property
    def bse(self) -> pd.Series:
        """Their standard errors; pooled, Rubin's."""
        return self.wald.bse

    @property
    def df(self) -> pd.Series:
        """Degrees of freedom of Wald's tests."""
        return self.wald.df

    @property
    def fmi(self) -> pd.Series:
        """Fraction of missing information, Rubin's."""
        return self.wald.fmi

    @property
    def riv(self) -> pd.Series:
        """Relative increase in variance, Rubin's."""
        return self.wald.riv

    @property
    def mc_error(self) -> pd.Series:
        """Monte Carlo error of the coefficients."""
        return self.wald.mc_error

    def cov_params(self) -> pd.DataFrame:
        """Covariance of the coefficients."""
        return self.wald.cov_params()

    def wald_test(self, term: Sequence[str]) -> TermTest:
        """Joint test of some columns, Wald's."""
        return self.wald.wald_test(term)

    @property
    def pvalues(self) -> pd.Series:
        """Two-sided p of each coefficient by penalised likelihood ratio, pooled by CLIP."""
        return self._by_column([each.p_value() for each in self._distributions])

    def conf_int(self, alpha: float = 0.05) -> pd.DataFrame:
        """Intervals by penalised profile likelihood, pooled by CLIP, columns 0 and 1."""
        limits = np.array([each.limits(alpha) for each in self._distributions])
        return pd.DataFrame(limits, index=list(self.wald.names), columns=[0, 1])

    def mc_errors(self, alpha: float = 0.05) -> pd.DataFrame:
        """Jackknife Monte Carlo errors of estimate, standard error, p and limits, as
        `Pooled.mc_errors` has them.
        """
        names = ["p_value", "conf_low", "conf_high"]
        by_clip = pd.DataFrame([each.jackknife(alpha) for each in self._distributions])
        by_clip.index = pd.Index(self.wald.names)
        if not isinstance(self.wald, Pooled):
            return by_clip
        return self.wald.mc_errors(alpha).assign(**{name: by_clip[name] for name in names})

    def _by_column(self, values: Sequence[float]) -> pd.Series:
        return pd.Series(values, index=list(self.wald.names))

    @cached_property
    def _distributions(self) -> tuple[MeanDistribution, ...]:
        """The pooled distribution of each coefficient; one data set is its own."""
        profiles = PenalisedProfiles(np.array(self.designs), np.array(self.events))
        starts = zip(self.params, self.bse, strict=True)
        return tuple(
            MeanDistribution(partial(profiles.signed_roots, k), (float(estimate), float(error)))
            for k, (estimate, error) in enumerate(starts)
        )
