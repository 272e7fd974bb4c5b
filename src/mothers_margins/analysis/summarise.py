"""Counts, percentages and means of groups, which are free to overlap."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

import numpy as np
import pandas as pd

from mothers_margins.analysis.only_published import only_published
from mothers_margins.cohort.cohort import Cohort, column
from mothers_margins.cohort.conditions import broken_relations, chosen_groups, where_mask
from mothers_margins.errors import DataError, UsageError, expect, unknown
from mothers_margins.results.results import About, Results, Row, Scalar, checked, tidy
from mothers_margins.study.conditions import AskedGroups, Group
from mothers_margins.study.participant_table import Summarised
from mothers_margins.study.published_numbers import agrees
from mothers_margins.study.source import Source
from mothers_margins.study.study import Study

# What x-summary asks for: statistics of the known values of a number.
STATISTICS = {
    "mean": ("mean",),
    "mean_sd": ("mean", "sd"),
    "median_iqr": ("median", "q1", "q3", "min", "max"),
}


def summarise(
    cohort: Cohort,
    variables: Iterable[str] | None = None,
    groups: AskedGroups | None = None,
    timepoint: int | None = None,
) -> Results:
    """Summaries of variables within groups.

    variables: names of variables, derived variables or multi-response sets. groups: names of the
    study's groups, or new ones as {name: {variable: level}}. By default both are those of the
    study's first table. timepoint: written to the results; the variables are those named. Returns
    `Results` of kind summaries. `n` and `percent` of a level have the group's participants with a
    known value as denominator (each option of a multi-response set its own); what does not apply is
    neither known nor missing. `mean`, `sd` (n-1) and quartiles (by the study's rule) are of known
    values, of which `distinct` are different; the row of variable `n` is the group's size.
    Percentages are of 100, unrounded. Raises UsageError for unknown names, DataError if groups do
    not relate as the study says, DisclosureError when the rows are a reconstruction and the
    publication does not state the number asked for: it would be an artefact of how the rows were
    rebuilt.
    """
    expect(
        cohort,
        Cohort,
        "summarise",
        "a cohort, as read_cohort, open_cohort or demo_cohort return it",
    )
    if isinstance(variables, str):
        raise UsageError(f"summarise: variables must be a list of names: ['{variables}'].")
    study = cohort.study
    names = summarised(study, variables)
    first = next(iter(study.tables.values()))
    chosen = chosen_groups(study, first.groups if groups is None else groups, "summarise")
    broken = broken_relations(cohort, [name for name in chosen if name in study.groups])
    if broken:
        raise DataError("These rows do not bear out how the study relates its groups.", broken)
    rows: list[Row] = []
    for name, group in chosen.items():
        rows += _of_group(cohort, name, group, names)
    # named are the kinds that may say anything, so that a new kind of source is guarded
    if cohort.source.kind not in ("restricted", "synthetic"):
        only_published(cohort, chosen, rows)
    return tidy(rows, About("summaries", study, cohort.source, chosen), timepoint)


def summarised(study: Study, variables: Iterable[str] | None) -> list[str]:
    """Names of variables that can be summarised, by default those of the study's first table.
    Raises UsageError for unknown ones.
    """
    if variables is None:
        return list(next(iter(study.tables.values())).variables)
    names = list(variables)
    missing = [name for name in names if name not in study.variables]
    if missing:
        raise unknown("variable", map(str, missing), study.variables, f"study {study.name}")
    return names


def _of_group(cohort: Cohort, name: str, group: Group, variables: Iterable[str]) -> Iterator[Row]:
    """Rows of one group: its size, then its variables."""
    mask = where_mask(cohort, group.where)
    inside = replace(cohort, data=cohort.data[mask], reasons=cohort.reasons[mask])
    size = len(inside)
    yield _row("n", "", name, "n", size, n=size, denominator=size, missing=0)
    for variable in variables:
        for row in _summary(inside, variable, name):
            yield row | _zero(cohort.study, row)


def _row(
    variable: str, level: str, group: str, statistic: str, value: float, **counts: Scalar
) -> Row:
    row: Row = {
        "block": "",
        "variable": variable,
        "level": level,
        "group": group,
        "statistic": statistic,
        "value": value,
    }
    return row | counts


def _summary(inside: Cohort, name: str, group: str) -> Iterator[Row]:
    """Rows of one variable among the participants `inside` one group."""
    if name in inside.study.sets:
        for option in inside.study.sets[name]:
            # who left out one option may have answered the next
            values = column(inside, option.name)
            counts = _counts(inside, option.name, values)
            counted = _counted(name, option.title, group, int(values.sum()), counts)
            yield from (row | {"block": option.block} for row in counted)
        return
    values = column(inside, name)
    counts = _counts(inside, name, values)
    levels = inside.study.levels(name)
    for level in levels:
        yield from _counted(name, level, group, int((values == level).sum()), counts)
    if not levels:
        yield from _numbers(
            name, inside.study.declared[name], group, values, counts, inside.study.file.quartiles
        )


def _counts(inside: Cohort, name: str, values: pd.Series) -> dict[str, int]:
    """Known values, and those that are missing; a cell that does not apply is neither."""
    applies = ~inside.reasons[name].isin(inside.study.not_applicable)
    return {
        "denominator": int(values.notna().sum()),
        "missing": int((values.isna() & applies).sum()),
    }


def _counted(
    name: str, level: str, group: str, number: int, known_missing: dict[str, int]
) -> Iterator[Row]:
    # of a group in which nobody's value is known there is no count either: 0 would be a finding
    known = known_missing["denominator"]
    counts = {"n": number, **known_missing}
    status = "shown" if known else "missing"
    percent = 100 * number / known if known else float("nan")
    yield _row(name, level, group, "n", number if known else float("nan"), **counts, status=status)
    yield _row(name, level, group, "percent", percent, **counts, status=status)


def _numbers(
    name: str,
    variable: Summarised,
    group: str,
    values: pd.Series,
    known_missing: dict[str, int],
    rule: str,
) -> Iterator[Row]:
    known = values.dropna().astype(float)
    counts = {"n": len(known), **known_missing, "distinct": known.nunique()}
    values_of: dict[str, float] = {
        "mean": known.mean(),
        "sd": known.std(ddof=1),
        "median": known.median(),
        "q1": _quartile(known, 0.25, rule),
        "q3": _quartile(known, 0.75, rule),
        "min": known.min(),
        "max": known.max(),
    }
    asked = chain.from_iterable(STATISTICS[kind] for kind in variable.summary)
    for statistic in asked:
        # also of one value alone, which has no standard deviation
        status = "missing" if pd.isna(values_of[statistic]) else "shown"
        yield _row(name, "", group, statistic, values_of[statistic], **counts, status=status)


def _quartile(known: pd.Series, share: float, rule: str) -> float:
    """Interpolated (R's type 7, Excel), or where it falls between two values their mean (R's type
    2, Stata).
    """
    if not len(known):
        return float("nan")
    if rule == "interpolated":
        return float(np.quantile(known.to_numpy(), share, method="linear"))
    return float(np.quantile(known.to_numpy(), share, method="averaged_inverted_cdf"))


def _zero(study: Study, row: Row) -> Row:
    """Status of a zero that holds by definition."""
    if study.structural_zero(str(row["variable"]), str(row["level"]), str(row["group"])):
        return {"status": "structural_zero"}
    return {}


def check_published(summary: Results) -> Results:
    """Each number of a summary that the publication prints beside the printed one: kind
    published_check.

    A mean agrees when it rounds (by the study's rule) to the printed one; a count must be equal.
    Raises UsageError when the publication prints none of them.
    """
    about = checked(summary, "check_published", "summaries")
    rows = []
    for row in summary.to_dict("records"):
        key = (row["variable"], row["level"], row["group"], row["statistic"])
        printed = about.study.margins.get(key)
        if printed is not None:
            same = agrees(about.study, row["statistic"], row["value"], printed)
            kept = {
                name: row[name] for name in ("variable", "level", "group", "statistic", "value")
            }
            rows.append({**kept, "published": printed, "agrees": same})
    if not rows:
        raise UsageError(
            "check_published: the publication prints none of the numbers in this summary."
        )
    return tidy(rows, replace(about, kind="published_check"))


def list_themes(study: Study) -> Results:
    """Themes and sub-themes of the study's qualitative part in printed order: kind themes, one row
    per sub-theme.

    Raises UsageError if the study has no qualitative part.
    """
    if study.themes is None:
        raise UsageError(f"study {study.name}: it has no themes.yaml.")
    rows = [
        {"theme": theme.label, "subtheme": sub.label}
        for theme in study.themes.themes
        for sub in theme.subthemes
    ]
    return tidy(
        rows, About("themes", study, Source("published", 0, "Labels as printed in the paper."), {})
    )
