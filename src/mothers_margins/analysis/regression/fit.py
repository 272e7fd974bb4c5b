"""A fitted logistic regression: asked as one of statsmodels is, and written as tidy results."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from mothers_margins.analysis.regression.likelihood import Solution
from mothers_margins.errors import UsageError, count, unknown
from mothers_margins.results.results import (
    COLUMNS,
    EVERY_KIND,
    About,
    Lock,
    Results,
    names_of,
    tidy,
)
from mothers_margins.study.analysis_plan import Regression
from mothers_margins.study.conditions import Group
from mothers_margins.study.study import Source, Study

CONSTANT = "Intercept"
# What is said of an estimate: codes in `note`, whose words stand in `terms`.
BETWEEN = "between_timepoints"  # its variable was recorded between the timepoints
JOINT = "joint_test"  # of all levels of a variable together; there is no estimate
BY_FIRTH = "by_firth"  # where the method does not say so
SIDES = {"yes": Group(label="Outcome: yes", where={}), "no": Group(label="Outcome: no", where={})}
Method = Literal["logit", "firth"]


@dataclass(frozen=True)
class Happened:
    """What was done to a model: a code, the variable and level that it is about, and how many
    participants it met.

    Codes: `term_not_known` (participants left out), `not_concerned` (participants left out),
    `put_together` (levels), `small_cell` (so Firth's method), `nobody_has_level` (left out),
    `separated` (infinite without Firth's method).
    """

    code: str
    variable: str = ""
    level: str = ""
    n: float = np.nan


@dataclass(frozen=True)
class Column:
    """One column of a design: its name, and the variable, level and reference that it stands
    for.
    """

    name: str
    variable: str = ""
    level: str = ""
    reference: str = ""
    note: str = ""


@dataclass(frozen=True)
class WaldTest:
    """A joint test that some coefficients are zero: chi-squared with `df` degrees of freedom."""

    statistic: float
    df: int
    pvalue: float


class Estimated:
    """What a fit of one data set and a pooled fit have in common: how they are written as tidy
    results.
    """

    outcome: str
    model: str
    method: Method
    columns: tuple[Column, ...]
    rules: Regression
    cells: pd.DataFrame
    done: tuple[Happened, ...]
    about: About | None
    timepoint: int | None
    in_results: str  # what the method is called in results

    # given by Fit and PooledFit
    params: Any
    bse: Any
    pvalues: Any
    df: Any
    nobs: Any
    n_events: Any
    unadjusted: Any
    conf_int: Any
    wald_test: Any

    def _series(self, values: np.ndarray) -> pd.Series:
        return pd.Series(values, index=[one.name for one in self.columns])

    @property
    def parameters(self) -> int:
        """Coefficients besides the constant."""
        return sum(one.name != CONSTANT for one in self.columns)

    @property
    def events_per_parameter(self) -> float:
        """The smaller of the numbers with and without the outcome, over the parameters."""
        return (
            float(min(self.n_events, self.nobs - self.n_events) / self.parameters)
            if self.parameters
            else np.inf
        )

    def to_frame(self) -> pd.DataFrame:
        """Unadjusted and adjusted estimates as tidy results of kind estimates (`Results` if fitted
        on a cohort).

        Wald limits are in conf_low and conf_high; profile limits and likelihood-ratio p of a single
        fit, and m, fmi and mc_error of a pooled one, in their own columns. A variable with several
        columns has one row more, without an estimate, whose note says `joint_test`: p_value is of
        their joint Wald test, df their number. Until the list of explanatory variables is locked,
        `about.lock` of estimates from restricted data is `open`.
        """
        rows = [row for fit in self.unadjusted for row in fit.rows("unadjusted")] + list(
            self.rows("adjusted")
        )
        return framed(rows, self.about, self.timepoint)

    def rows(self, which: str) -> Iterator[dict[str, Any]]:
        """Rows of one model; of an unadjusted one without its constant."""
        common = {
            "outcome": self.outcome,
            "model": which,
            "n": self.nobs,
            "n_events": self.n_events,
        }
        common |= {"method": self.in_results, "specification": self.model}
        own = list(self._own())
        limits, estimates, errors, p_values = (
            self.conf_int().to_numpy(),
            self.params,
            self.bse,
            self.pvalues,
        )
        for k, one in enumerate(self.columns):
            if which == "unadjusted" and one.name == CONSTANT:
                continue
            several = [other for other in self.columns if other.variable == one.variable != ""]
            named = {"variable": one.variable, "reference": one.reference, "note": one.note}
            if len(several) > 1 and one is several[0]:
                test = self.wald_test(one.variable)
                joint = {"term": one.variable, "level": "", "df": test.df, "p_value": test.pvalue}
                yield common | named | joint | {"note": joined(JOINT, one.note)}
            numbers = {
                "estimate": estimates.iloc[k],
                "std_error": errors.iloc[k],
                "p_value": p_values.iloc[k],
            }
            numbers |= {"conf_low": limits[k, 0], "conf_high": limits[k, 1], "df": self.df.iloc[k]}
            yield common | named | {"term": one.name, "level": one.level} | numbers | own[k]

    def _own(self) -> Iterator[dict[str, Any]]:
        """What else is said of each column."""
        raise NotImplementedError

    def tabulated(self) -> Results:
        """Every level that enters, with and without the outcome, among the participants in the
        model: kind events.

        Of a pooled fit the numbers are means over the imputations. Raises UsageError for a fit
        without a cohort.
        """
        about = self._about("events")
        sides = {"yes": self.n_events, "no": self.nobs - self.n_events}
        rows = [
            {
                "engine": "cells",
                "event": "in_level",
                "variable": cell["variable"],
                "level": cell["level"],
            }
            | {"group": side, "n": cell[side], "denominator": size}
            for cell in self.cells.to_dict("records")
            for side, size in sides.items()
        ]
        return tidy(rows, replace(about, groups=SIDES), self.timepoint)

    def events(self) -> Results:
        """What was left out, put together, dropped or penalised, as counts: kind events.

        Raises UsageError for a fit without a cohort.
        """
        about = self._about("events")
        every = {"all": Group(label="All", where={})}
        rows = [
            {"engine": "model", "event": one.code, "variable": one.variable, "level": one.level}
            | {"group": "all", "n": one.n, "denominator": self.nobs}
            for one in self.done
        ]
        return tidy(rows, replace(about, groups=every), self.timepoint)

    def _about(self, kind: str) -> About:
        if self.about is None:
            raise UsageError("This fit is of a data frame: only one of a cohort knows its study.")
        return replace(self.about, kind=kind)

    def __repr__(self) -> str:
        method = "Firth's penalised likelihood" if self.method == "firth" else "maximum likelihood"
        size = (
            f"n = {self.nobs}, {self.n_events} with the outcome, "
            f"{count(self.parameters, 'parameter')}"
        )
        per = f"{self.events_per_parameter:.1f} events per parameter"
        mark = f"{self.about.source.mark}. " if self.about and self.about.source.mark else ""
        return (
            f"{mark}Logistic regression of {self.outcome}, model {self.model}, {method}: "
            f"{size}, {per}."
        )


@dataclass(frozen=True, eq=False, repr=False)
class Fit(Estimated):
    """A fitted logistic regression, asked as one of statsmodels is; estimates are log-odds.

    design: one row per participant in the model, one column per coefficient; event: 1 with the
    outcome, else 0. cells: number with and without the outcome in each level. done: what was left
    out, put together or penalised. unadjusted: the fits of one explanatory variable each, on the
    same rows.
    """

    outcome: str
    model: str
    method: Method
    columns: tuple[Column, ...]
    design: pd.DataFrame
    event: pd.Series
    solution: Solution
    rules: Regression
    cells: pd.DataFrame = field(default_factory=pd.DataFrame)
    done: tuple[Happened, ...] = ()
    unadjusted: tuple["Fit", ...] = ()
    about: About | None = None
    timepoint: int | None = None

    @property
    def in_results(self) -> str:  # type: ignore[override]
        """What the method is called in results."""
        return "firth" if self.method == "firth" else "complete_case"

    @property
    def params(self) -> pd.Series:
        """Coefficients by column."""
        return self._series(self.solution.params)

    @property
    def bse(self) -> pd.Series:
        """Standard errors by column."""
        return self._series(np.sqrt(np.diag(self.solution.covariance)))

    @property
    def pvalues(self) -> pd.Series:
        """Two-sided p of Wald's test against the normal distribution, as in Stata."""
        return 2 * pd.Series(stats.norm.sf(np.abs(self.params / self.bse)), index=self.params.index)

    @property
    def nobs(self) -> int:
        """Participants in the model."""
        return len(self.event)

    @property
    def n_events(self) -> int:
        """Those with the outcome."""
        return int(self.event.sum())

    @property
    def df(self) -> pd.Series:
        """Degrees of freedom of each coefficient: infinite, because Wald's test is against the
        normal distribution.
        """
        return self._series(np.full(len(self.columns), np.inf))

    @property
    def fmi(self) -> pd.Series:
        """Fraction of missing information; not defined without imputation (nan)."""
        return self._series(np.full(len(self.columns), np.nan))

    riv = fmi
    mc_error = fmi

    @property
    def llf(self) -> float:
        """Log-likelihood at the estimates, penalised if the method is firth."""
        return self.solution.loglik

    def cov_params(self) -> pd.DataFrame:
        """Covariance of the coefficients."""
        return pd.DataFrame(self.solution.covariance, self.params.index, self.params.index)

    def conf_int(self, alpha: float | None = None) -> pd.DataFrame:
        """Wald intervals, columns 0 and 1; by default at the study's confidence."""
        alpha = 1 - self.rules.confidence / 100 if alpha is None else alpha
        reach = stats.norm.ppf(1 - alpha / 2) * self.bse
        return pd.DataFrame({0: self.params - reach, 1: self.params + reach})

    def profile_int(self) -> pd.DataFrame:
        """Profile-likelihood intervals (penalised for firth), columns 0 and 1, at the study's
        confidence.
        """
        found = self.solution
        return pd.DataFrame({0: found.profile_low, 1: found.profile_high}, index=self.params.index)

    def wald_test(self, term: str) -> WaldTest:
        """Joint test of all columns of an explanatory variable, or of one column. Raises UsageError
        for neither.
        """
        chosen = [
            place
            for place, one in enumerate(self.columns)
            if term and term in (one.variable, one.name)
        ]
        if not chosen:
            raise unknown(
                "term", [term], [one.variable or one.name for one in self.columns], "wald_test"
            )
        part = self.solution.params[chosen]
        statistic = float(
            part @ np.linalg.solve(self.solution.covariance[np.ix_(chosen, chosen)], part)
        )
        return WaldTest(statistic, len(chosen), float(stats.chi2.sf(statistic, len(chosen))))

    def _own(self) -> Iterator[dict[str, Any]]:
        found = self.solution
        for low, high, p_value in zip(
            found.profile_low, found.profile_high, found.profile_p, strict=True
        ):
            yield {"profile_low": low, "profile_high": high, "profile_p": p_value}


def lock_state(study: Study, source: Source, model: str, outcome: str) -> Lock:
    """Whether no agreed list covers estimates from restricted data, or the agreed list was
    changed.
    """
    if study.unlocked(model, outcome):
        return "open" if source.kind == "restricted" else ""
    lock = study.file.lock
    changed = lock and lock.model == model and any(study.changed(outcome))
    return "changed" if changed else ""


def framed(rows: list[dict[str, Any]], about: About | None, timepoint: int | None) -> pd.DataFrame:
    """Rows of kind estimates with all their columns; a plain frame where there is no study."""
    if about is not None:
        return tidy(rows, replace(about, kind="estimates", groups={}), timepoint)
    columns = [*EVERY_KIND, *COLUMNS["estimates"]]
    named = names_of("estimates")
    empty: dict[str, Any] = {name: "" if name in named else np.nan for name in columns}
    empty |= {"timepoint": pd.NA, "status": "shown", "m": pd.NA}
    return pd.DataFrame([empty | row for row in rows], columns=columns)


def joined(*codes: str) -> str:
    """Codes of a note as one text; see `results.codes`."""
    return " ".join(filter(None, codes))
