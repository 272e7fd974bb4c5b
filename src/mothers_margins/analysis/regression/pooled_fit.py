"""Fits of completed data sets pooled, by Rubin's rules and, of Firth's method, CLIP; asked and
written as a single fit is.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf

import pandas as pd

from mothers_margins.analysis.regression.estimates import Estimates
from mothers_margins.analysis.regression.fit import Column, Fit, FittedModel, Happened, joined
from mothers_margins.analysis.regression.fits_from_outside import Poolable, faults_of
from mothers_margins.analysis.regression.penalised_estimates import ByPenalisedProfile
from mothers_margins.errors import UsageError
from mothers_margins.imputation import Pooled, pool_estimates
from mothers_margins.results.results import About, Row
from mothers_margins.study.analysis_plan import DfRule

# The rules of degrees of freedom, each with the code that an estimate has where the plan names the
# other one.
RULES = {"rubin": "df_rubin", "barnard-rubin": "df_barnard_rubin"}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class PooledFit(FittedModel):
    """A logistic regression pooled over m completed data sets; estimates are log-odds.

    pooled: estimates by Rubin's rules. fits: one per data set, with the same columns. variant: what
    a sensitivity run did otherwise. Intervals and p are Wald's, against t with the pooled degrees
    of freedom; of Firth's method those of the penalised likelihoods, pooled by CLIP.
    """

    pooled: Pooled
    fits: tuple[Fit, ...]
    unadjusted: tuple["PooledFit", ...] = ()
    variant: str = ""

    @cached_property
    def estimates(self) -> Estimates:
        """The pooled coefficients, which are log-odds, with their primary interval and p."""
        return self._by_clip or self.pooled

    @cached_property
    def _by_clip(self) -> ByPenalisedProfile | None:
        """Firth's estimates with the interval that pools their profiles; None of another method."""
        if self.interval != "clip":
            return None
        return ByPenalisedProfile(
            self.pooled,
            tuple(fit.design.to_numpy(float) for fit in self.fits),
            tuple(fit.event.to_numpy(float) for fit in self.fits),
        )

    @property
    def interval(self) -> str:
        """The code of that by which the primary interval and p are: wald_t, or clip."""
        by_profile = self.method == "firth" and self.rules.firth_interval == "profile"
        return "clip" if by_profile else "wald_t"

    @property
    def in_results(self) -> str:
        """What the method is called in results: imputed or imputed_firth, with the variant of a
        sensitivity run.
        """
        method = "imputed_firth" if self.method == "firth" else "imputed"
        return f"{method}_{self.variant}" if self.variant else method

    @property
    def m(self) -> int:
        """Number of imputations."""
        return self.pooled.m

    @property
    def nobs(self) -> int:
        """Participants in the model."""
        return self.fits[0].nobs

    @property
    def n_events(self) -> int:
        """Those with the outcome, which is never imputed."""
        return self.fits[0].n_events

    def first(self, k: int) -> "PooledFit":
        """The pooled fit of the first k imputations, as a run with m = k would have it."""
        return pool_fits(self.fits[:k], self.pooled.df_rule, self.variant)

    def mc_errors(self, alpha: float | None = None) -> pd.DataFrame:
        """Jackknife Monte Carlo errors of estimate, standard error, p and the primary limits, by
        default at the study's confidence; nan for fewer than three imputations.
        """
        level = 1 - self.rules.confidence / 100 if alpha is None else alpha
        return (self._by_clip or self.pooled).mc_errors(level)

    def _beside_estimates(self) -> Iterator[Row]:
        errors = self.mc_errors()
        of_profile = list(self._own_profile()) if self._by_clip else [Row()] * len(self.columns)
        for place, fmi in enumerate(self.fmi):
            error = errors.iloc[place]
            yield of_profile[place] | {
                "m": self.m,
                "fmi": fmi,
                "mc_error": error["estimate"],
                "mc_low": error["conf_low"],
                "mc_high": error["conf_high"],
                "mc_p": error["p_value"],
            }

    def __repr__(self) -> str:
        return f"{super().__repr__()} Pooled from {self.m} imputations."


def pool(fits: Iterable[Poolable], df_rule: DfRule = "rubin") -> PooledFit | Pooled:
    """Pool fits of m completed data sets by Rubin's rules.

    fits: what `fit_logistic` returned for each data set (a `PooledFit` comes back), or anything
    with params and cov_params(), as statsmodels has them (a `Pooled`). df_rule: `rubin`, with
    infinite degrees of freedom of the complete data, as Stata has it for a logistic regression; or
    `barnard-rubin`, with those that are left over. Raises UsageError for fewer than one fit, fits
    of other columns, rows or outcomes, fits that did not converge (see `fits_from_outside`), and an
    unknown rule.
    """
    given = tuple(fits)
    if not given or df_rule not in RULES:
        raise UsageError(
            "pool: needs fits of one or more data sets; df_rule is rubin or barnard-rubin."
        )
    if any(isinstance(fit, PooledFit | Pooled) for fit in given):
        raise UsageError("pool: some of these are pooled already; give the fits of the data sets.")
    ours = tuple(fit for fit in given if isinstance(fit, Fit))
    if len(ours) == len(given):
        return pool_fits(ours, df_rule)
    try:
        faults = [*faults_of(given)]
        if faults:
            raise UsageError(
                "pool: some of these fits have no estimates that could be pooled.",
                faults,
                "Fit them again with more steps, put levels together where the outcome is "
                "separated, or use mm.fit_logistic(…, method='firth').",
            )
        left_over = getattr(given[0], "df_resid", inf)
        return pool_estimates(
            [fit.params for fit in given],
            [fit.cov_params() for fit in given],
            df_complete=left_over if df_rule == "barnard-rubin" else inf,
            df_rule=df_rule,
        )
    except (AttributeError, TypeError, ValueError) as error:
        raise UsageError(f"pool: these cannot be pooled ({error}).") from None


def pool_fits(fits: tuple[Fit, ...], df_rule: DfRule, variant: str = "") -> PooledFit:
    """Fits of one model on completed data sets, pooled, with the unadjusted ones."""
    first = fits[0]
    what_must_agree: dict[str, set[Hashable]] = {
        "outcome": {fit.outcome for fit in fits},
        "model": {fit.model for fit in fits},
        "method": {fit.method for fit in fits},
        "columns": {fit.columns for fit in fits},
        "number of rows": {fit.nobs for fit in fits},
        "number with the outcome": {fit.n_events for fit in fits},
    }
    differ = [what for what, values in what_must_agree.items() if len(values) > 1]
    if differ:
        raise UsageError(f"pool: the fits differ in {', '.join(differ)}.")
    pooled = pool_estimates(
        [fit.params for fit in fits],
        [fit.solution.covariance for fit in fits],
        df_complete=first.nobs - len(first.columns) if df_rule == "barnard-rubin" else inf,
        df_rule=df_rule,
        terms=_names_by_variable(first.columns),
    )
    note = _other_rule(first.about, df_rule)
    return PooledFit(
        outcome=first.outcome,
        model=first.model,
        method=first.method,
        columns=tuple(replace(column, note=joined(column.note, note)) for column in first.columns),
        pooled=pooled,
        fits=fits,
        rules=first.rules,
        cells=mean_cells([fit.cells for fit in fits]),
        done=_mean_done(fits),
        unadjusted=_pooled_unadjusted(fits, df_rule, variant),
        variant=variant,
        about=first.about,
        timepoint=first.timepoint,
        standing=first.standing,
        without_maximum=first.without_maximum,
    )


def _names_by_variable(columns: tuple[Column, ...]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for column in columns:
        if column.variable:
            names.setdefault(column.variable, []).append(column.name)
    return names


def _other_rule(about: About | None, df_rule: DfRule) -> str:
    """The code of a rule that is not the plan's; empty where it is."""
    plan = about.study.file.missing_data if about else None
    planned = plan.df_rule if plan else "rubin"
    return RULES[df_rule] if df_rule != planned else ""


def _pooled_unadjusted(
    fits: tuple[Fit, ...], df_rule: DfRule, variant: str
) -> tuple[PooledFit, ...]:
    """The unadjusted fits, pooled variable by variable.

    A model of one variable is its own unadjusted one, which would be pooled again without end.
    """
    of_each_data_set = [fit.unadjusted for fit in fits if fit.unadjusted != (fit,)]
    return tuple(
        pool_fits(of_one_variable, df_rule, variant)
        for of_one_variable in zip(*of_each_data_set, strict=True)
    )


def _mean_done(fits: tuple[Fit, ...]) -> tuple[Happened, ...]:
    """What was done in any of the data sets, each once, with the mean of its numbers where it
    was.
    """
    numbers: dict[Happened, list[float]] = {}
    for fit in fits:
        for happened in fit.done:
            numbers.setdefault(replace(happened, n=0), []).append(happened.n)
    return tuple(replace(what, n=sum(each) / len(each)) for what, each in numbers.items())


def mean_cells(cells: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Cells averaged over the data sets."""
    first, *others = cells
    if first.empty:
        return first
    total = sum((each[["yes", "no"]] for each in others), first[["yes", "no"]])
    mean = total / len(cells)
    return first.assign(yes=mean["yes"], no=mean["no"])
