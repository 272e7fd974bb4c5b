"""How much of each declared table is shown, and what another form or merge would show."""

from collections.abc import Iterator
from dataclasses import dataclass

from mothers_margins.disclosure.printed import FORMS, Form, Printing, Rule, Variable
from mothers_margins.disclosure.protect import Request
from mothers_margins.release.plan import ReleasePlan, printed_columns, variable_in
from mothers_margins.release.protected import ProtectedStudy

MOST_HIDDEN = 0.25  # of a table, without a reason that the study declares


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
    def hidden(self) -> float:
        """Which part of them is hidden; none of nothing."""
        return 1 - self.shown / self.cells if self.cells else 0.0


def share_of_table(protected: ProtectedStudy, table: str) -> Share:
    """The share of a declared table that is shown."""
    shares = [share_of_variable(protected, table, name) for name in planned_in(protected, table)]
    return Share(
        sum(share.shown for share in shares),
        sum(share.by_rule for share in shares),
        sum(share.for_others for share in shares),
    )


def share_of_variable(protected: ProtectedStudy, table: str, name: str) -> Share:
    """The share of one variable of a table that is shown."""
    variable = _planned(protected.plan)[name]
    levels = variable.levels[:1] if variable.is_pair else variable.levels
    groups = printed_columns(protected.plan.study, table)
    why = [protected.decided(name, level, group) for group in groups for level in levels]
    return Share(
        sum(not one.hidden for one in why),
        sum(one.hidden and one.why != "others" for one in why),
        sum(one.hidden and one.why == "others" for one in why),
    )


def planned_in(protected: ProtectedStudy, table: str) -> list[str]:
    """The variables of a table that are planned, as they are released."""
    plan = protected.plan
    names = dict.fromkeys(plan.released(name) for name in plan.study.plan(table).variables)
    return [name for name in names if name in _planned(plan)]


def other_ways(protected: ProtectedStudy, table: str, name: str) -> Iterator[tuple[str, float]]:
    """What another form, or other levels put together, would show of a variable at most: what its
    own counts hide is left out, what must be hidden to protect others is not asked.
    """
    block = next((pair for pair in protected.blocks if name in pair[0].variables), None)
    if block is None:
        return
    request, done = block
    groups = printed_columns(protected.plan.study, table)
    own = request.variables[name]
    columns = {group: tier for group, tier in own.columns.items() if group in groups}
    for other in [name, *_merges(request, protected.plan, name)]:
        variable = variable_in(
            protected.plan.study, request.block, protected.plan.universe, other, columns
        )
        printing = Printing(done.system, variable, _rule(protected.plan))
        for form in FORMS:
            if form == "withheld" or (other == name and form == protected.form(name)):
                continue
            if printing.allowed(form):
                yield (f"{other}: {form}" if other != name else form), _at_most(printing, form)


def _at_most(printing: Printing, form: Form) -> float:
    levels = printing.variable.levels
    levels = levels[:1] if printing.variable.is_pair else levels
    cells = [one for one in printing.candidates(form) if one.cell.level in levels]
    return sum(not one.must_hide for one in cells) / len(cells) if cells else 0.0


def _merges(request: Request, plan: ReleasePlan, name: str) -> list[str]:
    """Declared variables that put levels of the same one together, or that one itself."""
    study = plan.study
    made_from = {one: tuple(study.derived[one].sources) for one in study.derived}
    origin = next((old for old, new in plan.merged.items() if new == name), name)
    block = request.block.variables
    merged = [one for one in block if made_from.get(one) == (origin,) and study.levels(one)]
    few = [one for one in merged if len(study.levels(one)) < len(study.levels(origin))]
    return [one for one in [*few, origin] if one != name and one in block]


def _rule(plan: ReleasePlan) -> Rule:
    policy = plan.policy
    return Rule(policy.threshold, policy.not_known == "protected", policy.smallest_group)


def _planned(plan: ReleasePlan) -> dict[str, Variable]:
    return {name: one for request in plan.requests for name, one in request.variables.items()}
