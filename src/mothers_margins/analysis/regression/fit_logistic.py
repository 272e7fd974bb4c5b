"""Logistic regression as the study declares it: what enters, and whether it may be fitted."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from mothers_margins.absent import not_there
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
    CLUSTERED,
    FEW_CLUSTERS,
    Column,
    Fit,
    FittedModel,
    Happened,
    Method,
    joined,
)
from mothers_margins.analysis.regression.formulas import (
    from_frame,
    learned_from_first_frame,
    split,
)
from mothers_margins.analysis.regression.frame_study import about_frame
from mothers_margins.analysis.regression.likelihood import Solution
from mothers_margins.analysis.regression.model_data import (
    ModelData,
    cells_by_level,
    cells_of_design,
    does_not_apply,
    learned_for_all,
    model_data,
    small_cells,
)
from mothers_margins.analysis.regression.pooled_fit import PooledFit, mean_cells, pool_fits
from mothers_margins.cohort.cohort import Cohort, only_recorded
from mothers_margins.errors import UsageError, expect, expect_flags
from mothers_margins.imputation import Imputations
from mothers_margins.imputation.formulas import RightSide
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
    Rows are those that have every variable that the formula names; a term that learns from them
    (`scale`, `bs`) learns from the first of several data sets, for all. Standard errors are robust
    to clusters where the model names their variable. Returns a `Fit`. Raises UsageError for unknown
    names, a variable recorded after the outcome or made from it, an outcome for which the model
    lists nothing or is too rare, small cells where the study stops, separated data if method is
    logit, columns that say the same, and an outcome that nobody, or everybody, has.
    """
    expect_flags("fit_logistic", profile=profile)
    if method not in (None, "logit", "firth"):
        raise UsageError("fit_logistic: method is logit, firth, or left out.")
    if not isinstance(model, str) or not (outcome is None or isinstance(outcome, str)):
        raise UsageError("fit_logistic: model and outcome are names, or model is a formula.")
    if isinstance(data, Imputed):
        return _of_imputed(data, model, method, outcome)
    if isinstance(data, Imputations):
        return _of_imputations(data, model, method)
    if isinstance(data, Cohort):
        return _of_cohort(data, model, method, outcome, profile)
    expect(data, pd.DataFrame, "fit_logistic", "a cohort, as derive returns it, or a data frame")
    (fit,) = _analysed([_of_frame(data, model)], method, profile)
    return fit


def _of_imputations(data: Imputations, formula: str, method: Method | None) -> PooledFit:
    """A formula of every completed data frame, whose terms learn from the first, pooled."""
    outcome = split(formula)[0]
    if any(target.name == outcome for target in data.targets):
        raise UsageError(
            f"fit_logistic: the outcome '{outcome}' was imputed itself, so who has it differs "
            "between the imputations.",
            (),
            "Leave its equation out, or pool the numbers alone: imputations.fit(formula).",
        )
    right = learned_from_first_frame(data.complete(1), formula)
    each = [_of_frame(data.complete(i), formula, right) for i in range(1, data.m + 1)]
    return pool_fits(_analysed(each, method, profile=False), "rubin")


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
    cluster: pd.Series | None = None

    @property
    def small(self) -> pd.DataFrame:
        """Levels below the study's minimum; those of a linear term are no cells of its own."""
        if self.cells.empty:
            return self.cells
        counted = self.cells[~self.cells["variable"].isin(self.as_steps)]
        return small_cells(counted, self.rules.minimum_cell)


def _of_frame(data: pd.DataFrame, formula: str, right: RightSide | None = None) -> _Rows:
    """A formula of a data frame, which has no study and so no rules. right: what its terms learned
    from another data frame.
    """
    entered = from_frame(data, formula, right)
    return _Rows(
        outcome=split(formula)[0],
        model="formula",
        columns=entered.columns,
        design=entered.design,
        event=entered.event,
        rules=Regression(),
        cells=cells_of_design(entered.columns, entered.design, entered.event),
        done=(Happened("term_not_known", n=entered.not_known),),
        about=about_frame(data, entered.columns, split(formula)[0]),
    )


def _of_cohort(
    cohort: Cohort, model: str, method: Method | None, outcome: str | None, profile: bool
) -> Fit:
    """A model of complete cases."""
    data = model_data(only_recorded(cohort, "fit_logistic"), model, outcome)
    with_terms = data.event.notna() & data.terms_known
    not_known = int(data.event.notna().sum()) - int(with_terms.sum())
    left_out = Happened("term_not_known", n=not_known)
    done = (left_out, *_without_cluster(data, with_terms))
    (fit,) = _analysed([_on_rows(data, data.complete, done)], method, profile)
    return fit


def _without_cluster(data: ModelData, otherwise: pd.Series) -> tuple[Happened, ...]:
    """Who is left out only because her cluster is not known. otherwise: who would be in the
    model.
    """
    n = int((otherwise & data.cluster_unknown).sum())
    return (Happened("cluster_not_known", n=n),) if n else ()


def _of_imputed(
    imputed: Imputed, model: str, method: Method | None, outcome: str | None
) -> PooledFit:
    """The model on every completed cohort, by one method, pooled by the plan's rule."""
    each = _completed(imputed, model, outcome)
    rows = _same_rows(each)
    _all_imputed(imputed, each[0])
    if any(data.terms.columns != each[0].terms.columns for data in each):
        raise UsageError("fit_logistic: the columns of the model differ between imputations.")
    concerned = each[0].terms_known & each[0].event.notna()
    outside = Happened("not_concerned", n=int((~concerned).sum()))
    done = ((outside,) if outside.n else ()) + _without_cluster(each[0], concerned)
    fits = _analysed([_on_rows(data, rows, done) for data in each], method, profile=False)
    return pool_fits(fits, imputed.plan.df_rule, _variant(imputed))


def _completed(imputed: Imputed, model: str, outcome: str | None) -> list[ModelData]:
    """What the model needs of each completed cohort."""
    if outcome not in (None, imputed.outcome):
        raise UsageError(
            f"fit_logistic: these imputations are for {imputed.outcome}; impute for {outcome}."
        )
    _refuse_levels_apart(imputed, model)
    if "~" in model:
        right = learned_for_all(imputed.complete(1), model)
        each = [
            model_data(imputed.complete(i), model, None, right) for i in range(1, imputed.m + 1)
        ]
        if each[0].outcome != imputed.outcome:
            raise UsageError(
                f"fit_logistic: these imputations are for {imputed.outcome}, which the formula "
                "must have left."
            )
        return each
    study = imputed.cohort.study
    terms = [*study.terms(model, imputed.outcome), *filter(None, [study.cluster(model)])]
    return [
        model_data(imputed.complete(i, terms), model, imputed.outcome)
        for i in range(1, imputed.m + 1)
    ]


def _refuse_levels_apart(imputed: Imputed, model: str) -> None:
    """Raise UsageError for a model that keeps levels apart which were imputed together."""
    study = imputed.cohort.study
    if "~" in model:
        apart = [name for name in imputed.together if re.search(rf"\b{name}\b", split(model)[1])]
    else:
        terms = study.terms(model, imputed.outcome)
        apart = [
            name
            for name, levels in imputed.together.items()
            if name in terms and not {*levels} <= {*study.coding(model, name).merged}
        ]
    if apart:
        raise UsageError(
            f"fit_logistic: model {imputed.model}, for which these rows were imputed, puts levels "
            "together that this one keeps apart.",
            apart,
            "Impute for the model that keeps them apart.",
        )


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
    for alone in _one_by_one(cohort, data):
        (fit,) = _analysed([_on_rows(alone, alone.complete, ())], None, profile=False)
        rows += with_method(fit, "unadjusted", "available_case")
    return tidy(rows, data.about, data.timepoint)


def _one_by_one(cohort: Cohort, data: ModelData) -> Iterator[ModelData]:
    """The model of each variable alone, on all rows that have it. An interaction of a formula is no
    variable of its own.
    """
    terms = {column.variable: column.term for column in data.terms.columns if column.variable}
    for variable, term in terms.items():
        if not term:
            yield replace(data, terms=data.terms.only(variable))
        elif ":" not in variable:
            # the rows of the whole formula have all its variables, so each is made anew
            yield model_data(cohort, f"{data.outcome} ~ {term}", None)


def with_method(fit: Fit, which: str, method: str) -> Iterator[Row]:
    """Rows of a fit whose method says on which rows it is; that it is Firth's is then in the
    note.
    """
    by_firth = BY_FIRTH if fit.method == "firth" else ""
    for row in fit.rows(which):
        yield row | {"method": method, "note": joined(str(row["note"]), by_firth)}


def _say_what_follows(data: ModelData, design: pd.DataFrame) -> None:
    """Raise AbsenceError for a declared model of which a column follows from others among these
    rows. In a formula of the analyst's own it is a mistake, which the likelihood refuses.
    """
    if data.model == "formula":
        return
    follows = likelihood.follow_from_others(design.to_numpy(float))
    if follows.any():
        raise not_there("dependent", *design.columns[follows])


def _on_rows(data: ModelData, rows: pd.Series, done: tuple[Happened, ...]) -> _Rows:
    """The model of the chosen rows, after its cells have been looked at."""
    event = data.event[rows]
    if event.nunique() < 2:
        raise not_there("all_or_none")
    design = data.terms.design[rows]
    empty = [
        column for column in data.terms.columns if column.level and not design[column.name].any()
    ]
    columns = tuple(column for column in data.terms.columns if column not in empty)
    if len(design) < len(columns):
        raise not_there("few_rows", columns=len(columns), rows=len(design))
    design = design[[column.name for column in columns]]
    _say_what_follows(data, design)
    cluster = None if data.cluster is None else data.cluster[rows]
    rules = data.study.file.regression
    return _Rows(
        outcome=data.outcome,
        model=data.model,
        columns=_noted(columns, cluster, rules),
        design=design,
        event=event,
        rules=rules,
        cells=cells_by_level(data, rows),
        done=(*done, *_clusters(cluster, rules), *_looked_at(data, rows, empty)),
        as_steps=_as_steps(data),
        about=data.about,
        timepoint=data.timepoint,
        cluster=cluster,
    )


def _noted(
    columns: tuple[Column, ...], cluster: pd.Series | None, rules: Regression
) -> tuple[Column, ...]:
    """Columns whose estimates say that their errors are robust, and where clusters are few."""
    if cluster is None:
        return columns
    few = FEW_CLUSTERS if cluster.nunique() < rules.few_clusters else ""
    return tuple(replace(column, note=joined(column.note, CLUSTERED, few)) for column in columns)


def _clusters(cluster: pd.Series | None, rules: Regression) -> Iterator[Happened]:
    """Whether standard errors allow for the clusters that participants come from."""
    if cluster is not None:
        number = int(cluster.nunique())
        yield Happened("clustered", str(cluster.name), n=len(cluster), setting=number)
    elif rules.clustered_in:
        yield Happened("clusters_not_recorded")


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
    known: likelihood.Solved = {}
    chosen = chosen_method(
        [(rows.design, rows.event) for rows in each],
        first.rules,
        asked,
        has_small_cell=len(small) > 0,
        known=known,
    )
    happened = tuple(
        Happened("small_cell", cell["variable"], cell["level"], min(cell["yes"], cell["no"]))
        for cell in small.to_dict("records")
    )
    return tuple(_fitted(rows, chosen, happened, profile, known) for rows in each)


def _fitted(
    rows: _Rows,
    chosen: ChosenMethod,
    small: tuple[Happened, ...],
    profile: bool,
    known: likelihood.Solved,
) -> Fit:
    """The fit of one data set of an analysis, with the unadjusted ones. known: what was solved for
    the other data sets.
    """
    fit = Fit(
        outcome=rows.outcome,
        model=rows.model,
        method=chosen.method,
        columns=rows.columns,
        design=rows.design,
        event=rows.event,
        solution=solved(
            rows.design, rows.event, chosen.method, rows.rules, profile, rows.cluster, known
        ),
        rules=rows.rules,
        cells=rows.cells,
        done=(*rows.done, *small, *chosen.happened(rows.columns)),
        about=rows.about,
        timepoint=rows.timepoint,
        standing=chosen.standing,
        without_maximum=chosen.without_maximum,
        cluster=rows.cluster,
    )
    return replace(fit, unadjusted=_unadjusted(fit, profile, known))


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
        known: likelihood.Solved = {}
        fits = tuple(_refitted(data_set, method, False, known) for data_set in fit.fits)
        return pool_fits(fits, fit.pooled.df_rule, fit.variant)
    return _refitted(fit, method, True, {})


def _refitted(fit: Fit, method: Method, profile: bool, known: likelihood.Solved) -> Fit:
    """One data set again by another method, beside the primary one."""
    solution = solved(fit.design, fit.event, method, fit.rules, profile, fit.cluster, known)
    other = replace(fit, method=method, solution=solution, standing="beside", unadjusted=())
    return replace(other, unadjusted=_unadjusted(other, profile, known))


def _small_cell_error(study: Study, small: pd.DataFrame) -> UsageError:
    return UsageError(
        f"fit_logistic: levels with fewer than {study.file.regression.minimum_cell} "
        f"{study.file.unit.many} with, or without, the outcome.",
        [f"{cell['variable']} '{cell['level']}'" for cell in small.to_dict("records")],
        "In study.yaml, put levels together (coding), or declare regression: "
        "{below_minimum: beside}.",
    )


def _unadjusted(fit: Fit, profile: bool, known: likelihood.Solved) -> tuple[Fit, ...]:
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
                solution=solved(
                    design, fit.event, fit.method, fit.rules, profile, fit.cluster, known
                ),
                cells=pd.DataFrame(),
                done=(),
                unadjusted=(),
            )
        )
    return tuple(alone)


def solved(
    design: pd.DataFrame,
    event: pd.Series,
    method: Method,
    rules: Regression,
    profile: bool,
    cluster: pd.Series | None = None,
    known: likelihood.Solved | None = None,
) -> Solution:
    """The estimates of a design without missing values, whose likelihood has a maximum if that is
    the method, with a covariance robust to clusters if there are any; profile limits are then left
    out, because their likelihood takes participants for independent. Raises UsageError where its
    columns say the same, or the estimates do not converge, and for clusters that are too few.

    profile: whether the profile's limits are found, which of Firth's method are found when they are
    asked for. known: what this analysis has solved already, by the same rules; it is added to.
    """
    if cluster is not None:
        _can_be_robust(design, method, cluster)
        solution = solved(design, event, method, rules, profile=False, known=known)
        robust = likelihood.cluster_covariance(
            design.to_numpy(float),
            event.to_numpy(float),
            solution,
            cluster.astype("str").to_numpy(),
        )
        return replace(solution, covariance=robust)
    x = design.to_numpy(float)
    y = event.to_numpy(float)
    known = {} if known is None else known
    key = (method, profile, x.tobytes(), y.tobytes())
    if key in known:
        return known[key]
    refuse_dependent(design)
    try:
        if method == "firth":
            augmented = rules.firth_std_error == "augmented"
            known[key] = likelihood.firth(
                x, y, rules.confidence, augmented=augmented, profile=False
            )
        else:
            known[key] = likelihood.maximum_likelihood(x, y, rules.confidence, profile=profile)
    except ArithmeticError as error:
        raise UsageError(f"fit_logistic: {error}.") from None
    return known[key]


def _can_be_robust(design: pd.DataFrame, method: Method, cluster: pd.Series) -> None:
    """Raise UsageError where standard errors cannot be made robust to clusters."""
    if method == "firth":
        # beside an empty cell the scores are nearly nought, and with them a robust error
        raise UsageError(
            "fit_logistic: Firth's method has no standard errors that are robust to clusters.",
            [f"the model names the clusters of '{cluster.name}'"],
            "Put levels together, so that maximum likelihood can be used, or fit a model without "
            "cluster, whose standard errors then take participants for independent.",
        )
    number, columns = int(cluster.nunique()), design.shape[1]
    if number <= columns:
        raise UsageError(
            f"fit_logistic: {number} clusters of '{cluster.name}' cannot carry the errors of "
            f"{columns} coefficients.",
            (),
            "A model needs more clusters than coefficients, the constant among them.",
        )
