"""What the publication fixes: the only numbers that rows rebuilt from it may give back."""

import operator
from collections.abc import Iterable, Mapping
from typing import Any

from mothers_margins.cohort import Cohort, broken_relations, column, group_mask, where_mask
from mothers_margins.definition import Condition, Fact, Group
from mothers_margins.derivation import derive
from mothers_margins.errors import DataError, DisclosureError
from mothers_margins.rounding import rounded
from mothers_margins.study import Study

RELATIONS = {"==": operator.eq, ">=": operator.ge, "<=": operator.le}


def fact_count(cohort: Cohort, fact: Fact) -> int:
    """Number of participants of the fact's group who meet its conditions."""
    return int((group_mask(cohort, fact.group) & where_mask(cohort, fact.where)).sum())


def broken_facts(cohort: Cohort) -> list[str]:
    """Ids of the facts that these rows do not agree with."""
    return [
        f.id
        for f in cohort.study.facts
        if not RELATIONS[f.relation](fact_count(cohort, f), f.count)
    ]


def agrees(study: Study, statistic: str, value: float, printed: float) -> bool:
    """Whether a number is the printed one: a count exactly, a mean when it is rounded by the
    study's rule.
    """
    rounding = study.file.rounding
    return (
        float(rounded(value, rounding.mean, rounding.rule)) if statistic == "mean" else value
    ) == printed


def broken_margins(cohort: Cohort) -> list[str]:
    """Printed numbers that these rows do not agree with, as 'variable level within group'."""
    broken = []
    for (variable, level, group, statistic), printed in cohort.study.margins.items():
        mask = group_mask(cohort, group)
        if statistic == "mean":
            value = float(column(cohort, variable)[mask].mean())
        else:
            where = {} if variable == "n" else {variable: Condition(levels=(level,))}
            value = float((mask & where_mask(cohort, where)).sum())
        if not agrees(cohort.study, statistic, value, printed):
            broken.append(" ".join(part for part in (variable, level, "within", group) if part))
    return broken


def only_published(
    cohort: Cohort, groups: Mapping[str, Group], rows: Iterable[Mapping[str, Any]]
) -> None:
    """Refuse summaries of rebuilt rows that the publication does not settle; such a row says
    nothing else.

    A group counts as published by its condition, whatever it is called. Raises DataError if the
    rows do not agree with every printed number and fact, DisclosureError naming what was asked and
    is not stated.
    """
    study, whole = cohort.study, derive(cohort)
    firm = {fact.id for fact in study.facts if fact.kind != "soft"}
    broken = broken_relations(whole, study.groups) + broken_margins(whole)
    broken += [f"fact {name}" for name in broken_facts(whole) if name in firm]
    if broken:
        raise DataError(
            "These rows do not agree with the publication that they claim to rebuild.", broken
        )
    declared = {name: _declared(study, group) for name, group in groups.items()}
    unstated: dict[str, None] = {}
    for row in rows:
        variable, level, group, statistic = (
            row[key] for key in ("variable", "level", "group", "statistic")
        )
        if variable == "n":
            settled = published_size(study, declared[group])
        elif statistic in ("n", "percent"):
            settled = published_count(study, declared[group], variable, level)
        else:
            settled = study.margins.get((variable, level, declared[group], statistic))
        if settled is None or (statistic == "n" and settled != row["value"]):
            unstated[f"{variable} within {group}"] = None
    if unstated:
        reason = (
            "The publication does not state these numbers, and rows rebuilt from it agree "
            "with many answers:"
        )
        remedy = (
            "Whatever these rows gave would be made up. Ask for what is printed: the tables "
            "in study.yaml."
        )
        raise DisclosureError(f"Refused. {reason}", unstated, remedy)


def _declared(study: Study, group: Group) -> str:
    """Name of the study's group with the same condition; empty if there is none."""
    return next((name for name, other in study.groups.items() if other.where == group.where), "")


def published_size(study: Study, name: str) -> float | None:
    """Number of participants in a group, if the publication states it or it follows; else None."""
    printed = study.margins.get(("n", "", name, "n"))
    if printed is not None:
        return printed
    difference = study.groups[name].difference if name in study.groups else None
    if difference:
        parts = [published_size(study, part) for part in (difference.of, *difference.minus)]
        return _subtracted(parts)
    return next((fact.count for fact in _exact(study, name) if not fact.where), None)


def published_count(study: Study, group: str, variable: str, level: str) -> float | None:
    """Number of participants of a group with a level, if the publication states it or it follows;
    else None.

    It follows by subtraction where the group is a difference of printed columns, by addition where
    a derived level merges printed ones, and where the stated levels of a variable leave only one
    possibility for the others.
    """
    printed = study.margins.get((variable, level, group, "n"))
    if printed is not None:
        return printed
    if group in study.groups and not study.groups[group].where and variable in study.fields:
        named = {variable: Condition(levels=(level,))}
        same = [name for name, other in study.groups.items() if other.where == named]
        if same:  # the level is a group: its number is the group's size
            return published_size(study, same[0])
    declared: Group | None = study.groups.get(group)
    if declared and declared.difference:
        parts = (declared.difference.of, *declared.difference.minus)
        return _subtracted([published_count(study, part, variable, level) for part in parts])
    derived = study.derived.get(variable)
    if derived and derived.merged:
        parts_of_level = [
            published_count(study, group, derived.source, old) for old in derived.merged[level]
        ]
        if None not in parts_of_level:
            return sum(number for number in parts_of_level if number is not None)
    stated = {
        fact.where[variable].levels[0]: fact.count
        for fact in _exact(study, group)
        if list(fact.where) == [variable] and _one_level(fact.where[variable])
    }
    size = published_size(study, group)
    source = study.fields.get(derived.source if derived else variable)
    if (
        level in stated
        or not stated
        or size is None
        or source is None
        or not source.constraints.required
    ):
        return stated.get(level)
    left = size - sum(stated.values())
    only_one_left = len(stated) == len(study.levels(variable)) - 1
    return left if left == 0 or only_one_left else None


def _exact(study: Study, group: str) -> list[Fact]:
    return [
        fact
        for fact in study.facts
        if fact.group == group and fact.kind != "soft" and fact.relation == "=="
    ]


def _one_level(condition: Condition) -> bool:
    return len(condition.levels) == 1 and not condition.excluded


def _subtracted(parts: list[float | None]) -> float | None:
    numbers = [part for part in parts if part is not None]
    return numbers[0] - sum(numbers[1:]) if len(numbers) == len(parts) else None
