"""What came in and what is missing: flow, missing values with their reasons, rules of scores,
impossible values.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

import pandas as pd

from mothers_margins.absent import not_there
from mothers_margins.cohort.cohort import Cohort, Event, column, only_recorded
from mothers_margins.cohort.conditions import Check, checks, chosen_groups, where_mask
from mothers_margins.errors import UsageError
from mothers_margins.results.results import About, Results, Row, tidy
from mothers_margins.study.conditions import AskedGroups, Group
from mothers_margins.study.study_file import Outcome

EVERYONE = {"all": Group(label="All", where={})}
BY_OUTCOME = EVERYONE | {
    "yes": Group(label="Outcome: yes", where={}),
    "no": Group(label="Outcome: no", where={}),
}
KNOWN = "known"


def flow(cohort: Cohort, model: str | None = None) -> Results:
    """How many participants are left at each step (STROBE item 13), per primary and secondary
    outcome: kind flow.

    model: whose explanatory variables must be known for a complete case; by default the study's
    first. step: `in_file`, `outcome_not_known`, `outcome_known`, `complete_case`, `term_not_known`;
    the groups are all participants, those with and those without the outcome. Raises AbsenceError
    if the study has no outcomes or no models, UsageError for an unknown one, DisclosureError for
    rows rebuilt from a publication.
    """
    study = only_recorded(cohort, "flow").study
    outcomes = [
        outcome for outcome in study.outcomes.values() if outcome.kind in ("primary", "secondary")
    ]
    if not outcomes:
        raise not_there("no_main_outcome")
    if not study.file.models:
        raise not_there("no_model")
    chosen = model or next(iter(study.file.models))
    rows: list[Row] = []
    for outcome in outcomes:
        for step, masks in _steps(cohort, chosen, outcome).items():
            named: Row = {
                "outcome": outcome.name,
                "specification": chosen,
                "step": step,
                "timepoint": outcome.timepoint,
            }
            rows += [
                named | {"group": group, "n": int(mask.sum())} for group, mask in masks.items()
            ]
    return tidy(rows, About("flow", study, cohort.source, BY_OUTCOME))


def _steps(cohort: Cohort, model: str, outcome: Outcome) -> dict[str, dict[str, pd.Series]]:
    """Who stands at each step of one outcome, by step and group."""
    values = column(cohort, outcome.name)
    terms = cohort.study.terms(model, outcome.name)
    complete = cohort.data[list(terms)].notna().all(axis=1)
    known = {"all": values.notna(), "yes": values == "Yes", "no": values == "No"}
    return {
        "in_file": {"all": pd.Series(True, index=values.index)},
        "outcome_not_known": {"all": values.isna()},
        "outcome_known": known,
        "complete_case": {group: mask & complete for group, mask in known.items()},
        "term_not_known": {group: mask & ~complete for group, mask in known.items()},
    }


def missingness(
    cohort: Cohort,
    variables: Sequence[str] | None = None,
    groups: AskedGroups | None = None,
) -> Results:
    """Known and missing values of each variable, by reason (STROBE items 12c and 14b): kind events,
    engine data.

    variables: by default all that can be summarised. groups: as in `summarise`, by default all
    participants. event: `known`, `missing`, or `not_applicable` where there is nothing to know;
    reason: as the study labels it, or a code of what made the value missing. Raises UsageError for
    unknown names, DisclosureError for rows rebuilt from a publication.
    """
    study = only_recorded(cohort, "missingness").study
    names = study.variables if variables is None else variables
    reasons = {name: _reasons(cohort, name) for name in names if name not in study.sets}
    rows: list[Row] = []
    chosen = EVERYONE if groups is None else chosen_groups(study, groups, "missingness")
    for variable, reason, group, number, whole in _tallied(cohort, reasons, chosen, KNOWN):
        event = _state(reason, study.not_applicable)
        why = "" if event == KNOWN else reason
        rows.append(_row("data", event, group, number, whole, variable=variable) | {"reason": why})
    return tidy(rows, About("events", study, cohort.source, chosen))


def _reasons(cohort: Cohort, name: str) -> pd.Series:
    """Why each value of a variable is missing; `known` where it is there, or no reason is given."""
    known = column(cohort, name).notna()
    return cohort.reasons[name].fillna(KNOWN).mask(known, KNOWN)


def _state(reason: str, not_applicable: Collection[str]) -> str:
    """`known`, `missing`, or `not_applicable` where there is nothing to know."""
    if reason == KNOWN:
        return KNOWN
    return "not_applicable" if reason in not_applicable else "missing"


def scored(cohort: Cohort, groups: AskedGroups | None = None) -> Results:
    """How many scores each rule made, by group: kind events, engine scoring.

    event: the rule: `complete`, `prorated`, `items_imputed_singly`, `sum_of_answered`,
    `counted_among_answered`, `supplied`; or why there is no score: `too_few_items`, `no_item`,
    `not_supplied`, `not_applicable`. Raises AbsenceError if the study has no instruments,
    UsageError if the cohort is not derived yet, DisclosureError for rows rebuilt from a
    publication.
    """
    study = only_recorded(cohort, "scored").study
    if cohort.scoring.empty:
        if study.scores:
            raise UsageError(f"scored: study {study.name}: call mm.derive(cohort) first.")
        raise not_there("no_scores")
    chosen = EVERYONE if groups is None else chosen_groups(study, groups, "scored")
    rules = {str(name): made_by for name, made_by in cohort.scoring.items()}
    rows = [
        _row("scoring", rule, group, number, whole, variable=variable)
        for variable, rule, group, number, whole in _tallied(cohort, rules, chosen, "complete")
    ]
    return tidy(rows, About("events", study, cohort.source, chosen))


def impossible(cohort: Cohort) -> Results:
    """Every combination that the study declares impossible, with its number of rows: kind events,
    engine check.

    A file that holds one is refused when it is read, so the numbers are zero; what was done to the
    rows on their way in (merged tables, corrections) follows with its numbers. Raises AbsenceError
    where there is nothing to say, DisclosureError for rows rebuilt from a publication.
    """
    study = only_recorded(cohort, "impossible").study
    rows = [_refused(check, len(cohort)) for check in checks(cohort)]
    rows += [_on_the_way_in(event, len(cohort)) for event in cohort.events]
    if not rows:
        raise not_there("nothing_impossible")
    return tidy(rows, About("events", study, cohort.source, EVERYONE))


def _refused(check: Check, whole: int) -> Row:
    row = _row("check", check.code, "all", int(check.rows.sum()), whole)
    return row | {"level": check.level, "reason": check.reason, "variables": "; ".join(check.about)}


def _on_the_way_in(event: Event, whole: int) -> Row:
    row = _row(event.engine, event.event, "all", event.rows, whole, variable=event.variable)
    return row | {"level": event.table}


def _tallied(
    cohort: Cohort, kinds: Mapping[str, pd.Series], groups: Mapping[str, Group], first: str
) -> Iterator[tuple[str, str, str, int, int]]:
    """Variable, kind of its value, group, how many, and of how many in the group; the kind `first`
    comes first.
    """
    masks = {key: where_mask(cohort, group.where) for key, group in groups.items()}
    for name, values in kinds.items():
        for kind in sorted({*values.dropna()}, key=lambda kind: (kind != first, kind)):
            for key, mask in masks.items():
                yield name, kind, key, int((mask & (values == kind)).sum()), int(mask.sum())


def _row(
    engine: str, event: str, group: str, number: int, denominator: int, *, variable: str = ""
) -> Row:
    row: Row = {"engine": engine, "event": event, "variable": variable, "group": group}
    return row | {"n": number, "denominator": denominator}
