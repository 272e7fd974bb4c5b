"""Fits of completed data sets pooled by Rubin's rules, asked and written as a single fit is."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any

import pandas as pd

from mothers_margins.analysis.regression.fit import Column, Estimated, Fit, Happened, Method, joined
from mothers_margins.errors import UsageError, unknown
from mothers_margins.imputation import JointTest, Pooled, pool_estimates
from mothers_margins.results.results import About
from mothers_margins.study.analysis_plan import DfRule, Regression

# The rules of degrees of freedom, each with the code that an estimate has where the plan names the
# other one.
RULES = {"rubin": "df_rubin", "barnard-rubin": "df_barnard_rubin"}


@dataclass(frozen=True, eq=False, repr=False)
class PooledFit(Estimated):
    """A logistic regression pooled over m completed data sets; estimates are log-odds.

    pooled: estimates by Rubin's rules. fits: one per data set, with the same columns. variant: what
    a sensitivity run did otherwise. Intervals and p are Wald's, against t with the pooled degrees
    of freedom; profile intervals cannot be pooled by Rubin's rules.
    """

    outcome: str
    model: str
    method: Method
    columns: tuple[Column, ...]
    pooled: Pooled
    fits: tuple[Fit, ...]
    rules: Regression
    cells: pd.DataFrame = field(default_factory=pd.DataFrame)
    done: tuple[Happened, ...] = ()
    unadjusted: tuple["PooledFit", ...] = ()
    about: About | None = None
    timepoint: int | None = None
    variant: str = ""

    @property
    def in_results(self) -> str:  # type: ignore[override]
        """What the method is called in results: imputed or imputed_firth, with the variant of a
        sensitivity run.
        """
        return "_".join(filter(None, ("imputed", "firth" * (self.method == "firth"), self.variant)))

    @property
    def m(self) -> int:
        """Number of imputations."""
        return self.pooled.m

    @property
    def params(self) -> pd.Series:
        """Pooled coefficients by column."""
        return self.pooled.params

    @property
    def bse(self) -> pd.Series:
        """Standard errors, from within and between imputations."""
        return self.pooled.bse

    @property
    def pvalues(self) -> pd.Series:
        """Two-sided p of Wald's test against t with the pooled degrees of freedom."""
        return self.pooled.pvalues

    @property
    def df(self) -> pd.Series:
        """Degrees of freedom of each coefficient, by the rule."""
        return self.pooled.df

    @property
    def fmi(self) -> pd.Series:
        """Fraction of missing information of each coefficient."""
        return self.pooled.fmi

    @property
    def riv(self) -> pd.Series:
        """Relative increase in variance due to missing values."""
        return self.pooled.riv

    @property
    def mc_error(self) -> pd.Series:
        """Monte Carlo error of each coefficient: how much it would change with other
        imputations.
        """
        return self.pooled.mc_error

    @property
    def nobs(self) -> int:
        """Participants in the model."""
        return self.fits[0].nobs

    @property
    def n_events(self) -> int:
        """Those with the outcome, which is never imputed."""
        return self.fits[0].n_events

    def cov_params(self) -> pd.DataFrame:
        """Total covariance of the coefficients."""
        return self.pooled.cov_params()

    def conf_int(self, alpha: float | None = None) -> pd.DataFrame:
        """Wald intervals, columns 0 and 1; by default at the study's confidence."""
        return self.pooled.conf_int(1 - self.rules.confidence / 100 if alpha is None else alpha)

    def wald_test(self, term: str) -> JointTest:
        """Joint test (D1) of all columns of an explanatory variable, or of one. Raises UsageError
        for neither.
        """
        chosen = [one.name for one in self.columns if term and term in (one.variable, one.name)]
        if not chosen:
            raise unknown(
                "term", [term], [one.variable or one.name for one in self.columns], "wald_test"
            )
        return self.pooled.wald_test(chosen)

    def first(self, k: int) -> "PooledFit":
        """The pooled fit of the first k imputations, as a run with m = k would have it."""
        return pool_fits(self.fits[:k], self.pooled.df_rule, self.variant)

    def _own(self) -> Iterator[dict[str, Any]]:
        fmi, errors = self.fmi, self.mc_error
        for k in range(len(self.columns)):
            yield {"m": self.m, "fmi": fmi.iloc[k], "mc_error": errors.iloc[k]}

    def __repr__(self) -> str:
        return f"{super().__repr__()} Pooled from {self.m} imputations."


def pool(fits: Iterable[Any], df_rule: DfRule = "rubin") -> PooledFit | Pooled:
    """Pool fits of m completed data sets by Rubin's rules.

    fits: what `fit_logistic` returned for each data set (a `PooledFit` comes back), or anything
    with params and cov_params(), as statsmodels has them (a `Pooled`). df_rule: `rubin`, with
    infinite degrees of freedom of the complete data, as Stata has it for a logistic regression; or
    `barnard-rubin`, with those that are left over. Raises UsageError for fewer than one fit, fits
    of other columns, rows or outcomes, and an unknown rule.
    """
    found = tuple(fits)
    if not found or df_rule not in RULES:
        raise UsageError(
            "pool: needs fits of one or more data sets; df_rule is rubin or barnard-rubin."
        )
    if all(isinstance(fit, Fit) for fit in found):
        return pool_fits(found, df_rule)
    try:
        left = getattr(found[0], "df_resid", inf)
        covariances = [fit.cov_params() for fit in found]
        complete = left if df_rule == "barnard-rubin" else inf
        return pool_estimates(
            [fit.params for fit in found], covariances, df_complete=complete, df_rule=df_rule
        )
    except (AttributeError, TypeError, ValueError) as error:
        raise UsageError(f"pool: these cannot be pooled ({error}).") from None


def pool_fits(fits: tuple[Fit, ...], df_rule: DfRule, variant: str = "") -> PooledFit:
    """Fits of one model on completed data sets, pooled, with the unadjusted ones."""
    first = fits[0]
    same = {
        (fit.outcome, fit.model, fit.method, fit.columns, fit.nobs, fit.n_events) for fit in fits
    }
    if len(same) > 1:
        raise UsageError(
            "pool: the fits differ in outcome, model, method, columns or participants."
        )
    terms = {
        one.variable: [c.name for c in first.columns if c.variable == one.variable]
        for one in first.columns
    }
    left = first.nobs - len(first.columns) if df_rule == "barnard-rubin" else inf
    pooled = pool_estimates(
        [fit.params for fit in fits],
        [fit.solution.covariance for fit in fits],
        df_complete=left,
        df_rule=df_rule,
        terms={name: names for name, names in terms.items() if name},
    )
    plan = first.about.study.file.missing_data if first.about else None
    planned = plan.df_rule if plan else "rubin"
    note = RULES[df_rule] if df_rule != planned else ""
    unadjusted = tuple(
        zip(*(fit.unadjusted for fit in fits if fit.unadjusted != (fit,)), strict=True)
    )
    return PooledFit(
        outcome=first.outcome,
        model=first.model,
        method=first.method,
        columns=tuple(replace(one, note=joined(one.note, note)) for one in first.columns),
        pooled=pooled,
        fits=fits,
        rules=first.rules,
        cells=_mean_cells(fits),
        done=_mean_done(fits),
        unadjusted=tuple(pool_fits(one, df_rule, variant) for one in unadjusted),
        variant=variant,
        about=first.about,
        timepoint=first.timepoint,
    )


def _mean_done(fits: tuple[Fit, ...]) -> tuple[Happened, ...]:
    """What was done in any of the data sets, each once, with the mean of its numbers where it
    was.
    """
    numbers: dict[Happened, list[float]] = {}
    for fit in fits:
        for one in fit.done:
            numbers.setdefault(replace(one, n=0), []).append(one.n)
    return tuple(replace(one, n=sum(counts) / len(counts)) for one, counts in numbers.items())


def _mean_cells(fits: tuple[Fit, ...]) -> pd.DataFrame:
    """Cells averaged over the data sets."""
    if fits[0].cells.empty:
        return fits[0].cells
    mean = sum((fit.cells[["yes", "no"]] for fit in fits[1:]), fits[0].cells[["yes", "no"]]) / len(
        fits
    )
    return fits[0].cells.assign(yes=mean["yes"], no=mean["no"])
