"""Counts, percentages and means of groups, which are free to overlap."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from mothers_margins.cohort import Cohort, column, where_mask
from mothers_margins.definition import Group, Variable
from mothers_margins.errors import DataError, DisclosureError, UsageError
from mothers_margins.published import published_count, published_size
from mothers_margins.results import About, Results, tidy
from mothers_margins.rounding import rounded
from mothers_margins.study import Source, Study, unknown

Row = dict[str, Any]
# What x-summary asks for: statistics of the known values of a number.
STATISTICS = {
    "mean": ("mean",),
    "mean_sd": ("mean", "sd"),
    "median_iqr": ("median", "q1", "q3", "min", "max"),
}


def summarise(
    cohort: Cohort,
    variables: Iterable[str] | None = None,
    groups: Sequence[str] | Mapping[str, Mapping[str, Any]] | None = None,
    timepoint: int | None = None,
) -> Results:
    """Summaries of variables within groups.

    variables: names of variables, derived variables or multi-response sets; all by default.
    groups: names of the study's groups (all that a table shows, by default), or new ones as {name: {variable: level}}.
    timepoint: written to the results; the variables are those named.
    Returns `Results` of kind summaries. `n` and `percent` of a level have the group's participants with a known value
    as denominator (each option of a multi-response set its own); `mean`, `sd` (n-1) and quantiles (linear) are of known
    values; the row of variable `n` is the group's size. Percentages are of 100, unrounded.
    Raises UsageError for unknown names. Raises DisclosureError when the rows are a reconstruction and the publication
    does not state the number asked for: it would be an artefact of how the rows were rebuilt.
    """
    study = cohort.study
    names = list(study.variables if variables is None else variables)
    missing = [name for name in names if name not in study.variables]
    if missing:
        raise unknown("variable", missing, study.variables, f"study {study.name}")
    chosen = _groups(study, groups)
    rows: list[Row] = []
    for key, group in chosen.items():
        inside = replace(cohort, data=cohort.data[where_mask(cohort, group.where)])
        size = len(inside)
        rows.append(_row("n", "", key, "n", size, n=size, denominator=size, missing=0))
        for name in names:
            rows += [{**row, **_zero(study, row)} for row in _summary(inside, name, key)]
    if cohort.source.kind == "reconstructed":
        _only_published(study, rows)
    return tidy(rows, About("summaries", study, cohort.source, chosen), timepoint)


def _groups(study: Study, groups: Sequence[str] | Mapping[str, Mapping[str, Any]] | None) -> dict[str, Group]:
    if groups is None:
        groups = list(dict.fromkeys(name for plan in study.tables.values() for name in plan.groups))
    if isinstance(groups, Mapping):
        return {name: Group.model_validate({"label": name, "where": dict(where)}) for name, where in groups.items()}
    if isinstance(groups, str) or not all(name in study.groups for name in groups):
        wrong = [groups] if isinstance(groups, str) else [name for name in groups if name not in study.groups]
        raise unknown("list of groups" if isinstance(groups, str) else "group", wrong, study.groups, study.name)
    return {name: study.groups[name] for name in groups}


def _row(variable: str, level: str, group: str, statistic: str, value: float, **counts: Any) -> Row:
    row = {"block": "", "variable": variable, "level": level, "group": group, "statistic": statistic, "value": value}
    return {**row, **counts}


def _summary(inside: Cohort, name: str, group: str) -> Iterator[Row]:
    """Rows of one variable among the participants `inside` one group."""
    if name in inside.study.sets:
        for option in inside.study.sets[name]:
            values = column(inside, option.name)
            counted = _counted(name, option.title, group, int(values.sum()), values)
            yield from ({**row, "block": option.block} for row in counted)
        return
    values = column(inside, name)
    levels = inside.study.levels(name)
    if levels:
        for level in levels:
            yield from _counted(name, level, group, int((values == level).sum()), values)
        return
    yield from _numbers(inside.study.fields[name], group, values)


def _counted(name: str, level: str, group: str, number: int, values: pd.Series) -> Iterator[Row]:
    known = int(values.notna().sum())
    counts = {"n": number, "denominator": known, "missing": len(values) - known}
    status = "shown" if known else "missing"
    percent = 100 * number / known if known else float("nan")
    yield _row(name, level, group, "n", number if known else float("nan"), **counts, status=status)
    yield _row(name, level, group, "percent", percent, **counts, status=status)


def _numbers(variable: Variable, group: str, values: pd.Series) -> Iterator[Row]:
    known = values.dropna().astype(float)
    counts = {"n": len(known), "denominator": len(known), "missing": len(values) - len(known)}
    found: dict[str, float] = {
        "mean": known.mean(),
        "sd": known.std(ddof=1),
        "median": known.median(),
        "q1": float(known.quantile(0.25)),
        "q3": float(known.quantile(0.75)),
        "min": known.min(),
        "max": known.max(),
    }
    for statistic in STATISTICS[variable.summary or "mean"]:
        status = "missing" if pd.isna(found[statistic]) else "shown"
        yield _row(variable.name, "", group, statistic, found[statistic], **counts, status=status)


def _zero(study: Study, row: Row) -> Row:
    """Status and note of a zero that holds by definition."""
    declared = study.fields.get(row["variable"])
    for zero in declared.structural_zeros if declared else ():
        if (zero.group, zero.level) == (row["group"], row["level"]):
            if row["value"] != 0:
                raise DataError(f"{row['variable']}: '{zero.level}' occurs in {zero.group}, where {zero.reason}.")
            return {"status": "structural_zero", "note": zero.reason}
    return {}


def _only_published(study: Study, rows: list[Row]) -> None:
    """Refuse what the publication does not state; a rebuilt row says nothing else about a woman."""
    unstated, different = set(), set()
    for row in rows:
        key = (row["variable"], row["level"], row["group"], row["statistic"])
        if row["variable"] == "n":
            printed = published_size(study, row["group"])
        elif row["statistic"] in ("n", "percent"):
            printed = published_count(study, row["group"], row["variable"], row["level"])
        else:
            printed = study.margins.get(key)
        cell = f"{row['variable']} within {row['group']}"
        if printed is None:
            unstated.add(cell)
        elif row["statistic"] == "n" and printed != row["value"]:
            different.add(cell)
    if different:
        raise DataError("These rows do not agree with the publication they claim to rebuild.", sorted(different))
    if unstated:
        reason = "The publication does not state these numbers. Rows rebuilt from its totals agree with many answers:"
        remedy = "Whatever these rows gave would be made up. Ask for what is printed: the tables in study.yaml."
        raise DisclosureError(f"Refused. {reason}", sorted(unstated), remedy)


def check_published(summary: Results) -> Results:
    """Each number of a summary that the publication prints beside the printed one: kind published_check.

    A mean agrees when it rounds (by the study's rule) to the printed one; a count must be equal.
    Raises UsageError when the publication prints none of them.
    """
    about = summary.about
    rounding = about.study.file.rounding
    rows = []
    for row in summary.to_dict("records"):
        key = (row["variable"], row["level"], row["group"], row["statistic"])
        printed = about.study.margins.get(key)
        if printed is not None:
            decimals = rounding.mean if row["statistic"] == "mean" else None
            value = row["value"] if decimals is None else float(rounded(row["value"], decimals, rounding.rule))
            keep = ("variable", "level", "group", "statistic", "value")
            rows.append({**{name: row[name] for name in keep}, "published": printed, "agrees": value == printed})
    if not rows:
        raise UsageError("check_published: the publication prints none of the numbers in this summary.")
    return tidy(rows, replace(about, kind="published_check"))


def list_themes(study: Study) -> Results:
    """Themes and sub-themes of the study's qualitative part in printed order: kind themes, one row per sub-theme.

    Raises UsageError if the study has no qualitative part.
    """
    if study.themes is None:
        raise UsageError(f"study {study.name}: it has no themes.yaml.")
    rows = [{"theme": theme.label, "subtheme": sub.label} for theme in study.themes.themes for sub in theme.subthemes]
    return tidy(rows, About("themes", study, Source("published", 0, "Labels as printed in the paper."), {}))
