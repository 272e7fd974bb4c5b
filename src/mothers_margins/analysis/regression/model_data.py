"""What a model needs of a cohort: its terms, columns and cells, and why it may not be fitted."""

from dataclasses import dataclass

import pandas as pd

from mothers_margins.analysis.missing_data.imputed import Imputed
from mothers_margins.analysis.regression.fit import BETWEEN, CONSTANT, Column, lock_state
from mothers_margins.analysis.regression.formulas import from_cohort, split
from mothers_margins.cohort.cohort import Cohort, column, only_recorded
from mothers_margins.cohort.design_columns import coded, put_together
from mothers_margins.errors import UsageError, unknown
from mothers_margins.results.results import About
from mothers_margins.study.study import Study


def why_not(cohort: Cohort, model: str, outcome: str) -> str:
    """Why a model of an exploratory outcome is not fitted: a sentence with the rule, or nothing
    where it may be.

    The rule counts events among all whose outcome is known. Raises UsageError for unknown names.
    """
    study = only_recorded(cohort, "why_not").study
    terms = study.terms(model, outcome)
    if study.outcomes[outcome].kind != "exploratory":
        return ""
    if not terms:
        return f"No model is fitted: model {model} lists no explanatory variable of this outcome."
    columns = sum(len(coded(study, cohort.data, term, study.coding(model, term))) for term in terms)
    events = column(cohort, outcome).value_counts()
    rule = study.file.regression.exploratory_events
    if min(events.get("Yes", 0), events.get("No", 0)) >= rule * columns:
        return ""
    unit = study.file.unit.many
    return (
        f"No model is fitted: its {columns} parameters need {rule * columns:g} {unit} with the "
        "outcome "
        f"({rule:g} per parameter), and there are fewer."
    )


def _inapplicable(imputed: Imputed, prepared: "_Prepared") -> pd.DataFrame:
    """Where a column of the design is missing because its variable does not apply."""
    study, reasons = imputed.cohort.study, imputed.cohort.reasons
    outside = {
        one.name: reasons[one.variable].isin(study.not_applicable)
        if one.variable in reasons
        else pd.Series(False, index=reasons.index)
        for one in prepared.columns
    }
    return pd.DataFrame(outside, index=prepared.design.index)


def _small(cells: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Levels of somebody with fewer than the minimum with, or without, the outcome."""
    binding = cells[cells[["yes", "no"]].sum(axis=1) > 0]
    return binding[(binding[["yes", "no"]] < minimum).any(axis=1)]


@dataclass(frozen=True, eq=False)
class _Prepared:
    """All that a model needs of a cohort: one row per participant, missing values still in it.

    levels: categories of the variables that have them, as they enter.
    together: levels that were put together, as (variable, new level).
    """

    study: Study
    outcome: str
    model: str
    columns: tuple[Column, ...]
    design: pd.DataFrame
    event: pd.Series
    levels: dict[str, pd.Series]
    together: tuple[tuple[str, str], ...]
    about: About
    timepoint: int | None


def _prepared(cohort: Cohort, model: str, outcome: str | None) -> _Prepared:
    study = cohort.study
    formula = "~" in model
    if formula:
        written = split(model)[0]
        if outcome not in (None, written):
            raise UsageError("fit_logistic: the formula names another outcome than `outcome`.")
        outcome = written
    elif outcome is None:
        outcome = next((one.name for one in study.file.outcomes if one.kind == "primary"), "")
    if outcome not in study.outcomes:
        raise unknown("outcome", [outcome], study.outcomes, f"study {study.name}")
    event = column(cohort, outcome).map({"Yes": 1.0, "No": 0.0}).astype(float)
    refusal = (
        ""
        if formula or not _declared_terms(study, model, outcome)
        else why_not(cohort, model, outcome)
    )
    if refusal:
        raise UsageError(f"fit_logistic: {refusal}")
    levels: dict[str, pd.Series] = {}
    together: list[tuple[str, str]] = []
    if formula:
        design, columns, names = from_cohort(cohort, model, outcome)
        levels = {name: column(cohort, name) for name in names if study.levels(name)}
    else:
        found: dict[Column, pd.Series] = {Column(CONSTANT): pd.Series(1.0, index=cohort.data.index)}
        for term in _declared_terms(study, model, outcome):
            values, coding = column(cohort, term), study.coding(model, term)
            note = BETWEEN if study.timepoint(term) == "between" else ""
            for (variable, level), numbers in coded(study, cohort.data, term, coding).items():
                name = f"{variable}[{level}]" if level else variable
                found[Column(name, variable, level, coding.reference, note)] = numbers
            if study.levels(term):
                levels[term] = (
                    values if coding.linear else put_together(study, values, term, coding)
                )
            together += [(term, new) for new, olds in coding.merged.items() if len(olds) > 1]
        columns = tuple(found)
        design = pd.DataFrame({one.name: numbers for one, numbers in found.items()})
    when = study.outcomes[outcome].timepoint
    timepoint = when if when in (1, 2) else None
    specification = "formula" if formula else model
    lock = lock_state(study, cohort.source, specification, outcome)
    about = About("estimates", study, cohort.source, {}, lock)
    return _Prepared(
        study,
        outcome,
        specification,
        columns,
        design,
        event,
        levels,
        tuple(together),
        about,
        timepoint,
    )


def _declared_terms(study: Study, model: str, outcome: str) -> tuple[str, ...]:
    terms = study.terms(model, outcome)
    if not terms:
        remedy = "Name another outcome, or write a formula."
        raise UsageError(
            f"fit_logistic: model {model} lists no explanatory variable of {outcome}.", (), remedy
        )
    return terms


def _tabulated(prepared: _Prepared, chosen: pd.Series) -> pd.DataFrame:
    """Number with and without the outcome in each level that enters, among the chosen rows; of
    nobody too.
    """
    rows = []
    event = prepared.event[chosen]
    for name, values in prepared.levels.items():
        for level in values.cat.categories:
            inside = values[chosen] == level
            yes = int((inside & (event == 1)).sum())
            rows.append(
                {"variable": name, "level": str(level), "yes": yes, "no": int(inside.sum()) - yes}
            )
    return pd.DataFrame(rows, columns=["variable", "level", "yes", "no"])
