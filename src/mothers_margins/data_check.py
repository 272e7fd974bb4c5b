"""What came in and what is missing: flow, missing values with their reasons, rules of scores, impossible values."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from mothers_margins.cohort import Cohort, checks, column, where_mask
from mothers_margins.definition import Group
from mothers_margins.describe import chosen_groups
from mothers_margins.errors import DisclosureError, UsageError, expect
from mothers_margins.results import About, Results, tidy

EVERYONE = {"all": Group(label="All", where={})}
KNOWN = "known"


def flow(cohort: Cohort, model: str | None = None) -> Results:
    """How many participants are left at each step (STROBE item 13), per primary and secondary outcome: kind flow.

    model: whose explanatory variables must be known for a complete case; by default the study's first.
    The groups are all participants, those with and those without the outcome. Raises UsageError if the study has no
    outcomes or no such model.
    """
    study = _checked(cohort, "flow").study
    outcomes = [outcome for outcome in study.outcomes.values() if outcome.kind in ("primary", "secondary")]
    if not (outcomes and study.file.models):
        raise UsageError(f"study {study.name}: it declares no outcomes and models to follow participants to.")
    rows: list[dict[str, Any]] = []
    for outcome in outcomes:
        terms = study.terms(model or next(iter(study.file.models)), outcome.name)
        values = column(cohort, outcome.name)
        complete = cohort.data[list(terms)].notna().all(axis=1)
        masks = {"all": values.notna(), "yes": values == "Yes", "no": values == "No"}
        steps = [
            ("In the file", {"all": values.notna() | values.isna()}),
            ("Outcome not known", {"all": values.isna()}),
        ]
        steps += [("Outcome known", masks)]
        steps += [
            ("Every explanatory variable known (complete case)", {k: mask & complete for k, mask in masks.items()})
        ]
        steps += [("An explanatory variable not known", {k: mask & ~complete for k, mask in masks.items()})]
        rows += [
            {"step": step, "group": group, "n": int(mask.sum()), "timepoint": outcome.timepoint, "note": outcome.title}
            for step, by_group in steps
            for group, mask in by_group.items()
        ]
    groups = EVERYONE | {
        "yes": Group(label="Outcome: yes", where={}),
        "no": Group(label="Outcome: no", where={}),
    }
    return tidy(rows, About("flow", study, cohort.source, groups))


def missingness(
    cohort: Cohort,
    variables: Sequence[str] | None = None,
    groups: Sequence[str] | Mapping[str, Mapping[str, Any]] | None = None,
) -> Results:
    """Known and missing values of each variable, by reason (STROBE items 12c and 14b): kind events, engine data.

    variables: by default all that can be summarised. groups: as in `summarise`, by default all participants.
    Raises UsageError for unknown names.
    """
    study = _checked(cohort, "missingness").study
    variables = study.variables if variables is None else variables
    found = {
        name: cohort.reasons[name].fillna(KNOWN).mask(column(cohort, name).notna(), KNOWN)
        for name in variables
        if name not in study.sets
    }
    return _events(cohort, "data", pd.DataFrame(found), groups, first=KNOWN)


def scored(cohort: Cohort, groups: Sequence[str] | Mapping[str, Mapping[str, Any]] | None = None) -> Results:
    """How many scores each rule made (complete, prorated, not applicable …) by group: kind events, engine scoring.

    Raises UsageError if the study has no instruments or the cohort is not derived yet.
    """
    study = _checked(cohort, "scored").study
    if cohort.scoring.empty:
        why = "call mm.derive(cohort) first" if study.scores else "it has no instruments"
        raise UsageError(f"scored: study {study.name}: {why}.")
    return _events(cohort, "scoring", cohort.scoring, groups, first="complete")


def impossible(cohort: Cohort) -> Results:
    """Every combination that the study declares impossible, with its number of rows: kind events, engine check.

    A file that holds one is refused when it is read, so the numbers are zero; what was done to the rows on their way in
    (merged tables, corrections) follows with its numbers.
    """
    study = _checked(cohort, "impossible").study
    rows = [
        _row("check", "", f"{check.what}: {check.reason}", "all", int(check.rows.sum()), len(cohort))
        for check in checks(cohort)
    ]
    rows += [_row(one.engine, one.variable, one.event, "all", one.rows, len(cohort)) for one in cohort.events]
    if not rows:
        raise UsageError(f"study {study.name}: it declares nothing impossible.")
    return tidy(rows, About("events", study, cohort.source, EVERYONE))


def _checked(cohort: Cohort, who: str) -> Cohort:
    expect(cohort, Cohort, who, "a cohort, as derive returns it")
    if cohort.source.kind == "reconstructed":
        raise DisclosureError(f"{who}: rows rebuilt from a publication say nothing about how they came in.")
    return cohort


def _events(
    cohort: Cohort,
    engine: str,
    found: pd.DataFrame,
    groups: Sequence[str] | Mapping[str, Mapping[str, Any]] | None,
    first: str,
) -> Results:
    chosen = EVERYONE if groups is None else chosen_groups(cohort.study, groups)
    masks = {key: where_mask(cohort, group.where) for key, group in chosen.items()}
    rows: list[dict[str, Any]] = []
    for name in found:
        kinds = sorted({*found[name].dropna()}, key=lambda kind: (kind != first, kind))
        for kind in kinds:
            for key, mask in masks.items():
                number = int((mask & (found[name] == kind)).sum())
                rows.append(_row(engine, str(name), kind, key, number, int(mask.sum())))
    return tidy(rows, About("events", cohort.study, cohort.source, chosen))


def _row(engine: str, variable: str, event: str, group: str, number: int, denominator: int) -> dict[str, Any]:
    row = {"engine": engine, "variable": variable, "event": event, "group": group}
    return {**row, "n": number, "denominator": denominator}
