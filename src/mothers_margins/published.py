"""What the publication fixes: the only counts that rows rebuilt from it may give back."""

import operator

from mothers_margins.cohort import Cohort, group_mask, where_mask
from mothers_margins.definition import Condition, Fact, Group
from mothers_margins.study import Study

RELATIONS = {"==": operator.eq, ">=": operator.ge, "<=": operator.le}


def fact_count(cohort: Cohort, fact: Fact) -> int:
    """Number of participants of the fact's group who meet its conditions."""
    return int((group_mask(cohort, fact.group) & where_mask(cohort, fact.where)).sum())


def broken_facts(cohort: Cohort) -> list[str]:
    """Ids of the facts that these rows do not agree with."""
    return [f.id for f in cohort.study.facts if not RELATIONS[f.relation](fact_count(cohort, f), f.count)]


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
    """Number of participants of a group with a level, if the publication states it or it follows; else None.

    It follows by subtraction where the group is a difference of printed columns, by addition where a derived level
    merges printed ones, and where the stated levels of a variable leave only one possibility for the others.
    """
    printed = study.margins.get((variable, level, group, "n"))
    if printed is not None:
        return printed
    declared: Group | None = study.groups.get(group)
    if declared and declared.difference:
        parts = (declared.difference.of, *declared.difference.minus)
        return _subtracted([published_count(study, part, variable, level) for part in parts])
    derived = study.derived.get(variable)
    if derived and derived.merged:
        parts_of_level = [published_count(study, group, derived.source, old) for old in derived.merged[level]]
        if None not in parts_of_level:
            return sum(number for number in parts_of_level if number is not None)
    stated = {
        fact.where[variable].levels[0]: fact.count
        for fact in _exact(study, group)
        if list(fact.where) == [variable] and _one_level(fact.where[variable])
    }
    size = published_size(study, group)
    if level in stated or variable in study.sets or size is None:
        return stated.get(level)
    left = size - sum(stated.values())
    only_one_left = len(stated) == len(study.levels(variable)) - 1
    return left if left == 0 or only_one_left else None


def _exact(study: Study, group: str) -> list[Fact]:
    return [fact for fact in study.facts if fact.group == group and fact.kind != "soft" and fact.relation == "=="]


def _one_level(condition: Condition) -> bool:
    return len(condition.levels) == 1 and not condition.excluded


def _subtracted(parts: list[float | None]) -> float | None:
    numbers = [part for part in parts if part is not None]
    return numbers[0] - sum(numbers[1:]) if len(numbers) == len(parts) else None
