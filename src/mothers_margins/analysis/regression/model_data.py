"""What a model needs of a cohort: its terms, columns and cells, and why it may not be fitted."""

from dataclasses import dataclass

import pandas as pd

from mothers_margins.absent import WHY, AbsenceError, not_there
from mothers_margins.analysis.regression.fit import BETWEEN, CONSTANT, Column, lock_state
from mothers_margins.analysis.regression.formulas import from_cohort, learned_from_first, split
from mothers_margins.cohort.cohort import Cohort, column, only_recorded
from mothers_margins.cohort.design_columns import coded, put_together
from mothers_margins.errors import UsageError, unknown
from mothers_margins.imputation.formulas import RightSide
from mothers_margins.results.results import About
from mothers_margins.study.analysis_plan import Coding
from mothers_margins.study.study import Study


def why_not(cohort: Cohort, model: str, outcome: str) -> str:
    """Why a model of an outcome is not fitted: a sentence with the rule, or nothing where it may
    be.

    The rule counts events among all whose outcome is known. Raises UsageError for unknown names.
    """
    study = only_recorded(cohort, "why_not").study
    terms = study.terms(model, outcome)
    if not terms:
        return WHY["no_terms"].format(model=model, outcome=outcome)
    parameters = sum(
        len(coded(study, cohort.data, term, study.coding(model, term))) for term in terms
    )
    return _too_few_events(cohort, outcome, parameters)


def _too_few_events(cohort: Cohort, outcome: str, parameters: int) -> str:
    """The rule of the outcome's kind as a sentence, where so many parameters break it."""
    study = cohort.study
    events = column(cohort, outcome).value_counts()
    rules = study.file.regression
    is_exploratory = study.outcomes[outcome].kind == "exploratory"
    per_parameter = rules.exploratory_events if is_exploratory else rules.few_events
    if min(events.get("Yes", 0), events.get("No", 0)) >= per_parameter * parameters:
        return ""
    return (
        f"No model is fitted: its {parameters} parameters need "
        f"{per_parameter * parameters:g} {study.file.unit.many} with the outcome, and as many "
        f"without it ({per_parameter:g} per parameter), and there are fewer."
    )


@dataclass(frozen=True, eq=False)
class Terms:
    """The right side of a model in a cohort: columns of the design, with missing values.

    levels: categories of the variables that have them, as they enter. together: levels that were
    put together, as (variable, new level).
    """

    columns: tuple[Column, ...]
    design: pd.DataFrame
    levels: dict[str, pd.Series]
    together: tuple[tuple[str, str], ...] = ()

    def only(self, variable: str) -> "Terms":
        """The constant and one variable."""
        columns = tuple(column for column in self.columns if column.variable in ("", variable))
        return Terms(
            columns,
            self.design[[column.name for column in columns]],
            {name: values for name, values in self.levels.items() if name == variable},
            tuple(pair for pair in self.together if pair[0] == variable),
        )


@dataclass(frozen=True, eq=False)
class ModelData:
    """All that a model needs of a cohort: one row per participant, missing values still in it.

    event: 1 with the outcome, else 0. cluster: from which cluster each comes, if the model says by
    what.
    """

    study: Study
    outcome: str
    model: str
    terms: Terms
    event: pd.Series
    about: About
    timepoint: int | None
    cluster: pd.Series | None = None

    @property
    def complete(self) -> pd.Series:
        """Who has the outcome, every term and the cluster known."""
        return self.terms_known & self.event.notna() & ~self.cluster_unknown

    @property
    def terms_known(self) -> pd.Series:
        """Who has every term known."""
        return self.terms.design.notna().all(axis=1)

    @property
    def cluster_unknown(self) -> pd.Series:
        """Who has no known cluster, though the model needs it."""
        if self.cluster is None:
            return pd.Series(False, index=self.event.index)
        return self.cluster.isna()


def model_data(
    cohort: Cohort, model: str, outcome: str | None, right: RightSide | None = None
) -> ModelData:
    """What a model, or a formula, needs of a cohort. right: what the terms of the formula learned
    from another completed cohort. Raises UsageError where it may not be fitted.
    """
    study = cohort.study
    is_formula = "~" in model
    outcome = _outcome(study, split(model)[0] if is_formula else "", outcome)
    event = column(cohort, outcome).map({"Yes": 1.0, "No": 0.0}).astype(float)
    terms = (
        _formula(cohort, model, outcome, right) if is_formula else _declared(cohort, model, outcome)
    )
    # without the constant
    refusal = _too_few_events(cohort, outcome, len(terms.columns) - 1)
    if refusal:
        raise AbsenceError(refusal)
    specification = "formula" if is_formula else model
    lock = lock_state(study, cohort.source, specification, outcome)
    when = study.outcomes[outcome].timepoint
    cluster = study.cluster(specification)
    return ModelData(
        study=study,
        outcome=outcome,
        model=specification,
        terms=terms,
        event=event,
        about=About("estimates", study, cohort.source, {}, lock),
        timepoint=when if when in (1, 2) else None,
        cluster=column(cohort, cluster) if cluster else None,
    )


def learned_for_all(cohort: Cohort, formula: str) -> RightSide:
    """What the terms of a formula learn from the first of several completed cohorts."""
    return learned_from_first(cohort, formula, _outcome(cohort.study, split(formula)[0], None))


def _outcome(study: Study, in_formula: str, asked: str | None) -> str:
    """The outcome of a formula, the one that is asked for, or the primary one; UsageError for one
    that the study does not have.
    """
    if in_formula and asked not in (None, in_formula):
        raise UsageError("fit_logistic: the formula names another outcome than `outcome`.")
    primary = [outcome.name for outcome in study.file.outcomes if outcome.kind == "primary"]
    outcome = in_formula or asked or next(iter(primary), "")
    if outcome not in study.outcomes:
        raise unknown("outcome", [outcome], study.outcomes, f"study {study.name}")
    return outcome


def _formula(cohort: Cohort, formula: str, outcome: str, right: RightSide | None) -> Terms:
    design, columns, names = from_cohort(cohort, formula, outcome, right)
    levels = {name: column(cohort, name) for name in names if cohort.study.levels(name)}
    return Terms(columns, design, levels)


def _declared(cohort: Cohort, model: str, outcome: str) -> Terms:
    """The terms that a model of the study lists for an outcome, coded as the study says."""
    study = cohort.study
    terms = study.terms(model, outcome)
    if not terms:
        raise not_there("no_terms", model=model, outcome=outcome)
    numbers_of = {Column(CONSTANT): pd.Series(1.0, index=cohort.data.index)}
    levels: dict[str, pd.Series] = {}
    together: list[tuple[str, str]] = []
    for term in terms:
        coding = study.coding(model, term)
        values = column(cohort, term)
        numbers_of |= _columns_of(cohort, term, coding)
        if study.levels(term):
            levels[term] = values if coding.linear else put_together(study, values, term, coding)
        together += [(term, new) for new, olds in coding.merged.items() if len(olds) > 1]
    design = pd.DataFrame({column.name: numbers for column, numbers in numbers_of.items()})
    return Terms(tuple(numbers_of), design, levels, tuple(together))


def _columns_of(cohort: Cohort, term: str, coding: Coding) -> dict[Column, pd.Series]:
    """The columns of one declared term, with their numbers."""
    note = BETWEEN if cohort.study.timepoint(term) == "between" else ""
    return {
        Column(
            f"{variable}[{level}]" if level else variable, variable, level, coding.reference, note
        ): numbers
        for (variable, level), numbers in coded(cohort.study, cohort.data, term, coding).items()
    }


def cells_by_level(data: ModelData, rows: pd.Series) -> pd.DataFrame:
    """Number with and without the outcome in each level that enters, among the chosen rows; of
    nobody too.
    """
    cells = []
    with_outcome = (data.event[rows] == 1).to_numpy()
    for variable, values in data.terms.levels.items():
        codes = values[rows].cat.codes.to_numpy()
        for code, level in enumerate(values.cat.categories):
            has_level = codes == code
            yes = int((has_level & with_outcome).sum())
            no = int(has_level.sum()) - yes
            cells.append({"variable": variable, "level": str(level), "yes": yes, "no": no})
    return pd.DataFrame(cells, columns=["variable", "level", "yes", "no"])


def cells_of_design(
    columns: tuple[Column, ...], design: pd.DataFrame, event: pd.Series
) -> pd.DataFrame:
    """The same of a data frame, whose levels are those of its design: the reference has no column
    of its own.
    """
    cells = []
    y = event.to_numpy(float)
    for variable in dict.fromkeys(entered.variable for entered in columns if entered.reference):
        own = [entered for entered in columns if entered.variable == variable]
        indicators = design[[entered.name for entered in own]].to_numpy(float)
        in_reference = indicators.sum(axis=1) == 0
        levels = [own[0].reference, *(entered.level for entered in own)]
        for level, has_level in zip(levels, (in_reference, *indicators.T), strict=True):
            yes = int(has_level @ y)
            no = int(has_level.sum()) - yes
            cells.append({"variable": variable, "level": level, "yes": yes, "no": no})
    return pd.DataFrame(cells, columns=["variable", "level", "yes", "no"])


def small_cells(cells: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Levels of somebody with fewer than the minimum with, or without, the outcome."""
    of_somebody = cells[cells[["yes", "no"]].sum(axis=1) > 0]
    return of_somebody[(of_somebody[["yes", "no"]] < minimum).any(axis=1)]


def does_not_apply(reasons: pd.DataFrame, data: ModelData) -> pd.DataFrame:
    """Where a column of the design is missing because a variable of it does not apply. reasons: of
    the cohort that the design is made from.
    """
    nothing_to_know = reasons.isin(data.study.not_applicable)
    return pd.DataFrame(
        {
            column.name: nothing_to_know[
                [name for name in column.named or (column.variable,) if name in reasons]
            ].any(axis=1)
            for column in data.terms.columns
        },
        index=data.terms.design.index,
    )
