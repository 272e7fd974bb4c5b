"""A fitted logistic regression: asked as one of statsmodels is, and written as tidy results."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from mothers_margins.analysis.regression.estimates import Estimates, FromOneDataSet, TermTest
from mothers_margins.analysis.regression.likelihood import Solution
from mothers_margins.analysis.regression.penalised_estimates import ByPenalisedProfile
from mothers_margins.errors import UsageError, count, unknown
from mothers_margins.results.results import (
    COLUMNS,
    EVERY_KIND,
    About,
    Lock,
    Results,
    Row,
    names_of,
    tidy,
)
from mothers_margins.study.analysis_plan import Regression
from mothers_margins.study.conditions import Group
from mothers_margins.study.source import Source
from mothers_margins.study.study import Study

CONSTANT = "Intercept"
# What is said of an estimate: codes in `note`, whose words stand in `terms`.
BETWEEN = "between_timepoints"  # its variable was recorded between the timepoints
JOINT = "joint_test"  # of all levels of a variable together; there is no estimate
BY_FIRTH = "by_firth"  # where the method does not say so
CLUSTERED = "cluster_robust"  # its standard error allows for clusters
FEW_CLUSTERS = "few_clusters"  # so few that it may be too small
SIDES = {"yes": Group(label="Outcome: yes", where={}), "no": Group(label="Outcome: no", where={})}
EVERYONE = {"all": Group(label="All", where={})}
Method = Literal["logit", "firth"]
# Why an analysis is by its method: it is the planned one; there is no maximum of the likelihood in
# one of its data sets; the study replaces the planned one where cells are small; it was asked for;
# or it stands beside the primary one.
Standing = Literal["planned", "no_maximum", "small_cells", "asked_for", "beside"]


@dataclass(frozen=True)
class Happened:
    """What was done to a model: a code, the variable and level that it is about, how many
    participants it met, and in how many data sets, of how many.

    Codes: `term_not_known` (participants left out), `not_concerned` (participants left out),
    `put_together` (levels), `small_cell` (below the minimum), `nobody_has_level` (left out),
    `separated` (without a maximum of the likelihood), `clustered` (robust standard errors; setting:
    number of clusters), `cluster_not_known` (participants left out), `clusters_not_recorded` (so
    standard errors do not allow for them).
    """

    code: str
    variable: str = ""
    level: str = ""
    n: float = np.nan
    setting: float | None = None
    chains: float = np.nan
    chains_in_all: float = np.nan


@dataclass(frozen=True)
class Column:
    """One column of a design: its name, and the variable, level and reference that it stands
    for.

    term, named: of a formula, the term as it is written and the variables that it names.
    """

    name: str
    variable: str = ""
    level: str = ""
    reference: str = ""
    note: str = ""
    term: str = ""
    named: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class FittedModel(ABC):
    """What a fit of one data set and a pooled one have in common: what was fitted, how its
    estimates are asked, and how it is written as tidy results.
    """

    outcome: str
    model: str
    method: Method
    columns: tuple[Column, ...]
    rules: Regression
    cells: pd.DataFrame = field(default_factory=pd.DataFrame)
    done: tuple[Happened, ...] = ()
    unadjusted: tuple["FittedModel", ...] = ()
    about: About | None = None
    timepoint: int | None = None
    standing: Standing = "planned"
    without_maximum: int = 0

    @property
    @abstractmethod
    def estimates(self) -> Estimates:
        """The coefficients, which are log-odds, with their primary interval and p."""

    @property
    @abstractmethod
    def interval(self) -> str:
        """The code of that by which the primary interval and p are."""

    @property
    @abstractmethod
    def in_results(self) -> str:
        """What the method is called in results."""

    @property
    @abstractmethod
    def nobs(self) -> int:
        """Participants in the model."""

    @property
    @abstractmethod
    def n_events(self) -> int:
        """Those with the outcome, which is never imputed."""

    @abstractmethod
    def _beside_estimates(self) -> Iterator[Row]:
        """What only this kind of fit says of each column."""

    @property
    def params(self) -> pd.Series:
        """Coefficients by column."""
        return self.estimates.params

    @property
    def bse(self) -> pd.Series:
        """Standard errors by column; of a pooled fit from within and between imputations."""
        return self.estimates.bse

    @property
    def pvalues(self) -> pd.Series:
        """Two-sided p, the primary one: by maximum likelihood Wald's, against the normal
        distribution as in Stata, pooled against t with the pooled degrees of freedom; by Firth's
        method of the penalised likelihood ratio, pooled by CLIP.
        """
        return self.estimates.pvalues

    @property
    def df(self) -> pd.Series:
        """Degrees of freedom of each coefficient: infinite for one data set, else by the rule."""
        return self.estimates.df

    @property
    def fmi(self) -> pd.Series:
        """Fraction of missing information of each coefficient; nan without imputation."""
        return self.estimates.fmi

    @property
    def riv(self) -> pd.Series:
        """Relative increase in variance due to missing values; nan without imputation."""
        return self.estimates.riv

    @property
    def mc_error(self) -> pd.Series:
        """Monte Carlo error of each coefficient: how much it would change with other imputations;
        nan without imputation.
        """
        return self.estimates.mc_error

    def cov_params(self) -> pd.DataFrame:
        """Covariance of the coefficients; of a pooled fit the total one."""
        return self.estimates.cov_params()

    def conf_int(self, alpha: float | None = None) -> pd.DataFrame:
        """The primary intervals, which hold 1 (log-odds of 0) exactly where `pvalues` are alpha or
        more; columns 0 and 1; by default at the study's confidence.
        """
        return self.estimates.conf_int(1 - self.rules.confidence / 100 if alpha is None else alpha)

    def wald_test(self, term: str) -> TermTest:
        """Joint test of all columns of an explanatory variable, or of one column; of a pooled fit
        D1. Raises UsageError for neither.
        """
        tested = [
            column.name
            for column in self.columns
            if term and term in (column.variable, column.name, column.term)
        ]
        if not tested:
            known = [column.variable or column.name for column in self.columns]
            raise unknown("term", [term], known, "wald_test")
        return self.estimates.wald_test(tested)

    @property
    def has_maximum(self) -> bool:
        """Whether the likelihood has a maximum in every data set of the analysis."""
        return not self.without_maximum

    @property
    def beside(self) -> Method | None:
        """The method whose estimates stand beside the primary ones: Firth's, where a level is below
        the minimum; maximum likelihood, where Firth's stand in its place though it exists.
        """
        if self.method == "firth":
            return "logit" if self.has_maximum else None
        is_small = any(happened.code == "small_cell" for happened in self.done)
        return "firth" if is_small else None

    @property
    def parameters(self) -> int:
        """Coefficients besides the constant."""
        return sum(column.name != CONSTANT for column in self.columns)

    @property
    def events_per_parameter(self) -> float:
        """The smaller of the numbers with and without the outcome, over the parameters."""
        if not self.parameters:
            return np.inf
        return float(min(self.n_events, self.nobs - self.n_events) / self.parameters)

    def to_frame(self) -> pd.DataFrame:
        """Unadjusted and adjusted estimates as tidy results of kind estimates; of a data frame they
        have no study.

        The primary limits are in conf_low and conf_high, and `interval` says by what they are;
        profile limits and likelihood-ratio p, and m, fmi and Monte Carlo errors of a pooled fit, in
        their own columns. `standing` says why it is this method. A variable with several
        columns has one row more, without an estimate, whose note says `joint_test`: p_value is of
        their joint Wald test, df their number. Until the list of explanatory variables is locked,
        `about.lock` of estimates from restricted data is `open`.
        """
        rows: list[Row] = []
        for alone in self.unadjusted:
            rows += alone.rows("unadjusted")
        rows += self.rows("adjusted")
        return framed(rows, self.about, self.timepoint)

    def rows(self, which: str) -> Iterator[Row]:
        """Rows of one model; of an unadjusted one without its constant."""
        common: Row = {
            "outcome": self.outcome,
            "model": which,
            "n": self.nobs,
            "n_events": self.n_events,
            "method": self.in_results,
            "specification": self.model,
            "standing": self.standing,
            "without_maximum": self.without_maximum,
        }
        columns_of = Counter(column.variable for column in self.columns)
        has_joint_test = {""}  # a column that stands for no variable has none
        for column, numbers in zip(self.columns, self._numbers(), strict=True):
            if which == "unadjusted" and column.name == CONSTANT:
                continue
            named: Row = {
                "variable": column.variable,
                "reference": column.reference,
                "note": column.note,
            }
            if columns_of[column.variable] > 1 and column.variable not in has_joint_test:
                has_joint_test.add(column.variable)
                yield common | named | self._joint_test(column)
            yield common | named | {"term": column.name, "level": column.level} | numbers

    def _joint_test(self, column: Column) -> Row:
        """What the row of the joint test of a column's variable says."""
        test = self.wald_test(column.variable)
        return {
            "term": column.variable,
            "level": "",
            "df": test.df,
            "p_value": test.pvalue,
            "note": joined(JOINT, column.note),
        }

    def _numbers(self) -> Iterator[Row]:
        """The numbers of each column."""
        limits = self.conf_int()
        by_column = {
            "estimate": self.params,
            "std_error": self.bse,
            "p_value": self.pvalues,
            "conf_low": limits[0],
            "conf_high": limits[1],
            "df": self.df,
        }
        for place, beside in enumerate(self._beside_estimates()):
            numbers: Row = {name: values.iloc[place] for name, values in by_column.items()}
            yield numbers | {"interval": self.interval} | beside

    def _own_profile(self) -> Iterator[Row]:
        """The profile's limits and p of each column, where they are the primary ones."""
        limits = self.conf_int().itertuples(index=False)
        for (low, high), p_value in zip(limits, self.pvalues, strict=True):
            yield {"profile_low": low, "profile_high": high, "profile_p": p_value}

    def tabulated(self) -> Results:
        """Every level that enters, with and without the outcome, among the participants in the
        model: kind events.

        Of a pooled fit the numbers are means over the imputations. Raises UsageError for a fit that
        does not say what it is about.
        """
        about = self.about_as("events")
        sizes = {"yes": self.n_events, "no": self.nobs - self.n_events}
        rows: list[Row] = []
        for cell in self.cells.to_dict("records"):
            level: Row = {
                "engine": "cells",
                "event": "in_level",
                "variable": cell["variable"],
                "level": cell["level"],
            }
            for side, size in sizes.items():
                number: Row = {"group": side, "n": cell[side], "denominator": size}
                rows.append(self._analysis() | level | number)
        return tidy(rows, replace(about, groups=SIDES), self.timepoint)

    def log(self) -> Results:
        """What was left out, put together, dropped or penalised, as counts: kind events.

        Raises UsageError for a fit that does not say what it is about.
        """
        about = self.about_as("events")
        rows: list[Row] = [
            self._analysis()
            | {
                "engine": "model",
                "event": happened.code,
                "variable": happened.variable,
                "level": happened.level,
                "group": "all",
                "n": happened.n,
                "denominator": self.nobs,
                "setting": happened.setting,
                "chains": happened.chains,
                "chains_in_all": happened.chains_in_all,
            }
            for happened in self.done
        ]
        return tidy(rows, replace(about, groups=EVERYONE), self.timepoint)

    def _analysis(self) -> Row:
        """Which analysis a row of a log is about."""
        return {
            "outcome": self.outcome,
            "specification": self.model,
            "method": self.in_results,
        }

    def about_as(self, kind: str) -> About:
        """What results of another kind, made from this fit, are about. Raises UsageError for a fit
        that does not say so.
        """
        if self.about is None:
            raise UsageError("This fit does not say what it is about: fit_logistic makes one.")
        return replace(self.about, kind=kind)

    def __repr__(self) -> str:
        method = "Firth's penalised likelihood" if self.method == "firth" else "maximum likelihood"
        mark = f"{self.about.source.mark}. " if self.about and self.about.source.mark else ""
        return (
            f"{mark}Logistic regression of {self.outcome}, model {self.model}, {method}: "
            f"n = {self.nobs}, {self.n_events} with the outcome, "
            f"{count(self.parameters, 'parameter')}, "
            f"{self.events_per_parameter:.1f} events per parameter."
        )


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Fit(FittedModel):
    """A fitted logistic regression, asked as one of statsmodels is; estimates are log-odds.

    design: one row per participant in the model, one column per coefficient; event: 1 with the
    outcome, else 0. cells: number with and without the outcome in each level. done: what was left
    out, put together or penalised. unadjusted: the fits of one explanatory variable each, on the
    same rows. cluster: from which cluster each comes, if standard errors are robust to that.
    """

    design: pd.DataFrame
    event: pd.Series
    solution: Solution
    cluster: pd.Series | None = None
    unadjusted: tuple["Fit", ...] = ()

    @cached_property
    def estimates(self) -> Estimates:
        """The coefficients, which are log-odds, with their primary interval and p."""
        wald = FromOneDataSet(tuple(column.name for column in self.columns), self.solution)
        if self.interval != "profile":
            return wald
        return ByPenalisedProfile(
            wald, (self.design.to_numpy(float),), (self.event.to_numpy(float),)
        )

    @property
    def interval(self) -> str:
        """The code of that by which the primary interval and p are: wald, or profile."""
        return self.rules.firth_interval if self.method == "firth" else "wald"

    @property
    def in_results(self) -> str:
        """What the method is called in results."""
        return "firth" if self.method == "firth" else "complete_case"

    @property
    def nobs(self) -> int:
        """Participants in the model."""
        return len(self.event)

    @property
    def n_events(self) -> int:
        """Those with the outcome."""
        return int(self.event.sum())

    @property
    def llf(self) -> float:
        """Log-likelihood at the estimates, penalised if the method is firth."""
        return self.solution.loglik

    def profile_int(self) -> pd.DataFrame:
        """Profile-likelihood intervals (penalised for firth), columns 0 and 1, at the study's
        confidence.
        """
        if self.interval == "profile":
            return self.conf_int()
        limits = {0: self.solution.profile_low, 1: self.solution.profile_high}
        return pd.DataFrame(limits, index=self.params.index)

    def _beside_estimates(self) -> Iterator[Row]:
        if self.interval == "profile":
            yield from self._own_profile()
            return
        for place in range(len(self.columns)):
            yield {
                "profile_low": self.solution.profile_low[place],
                "profile_high": self.solution.profile_high[place],
                "profile_p": self.solution.profile_p[place],
            }


def lock_state(study: Study, source: Source, model: str, outcome: str) -> Lock:
    """Whether no agreed list covers estimates from restricted data, or the agreed list was
    changed.
    """
    if study.unlocked(model, outcome):
        return "open" if source.kind == "restricted" else ""
    lock = study.file.lock
    changed = lock and lock.model == model and any(study.changed(outcome))
    return "changed" if changed else ""


def framed(rows: Sequence[Row], about: About | None, timepoint: int | None) -> pd.DataFrame:
    """Rows of kind estimates with all their columns; a plain frame where there is no study."""
    if about is not None:
        return tidy(rows, replace(about, kind="estimates", groups={}), timepoint)
    columns = [*EVERY_KIND, *COLUMNS["estimates"]]
    names = names_of("estimates")
    empty: Row = {column: "" if column in names else np.nan for column in columns}
    empty |= {"timepoint": pd.NA, "status": "shown", "m": pd.NA}
    return pd.DataFrame([empty | row for row in rows], columns=columns)


def joined(*codes: str) -> str:
    """Codes of a note as one text; see `results.codes`."""
    return " ".join(filter(None, codes))
