"""What the publication fixes: the only numbers that rows rebuilt from it may give back."""

from mothers_margins.rounding import rounded
from mothers_margins.study.conditions import Condition
from mothers_margins.study.study import Study
from mothers_margins.study.study_file import Fact


def agrees(study: Study, statistic: str, value: float, printed: float) -> bool:
    """Whether a number is the printed one: a count exactly, a mean when it is rounded by the
    study's rule.
    """
    if statistic != "mean":
        return value == printed
    rounding = study.file.rounding
    return float(rounded(value, rounding.mean, rounding.rule)) == printed


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
    same = _group_of_level(study, group, variable, level)
    if same:  # the level is a group: its number is the group's size
        return published_size(study, same)
    declared = study.groups.get(group)
    if declared and declared.difference:
        parts = (declared.difference.of, *declared.difference.minus)
        return _subtracted([published_count(study, part, variable, level) for part in parts])
    derived = study.derived.get(variable)
    if derived and derived.merged:
        merged = [
            published_count(study, group, derived.source, old) for old in derived.merged[level]
        ]
        known = [number for number in merged if number is not None]
        if len(known) == len(merged):
            return sum(known)
    return _stated_count(study, group, variable, level)


def _group_of_level(study: Study, group: str, variable: str, level: str) -> str:
    """The group of everybody with a level, asked within everybody; empty if there is none."""
    everybody = group in study.groups and not study.groups[group].where
    if not everybody or variable not in study.fields:
        return ""
    with_level = {variable: Condition(levels=(level,))}
    return next((name for name, other in study.groups.items() if other.where == with_level), "")


def _stated_count(study: Study, group: str, variable: str, level: str) -> float | None:
    """The number that the text states of a level, or that it leaves as the only possibility."""
    stated = {
        fact.where[variable].levels[0]: fact.count
        for fact in _exact(study, group)
        if list(fact.where) == [variable] and _one_level(fact.where[variable])
    }
    size = published_size(study, group)
    if level in stated or not stated or size is None or not _is_required(study, variable):
        return stated.get(level)
    rest = size - sum(stated.values())
    only_one_left = len(stated) == len(study.levels(variable)) - 1
    return rest if rest == 0 or only_one_left else None


def _is_required(study: Study, variable: str) -> bool:
    """Whether everybody has a value of a variable, or of what it is derived from."""
    derived = study.derived.get(variable)
    field = study.fields.get(derived.source if derived else variable)
    return field is not None and field.constraints.required


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
