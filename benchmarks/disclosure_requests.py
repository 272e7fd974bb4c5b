"""Requests for the door, for benchmarks and tests: blocks of ESMI's demo, and of the published
Table 1.
"""

from collections.abc import Iterator
from functools import cache

import numpy as np
import pandas as pd

import mothers_margins as mm
from mothers_margins.disclosure.order import in_order
from mothers_margins.disclosure.policy import Policy, preset
from mothers_margins.disclosure.printed import Variable
from mothers_margins.disclosure.request import Request
from mothers_margins.disclosure.universe import (
    NOT_CONCERNED,
    NOT_KNOWN,
    Block,
    Universe,
    says_groups,
)

NO_LEVEL = (NOT_KNOWN, NOT_CONCERNED)


def rule_of_ten(*, not_known: str = "protected", follow_up: str = "shown") -> Policy:
    """The preset that ESMI ships."""
    return preset(
        "threshold_10",
        not_known=not_known,
        follow_up=follow_up,
        precedence=("characteristics",),
        author="the project",
        reason="10 is the rule of the UK Longitudinal Linkage Collaboration",
    )


# ---- ESMI, from every joint count of the demo


@cache
def esmi() -> tuple[Request, ...]:
    """Every block that the declared tables of ESMI print, merges applied."""
    cohort = mm.derive(mm.demo_cohort("esmi"))
    return tuple(requests(cohort.study, pd.DataFrame(mm.joint_counts(cohort))))


def requests(study: mm.Study, joint: pd.DataFrame) -> Iterator[Request]:
    """One request for each block with a printed variable."""
    universe = _universe(joint[joint["part"] == "region"])
    columns = _columns(study)
    for name, rows in joint[joint["block"] != ""].groupby("block", sort=False):
        block = _block(str(name), rows, len(universe.sizes))
        variables = {
            variable: _variable(block, universe, variable, columns[variable])
            for variable in block.variables
            if variable in columns
        }
        if variables:
            says = any(says_groups(block, variable) for variable in variables)
            yield in_order(Request(block, universe, variables, membership=says))


def _universe(rows: pd.DataFrame) -> Universe:
    regions = rows["region"].astype(int)
    groups = [group for group in dict.fromkeys(rows["group"]) if group]
    inside = np.zeros((len(groups), int(regions.max()) + 1), dtype=bool)
    sizes = np.zeros(inside.shape[1], dtype=np.int64)
    for region, group, n in zip(regions, rows["group"], rows["n"].astype(int), strict=True):
        sizes[region] = n
        if group:
            inside[groups.index(group), region] = True
    return Universe(tuple(groups), inside, sizes, {group: _timepoint(group) for group in groups})


def _timepoint(group: str) -> int:
    """When it is known who is in a group: of an outcome's contrasts, when the outcome is."""
    outcome = group.split(":")[0]
    return 1 if outcome.endswith("_t1") or outcome == "everyone" else 2


def _columns(study: mm.Study) -> dict[str, dict[str, int]]:
    """Of each printed variable its groups, each with the place of its table in the precedence."""
    tier_of = {
        table: place
        for place, tables in enumerate(study.file.disclosure.precedence)
        for table in tables
    }
    columns: dict[str, dict[str, int]] = {}
    for table, plan in study.tables.items():
        for printed in plan.variables:
            own = columns.setdefault(study.standing_in("release").get(printed, printed), {})
            for group in study.columns_of(table):
                own[group] = min(own.get(group, tier_of[table]), tier_of[table])
    return columns


def _block(name: str, rows: pd.DataFrame, regions: int) -> Block:
    atoms = rows[rows["part"] == "atom"]
    variables = list(dict.fromkeys(atoms["variable"]))
    wide = atoms.pivot(index="atom", columns="variable", values="level")
    levels = wide.sort_index(key=lambda index: index.astype(int))[variables]
    counts = np.zeros((len(levels), regions), dtype=np.int64)
    possible = np.ones(counts.shape, dtype=bool)
    for row in rows[rows["part"] == "count"].itertuples():
        place = int(row.atom), int(row.region)
        counts[place] = int(row.n)
        possible[place] = row.status != "structural_zero"
    return Block(name, tuple(variables), levels.to_numpy().astype(str), counts, possible)


def _variable(block: Block, universe: Universe, name: str, columns: dict[str, int]) -> Variable:
    own = dict.fromkeys(block.levels[:, block.variables.index(name)].tolist())
    levels = [level for level in own if level not in NO_LEVEL]
    if levels == ["known"]:
        return Variable(name, (), columns)
    if {*levels} == {"Yes", "No"}:
        levels = ["Yes", "No"]
    zeros = frozenset(
        (level, group)
        for level in levels
        for group in columns
        if not block.possible[np.ix_(block.has_level(name, [level]), universe.regions(group))].any()
    )
    return Variable(name, tuple(levels), columns, zeros)


# ---- Table 1 of 2019: everybody, two groups inside that do not overlap


@cache
def table_1() -> tuple[Request, ...]:
    """Every variable of the published Table 1, by counts: A is all 52, B (11) and C (7) inside."""
    study = mm.read_study("hscc_2019")
    path = study.folder / "published_table_1.csv"
    rows = pd.read_csv(path, keep_default_na=False)
    sizes = {str(row.group): int(row.value) for row in rows[rows["variable"] == "n"].itertuples()}
    everybody = sizes["wider"]
    inside = np.array([[True, True, True], [True, False, False], [False, True, False]])
    by_region = [sizes["hssi"], sizes["lssi"], everybody - sizes["hssi"] - sizes["lssi"]]
    universe = Universe(("wider", "hssi", "lssi"), inside, np.array(by_region), {})
    counts = rows[(rows["statistic"] == "n") & (rows["variable"] != "n")]
    several = counts["variable"] == "services_used"  # each answer is a yes or no of its own
    names = counts["variable"].where(~several, counts["variable"] + ": " + counts["level"])
    return tuple(
        _published(str(name), own, universe) for name, own in counts.groupby(names, sort=False)
    )


def _published(name: str, rows: pd.DataFrame, universe: Universe) -> Request:
    wide = rows.pivot(index="level", columns="group", values="value").astype(int)
    wide = wide.loc[list(dict.fromkeys(rows["level"]))]
    rest = wide["wider"] - wide["hssi"] - wide["lssi"]
    counts = np.column_stack([wide["hssi"], wide["lssi"], rest])
    levels = [str(level) for level in wide.index]
    missing = universe.sizes - counts.sum(axis=0)
    if missing.any():
        counts, levels = np.vstack([counts, missing]), [*levels, "No"]
    block = Block(name, (name,), np.array([levels]).T, counts, np.ones(counts.shape, dtype=bool))
    variable = Variable(name, tuple(levels), dict.fromkeys(universe.groups, 0))
    return Request(block, universe, {name: variable}, forms={name: "counts"})
