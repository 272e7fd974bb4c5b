"""What a study plans to release, as disclosure control needs it: its policy, its groups and
regions, and its variables by blocks, from the joint counts that notebook 01 saved.

Everything that the study declares is planned at once, also when only some of it is written, so that
a table written later finds its cells decided.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mothers_margins.disclosure.order import in_order, universe_in_order
from mothers_margins.disclosure.policy import Policy, PolicyError, Veto, preset
from mothers_margins.disclosure.printed import Cell, Form, Variable
from mothers_margins.disclosure.request import Request
from mothers_margins.disclosure.universe import Block, Universe, says_groups
from mothers_margins.errors import DisclosureError
from mothers_margins.results.results import Results, checked
from mothers_margins.study.conditions import Group
from mothers_margins.study.study import Study
from mothers_margins.study.study_file import Disclosure

KNOWN = "known"  # the level of a number whose value is known
PAIR = ("Yes", "No")
FIRST_TIMEPOINT = 1


@dataclass(frozen=True, eq=False)
class ReleasePlan:
    """What is protected jointly.

    requests: one for each block of variables. merged: by variable, what stands for it in what is
    released.
    """

    study: Study
    policy: Policy
    universe: Universe
    requests: tuple[Request, ...]
    merged: Mapping[str, str]

    def released(self, variable: str) -> str:
        """The variable that stands for another one in what is released, or itself."""
        return self.merged.get(variable, variable)


def release_plan(joint: Results) -> ReleasePlan:
    """The plan of a study from its joint counts.

    Raises DisclosureError, with the lines to add, where the study says no policy or leaves out what
    has no default; UsageError for anything but joint counts.
    """
    study = checked(joint, "release", "joint_counts").study
    policy = policy_of(study)
    frame = pd.DataFrame(joint)
    universe = _universe(study, frame[frame["part"] == "region"])
    declared = study.file.disclosure or Disclosure(policy="threshold_10", decided_by="", reason="")
    columns = _columns(study, declared)
    requests = []
    for block in _blocks(frame, len(universe.sizes)):
        variables = {
            name: variable_in(study, block, universe, name, columns[name])
            for name in block.variables
            if name in columns
        }
        if variables:
            requests.append(in_order(_request(block, universe, variables, declared)))
    return ReleasePlan(
        study, policy, universe_in_order(universe), tuple(requests), study.standing_in("release")
    )


def policy_of(study: Study) -> Policy:
    """The policy that a study names. Raises DisclosureError with all that it leaves out and the
    lines to add.
    """
    declared = study.file.disclosure
    try:
        if declared is None:
            return preset("threshold_10")  # which says what is missing
        order = tuple(name for tables in declared.precedence for name in tables)
        return preset(
            declared.policy,
            not_known=declared.not_known or "",
            follow_up=declared.follow_up or "",
            precedence=order,
            author=declared.decided_by,
            reason=declared.reason,
        )
    except PolicyError as error:
        raise DisclosureError(
            f"Study {study.name} does not say all that a release needs; nothing was released.",
            error.problems,
            f"Add to data_dictionary/{study.name}/study.yaml, under disclosure:\n{error.lines}",
        ) from None


def _request(
    block: Block, universe: Universe, variables: Mapping[str, Variable], declared: Disclosure
) -> Request:
    forms: dict[str, Form] = {
        name: form for name, form in declared.forms.items() if name in variables
    }
    return Request(
        block,
        universe,
        variables,
        forms,
        withheld=frozenset(_withheld(variables, declared)),
        # whoever knew the size of every region would know such a variable whole
        membership=any(says_groups(block, name) for name in variables),
    )


def _withheld(variables: Mapping[str, Variable], declared: Disclosure) -> Iterator[Cell]:
    """Cells that a person holds back, of all tables that print them: one number is one cell."""
    vetoes = [
        Veto(
            table=veto.table,
            variable=veto.variable,
            level=veto.level,
            group=veto.group,
            who=veto.who,
            when=veto.when,
            why=veto.why,
        )
        for veto in declared.withhold
    ]
    for variable in variables.values():
        for group in variable.columns:
            for level in variable.levels or ("",):
                if any(veto.covers(veto.table, variable.name, level, group) for veto in vetoes):
                    yield Cell(variable.name, level, group)


# ---- groups and regions


def _universe(study: Study, rows: pd.DataFrame) -> Universe:
    names = tuple(name for name in rows["group"].unique() if name)
    regions = int(rows["region"].max()) + 1
    inside = np.zeros((len(names), regions), dtype=bool)
    sizes = np.zeros(regions, dtype=np.int64)
    for region, group, size in zip(rows["region"], rows["group"], rows["n"], strict=True):
        sizes[int(region)] = int(size)
        if group:
            inside[names.index(group), int(region)] = True
    timepoints = {}
    for name, group in study.printed_groups.items():
        timepoint = _timepoint(study, group)
        if timepoint is not None:
            timepoints[name] = timepoint
    return Universe(names, inside, sizes, timepoints)


def _timepoint(study: Study, group: Group) -> int | None:
    """When it is known who belongs to a group: the last timepoint of what its condition asks; of
    everybody, from the first on.
    """
    if not group.where:
        return FIRST_TIMEPOINT
    asked = [study.timepoint(name) for name in group.where]
    known = [timepoint for timepoint in asked if isinstance(timepoint, int)]
    return max(known, default=None)


# ---- blocks and variables


def _blocks(frame: pd.DataFrame, regions: int) -> Iterator[Block]:
    of_blocks = frame[frame["block"] != ""]
    for name, rows in of_blocks.groupby("block", sort=False):
        atoms = rows[rows["part"] == "atom"]
        variables = tuple(str(variable) for variable in atoms["variable"].unique())
        wide = atoms.pivot(index="atom", columns="variable", values="level")
        levels = wide[list(variables)].to_numpy().astype(str)
        counts = np.zeros((len(levels), regions), dtype=np.int64)
        possible = np.ones((len(levels), regions), dtype=bool)
        cells = rows[rows["part"] == "count"]
        atom = cells["atom"].to_numpy(dtype=int)
        region = cells["region"].to_numpy(dtype=int)
        counts[atom, region] = cells["n"].to_numpy(dtype=int)
        possible[atom, region] = (cells["status"] != "structural_zero").to_numpy()
        yield Block(str(name), variables, levels, counts, possible)


def _columns(study: Study, declared: Disclosure) -> dict[str, dict[str, int]]:
    """By variable as it is released: the groups it is printed in, each with the place of its table
    in the order of precedence.
    """
    place_of = {name: place for place, tables in enumerate(declared.precedence) for name in tables}
    in_place = study.standing_in("release")
    columns: dict[str, dict[str, int]] = {}
    for table, plan in study.tables.items():
        place = place_of.get(table, len(declared.precedence))
        for variable in plan.variables:
            own = columns.setdefault(in_place.get(variable, variable), {})
            for group in printed_columns(study, table):
                own[group] = min(place, own.get(group, place))
    return columns


def printed_columns(study: Study, table: str) -> list[str]:
    """The groups that are columns of a table: those of its plan, or, where it is made once for each
    outcome, those of the outcomes.
    """
    groups = [*study.columns_of(table)]
    of_outcomes = [name for name in groups if name not in study.plan(table).groups]
    return of_outcomes or groups


def variable_in(
    study: Study, block: Block, universe: Universe, name: str, columns: Mapping[str, int]
) -> Variable:
    """A variable of a block as it is printed in some columns."""
    found = {str(level) for level in block.levels[:, block.variables.index(name)]}
    levels = tuple(level for level in study.levels(name) if level in found)
    if {*levels} == {*PAIR}:
        levels = PAIR
    if KNOWN in found and not levels:
        levels = ()
    zeros = [
        (level, group)
        for group in columns
        for level in levels
        if _is_zero(study, block, universe, Cell(name, level, group))
    ]
    return Variable(name, levels, columns, frozenset(zeros))


def _is_zero(study: Study, block: Block, universe: Universe, cell: Cell) -> bool:
    """Whether a cell is nought by definition: declared, or nobody of the group can be there."""
    if study.structural_zero(cell.variable, cell.level, cell.group):
        return True
    atoms = block.has_level(cell.variable, [cell.level])
    return not block.possible[np.ix_(atoms, universe.regions(cell.group))].any()
