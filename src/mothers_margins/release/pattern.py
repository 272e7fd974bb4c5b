"""The pattern of a release as the ledger keeps it, and what earlier releases decide of a plan."""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import replace
from math import isnan
from typing import Any

import numpy as np

from mothers_margins.disclosure.differences import hidden_before
from mothers_margins.disclosure.ledger import Ledger, Place, Recorded
from mothers_margins.disclosure.printed import Cell, Variable, whole_percent
from mothers_margins.disclosure.request import Request
from mothers_margins.disclosure.universe import NOT_CONCERNED, NOT_KNOWN
from mothers_margins.errors import DisclosureError
from mothers_margins.release.plan import ReleasePlan, printed_columns
from mothers_margins.release.protected import ProtectedStudy
from mothers_margins.results.results import Results, names_of

Record = Mapping[Hashable, Any]  # Any: a record's values have whatever type their columns have
COUNTED = ("n", "percent")  # statistics of a summary that the plan decides, cell by cell
NO_KEYS = {"table", "study", "status", "note", "reason", "variable", "group"}


def planned_cells(protected: ProtectedStudy) -> Iterator[Recorded]:
    """Every cell of every declared table, whether it is written now or later."""
    plan = protected.plan
    planned = {name: request for request in plan.requests for name in request.variables}
    for table, columns in _tables(plan).items():
        released = dict.fromkeys(plan.released(name) for name in plan.study.plan(table).variables)
        for name in [name for name in released if name in planned]:
            for group in columns:
                yield from _in_column(protected, table, planned[name], name, group)


def _in_column(
    protected: ProtectedStudy, table: str, request: Request, name: str, group: str
) -> Iterator[Recorded]:
    """The cells of a variable in one column. A form that shows nothing hides all its levels, so
    that none is shown later.
    """
    variable = request.variables[name]
    form = protected.form(name)
    for level in (*variable.levels, NOT_KNOWN, NOT_CONCERNED):
        place = Place(table, name, level, group)
        cell = protected.cell(name, level, group)
        if form == "withheld":
            yield Recorded(place, form, False, _true_count(protected.plan, request, place))
        elif cell is not None:
            value: int | float = released_count(protected, variable, level, group)
            if form == "percent" and not cell.hidden:
                value = whole_percent(int(value), protected.known(name, group))
            yield Recorded(place, form, not cell.hidden, value)


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


def _true_count(plan: ReleasePlan, request: Request, place: Place) -> int:
    atoms = request.block.has_level(place.variable, [place.level])
    regions = plan.universe.regions(place.group)
    return int(request.block.counts[np.ix_(atoms, regions)].sum())


def _tables(plan: ReleasePlan) -> dict[str, list[str]]:
    return {table: printed_columns(plan.study, table) for table in plan.study.tables}


def other_cells(name: str, results: Results) -> Iterator[Recorded]:
    """Everything else in released results: one cell for each row."""
    for _, place, row in placed_rows(name, results):
        shown = row["status"] != "suppressed"
        yield Recorded(place, results.about.kind, shown, _numbers(row, results) if shown else None)


def placed_rows(name: str, results: Results) -> Iterator[tuple[int, Place, Record]]:
    """Rows that no plan decides, each with its number (from 0) and its place in the ledger."""
    kind = results.about.kind
    keys = sorted(names_of(kind) - NO_KEYS)
    seen: Counter[Place] = Counter()
    for number, row in enumerate(results.to_dict("records")):
        if kind == "summaries" and row["statistic"] in COUNTED:
            continue
        level = "; ".join(str(row[key]) for key in keys if row[key])
        place = Place(name, str(row.get("variable", "")), level, str(row.get("group", "")))
        seen[place] += 1
        if seen[place] > 1:
            place = place._replace(level=f"{level} ({seen[place]})")
        yield number, place, row


def _numbers(row: Record, results: Results) -> str:
    """The numbers of a row as one text."""
    names = names_of(results.about.kind)
    numbers = {key: row[key] for key in row if key not in names and key != "timepoint"}
    return "; ".join(f"{key} {_number(said)}" for key, said in numbers.items() if _is_said(said))


def _is_said(said: Any) -> bool:  # a cell of a record
    try:
        return said is not None and not isnan(said)
    except TypeError:
        return False  # pandas' NA


def _number(said: Any) -> str:  # a cell of a record
    return f"{float(said):.12g}"


# ---- what earlier releases decide


def after_ledger(plan: ReleasePlan, ledger: Ledger) -> ReleasePlan:
    """The plan with all that earlier releases decided: what was hidden stays hidden, what was shown
    stays shown, each variable in its form.

    Raises DisclosureError where the study gives a variable another form than it had: a reader would
    hold both.
    """
    hidden = hidden_before(ledger, plan.study.name)
    forms = _forms_before(plan, ledger)
    if not hidden:
        return plan
    changed = {
        name: forms[name]
        for request in plan.requests
        for name, form in request.forms.items()
        if forms.get(name, form) != form
    }
    if changed:
        raise DisclosureError(
            "A variable was released in another form before; who holds both could work it out.",
            [f"{name} was released as {form}" for name, form in changed.items()],
            f"Set them back in study.yaml, under disclosure, forms: {changed}",
        )
    requests = tuple(_decided(request, plan, hidden, forms) for request in plan.requests)
    return replace(plan, requests=requests)


def _decided(
    request: Request,
    plan: ReleasePlan,
    hidden: Mapping[Place, bool],
    forms: Mapping[str, Any],  # Any: a form, as the ledger has it
) -> Request:
    earlier: dict[Cell, bool] = {}
    for place, was_hidden in hidden.items():
        if place.variable in request.variables and place.table in plan.study.tables:
            cell = Cell(place.variable, place.level, place.group)
            earlier[cell] = earlier.get(cell, False) or was_hidden
    vetoed = dict.fromkeys(request.withheld, True)
    own = {name: form for name, form in forms.items() if name in request.variables}
    return replace(request, earlier={**earlier, **vetoed}, forms={**own, **request.forms})


def _forms_before(plan: ReleasePlan, ledger: Ledger) -> dict[str, str]:
    forms: dict[str, str] = {}
    for entry in ledger.entries():
        if entry.content.study == plan.study.name:
            forms |= {
                cell.place.variable: cell.form
                for cell in entry.content.cells
                if cell.place.table in plan.study.tables
                and cell.form in ("counts", "share_of_all", "percent", "withheld")
            }
    return forms
