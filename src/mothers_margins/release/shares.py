"""How much of each declared table is shown, and how much another form or merge would show."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from mothers_margins.disclosure.printed import Cell, Form, Variable
from mothers_margins.disclosure.request import Decided
from mothers_margins.release.plan import ReleasePlan, printed_columns
from mothers_margins.release.protected import WITHHELD, ProtectedStudy

MOST_HIDDEN = 0.25  # of a table, without a reason that the study declares
COLUMNS = ("table", "variable", "form", "cells", "shown", "by_rule", "for_others", "other_ways")


@dataclass(frozen=True)
class Share:
    """How many cells of levels something has, and what becomes of them. The second row of a yes/no
    pair is not counted: the first says it.
    """

    shown: int = 0
    by_rule: int = 0
    for_others: int = 0

    @property
    def cells(self) -> int:
        """All of them."""
        return self.shown + self.by_rule + self.for_others

    @property
    def part_shown(self) -> float:
        """Which part of them is shown; all of nothing."""
        return self.shown / self.cells if self.cells else 1.0

    @property
    def hidden(self) -> float:
        """Which part of them is hidden; none of nothing."""
        return 1 - self.part_shown


def share_of_cells(
    cells: Mapping[Cell, Decided], variable: Variable, groups: Iterable[str]
) -> Share:
    """The share of a variable's levels that is shown in some columns, of cells that are decided;
    one that is not among them is withheld.
    """
    levels = variable.levels[:1] if variable.is_pair else variable.levels
    places = [Cell(variable.name, level, group) for group in groups for level in levels]
    why = [cells.get(place, WITHHELD) for place in places]
    return Share(
        sum(not one.hidden for one in why),
        sum(one.hidden and one.why != "others" for one in why),
        sum(one.hidden and one.why == "others" for one in why),
    )


def sum_of(shares: Iterable[Share]) -> Share:
    """Several shares together."""
    every = list(shares)
    return Share(
        sum(share.shown for share in every),
        sum(share.by_rule for share in every),
        sum(share.for_others for share in every),
    )


def share_of_table(protected: ProtectedStudy, table: str) -> Share:
    """The share of a declared table that is shown."""
    names = planned_in(protected.plan, table)
    return sum_of(share_of_variable(protected, table, name) for name in names)


def share_of_variable(protected: ProtectedStudy, table: str, name: str) -> Share:
    """The share of one variable of a table that is shown."""
    groups = printed_columns(protected.plan.study, table)
    return share_of_cells(protected.cells(name), planned(protected.plan)[name], groups)


def planned_in(plan: ReleasePlan, table: str) -> list[str]:
    """The variables of a table that are planned, as they are released."""
    names = dict.fromkeys(plan.released(name) for name in plan.study.plan(table).variables)
    known = planned(plan)
    return [name for name in names if name in known]


def planned(plan: ReleasePlan) -> dict[str, Variable]:
    """Every variable that is planned, as it is released, by its name."""
    return {name: one for request in plan.requests for name, one in request.variables.items()}


# ---- rows of a preview


def share_rows(
    plan: ReleasePlan,
    form_of: Callable[[str], Form],
    share_of: Callable[[str, str], Share],
    other_ways: Callable[[str, str], str],
) -> Iterator[tuple[str | int, ...]]:
    """One row for each declared table, whose variable is empty, and each variable in it, with the
    columns `COLUMNS`. share_of, other_ways: are asked for a table and a variable.
    """
    for table in plan.study.tables:
        names = planned_in(plan, table)
        own = {name: share_of(table, name) for name in names}
        yield table, "", "", *_numbers(sum_of(own.values())), ""
        for name, share in own.items():
            yield table, name, form_of(name), *_numbers(share), other_ways(table, name)


def _numbers(share: Share) -> tuple[int, int, int, int]:
    return share.cells, share.shown, share.by_rule, share.for_others
