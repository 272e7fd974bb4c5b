"""What each form of a variable, and each declared merge of its levels, would show if nothing else
were printed: protected for real, one variable at a time, which takes moments.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from mothers_margins.disclosure.printed import Cell, Form, Variable
from mothers_margins.disclosure.problem import NotProtectableError
from mothers_margins.disclosure.protect import Alone
from mothers_margins.disclosure.request import Decided, Request
from mothers_margins.release.plan import ReleasePlan, printed_columns, variable_in
from mothers_margins.release.shares import Share, planned_in, share_of_cells


@dataclass(frozen=True)
class Way:
    """A variable, or a declared merge in its place, in one form.

    shares: by table. at_most: tables in which it may show less, because nothing was hidden there to
    protect others.
    """

    variable: str
    form: Form
    shares: Mapping[str, Share]
    at_most: frozenset[str] = frozenset()

    def told(self, table: str, instead_of: str) -> str:
        """What it shows of a table, in one phrase; its name only where it is a merge."""
        name = self.form if self.variable == instead_of else f"{self.variable}: {self.form}"
        most = " at most" if table in self.at_most else ""
        return f"{name}{most} {self.shares[table].part_shown:.0%}"


@dataclass(frozen=True)
class Ways:
    """Every way to print one variable. proposed: in the form that the study or an earlier release
    fixes, else the one that shows most. others: its other forms, then merges in its place.
    """

    proposed: Way
    others: tuple[Way, ...]

    def other_than(self, form: Form) -> list[Way]:
        """The ways that remain beside a form of the variable itself."""
        name = self.proposed.variable
        every = [self.proposed, *self.others]
        return [way for way in every if (way.variable, way.form) != (name, form)]


def ways_alone(plan: ReleasePlan, name: str, *, first_only: bool = False) -> Ways:
    """The ways to print a variable that is planned, each protected as if nothing else were printed.
    One that shows no more than those before it, even if nothing is hidden to protect others, is
    not protected: then its shares are the most it can show.

    first_only: whether other ways than the proposed one are protected only in the tables that come
    first. Raises KeyError for a variable that is not planned.
    """
    request = next((one for one in plan.requests if name in one.variables), None)
    if request is None:
        raise KeyError(name)
    columns = _columns(plan, request.variables[name], first_only=False)
    asked = _columns(plan, request.variables[name], first_only)
    own = Alone(_free(request, request.variables[name]), name, plan.policy)
    form = request.forms[name] if name in request.forms else own.fullest()
    proposed = _protected(own, request.variables[name], form, columns)
    if not proposed:
        proposed = Way(name, "withheld", _shares({}, request.variables[name], columns))
    best = {table: share.part_shown for table, share in proposed.shares.items()}
    others = []
    for variable, alone in _each(plan, request, name, own):
        for other in alone.forms:
            if (variable.name, other) == (name, form):
                continue
            way = _by_rule(alone, variable, other, columns)
            if any(way.shares[table].part_shown > best[table] for table in asked):
                real = _protected(alone, variable, other, asked, first_only=first_only)
                shares = real.shares if real else _shares({}, variable, columns)
                way = replace(way, shares={**way.shares, **shares}, at_most=way.at_most - {*shares})
            best = {table: max(best[table], way.shares[table].part_shown) for table in asked}
            others.append(way)
    return Ways(proposed, tuple(others))


def _columns(plan: ReleasePlan, variable: Variable, first_only: bool) -> dict[str, list[str]]:
    """By table that prints a variable its columns; of those tables only that come first."""
    first = min(variable.columns.values(), default=0)
    columns = {
        table: printed_columns(plan.study, table)
        for table in plan.study.tables
        if variable.name in planned_in(plan, table)
    }
    return {
        table: groups
        for table, groups in columns.items()
        if not first_only or all(variable.columns[group] == first for group in groups)
    }


def _each(
    plan: ReleasePlan, request: Request, name: str, own: Alone
) -> Iterator[tuple[Variable, Alone]]:
    """The variable itself, then each merge in its place."""
    yield request.variables[name], own
    for other in _merges(plan, request, name):
        variable = variable_in(
            plan.study, request.block, plan.universe, other, request.variables[name].columns
        )
        yield variable, Alone(_free(request, variable), other, plan.policy)


def _free(request: Request, variable: Variable) -> Request:
    """A request for one variable whose form the study does not fix; an earlier release does."""
    was_released = any(cell.variable == variable.name for cell in request.earlier)
    forms = request.forms if was_released else {}
    return replace(request, variables={variable.name: variable}, forms=forms)


def _protected(
    alone: Alone,
    variable: Variable,
    form: Form,
    columns: Mapping[str, list[str]],
    *,
    first_only: bool = False,
) -> Way | None:
    """A way protected for real; None where it cannot be."""
    try:
        cells = alone.protected(form, first_only=first_only)
    except NotProtectableError:
        return None
    return Way(variable.name, form, _shares(cells, variable, columns))


def _by_rule(alone: Alone, variable: Variable, form: Form, columns: Mapping[str, list[str]]) -> Way:
    """A way of which only what rules hide is hidden; where this is all, it is the truth."""
    shares = _shares(alone.by_rule(form), variable, columns)
    return Way(
        variable.name,
        form,
        shares,
        frozenset(table for table, share in shares.items() if share.shown),
    )


def _shares(
    cells: Mapping[Cell, Decided], variable: Variable, columns: Mapping[str, list[str]]
) -> dict[str, Share]:
    return {table: share_of_cells(cells, variable, groups) for table, groups in columns.items()}


def _merges(plan: ReleasePlan, request: Request, name: str) -> list[str]:
    """Declared variables that put levels of the same one together, or that one itself."""
    study = plan.study
    made_from = {one: tuple(study.derived[one].sources) for one in study.derived}
    origin = next((old for old, new in plan.merged.items() if new == name), name)
    block = request.block.variables
    merged = [one for one in block if made_from.get(one) == (origin,) and study.levels(one)]
    few = [one for one in merged if len(study.levels(one)) < len(study.levels(origin))]
    return [one for one in [*few, origin] if one != name and one in block]
