"""Summaries as they may be released: counts in the form of their variable, what is hidden marked,
means and medians of enough participants.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import nan

from mothers_margins.disclosure.policy import Policy
from mothers_margins.disclosure.printed import whole_percent
from mothers_margins.disclosure.universe import NOT_CONCERNED, NOT_KNOWN
from mothers_margins.release.protected import ProtectedStudy
from mothers_margins.release.withheld import varies
from mothers_margins.results.results import Record, Results, Row, checked, tidy
from mothers_margins.rounding import rounded
from mothers_margins.study.conditions import Group
from mothers_margins.study.study import Study

# Codes in the note of a released row; their words stand in `terms`.
SHARE_OF_ALL = "share_of_all"
OR_NOT_KNOWN = "or_not_known"
PERCENT_ONLY = "percent_only"
BASE_HIDDEN = "base_hidden"
COUNTED = ("n", "percent")
NEVER = ("min", "max")  # a single participant's value


def released_summary(summary: Results, protected: ProtectedStudy) -> Results | None:
    """A summary as it may be released: kind summaries, with the groups and the order of variables
    of the original; a variable whose levels are put together stands under its new name.

    Of what no declared table prints nothing is released: variables of no table are left out, and a
    summary of groups that no table has is None. A hidden cell is a row with status suppressed and
    no number. n (%) of those known, or n (% of all), who is not known being counted in the last
    level (note `share_of_all`, and `or_not_known` there), or whole per cent without counts (note
    `percent_only`). Of numbers: mean, sd, median and quartiles of as many as the policy asks, with
    more than two different values in the group, rounded as they print; minimum and maximum never;
    note `base_hidden` where how many they are of is hidden. Raises UsageError for anything but
    summaries.
    """
    about = checked(summary, "release", "summaries")
    printed = printed_groups(about.study, about.groups)
    if printed is None:
        return None
    release = _Release(protected, printed)
    variables = _as_released(summary, protected)
    records = summary.to_dict("records")
    rows: list[Row] = []
    for group in about.groups:
        rows.append(release.size(group))
        for name in variables:
            rows += release.rows(name, group, _of(records, name, group))
    if len(rows) == len(about.groups):
        return None
    timepoint = summary["timepoint"].dropna()
    through_the_door = replace(about, released=True)
    return tidy(rows, through_the_door, int(timepoint.iloc[0]) if len(timepoint) else None)


def _as_released(summary: Results, protected: ProtectedStudy) -> list[str]:
    """The variables of a summary, each once: what stands for another one in what is released may
    have been described beside it.
    """
    names = [name for name in dict.fromkeys(summary["variable"]) if name != "n"]
    in_place = {protected.plan.released(name) for name in names if name in protected.plan.merged}
    return [name for name in names if name not in in_place]


def printed_groups(study: Study, groups: Mapping[str, Group]) -> dict[str, str] | None:
    """The printed group that each group of results is, by its condition; None if one is none."""
    by_condition = {_condition(group): name for name, group in study.printed_groups.items()}
    by_condition |= {
        _condition(study.groups[name]): name for name in study.groups if name in groups
    }
    found = {name: by_condition.get(_condition(group), "") for name, group in groups.items()}
    return found if all(found.values()) else None


def _condition(group: Group) -> str:
    conditions = {name: asked.model_dump_json() for name, asked in group.where.items()}
    return repr(sorted(conditions.items()))


def _of(records: list[Record], name: str, group: str) -> dict[str, Record]:
    """The rows of a number within a group, by statistic."""
    return {
        str(row["statistic"]): row
        for row in records
        if (row["variable"], row["group"]) == (name, group) and row["statistic"] not in COUNTED
    }


@dataclass(frozen=True, eq=False)
class _Release:
    """Rows of one summary. printed: by group of the summary its name in the plan."""

    protected: ProtectedStudy
    printed: Mapping[str, str]

    @property
    def policy(self) -> Policy:
        return self.protected.plan.policy

    def size(self, group: str) -> Row:
        """The row of a group's size."""
        size = self._size(group)
        if size < self.policy.threshold:
            return _row("n", "", group, "n") | _hidden()
        numbers = {"value": size, "n": size, "denominator": size, "missing": 0}
        return _row("n", "", group, "n") | numbers

    def _size(self, group: str) -> int:
        return self.protected.plan.universe.size(self.printed[group])

    def rows(self, name: str, group: str, numbers: Mapping[str, Record]) -> Iterator[Row]:
        """The rows of a variable within a group; none if no table prints it there."""
        own = self.protected.plan.released(name)
        variable = self.protected.variable(own)
        if variable is None or self.printed[group] not in variable.columns:
            return
        if variable.is_number:
            yield from self._of_number(own, group, numbers)
        elif self.protected.form(own) == "percent":
            yield from self._percents(own, group)
        elif self.protected.form(own) == "share_of_all":
            yield from self._shares(own, group)
        elif self.protected.form(own) == "counts":
            yield from self._counts(own, group)
        else:
            for level in variable.levels:
                yield from _both(own, level, group, _hidden())

    # ---- levels

    def _levels(self, name: str) -> tuple[str, ...]:
        variable = self.protected.variable(name)
        return variable.levels if variable else ()

    def _is_hidden(self, name: str, level: str, group: str) -> bool:
        return self.protected.decided(name, level, self.printed[group]).hidden

    def _count(self, name: str, level: str, group: str) -> int:
        return self.protected.count(name, level, self.printed[group])

    def _status(self, name: str, level: str, group: str) -> Row:
        variable = self.protected.variable(name)
        is_zero = variable is not None and variable.is_zero(level, self.printed[group])
        return {"status": "structural_zero"} if is_zero else {}

    def _counts(self, name: str, group: str) -> Iterator[Row]:
        """n (%) of those known, where the base may be shown; else whole columns are hidden."""
        known = self.protected.known(name, self.printed[group])
        missing = self._count(name, NOT_KNOWN, group)
        for level in self._levels(name):
            if self._is_hidden(name, level, group):
                yield from _both(name, level, group, _hidden())
                continue
            count = self._count(name, level, group)
            base: Row = {"n": count, "denominator": known, "missing": missing}
            base |= self._status(name, level, group)
            yield _row(name, level, group, "n") | base | {"value": count}
            percent = 100 * count / known if known else nan
            yield _row(name, level, group, "percent") | base | {"value": percent}

    def _shares(self, name: str, group: str) -> Iterator[Row]:
        """n (% of all in the column); the last level has who is not known, and of a pair it is what
        the first leaves.
        """
        levels = self._levels(name)
        size = self._size(group)
        rest = sum(self._count(name, level, group) for level in (NOT_KNOWN, NOT_CONCERNED))
        for level in levels:
            is_last = level == levels[-1]
            asked = levels[0] if is_last and len(levels) == 2 else level
            note = f"{SHARE_OF_ALL} {OR_NOT_KNOWN}" if is_last and rest else SHARE_OF_ALL
            if self._is_hidden(name, asked, group):
                yield from _both(name, level, group, _hidden() | {"note": note})
                continue
            count = self._count(name, level, group) + (rest if is_last else 0)
            base: Row = {"n": count, "denominator": size, "note": note}
            base |= self._status(name, level, group) if not count else {}
            yield _row(name, level, group, "n") | base | {"value": count}
            yield _row(name, level, group, "percent") | base | {"value": 100 * count / size}

    def _percents(self, name: str, group: str) -> Iterator[Row]:
        """Whole per cent of those known; of a pair the second is what is left of 100."""
        levels = self._levels(name)
        known = self.protected.known(name, self.printed[group])
        for level in levels:
            is_second = len(levels) == 2 and level == levels[1]
            asked = levels[0] if is_second else level
            yield _row(name, level, group, "n") | _hidden() | {"note": PERCENT_ONLY}
            percent_row = _row(name, level, group, "percent") | {"note": PERCENT_ONLY}
            if self._is_hidden(name, asked, group):
                yield percent_row | _hidden()
                continue
            percent = whole_percent(self._count(name, asked, group), known)
            yield percent_row | {"value": 100 - percent if is_second else percent}

    # ---- numbers

    def _of_number(self, name: str, group: str, numbers: Mapping[str, Record]) -> Iterator[Row]:
        known = self.protected.known(name, self.printed[group])
        base: Row = {"n": known, "denominator": known}
        base["missing"] = self._count(name, NOT_KNOWN, group)
        if not self._has_base(name, group):
            base = {"note": BASE_HIDDEN}
        for statistic, row in numbers.items():
            if statistic in NEVER:
                continue
            own = _row(name, "", group, statistic)
            is_of_few = known < self._needed(statistic) or self._is_too_small(group)
            if is_of_few:
                yield own | _hidden()
            elif row["status"] == "missing":
                yield own | base | {"status": "missing"}
            elif not varies(row):
                yield own | _hidden()
            else:
                yield own | base | {"value": self._as_printed(float(row["value"]))}

    def _has_base(self, name: str, group: str) -> bool:
        return not any(
            self._is_counted(name, level, group) and self._is_hidden(name, level, group)
            for level in (NOT_KNOWN, NOT_CONCERNED)
        )

    def _is_counted(self, name: str, level: str, group: str) -> bool:
        """Whether anybody can be without a level there."""
        return self._count(name, level, group) > 0

    def _needed(self, statistic: str) -> int:
        """How many participants a statistic must be of."""
        if statistic == "median":
            return self.policy.median_from
        if statistic in ("q1", "q3"):
            return self.policy.quartiles_from
        return self.policy.mean_from

    def _is_too_small(self, group: str) -> bool:
        return self._size(group) < self.policy.smallest_group

    def _as_printed(self, value: float) -> float:
        rounding = self.protected.plan.study.file.rounding
        return float(rounded(value, rounding.mean, rounding.rule))


def _row(name: str, level: str, group: str, statistic: str) -> Row:
    return {
        "block": "",
        "variable": name,
        "level": level,
        "group": group,
        "statistic": statistic,
    }


def _both(name: str, level: str, group: str, numbers: Row) -> Iterator[Row]:
    for statistic in COUNTED:
        yield _row(name, level, group, statistic) | numbers


def _hidden() -> Row:
    return {"status": "suppressed"}
