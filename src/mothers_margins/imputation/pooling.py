"""Rubin's rules: one result from the estimates of m completed data sets."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats
from scipy.special import expit, logit

DfRule = Literal["rubin", "barnard-rubin"]
NOTHING = 1e-14  # an increase in variance that is rounding


@dataclass(frozen=True)
class JointTest:
    """A joint test that k coefficients are zero: F with df1 and df2 degrees of freedom; riv is that
    of the test.
    """

    statistic: float
    df1: int
    df2: float
    pvalue: float
    riv: float

    @property
    def df(self) -> int:
        """Number of coefficients that are tested."""
        return self.df1


@dataclass(frozen=True, eq=False)
class Pooled:
    """Pooled estimates, asked as a fit of statsmodels is.

    estimates: m x k. covariances: m x k x k. df_complete: degrees of freedom of one completed data
    set, inf for z-based fits. terms: variables by name with their columns, for joint tests.
    """

    names: tuple[str, ...]
    estimates: np.ndarray
    covariances: np.ndarray
    df_complete: float
    df_rule: DfRule
    terms: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def m(self) -> int:
        """Number of imputations."""
        return len(self.estimates)

    @property
    def statement(self) -> str:
        """How many imputations, and by which rule: to be said with every result."""
        if self.m == 1:
            return (
                "1 imputation: its variance is unknown, so standard errors are those of one "
                "data set, too small."
            )
        if self.df_rule == "barnard-rubin" and np.isfinite(self.df_complete):
            return f"{self.m} imputations, degrees of freedom by Barnard and Rubin (1999)."
        return f"{self.m} imputations, degrees of freedom by Rubin (1987)."

    def _series(self, values: np.ndarray) -> pd.Series:
        return pd.Series(values, index=list(self.names))

    def _within(self) -> np.ndarray:
        return np.asarray(self.covariances.mean(axis=0))

    def _between(self) -> np.ndarray:
        centred = self.estimates - self.estimates.mean(axis=0)
        return np.asarray(centred.T @ centred / max(self.m - 1, 1))

    @property
    def params(self) -> pd.Series:
        """Pooled estimates: the mean over imputations (Rubin 1987, eq. 3.1.2)."""
        return self._series(self.estimates.mean(axis=0))

    def cov_params(self) -> pd.DataFrame:
        """Total covariance T = U + (1 + 1/m) B (Rubin 1987, eq. 3.1.5)."""
        total = self._within() + (1 + 1 / self.m) * self._between()
        return pd.DataFrame(total, list(self.names), list(self.names))

    @property
    def bse(self) -> pd.Series:
        """Standard errors."""
        return self._series(np.sqrt(np.diag(self.cov_params())))

    @property
    def riv(self) -> pd.Series:
        """Relative increase in variance due to missing values, (1 + 1/m) B / U (Rubin 1987, eq.
        3.1.7).
        """
        return self._series((1 + 1 / self.m) * np.diag(self._between()) / np.diag(self._within()))

    @property
    def df(self) -> pd.Series:
        """Degrees of freedom by the rule: Rubin's (1987, eq. 3.1.6), or Barnard and Rubin's (1999,
        Biometrika 86:948).

        Rubin's are what Stata prints for a z-based fit. Where nothing varies between imputations
        they are infinite, or v (v + 1) / (v + 3) of the v of the complete data.
        """
        return self._series(self._df(self.riv.to_numpy(), self.m))

    def _df(self, riv: np.ndarray, m: int) -> np.ndarray:
        old = np.full(riv.shape, inf)
        if m > 1:
            varies = riv > NOTHING
            old[varies] = (m - 1) * (1 + 1 / riv[varies]) ** 2
        if self.df_rule == "rubin" or not np.isfinite(self.df_complete):
            return old
        share = riv / (1 + riv)
        observed = (self.df_complete + 1) / (self.df_complete + 3) * self.df_complete * (1 - share)
        # the harmonic sum, in which infinite degrees of freedom drop out
        return np.asarray(1 / (1 / old + 1 / observed))

    @property
    def fmi(self) -> pd.Series:
        """Fraction of missing information, (r + 2/(df + 3)) / (1 + r) (Rubin 1987, eq. 3.1.10)."""
        more = 2 / (self.df + 3)
        return (self.riv + more) / (1 + self.riv)

    @property
    def relative_efficiency(self) -> pd.Series:
        """1 / (1 + FMI/m): that of m imputations compared with infinitely many (Rubin 1987, p.
        114).
        """
        return 1 / (1 + self.fmi / self.m)

    @property
    def pvalues(self) -> pd.Series:
        """Two-sided p against t with the pooled degrees of freedom."""
        return self._series(2 * stats.t.sf(np.abs(self.params / self.bse), self.df))

    def conf_int(self, alpha: float = 0.05) -> pd.DataFrame:
        """Intervals, columns 0 and 1."""
        reach = stats.t.ppf(1 - alpha / 2, self.df) * self.bse
        return pd.DataFrame({0: self.params - reach, 1: self.params + reach})

    @property
    def mc_error(self) -> pd.Series:
        """Monte Carlo error of the estimates: sqrt(B/m), which is what the jackknife gives (White
        2011, §7).
        """
        if self.m < 3:
            return self._series(np.full(len(self.names), np.nan))
        return self._series(np.sqrt(np.diag(self._between()) / self.m))

    def mc_errors(self, alpha: float = 0.05) -> pd.DataFrame:
        """Jackknife Monte Carlo errors of estimate, standard error, p and interval, as Stata's
        `mcerror` has them (White, Royston and Wood 2011, §7); nan for fewer than three imputations.

        One row per coefficient. alpha: of the interval, whose limits are conf_low and conf_high.
        """
        columns = ["estimate", "std_error", "p_value", "conf_low", "conf_high"]
        m = self.m
        if m < 3:
            return pd.DataFrame(np.nan, list(self.names), columns)
        others = np.array([np.delete(np.arange(m), place) for place in range(m)])
        estimates = self.estimates[others]
        variances = np.einsum("ijj->ij", self.covariances)[others]
        estimate = estimates.mean(axis=1)
        within = variances.mean(axis=1)
        between = (1 + 1 / (m - 1)) * estimates.var(axis=1, ddof=1)
        std_error = np.sqrt(within + between)
        df = self._df(between / within, m - 1)
        reach = stats.t.ppf(1 - alpha / 2, df) * std_error
        p_value = 2 * stats.t.sf(np.abs(estimate / std_error), df)
        without_one = [estimate, std_error, p_value, estimate - reach, estimate + reach]
        errors = [np.sqrt((m - 1) * numbers.var(axis=0)) for numbers in without_one]
        return pd.DataFrame(dict(zip(columns, errors, strict=True)), list(self.names))

    def _places(self, term: str | Sequence[str]) -> list[int]:
        asked = self.terms.get(term, [term]) if isinstance(term, str) else list(term)
        unknown = [name for name in asked if name not in self.names]
        if unknown or not asked:
            raise KeyError(
                f"no coefficient {', '.join(unknown)}; there are {', '.join(self.names)}"
            )
        return [self.names.index(name) for name in asked]

    def wald_test(self, term: str | Sequence[str]) -> JointTest:
        """D1: pooled Wald test of the columns of a term, or of a list of columns, equal fractions
        missing assumed.

        Li, Raghunathan and Rubin 1991 (JASA 86:1065); with finite df_complete and the rule
        barnard-rubin the degrees of freedom of Reiter 2007 (Biometrika 94:502). Raises KeyError for
        an unknown name.
        """
        at = self._places(term)
        k, m = len(at), self.m
        estimate = self.estimates.mean(axis=0)[at]
        within, between = self._within()[np.ix_(at, at)], self._between()[np.ix_(at, at)]
        riv = float((1 + 1 / m) * np.trace(np.linalg.solve(within, between)) / k)
        statistic = float(estimate @ np.linalg.solve(within, estimate) / (k * (1 + riv)))
        finite = self.df_rule == "barnard-rubin" and np.isfinite(self.df_complete)
        df2 = _reiter(k, m, riv, self.df_complete) if finite else _li(k, m, riv)
        return JointTest(statistic, k, df2, _p_of_f(statistic, k, df2), riv)

    def wald_test_d2(self, term: str | Sequence[str]) -> JointTest:
        """D2: the Wald statistics of the imputations combined (Li, Meng, Raghunathan and Rubin
        1991, Stat Sin 1:65).

        Cruder than D1; for where only the statistics are at hand. Raises KeyError for an unknown
        name.
        """
        at = self._places(term)
        walds = [
            float(estimate[at] @ np.linalg.solve(covariance[np.ix_(at, at)], estimate[at]))
            for estimate, covariance in zip(self.estimates, self.covariances, strict=True)
        ]
        return combine_statistics(walds, len(at))

    def to_frame(self) -> pd.DataFrame:
        """One row per coefficient: estimate, std_error, df, conf_low, conf_high, p_value, m, fmi,
        riv, efficiency.
        """
        limits = self.conf_int()
        return pd.DataFrame(
            {
                "estimate": self.params,
                "std_error": self.bse,
                "df": self.df,
                "conf_low": limits[0],
                "conf_high": limits[1],
                "p_value": self.pvalues,
                "m": self.m,
                "fmi": self.fmi,
                "riv": self.riv,
                "relative_efficiency": self.relative_efficiency,
                "mc_error": self.mc_error,
            }
        )


def _p_of_f(statistic: float, df1: int, df2: float) -> float:
    """p of an F; with infinite df2 it is chi-squared over its degrees of freedom."""
    if np.isfinite(df2):
        return float(stats.f.sf(statistic, df1, df2))
    return float(stats.chi2.sf(df1 * statistic, df1))


def _li(k: int, m: int, riv: float) -> float:
    t = k * (m - 1)
    if riv <= NOTHING:
        return inf
    if t > 4:
        return 4 + (t - 4) * (1 + (1 - 2 / t) / riv) ** 2
    return t * (1 + 1 / k) * (1 + 1 / riv) ** 2 / 2


def _reiter(k: int, m: int, riv: float, df_complete: float) -> float:
    t = k * (m - 1)
    v = (df_complete + 1) / (df_complete + 3) * df_complete
    a = riv * t / (t - 2) if t > 2 else inf
    c1 = v - 2 * (1 + a)
    c2 = v - 4 * (1 + a)
    # Reiter's expansion needs more complete-data degrees of freedom than that
    if riv <= NOTHING or t <= 4 or c2 <= 0:
        return min(_li(k, m, riv), v)
    c0 = 1 / (t - 4)
    z = (
        1 / c2
        + c0 * (a**2 * c1 / ((1 + a) ** 2 * c2))
        + c0 * (8 * a**2 * c1 / ((1 + a) * c2**2) + 4 * a**2 / ((1 + a) * c2))
        + c0 * (4 * a**2 / (c2 * c1) + 16 * a**2 * c1 / c2**3)
        + c0 * (8 * a**2 / c2**2)
    )
    return 4 + 1 / z


def combine_statistics(chi_squared: Iterable[float], df: int) -> JointTest:
    """D2 from chi-squared statistics with `df` degrees of freedom each; ValueError for fewer than
    two of them.
    """
    walds = np.asarray(list(chi_squared), dtype=float)
    m = len(walds)
    if m < 2:
        raise ValueError("combine_statistics: two imputations or more are needed.")
    riv = float((1 + 1 / m) * np.var(np.sqrt(walds), ddof=1))
    statistic = float((walds.mean() / df - (m + 1) / (m - 1) * riv) / (1 + riv))
    df2 = float(df ** (-3 / m) * (m - 1) * (1 + 1 / riv) ** 2) if riv > 0 else inf
    return JointTest(statistic, df, df2, _p_of_f(statistic, df, df2), riv)


def pool_estimates(
    params: Iterable[ArrayLike] | pd.DataFrame,
    covs: Iterable[ArrayLike | pd.DataFrame],
    *,
    df_complete: float = inf,
    df_rule: DfRule = "rubin",
    terms: Mapping[str, Sequence[str]] | None = None,
) -> Pooled:
    """Pool the estimates of m completed data sets by Rubin's rules.

    params: m vectors of k estimates (arrays, or Series with the same names). covs: m covariances, k
    x k, or for one estimate m variances. df_complete: residual degrees of freedom of one completed
    fit; inf where its test is against the normal distribution. df_rule: rubin (Stata's for logit)
    or barnard-rubin. terms: columns of a variable by name. Raises ValueError for shapes that do not
    fit, names that differ, a rule that does not exist, or missing values.
    """
    estimates, names = _stacked(params)
    m, k = estimates.shape
    covariances = [_in_order(covariance, names) for covariance in covs]
    if len(covariances) != m or any(covariance.size != k * k for covariance in covariances):
        raise ValueError(
            f"pool_estimates: {m} estimates of {k} coefficients need {m} covariances of {k} x {k}."
        )
    stacked = np.stack([covariance.reshape(k, k) for covariance in covariances])
    if not df_complete > 0:
        raise ValueError("pool_estimates: df_complete is above 0, or inf.")
    if df_rule not in ("rubin", "barnard-rubin"):
        raise ValueError("pool_estimates: df_rule is rubin or barnard-rubin.")
    if not (np.isfinite(estimates).all() and np.isfinite(stacked).all()):
        raise ValueError("pool_estimates: an estimate or a covariance is missing.")
    if (np.einsum("ijj->ij", stacked) < 0).any():
        raise ValueError("pool_estimates: a variance is below 0.")
    labels = names or tuple(f"x{number}" for number in range(1, k + 1))
    return Pooled(labels, estimates, stacked, df_complete, df_rule, dict(terms or {}))


def _stacked(
    params: Iterable[ArrayLike] | pd.DataFrame,
) -> tuple[np.ndarray, tuple[str, ...] | None]:
    """The estimates, m x k, and the names that all of them have, if they have any."""
    vectors: list[ArrayLike]
    if isinstance(params, pd.DataFrame):
        vectors = [row for _, row in params.iterrows()]
    else:
        vectors = list(params)
    names = {
        tuple(map(str, vector.index)) if isinstance(vector, pd.Series) else None
        for vector in vectors
    }
    if len(names) > 1:
        raise ValueError("pool_estimates: the estimates of the imputations have different names.")
    flat = [np.atleast_1d(np.asarray(vector, dtype=float)) for vector in vectors]
    if len({vector.shape for vector in flat}) != 1 or flat[0].ndim != 1:
        raise ValueError(
            "pool_estimates: needs one vector of estimates per imputation, all of one length."
        )
    return np.stack(flat), names.pop()


def _in_order(covariance: ArrayLike | pd.DataFrame, names: tuple[str, ...] | None) -> np.ndarray:
    """A covariance as an array; one with labels in the order of the estimates' names."""
    if isinstance(covariance, pd.DataFrame) and names and {*map(str, covariance.index)} == {*names}:
        covariance = covariance.rename(index=str, columns=str).loc[list(names), list(names)]
    return np.asarray(covariance, dtype=float)


def fmi_limit(fmi: float, m: int, confidence: float = 0.95) -> float:
    """The upper limit of a fraction of missing information that m imputations estimate: on the
    logit scale its error is sqrt(2/m) (von Hippel 2020, Sociol Methods Res 49:699, after Harel
    2007, Stat Methodol 4:75).
    """
    if not 0 < fmi < 1:
        return fmi
    reach = float(stats.norm.ppf((1 + confidence) / 2)) * np.sqrt(2 / m)
    return float(expit(logit(fmi) + reach))


def imputations_needed(fmi: float, m: int, cv_se: float = 0.05) -> int:
    """Imputations that an estimate needs whose fraction of missing information is `fmi` by m
    imputations: 100 FMI (White, Royston and Wood 2011, Stat Med 30:377, §7), and those of
    `how_many_imputations` at its upper 95% limit, whichever are more.
    """
    # a share such as .07 times 100 is a rounding error above 7
    per_cent = int(np.ceil(100 * fmi - 1e-9))
    return max(per_cent, how_many_imputations(fmi_limit(fmi, m), cv_se))


def how_many_imputations(fmi: float, cv_se: float = 0.05) -> int:
    """Imputations needed for standard errors that would change by about `cv_se` (5%) if it were all
    done again.

    m = 1 + (FMI / cv)² / 2 (von Hippel 2020, Sociol Methods Res 49:699), rounded up.
    """
    return int(np.ceil(1 + (fmi / cv_se) ** 2 / 2))
