"""Logistic regression as the study declares it: what enters, whether it may be fitted, and what comes out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from mothers_margins import logistic
from mothers_margins.cohort import Cohort, column
from mothers_margins.coding import coded, put_together
from mothers_margins.consistency import ORDER
from mothers_margins.definition import Group, Regression
from mothers_margins.errors import UsageError, count
from mothers_margins.results import COLUMNS, EVERY_KIND, About, Results, tidy
from mothers_margins.study import Study, unknown

CONSTANT = "Intercept"
NOT_LOCKED = "NOT LOCKED: exploratory"
SIDES = {"yes": Group(label="Outcome: yes", where={}), "no": Group(label="Outcome: no", where={})}
Method = Literal["logit", "firth"]


@dataclass(frozen=True)
class Column:
    """One column of a design: its name, and the variable, level and reference that it stands for."""

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


@dataclass(frozen=True, eq=False, repr=False)
class Fit:
    """A fitted logistic regression, asked as one of statsmodels is; estimates are log-odds.

    design: one row per participant in the model, one column per coefficient; event: 1 with the outcome, else 0.
    cells: number with and without the outcome in each level. done: what was left out, put together or penalised.
    unadjusted: the fits of one explanatory variable each, on the same rows.
    """

    outcome: str
    model: str
    method: Method
    columns: tuple[Column, ...]
    design: pd.DataFrame
    event: pd.Series
    solution: logistic.Solution
    rules: Regression
    cells: pd.DataFrame = field(default_factory=pd.DataFrame)
    done: tuple[tuple[str, str, int], ...] = ()
    unadjusted: tuple["Fit", ...] = ()
    about: About | None = None
    timepoint: int | None = None

    def _series(self, values: np.ndarray) -> pd.Series:
        return pd.Series(values, index=[one.name for one in self.columns])

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
        """Degrees of freedom of each coefficient: infinite, because Wald's test is against the normal distribution."""
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

    @property
    def parameters(self) -> int:
        """Coefficients besides the constant."""
        return sum(one.name != CONSTANT for one in self.columns)

    @property
    def events_per_parameter(self) -> float:
        """The smaller of the numbers with and without the outcome, over the parameters."""
        return min(self.n_events, self.nobs - self.n_events) / self.parameters if self.parameters else np.inf

    def cov_params(self) -> pd.DataFrame:
        """Covariance of the coefficients."""
        return pd.DataFrame(self.solution.covariance, self.params.index, self.params.index)

    def conf_int(self, alpha: float | None = None) -> pd.DataFrame:
        """Wald intervals, columns 0 and 1; by default at the study's confidence."""
        alpha = 1 - self.rules.confidence / 100 if alpha is None else alpha
        reach = stats.norm.ppf(1 - alpha / 2) * self.bse
        return pd.DataFrame({0: self.params - reach, 1: self.params + reach})

    def profile_int(self) -> pd.DataFrame:
        """Profile-likelihood intervals (penalised for firth), columns 0 and 1, at the study's confidence."""
        found = self.solution
        return pd.DataFrame({0: found.profile_low, 1: found.profile_high}, index=self.params.index)

    def wald_test(self, term: str) -> WaldTest:
        """Joint test of all columns of an explanatory variable, or of one column. Raises UsageError for neither."""
        chosen = [place for place, one in enumerate(self.columns) if term in (one.variable, one.name)]
        if not chosen:
            raise unknown("term", [term], [one.variable or one.name for one in self.columns], "wald_test")
        part = self.solution.params[chosen]
        statistic = float(part @ np.linalg.solve(self.solution.covariance[np.ix_(chosen, chosen)], part))
        return WaldTest(statistic, len(chosen), float(stats.chi2.sf(statistic, len(chosen))))

    def to_frame(self) -> pd.DataFrame:
        """Unadjusted and adjusted estimates as tidy results of kind estimates (`Results` if fitted on a cohort).

        Wald limits are in conf_low and conf_high, profile limits and likelihood-ratio p in their own columns. A variable
        with several columns has one row more, without an estimate: p_value is of their joint Wald test, df their number.
        Until the list of explanatory variables is locked, every estimate from restricted data says so in `note`.
        """
        rows = [row for fit in self.unadjusted for row in fit.rows("unadjusted")] + list(self.rows("adjusted"))
        return framed(rows, self.about, self.timepoint)

    def rows(self, which: str) -> Iterator[dict[str, Any]]:
        """Rows of one model; of an unadjusted one without its constant."""
        common = {"outcome": self.outcome, "model": which, "n": self.nobs, "n_events": self.n_events}
        common["method"] = "firth" if self.method == "firth" else "complete_case"
        lock = NOT_LOCKED if self.about and not_locked(self.about) else ""
        limits, found = self.conf_int().to_numpy(), self.solution
        for k, one in enumerate(self.columns):
            if which == "unadjusted" and one.name == CONSTANT:
                continue
            several = [other for other in self.columns if other.variable == one.variable != ""]
            named = {"variable": one.variable, "reference": one.reference, "note": _joined(lock, one.note)}
            if len(several) > 1 and one is several[0]:
                test = self.wald_test(one.variable)
                joint = {"term": one.variable, "level": "", "df": test.df, "p_value": test.pvalue}
                yield common | named | joint
            yield common | named | {
                "term": one.name,
                "level": one.level,
                "estimate": found.params[k],
                "std_error": self.bse.iloc[k],
                "df": np.inf,
                "conf_low": limits[k, 0],
                "conf_high": limits[k, 1],
                "p_value": self.pvalues.iloc[k],
                "profile_low": found.profile_low[k],
                "profile_high": found.profile_high[k],
                "profile_p": found.profile_p[k],
            }

    def tabulated(self) -> Results:
        """Every level that enters, with and without the outcome, among the participants in the model: kind events.

        Raises UsageError for a fit without a cohort.
        """
        about = self._about("events")
        sides = {"yes": self.n_events, "no": self.nobs - self.n_events}
        rows = [
            {"engine": "cells", "variable": cell["variable"], "event": cell["level"], "group": side}
            | {"n": cell[side], "denominator": size}
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
            {"engine": "model", "variable": variable, "event": event, "group": "all", "n": n, "denominator": self.nobs}
            for variable, event, n in self.done
        ]
        return tidy(rows, replace(about, groups=every), self.timepoint)

    def _about(self, kind: str) -> About:
        if self.about is None:
            raise UsageError("This fit is of a data frame: only one of a cohort knows its study.")
        return replace(self.about, kind=kind)

    def __repr__(self) -> str:
        method = "Firth's penalised likelihood" if self.method == "firth" else "maximum likelihood"
        size = f"n = {self.nobs}, {self.n_events} with the outcome, {count(self.parameters, 'parameter')}"
        per = f"{self.events_per_parameter:.1f} events per parameter"
        mark = f"{self.about.source.mark}. " if self.about and self.about.source.mark else ""
        return f"{mark}Logistic regression of {self.outcome}, model {self.model}, {method}: {size}, {per}."


def not_locked(about: About) -> bool:
    """Whether estimates are exploratory: from restricted data, before the list of explanatory variables is locked."""
    return about.source.kind == "restricted" and about.study.file.lock is None


def framed(rows: list[dict[str, Any]], about: About | None, timepoint: int | None) -> pd.DataFrame:
    """Rows of kind estimates with all their columns."""
    empty: dict[str, Any] = dict.fromkeys(COLUMNS["estimates"], np.nan) | {"m": pd.NA}
    if about is None:
        plain = dict.fromkeys(EVERY_KIND, "") | {"timepoint": pd.NA, "status": "shown"}
        return pd.DataFrame([plain | empty | row for row in rows])
    return tidy([empty | row for row in rows], replace(about, kind="estimates", groups={}), timepoint)


def _joined(*parts: str) -> str:
    return "; ".join(filter(None, parts))


# ---- from a cohort or a data frame to a fit


def fit_logistic(
    data: Cohort | pd.DataFrame, model: str, method: Method | None = None, *, outcome: str | None = None
) -> Fit:
    """Logistic regression on complete cases, adjusted, with the unadjusted one of each variable on the same rows.

    data: a derived cohort, or any data frame of which `model` is then a formula (formulaic's: "low ~ age + C(race)").
    model: a model of the study, or a formula of its variables with an outcome at the left.
    method: logit (maximum likelihood) or firth; by default as the study's rule says.
    outcome: by default the study's primary outcome (with a formula, its left side).
    Every level is tabulated against the outcome first. A level with fewer than `minimum_cell` participants with, or
    without, the outcome stops the model unless the study declares Firth (`below_minimum`), or levels that are put
    together in `coding`. A level of nobody is left out and said. Levels that enter as one linear step are tabulated
    but cannot stop it.
    Returns a `Fit`. Raises UsageError for unknown names, a variable recorded after the outcome or made from it, small
    cells, separated data (which have no maximum-likelihood estimate), columns that say the same, and an outcome that
    nobody, or everybody, has.
    """
    if method not in (None, "logit", "firth"):
        raise UsageError("fit_logistic: method is logit, firth, or left out.")
    if not isinstance(data, Cohort):
        if not isinstance(data, pd.DataFrame):
            raise UsageError("fit_logistic: needs a cohort, as derive returns it, or a data frame.")
        design, event = _from_formula(data, model)
        names = tuple(Column(name) for name in design)
        outcome_name = model.partition("~")[0].strip()
        return _fitted(outcome_name, model, method or "logit", names, design, event, Regression())
    prepared = _prepared(data, model, outcome)
    complete = prepared.design.notna().all(axis=1) & prepared.event.notna()
    known = int(prepared.event.notna().sum())
    left_out = ("", "left out: an explanatory variable is not known", known - int(complete.sum()))
    return _on_rows(prepared, complete, method, (left_out,))


def available_case(cohort: Cohort, model: str, outcome: str | None = None) -> Results:
    """Unadjusted estimates, each on all participants for whom its variable is known: kind estimates, an extra.

    They are on other rows than `fit_logistic`'s, so the two are not compared with each other; method says
    available_case. Raises UsageError as `fit_logistic` does.
    """
    prepared = _prepared(cohort, model, outcome)
    rows: list[dict[str, Any]] = []
    for variable in dict.fromkeys(one.variable for one in prepared.columns if one.variable):
        chosen = [one for one in prepared.columns if one.variable in ("", variable)]
        part = replace(prepared, columns=tuple(chosen), design=prepared.design[[one.name for one in chosen]])
        part = replace(part, levels={name: values for name, values in prepared.levels.items() if name == variable})
        fit = _on_rows(part, part.design.notna().all(axis=1) & part.event.notna(), None, ())
        by_firth = "by Firth's method: a cell is below the minimum" if fit.method == "firth" else ""
        rows += [
            row | {"method": "available_case", "note": _joined(str(row["note"]), by_firth)}
            for row in fit.rows("unadjusted")
        ]
    found = framed(rows, prepared.about, prepared.timepoint)
    assert isinstance(found, Results)  # noqa: S101 (a cohort's always are)
    return found


@dataclass(frozen=True, eq=False)
class _Prepared:
    """All that a model needs of a cohort: one row per participant, missing values still in it.

    levels: categories of the variables that have them, as they enter; linear: those that enter as one step per level.
    together: levels that were put together, as (variable, new level).
    """

    study: Study
    outcome: str
    model: str
    columns: tuple[Column, ...]
    design: pd.DataFrame
    event: pd.Series
    levels: dict[str, pd.Series]
    linear: frozenset[str]
    together: tuple[tuple[str, str], ...]
    about: About
    timepoint: int | None


def _prepared(cohort: Cohort, model: str, outcome: str | None) -> _Prepared:
    study = cohort.study
    formula = "~" in model
    if formula:
        outcome = model.partition("~")[0].strip()
    elif outcome is None:
        primary = [one.name for one in study.file.outcomes if one.kind == "primary"]
        outcome = primary[0] if primary else ""
    if outcome not in study.outcomes:
        raise unknown("outcome", [outcome], study.outcomes, f"study {study.name}")
    event = column(cohort, outcome).map({"Yes": 1.0, "No": 0.0}).astype(float)
    terms = _terms_of_formula(cohort, model, outcome) if formula else study.terms(model, outcome)
    columns: list[Column] = [Column(CONSTANT)]
    found: dict[str, pd.Series] = {CONSTANT: pd.Series(1.0, index=cohort.data.index)}
    levels: dict[str, pd.Series] = {}
    linear, together = set[str](), list[tuple[str, str]]()
    for term in terms:
        values = column(cohort, term)
        if formula:
            if study.levels(term):
                levels[term] = values
            continue
        coding = study.coding(model, term)
        between = study.timepoint(term) == "between"
        note = "recorded between the timepoints, after timepoint 1" if between else ""
        for (variable, level), numbers in coded(study, cohort.data, term, coding).items():
            one = Column(f"{variable}[{level}]" if level else variable, variable, level, coding.reference, note)
            columns.append(one)
            found[one.name] = numbers
        if study.levels(term):
            levels[term] = values if coding.linear else put_together(study, values, term, coding)
            linear |= {term} if coding.linear else set()
        together += [(term, new) for new, olds in coding.merged.items() if len(olds) > 1]
    design = pd.DataFrame(found)
    if formula:
        design = _cohort_formula(cohort, model, outcome, terms)
        columns = [Column(str(name), "" if name == CONSTANT else str(name)) for name in design]
    about = About("estimates", study, cohort.source, {})
    timepoint = study.outcomes[outcome].timepoint
    return _Prepared(
        study,
        outcome,
        "formula" if formula else model,
        tuple(columns),
        design,
        event,
        levels,
        frozenset(linear),
        tuple(together),
        about,
        timepoint if timepoint in (1, 2) else None,
    )


def _on_rows(
    prepared: _Prepared, chosen: pd.Series, method: Method | None, done: tuple[tuple[str, str, int], ...]
) -> Fit:
    """The model of the chosen rows, after its cells have been looked at."""
    rules = prepared.study.file.regression
    event = prepared.event[chosen]
    unit = prepared.study.file.unit.many
    if event.nunique() < 2:
        raise UsageError(f"fit_logistic: among {count(len(event), 'complete case')}, nobody or everybody has the outcome.")
    cells = _tabulated(prepared, chosen)
    binding = cells[~cells["variable"].isin(prepared.linear) & (cells[["yes", "no"]].sum(axis=1) > 0)]
    small = binding[(binding[["yes", "no"]] < rules.minimum_cell).any(axis=1)]
    if len(small) and (method == "logit" or rules.below_minimum == "stop"):
        problems = [f"{row['variable']} '{row['level']}'" for row in small.to_dict("records")]
        wrong = f"fit_logistic: levels with fewer than {rules.minimum_cell} {unit} with, or without, the outcome."
        remedy = "In study.yaml, put levels together (coding), or declare regression: {below_minimum: firth}."
        raise UsageError(wrong, problems, remedy + (" Then leave method out." if method == "logit" else ""))
    method = method or ("firth" if len(small) else "logit")
    for name, new in prepared.together:
        done += ((name, f"put together as {new}", int((prepared.levels[name][chosen] == new).sum())),)
    done += tuple(
        (row["variable"], f"fewer than {rules.minimum_cell} in a cell ({row['level']}): Firth", min(row["yes"], row["no"]))
        for row in small.to_dict("records")
    )
    design = prepared.design[chosen]
    empty = [one for one in prepared.columns if one.level and not design[one.name].any()]
    done += tuple((one.variable, f"left out: nobody has the level {one.level}", 0) for one in empty)
    columns = tuple(one for one in prepared.columns if one not in empty)
    design = design[[one.name for one in columns]]
    fit = _fitted(prepared.outcome, prepared.model, method, columns, design, event, rules)
    infinite = logistic.separated(design.to_numpy(float), event.to_numpy(float)) if method == "firth" else []
    done += tuple(
        (one.variable, f"separated: without Firth the estimate of {one.name} is infinite", 0)
        for one, there in zip(columns, infinite, strict=False)
        if there
    )
    unadjusted = []
    for variable in dict.fromkeys(one.variable for one in columns if one.variable):
        part = tuple(one for one in columns if one.variable in ("", variable))
        own = design[[one.name for one in part]]
        alone = _fitted(prepared.outcome, prepared.model, method, part, own, event, rules)
        unadjusted.append(replace(alone, about=prepared.about, timepoint=prepared.timepoint))
    return replace(
        fit,
        cells=cells,
        done=done,
        unadjusted=tuple(unadjusted),
        about=prepared.about,
        timepoint=prepared.timepoint,
    )


def _tabulated(prepared: _Prepared, chosen: pd.Series) -> pd.DataFrame:
    """Number with and without the outcome in each level that enters, among the chosen rows; of nobody too."""
    rows = []
    event = prepared.event[chosen]
    for name, values in prepared.levels.items():
        for level in values.cat.categories:
            inside = values[chosen] == level
            yes = int((inside & (event == 1)).sum())
            rows.append({"variable": name, "level": str(level), "yes": yes, "no": int(inside.sum()) - yes})
    return pd.DataFrame(rows, columns=["variable", "level", "yes", "no"])


def _fitted(
    outcome: str,
    model: str,
    method: Method,
    columns: tuple[Column, ...],
    design: pd.DataFrame,
    event: pd.Series,
    rules: Regression,
) -> Fit:
    """One fit of a design without missing values, after its columns have been looked at."""
    x, y = design.to_numpy(float), event.to_numpy(float)
    if len(y) == 0 or y.min() == y.max():
        raise UsageError("fit_logistic: nobody or everybody has the outcome.")
    dependent = [name for k, name in enumerate(design) if np.linalg.matrix_rank(x[:, : k + 1]) == np.linalg.matrix_rank(x[:, :k])]
    if dependent:
        remedy = "Leave one of them out, or put levels together."
        raise UsageError("fit_logistic: a column follows from those before it.", map(str, dependent), remedy)
    if method == "logit":
        infinite = [str(name) for name, there in zip(design, logistic.separated(x, y), strict=True) if there]
        if infinite:
            remedy = 'Put levels together, or use method="firth", which stays finite.'
            raise UsageError(
                "fit_logistic: the outcome is separated, so these have no finite estimate.", infinite, remedy
            )
    try:
        if method == "firth":
            augmented = rules.firth_std_error == "augmented"
            solution = logistic.firth(x, y, rules.confidence, augmented=augmented)
        else:
            solution = logistic.maximum_likelihood(x, y, rules.confidence)
    except ArithmeticError as error:
        raise UsageError(f"fit_logistic: {error}.") from None
    return Fit(outcome, model, method, columns, design, event, solution, rules)


# ---- formulas


def _from_formula(data: pd.DataFrame, formula: str) -> tuple[pd.DataFrame, pd.Series]:
    """Design and event of a formula, without the rows that have a missing value in it."""
    from formulaic import model_matrix

    if "~" not in formula:
        raise UsageError("fit_logistic: with a data frame, model is a formula such as 'low ~ age + C(race)'.")
    try:
        made: Any = model_matrix(formula, data, na_action="drop", output="pandas")
        left, design = made.lhs, made.rhs
    except Exception as error:
        wrong = f"fit_logistic: the formula cannot be read ({type(error).__name__})."
        raise UsageError(wrong, (), f"Columns: {', '.join(map(str, data.columns))}.") from None
    event = left.iloc[:, -1].astype(float)
    if left.shape[1] > 2 or not event.isin([0.0, 1.0]).all():
        raise UsageError("fit_logistic: the outcome must be 0 or 1, or have two levels.")
    return pd.DataFrame(design).astype(float), event


def _terms_of_formula(cohort: Cohort, formula: str, outcome: str) -> tuple[str, ...]:
    """Variables at the right of a formula, refused as those of a declared model would be."""
    from formulaic import Formula
    from formulaic.errors import FormulaicError

    study = cohort.study
    try:
        named = sorted(str(name) for name in Formula(formula.partition("~")[2]).required_variables)
    except FormulaicError:
        raise UsageError("fit_logistic: the formula cannot be read.") from None
    absent = [name for name in named if name not in study.declared]
    if absent:
        raise unknown("variable", absent, study.variables, f"study {study.name}")
    problems = []
    for name in named:
        when = study.timepoint(name)
        if when is None:
            problems.append(f"'{name}' has no timepoint, so it could have been recorded after {outcome}")
        elif ORDER[when] > ORDER[study.outcomes[outcome].timepoint]:
            problems.append(f"'{name}' was recorded after {outcome}")
        elif study.recorded(name) & study.recorded(outcome):
            problems.append(f"'{name}' is made from what {outcome} is made from")
    if problems:
        raise UsageError("fit_logistic: what comes after an outcome, or is part of it, cannot explain it.", problems)
    return tuple(named)


def _cohort_formula(cohort: Cohort, formula: str, outcome: str, terms: tuple[str, ...]) -> pd.DataFrame:
    """Design of a formula, with missing values where a variable or the outcome is missing."""
    raw: Mapping[str, pd.Series] = {
        name: values if cohort.study.levels(name) else values.astype(float)
        for name, values in ((name, column(cohort, name)) for name in terms)
    }
    whole = pd.DataFrame(raw)
    whole[outcome] = column(cohort, outcome).map({"Yes": 1.0, "No": 0.0}).astype(float)
    used = {name: whole[name].cat.remove_unused_categories() for name in terms if cohort.study.levels(name)}
    design, _ = _from_formula(whole.assign(**used), formula)
    return design.reindex(whole.index)
