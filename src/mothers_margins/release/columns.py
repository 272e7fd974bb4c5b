"""What a release prints of the levels of a variable in a group."""

from dataclasses import dataclass

from mothers_margins.disclosure.printed import whole_percent
from mothers_margins.disclosure.universe import NOT_CONCERNED, NOT_KNOWN
from mothers_margins.release.protected import ProtectedStudy
from mothers_margins.study.conditions import Group
from mothers_margins.study.study import Study

YES, NO = "Yes", "No"


@dataclass(frozen=True)
class Told:
    """A printed number of participants, or one that follows from printed ones at once.

    is_exact: whether it counts a level alone; else those in no level are among them.
    """

    number: int
    is_exact: bool


def told(protected: ProtectedStudy, name: str, level: str, group: str) -> Told | None:
    """The number that is told of a level in a group; None where there is none."""
    variable = protected.variable(name)
    if variable is None or level not in variable.levels or group not in variable.columns:
        return None
    form = protected.form(name)
    if form == "counts":
        hidden = protected.decided(name, level, group).hidden
        return None if hidden else Told(protected.count(name, level, group), is_exact=True)
    if form != "share_of_all":
        return None
    is_last = level == variable.levels[-1]
    if variable.is_pair and is_last:
        first = told(protected, name, variable.levels[0], group)
        size = protected.plan.universe.size(group)
        return Told(size - first.number, is_exact=False) if first else None
    if protected.decided(name, level, group).hidden:
        return None
    count = protected.count(name, level, group)
    if is_last:
        count += sum(protected.count(name, rest, group) for rest in (NOT_KNOWN, NOT_CONCERNED))
    return Told(count, is_exact=not is_last)


def percent_told(protected: ProtectedStudy, name: str, level: str, group: str) -> int | None:
    """The whole per cent of a level in a group, where that form is printed; of a pair the second
    follows from the first.
    """
    variable = protected.variable(name)
    if variable is None or group not in variable.columns or protected.form(name) != "percent":
        return None
    if variable.is_pair and level == variable.levels[1]:
        first = percent_told(protected, name, variable.levels[0], group)
        return None if first is None else 100 - first
    known = protected.known(name, group)
    if protected.decided(name, level, group).hidden or not known:
        return None
    rule = protected.plan.study.file.rounding.rule
    return whole_percent(protected.count(name, level, group), known, rule)


def most_of(protected: ProtectedStudy, name: str, level: str, group: str) -> int:
    """How many of a group can have a level at most, from what is told. level: of the variable as
    it is released, or one that is put together otherwise.
    """
    own = told(protected, name, level, group)
    if own is not None:
        return own.number
    left = protected.plan.universe.size(group)
    variable = protected.variable(name)
    for other in variable.levels if variable else ():
        number = told(protected, name, other, group)
        if other != level and number is not None and number.is_exact:
            left -= number.number
    return left


def is_all_told(protected: ProtectedStudy, name: str, groups: tuple[str, ...]) -> bool:
    """Whether no cell and no base of a variable is hidden in some groups."""
    variable = protected.variable(name)
    if variable is None or not {*groups} <= {*variable.columns}:
        return False
    return all(
        protected.has_base(name, group)
        and all(told(protected, name, level, group) for level in variable.levels)
        for group in groups
    )


def sides_of(study: Study, outcome: str) -> tuple[str, str] | None:
    """The printed groups with and without an outcome; None where there are none."""
    found: dict[str, str] = {}
    for name, group in study.printed_groups.items():
        condition = group.where.get(outcome)
        if condition is not None and len(group.where) == 1 and len(condition.levels) == 1:
            found.setdefault(condition.levels[0], name)
    return (found[YES], found[NO]) if {YES, NO} <= {*found} else None


def planned_group(study: Study, name: str, group: Group | None) -> str | None:
    """The name by which a group is planned: its own, or that of the same group of an exploratory
    outcome; None if it is not.
    """
    planned = study.printed_groups
    if name in planned and (group is None or planned[name].where == group.where):
        return name
    for other, declared in planned.items():
        is_same = group is not None and declared.where == group.where
        if is_same and other.endswith(f": {name}"):
            return other
    return None
