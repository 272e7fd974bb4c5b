"""What stands here until the rules for each kind of results are merged: the counts of declared
tables, and nothing else.
"""

from collections.abc import Iterator
from dataclasses import replace

from mothers_margins.disclosure.printed import Variable, whole_percent
from mothers_margins.disclosure.universe import NOT_CONCERNED, NOT_KNOWN
from mothers_margins.release.plan import printed_columns
from mothers_margins.release.protected import ProtectedStudy
from mothers_margins.results.results import Results, Row, checked, tidy


def released_summary(summary: Results, protected: ProtectedStudy, name: str = "") -> Results | None:
    """The counts of a declared table, as they may be shown; None for any other summary."""
    about = checked(summary, "release", "summaries")
    study = protected.plan.study
    table = name or (str(summary["table"].iloc[0]) if len(summary) else "")
    if table not in study.tables:
        return None
    columns = printed_columns(study, table)
    rows: list[Row] = [_size(protected, group) for group in columns]
    for declared in study.plan(table).variables:
        variable = protected.variable(protected.plan.released(declared))
        if variable is None or variable.is_number:
            continue
        for group in columns:
            rows += _levels(protected, variable, group)
    timepoints = summary["timepoint"].dropna().unique()
    timepoint = int(timepoints[0]) if len(timepoints) else None
    groups = {group: study.printed_groups[group] for group in columns}
    return tidy(rows, replace(about, groups=groups), timepoint)


def released_estimates(_: Results, __: Results, ___: ProtectedStudy) -> Results | None:
    """Nothing yet."""
    return None


def released_predictions(_: Results, __: Results, ___: ProtectedStudy) -> Results | None:
    """Nothing yet."""
    return None


def released_comparisons(_: Results, __: ProtectedStudy) -> Results | None:
    """Nothing yet."""
    return None


def _size(protected: ProtectedStudy, group: str) -> Row:
    size = protected.plan.universe.size(group)
    too_small = size < protected.plan.policy.threshold
    shown: Row = {"value": size, "n": size, "denominator": size, "missing": 0}
    row: Row = {"variable": "n", "group": group, "statistic": "n"}
    return row | ({"status": "suppressed"} if too_small else shown)


def _levels(protected: ProtectedStudy, variable: Variable, group: str) -> Iterator[Row]:
    """A row for each level that is printed."""
    form = protected.form(variable.name)
    levels = variable.levels
    if variable.is_pair and form in ("share_of_all", "percent"):
        levels = levels[:1]
    for level in levels:
        row: Row = {"variable": variable.name, "level": level, "group": group, "statistic": "n"}
        if protected.decided(variable.name, level, group).hidden:
            yield row | {"status": "suppressed"}
        elif form == "percent":
            known = protected.known(variable.name, group)
            percent = whole_percent(protected.count(variable.name, level, group), known)
            yield row | {"statistic": "percent", "value": percent}
        elif variable.is_zero(level, group):
            yield row | {"status": "structural_zero", "value": 0, "n": 0}
        else:
            yield row | _counts(protected, variable, level, group)


def _counts(protected: ProtectedStudy, variable: Variable, level: str, group: str) -> Row:
    count = released_count(protected, variable, level, group)
    if protected.has_base(variable.name, group):
        known = protected.known(variable.name, group)
        missing = protected.count(variable.name, NOT_KNOWN, group)
        return {"value": count, "n": count, "denominator": known, "missing": missing}
    if protected.form(variable.name) == "counts":
        return {"value": count, "n": count}
    size = protected.plan.universe.size(group)
    return {"value": count, "n": count, "denominator": size}


def released_count(protected: ProtectedStudy, variable: Variable, level: str, group: str) -> int:
    """The count that a cell prints: of a last level in the form `share_of_all` together with those
    in none.
    """
    count = protected.count(variable.name, level, group)
    is_last = bool(variable.levels) and level == variable.levels[-1] and not variable.is_pair
    if protected.form(variable.name) == "share_of_all" and is_last:
        rest = (NOT_KNOWN, NOT_CONCERNED)
        count += sum(protected.count(variable.name, other, group) for other in rest)
    return count
