"""Logistic regression as the study declares it: what enters, and whether it may be fitted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from mothers_margins.analysis.missing_data.imputed import Imputed
from mothers_margins.analysis.regression import likelihood
from mothers_margins.analysis.regression.chosen_method import (
    ChosenMethod,
    chosen_method,
    no_maximum,
    refuse_dependent,
)
from mothers_margins.analysis.regression.fit import (
    BY_FIRTH,
    Column,
    Fit,
    FittedModel,
    Happened,
    Method,
    joined,
)
from mothers_margins.analysis.regression.formulas import from_frame, split
from mothers_margins.analysis.regression.likelihood import Solution
from mothers_margins.analysis.regression.model_data import (
    ModelData,
    cells_by_level,
    does_not_apply,
    model_data,
    small_cells,
)
from mothers_margins.analysis.regression.pooled_fit import PooledFit, mean_cells, pool_fits
from mothers_margins.cohort.cohort import Cohort, only_recorded
from mothers_margins.errors import UsageError, expect
from mothers_margins.imputation import Imputations
from mothers_margins.results.results import About, Results, Row, tidy
from mothers_margins.study.analysis_plan import Regression
from mothers_margins.study.study import Study


def fit_logistic(
    data: Cohort | pd.DataFrame | Imputed | Imputations,
    model: str,
    method: Method | None = None,
    *,
    outcome: str | None = None,
    profile: bool = True,
) -> Fit | PooledFit:
    """Logistic regression on complete cases, adjusted, with the unadjusted one of each variable on
    the same rows.

    data: a derived cohort, or any data frame, of which `model` is then a formula ("low ~ age +
    C(race)", read by formulaic); a data frame has no study, so nothing is tabulated and no rule
    applies. Of an imputed cohort, or imputations of a data frame, the model is fitted to every
    completed data set and pooled (a `PooledFit`). model: a model of the study, or a formula of its
    variables with an outcome at the left. method: logit (maximum likelihood) or firth; by default
    maximum likelihood, and Firth's only where the likelihood has no maximum (in one data set of the
    analysis: then in all of them), or where the study puts it in place of small cells; see
    `by_method` for the other one beside it. outcome: by default the study's primary outcome (with a
    formula, its left side). profile: whether profile limits are found beside Wald's; without them a
    fit takes a third of the time. Every level is tabulated against the outcome first; what follows
    from fewer than `minimum_cell` participants with, or without, the outcome is the study's
    `below_minimum`. A level of nobody is left out and said. A model needs the events per parameter
    of its outcome's kind (`few_events`, or `exploratory_events`) among all whose outcome is known.
    Returns a `Fit`. Raises
    UsageError for unknown names, a variable recorded after the outcome or made from it, an outcome
    for which the model lists nothing or is too rare, small cells where the study stops, separated
    data if method is logit, columns that say the same, and an outcome that nobody, or everybody,
    has.
    """
    if method not in (None, "logit", "firth"):
        raise UsageError("fit_logistic: method is logit, firth, or left out.")
    if not isinstance(model, str) or not (outcome is None or isinstance(outcome, str)):
        raise UsageError("fit_logistic: model and outcome are names, or model is a formula.")
    if isinstance(data, Imputed):
        return _of_imputed(data, model, method, outcome)
    if isinstance(data, Imputations):
        each = [_of_frame(data.complete(i), model) for i in range(1, data.m + 1)]
        return pool_fits(_analysed(each, method, profile=False), "rubin")
    if isinstance(data, Cohort):
        return _of_cohort(data, model, method, outcome, profile)
    expect(data, pd.DataFrame, "fit_logistic", "a cohort, as derive returns it, or a data frame")
    (fit,) = _analysed([_of_frame(data, model)], method, profile)
    return fit


@dataclass(frozen=True, eq=False)
class _Rows:
    """The rows of a data set on which a model is fitted, after its cells have been looked at."""

    outcome: str
    model: str
    columns: tuple[Column, ...]
    design: pd.DataFrame
    event: pd.Series
    rules: Regression
    cells: pd.DataFrame = field(default_factory=pd.DataFrame)
    done: tuple[Happened, ...] = ()
    as_steps: frozenset[str] = frozenset()
    about: About | None = None
    timepoint: int | None = None

    @property
    def small(self) -> pd.DataFrame:
        """Levels below the study's minimum; those of a linear term are no cells of its own."""
        if self.cells.empty:
            return self.cells
        counted = self.cells[~self.cells["variable"].isin(self.as_steps)]
        return small_cells(counted, self.rules.minimum_cell)


def _of_frame(data: pd.DataFrame, formula: str) -> _Rows:
    """A formula of a data frame, which has no study and so no rules."""
    design, event, columns = from_frame(data, formula)
    return _Rows(split(formula)[0], "formula", columns, design, event, Regression())


def _of_cohort(
    cohort: Cohort, model: str, method: Method | None, outcome: str | None, profile: bool
) -> Fit:
    """A model of complete cases."""
    data = model_data(only_recorded(cohort, "fit_logistic"), model, outcome)
    not_known = int(data.event.notna().sum()) - int(data.complete.sum())
    left_out = Happened("term_not_known", n=not_known)
    (fit,) = _analysed([_on_rows(data, data.complete, (left_out,))], method, profile)
    return fit


def _of_imputed(
    imputed: Imputed, model: str, method: Method | None, outcome: str | None
) -> PooledFit:
    """The model on every completed cohort, by one method, pooled by the plan's rule."""
    each = _completed(imputed, model, outcome)
    rows = _same_rows(each)
    _all_imputed(imputed, each[0])
    if any(data.terms.columns != each[0].terms.columns for data in each):
        raise UsageError("fit_logistic: the columns of the model differ between imputations.")
    outside = Happened("not_concerned", n=int((~rows).sum()))
    done = (outside,) if outside.n else ()
    fits = _analysed([_on_rows(data, rows, done) for data in each], method, profile=False)
    return pool_fits(fits, imputed.plan.df_rule, _variant(imputed))


def _completed(imputed: Imputed, model: str, outcome: str | None) -> list[ModelData]:
    """What the model needs of each completed cohort."""
    if outcome not in (None, imputed.outcome):
        raise UsageError(
            f"fit_logistic: these imputations are for {imputed.outcome}; impute for {outcome}."
        )
    if "~" in model:
        each = [model_data(imputed.complete(i), model, None) for i in range(1, imputed.m + 1)]
        if each[0].outcome != imputed.outcome:
            raise UsageError(
                f"fit_logistic: these imputations are for {imputed.outcome}, which the formula "
                "must have left."
            )
        return each
    terms = imputed.cohort.study.terms(model, imputed.outcome)
    return [
        model_data(imputed.complete(i, terms), model, imputed.outcome)
        for i in range(1, imputed.m + 1)
    ]


def _same_rows(each: list[ModelData]) -> pd.Series:
    """The rows of the model, which are the same in all completed data sets, or UsageError."""
    rows = each[0].complete
    if any((data.complete != rows).any() for data in each):
        raise UsageError(
            "fit_logistic: who is concerned by a variable differs between imputations."
        )
    return rows


def _all_imputed(imputed: Imputed, data: ModelData) -> None:
    """Raise UsageError for variables with values that are missing though the question applies."""
    missing = data.terms.design.isna() & ~does_not_apply(imputed.cohort.reasons, data)
    incomplete = {
        column.variable or column.name
        for column in data.terms.columns
        if missing[column.name].any()
    }
    if incomplete:
        raise UsageError(
            "fit_logistic: these variables are incomplete and were not imputed in this run.",
            sorted(incomplete),
            "Impute for the model that has them, or name them among the plan's auxiliaries.",
        )


def _variant(imputed: Imputed) -> str:
    """What a sensitivity run did otherwise, as a code; empty for the run of the plan."""
    if imputed.shifts:
        return "shifted"
    return imputed.composites if imputed.composites != "components" else ""


def available_case(cohort: Cohort, model: str, outcome: str | None = None) -> Results:
    """Unadjusted estimates, each on all participants for whom its variable is known: kind
    estimates, an extra.

    They are on other rows than `fit_logistic`'s, so the two are not compared with each other;
    method says available_case, and there are no profile intervals. Raises UsageError as
    `fit_logistic` does.
    """
    only_recorded(cohort, "available_case")
    if not isinstance(model, str):
        raise UsageError("available_case: model is a name of the study's, or a formula.")
    data = model_data(cohort, model, outcome)
    rows: list[Row] = []
    for variable in dict.fromkeys(column.variable for column in data.terms.columns):
        if variable:
            alone = replace(data, terms=data.terms.only(variable))
            (fit,) = _analysed([_on_rows(alone, alone.complete, ())], None, profile=False)
            rows += with_method(fit, "unadjusted", "available_case")
    return tidy(rows, data.about, data.timepoint)


def with_method(fit: Fit, which: str, method: str) -> Iterator[Row]:
    """Rows of a fit whose method says on which rows it is; that it is Firth's is then in the
    note.
    """
    by_firth = BY_FIRTH if fit.method == "firth" else ""
    for row in fit.rows(which):
        yield row | {"method": method, "note": joined(str(row["note"]), by_firth)}


def _on_rows(data: ModelData, rows: pd.Series, done: tuple[Happened, ...]) -> _Rows:
    """The model of the chosen rows, after its cells have been looked at."""
    event = data.event[rows]
    if event.nunique() < 2:
        raise UsageError(
            "fit_logistic: among the complete cases nobody, or everybody, has the outcome."
        )
    design = data.terms.design[rows]
    empty = [
        column for column in data.terms.columns if column.level and not design[column.name].any()
    ]
    columns = tuple(column for column in data.terms.columns if column not in empty)
    return _Rows(
        outcome=data.outcome,
        model=data.model,
        columns=columns,
        design=design[[column.name for column in columns]],
        event=event,
        rules=data.study.file.regression,
        cells=cells_by_level(data, rows),
        done=(*done, *_looked_at(data, rows, empty)),
        as_steps=_as_steps(data),
        about=data.about,
        timepoint=data.timepoint,
    )


def _as_steps(data: ModelData) -> frozenset[str]:
    """Variables with levels that enter as one step per level, so that no level stands alone."""
    if data.model not in data.study.file.models:
        return frozenset()
    return frozenset(
        name for name in data.terms.levels if data.study.coding(data.model, name).linear
    )


def _looked_at(data: ModelData, rows: pd.Series, empty: list[Column]) -> Iterator[Happened]:
    """What was done to the levels of a model: put together, and left out because of nobody."""
    for variable, new_level in data.terms.together:
        n = int((data.terms.levels[variable][rows] == new_level).sum())
        yield Happened("put_together", variable, new_level, n)
    for column in empty:
        yield Happened("nobody_has_level", column.variable, column.level)


def _analysed(each: Sequence[_Rows], asked: Method | None, profile: bool) -> tuple[Fit, ...]:
    """One analysis, of one data set or of all that were completed: all by one method."""
    first = each[0]
    small = replace(first, cells=mean_cells([rows.cells for rows in each])).small
    if len(small) and first.rules.below_minimum == "stop" and first.about:
        raise _small_cell_error(first.about.study, small)
    chosen = chosen_method(
        [(rows.design, rows.event) for rows in each],
        first.rules,
        asked,
        has_small_cell=len(small) > 0,
    )
    happened = tuple(
        Happened("small_cell", cell["variable"], cell["level"], min(cell["yes"], cell["no"]))
        for cell in small.to_dict("records")
    )
    return tuple(_fitted(rows, chosen, happened, profile) for rows in each)


def _fitted(rows: _Rows, chosen: ChosenMethod, small: tuple[Happened, ...], profile: bool) -> Fit:
    """The fit of one data set of an analysis, with the unadjusted ones."""
    fit = Fit(
        outcome=rows.outcome,
        model=rows.model,
        method=chosen.method,
        columns=rows.columns,
        design=rows.design,
        event=rows.event,
        solution=solved(rows.design, rows.event, chosen.method, rows.rules, profile),
        rules=rows.rules,
        cells=rows.cells,
        done=(*rows.done, *small, *chosen.happened(rows.columns)),
        about=rows.about,
        timepoint=rows.timepoint,
        standing=chosen.standing,
        without_maximum=chosen.without_maximum,
    )
    return replace(fit, unadjusted=_unadjusted(fit, profile))


def by_method(fit: Fit | PooledFit, method: Method) -> Fit | PooledFit:
    """The same analysis by another method, which then stands beside the primary one; by its own
    method the fit itself.

    fit: what `fit_logistic` returned. method: logit or firth. Raises UsageError for another method,
    and for maximum likelihood where it has no maximum.
    """
    expect(fit, FittedModel, "by_method", "what fit_logistic returns")
    if method not in ("logit", "firth"):
        raise UsageError("by_method: method is logit or firth.")
    if method == fit.method:
        return fit
    if method == "logit" and not fit.has_maximum:
        raise no_maximum(
            [
                f"{happened.variable}[{happened.level}]"
                for happened in fit.done
                if happened.code == "separated"
            ]
        )
    if isinstance(fit, PooledFit):
        fits = tuple(_refitted(data_set, method, profile=False) for data_set in fit.fits)
        return pool_fits(fits, fit.pooled.df_rule, fit.variant)
    return _refitted(fit, method, profile=True)


def _refitted(fit: Fit, method: Method, profile: bool) -> Fit:
    """One data set again by another method, beside the primary one."""
    solution = solved(fit.design, fit.event, method, fit.rules, profile)
    other = replace(fit, method=method, solution=solution, standing="beside", unadjusted=())
    return replace(other, unadjusted=_unadjusted(other, profile))


def _small_cell_error(study: Study, small: pd.DataFrame) -> UsageError:
    return UsageError(
        f"fit_logistic: levels with fewer than {study.file.regression.minimum_cell} "
        f"{study.file.unit.many} with, or without, the outcome.",
        [f"{cell['variable']} '{cell['level']}'" for cell in small.to_dict("records")],
        "In study.yaml, put levels together (coding), or declare regression: "
        "{below_minimum: beside}.",
    )


def _unadjusted(fit: Fit, profile: bool) -> tuple[Fit, ...]:
    """One fit per explanatory variable on the rows of a fit; an interaction is no variable of its
    own. Of a model of one variable the fit itself.
    """
    variables = dict.fromkeys(column.variable for column in fit.columns)
    alone: list[Fit] = []
    for variable in variables:
        if not variable or ":" in variable:
            continue
        columns = tuple(column for column in fit.columns if column.variable in ("", variable))
        if len(columns) == len(fit.columns):
            return (fit,)
        design = fit.design[[column.name for column in columns]]
        alone.append(
            replace(
                fit,
                columns=columns,
                design=design,
                solution=solved(design, fit.event, fit.method, fit.rules, profile),
                cells=pd.DataFrame(),
                done=(),
                unadjusted=(),
            )
        )
    return tuple(alone)


def solved(
    design: pd.DataFrame, event: pd.Series, method: Method, rules: Regression, profile: bool
) -> Solution:
    """The estimates of a design without missing values, whose likelihood has a maximum if that is
    the method. Raises UsageError where its columns say the same, or the estimates do not converge.

    profile: whether the profile's limits are found, which of Firth's method are found when they are
    asked for.
    """
    x = design.to_numpy(float)
    y = event.to_numpy(float)
    refuse_dependent(design)
    try:
        if method == "firth":
            augmented = rules.firth_std_error == "augmented"
            return likelihood.firth(x, y, rules.confidence, augmented=augmented, profile=False)
        return likelihood.maximum_likelihood(x, y, rules.confidence, profile=profile)
    except ArithmeticError as error:
        raise UsageError(f"fit_logistic: {error}.") from None
