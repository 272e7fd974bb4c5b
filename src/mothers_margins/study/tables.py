"""A study's planned tables: their groups, pairs and variables."""

from dataclasses import dataclass
from functools import cached_property

from mothers_margins.absent import Absent, absent
from mothers_margins.errors import unknown
from mothers_margins.study.conditions import Group
from mothers_margins.study.figure_parts import in_parts
from mothers_margins.study.outcomes import Outcomes
from mothers_margins.study.study_file import TablePlan
from mothers_margins.study.what_decides import apart

# The table that is printed once for every exploratory outcome, between the groups of its contrasts.
EXPLORATORY = "exploratory"


@dataclass(frozen=True)
class Planned:
    """What a study plans to describe, as the verbs take it.

    name: of the table, empty for what is no table. variables: its own, then those that stand for
    one of them in its body tables. groups: names of groups, or new ones by their conditions. pair:
    the two of them that are compared, or why none are. bodies: names of its body tables, or that
    there are none.
    """

    name: str
    variables: tuple[str, ...]
    groups: tuple[str, ...] | dict[str, dict[str, str]]
    pair: tuple[str, str] | Absent
    bodies: tuple[str, ...] | Absent


class Tables(Outcomes):
    """Questions about what is described and printed."""

    def plan(self, table: str) -> TablePlan:
        """The plan of a table, or of a body table. Raises UsageError, naming the tables there
        are.
        """
        plans = {**self.tables, **self.body_tables}
        if table not in plans:
            raise unknown("table", [table], plans, f"study {self.name}")
        return plans[table]

    @property
    def whole(self) -> str:
        """The group of all who are described: the first column of the first table."""
        return next(iter(self.tables.values())).groups[0]

    def planned(self, shows: str, timepoint: int | None = None) -> Planned | Absent:
        """The first table that shows characteristics, needs or the course, at a timepoint.

        A table that names no timepoint belongs to all; one that names this comes before it. The
        table of exploratory outcomes is none of them (see `exploratory`). Absent where the study
        plans none.
        """
        names = [
            name
            for name, plan in self.tables.items()
            if plan.shows == shows and name != EXPLORATORY
        ]
        of_all = [name for name in names if self.tables[name].timepoint is None]
        here = [name for name in names if self.tables[name].timepoint == timepoint]
        found = [*here, *of_all]
        if found:
            return self._as_planned(found[0])
        if timepoint is None:
            return absent("no_course")
        return absent("no_table", shows=shows, timepoint=timepoint)

    @property
    def exploratory(self) -> Planned | Absent:
        """The table that is printed once for every exploratory outcome."""
        if EXPLORATORY not in self.tables:
            return absent("no_exploratory_table")
        return self._as_planned(EXPLORATORY)

    @property
    def crossed(self) -> Planned | Absent:
        """Two variables that are shown side by side before one of them is chosen."""
        named = self.file.side_by_side
        if named is None:
            return absent("no_crossing")
        title = self.label(named.columns)
        levels = self.levels(named.columns)
        groups = {f"{title}: {level}": {named.columns: level} for level in levels}
        return Planned("", (named.rows,), groups, absent("no_pair"), absent("no_body_table"))

    def numbers_by_block(self, table: str) -> tuple[tuple[str, ...], ...]:
        """The numbers of a planned table whose limits are declared, in parts of a figure each, by
        the blocks of the table; then those that stand for others in its body tables. None where
        the study plans no such table.
        """
        if table not in self.tables:
            return ()
        blocks = [block.variables for block in self.tables[table].blocks]
        stand_in = {*self._as_planned(table).variables} - {*self.tables[table].variables}
        numbers = [[name for name in block if self.has_limits(name)] for block in blocks]
        return in_parts([*numbers, sorted(filter(self.has_limits, stand_in))])

    def _as_planned(self, name: str) -> Planned:
        plan = self.tables[name]
        bodies = [body for body, own in self.body_tables.items() if own.of == name]
        variables = dict.fromkeys(plan.variables)
        for body in bodies:
            variables |= dict.fromkeys(self.reported(body).variables)
        return Planned(
            name,
            tuple(variables),
            plan.groups,
            self._pair(plan.groups),
            tuple(bodies) or absent("no_body_table"),
        )

    def reported(self, body: str) -> TablePlan:
        """The plan of a body table with the variables that stand for others in body tables."""
        plan, in_place = self.plan(body), self.standing_in("report")
        blocks = []
        for block in plan.blocks:
            names = tuple(in_place.get(name, name) for name in block.variables)
            blocks.append(block.model_copy(update={"variables": names}))
        return plan.model_copy(update={"blocks": tuple(blocks)})

    def pair(self, table: str) -> tuple[str, str] | Absent:
        """The two groups of a table that are compared, or why none are."""
        return self._pair(self.plan(table).groups)

    def _pair(self, names: tuple[str, ...]) -> tuple[str, str] | Absent:
        """The two groups of a table that hold no other of its groups, if these share nobody."""
        parts = [name for name in names if not {*self.groups[name].contains} & {*names}]
        if len(parts) == 2 and self._share_nobody(*parts):
            return parts[0], parts[1]
        return absent("no_pair")

    def _share_nobody(self, one: str, other: str) -> bool:
        """Whether the conditions of two groups cannot both hold: one variable decides it."""
        first, second = self.groups[one].where, self.groups[other].where
        return any(apart(first[name], second[name]) for name in first if name in second)

    def columns_of(self, table: str) -> dict[str, Group]:
        """The groups that a table prints, by name: those of its plan; of the table `exploratory`
        also those of the contrasts of every outcome, as `OUTCOME: GROUP`.

        The outcome stands before the group because contrasts of several outcomes have groups of the
        same name (`All others`). Raises UsageError, naming the tables there are.
        """
        named = self.plan(table).groups
        columns = {name: group for name, group in self.groups.items() if name in named}
        if table == EXPLORATORY:
            columns |= self._groups_of_contrasts()
        return columns

    def _groups_of_contrasts(self) -> dict[str, Group]:
        declaring = [name for name, outcome in self.outcomes.items() if outcome.also_within]
        groups: dict[str, Group] = {}
        for outcome in declaring:
            for pair in self.contrasts(outcome).values():
                named = {f"{outcome}: {name}": where for name, where in pair.items()}
                groups |= {name: Group(label=name, where=where) for name, where in named.items()}
        return groups

    @cached_property
    def printed_groups(self) -> dict[str, Group]:
        """Every group that one of the tables prints, by name, as `columns_of` names them."""
        groups: dict[str, Group] = {}
        for table in self.tables:
            groups |= self.columns_of(table)
        return groups

    @cached_property
    def printed_variables(self) -> tuple[str, ...]:
        """Every variable that one of the tables prints, each once."""
        return tuple(
            dict.fromkeys(name for plan in self.tables.values() for name in plan.variables)
        )
