"""T5: no order of anything changes what is hidden: of the rows of the counts (joint levels and
regions), of variables, of groups, of levels.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

import mothers_margins as mm
from benchmarks import disclosure_requests
from mothers_margins.disclosure import given_forms
from mothers_margins.disclosure.order import in_order, universe_in_order
from mothers_margins.disclosure.printed import Cell, Form
from mothers_margins.disclosure.problem import NotProtectableError
from mothers_margins.disclosure.protect import protect
from mothers_margins.disclosure.request import Request
from mothers_margins.disclosure.universe import Universe
from mothers_margins.release.plan import release_plan
from tests.disclosure import small_blocks

OF_DEMO = (
    "age_years",
    "relationship",
    "learning_difficulties",
    "service_type",
    "canm_01",
    "canm_13",
    "custody_t2",
)
Pattern = tuple[Mapping[str, Form], Mapping[Cell, bool]]


def turned(request: Request, random: np.random.Generator, levels_too: bool = False) -> Request:
    """The same request with everything in another order. levels_too: also as they are printed."""
    block, universe = request.block, request.universe
    atoms = random.permutation(len(block.levels))
    regions = random.permutation(len(universe.sizes))
    groups = random.permutation(len(universe.groups))
    places = random.permutation(len(block.variables))
    other = Universe(
        tuple(universe.groups[place] for place in groups),
        universe.inside[np.ix_(groups, regions)],
        universe.sizes[regions],
        dict(reversed(universe.timepoints.items())),
    )
    names = random.permutation(list(request.variables)).tolist()
    variables = {}
    for name in names:
        own = request.variables[name]
        columns = random.permutation(list(own.columns)).tolist()
        printed = tuple(random.permutation(own.levels).tolist()) if levels_too else own.levels
        by_column = {group: own.columns[group] for group in columns}
        variables[name] = replace(own, levels=printed, columns=by_column)
    return replace(
        request,
        block=replace(
            block,
            variables=tuple(block.variables[place] for place in places),
            levels=block.levels[np.ix_(atoms, places)],
            counts=block.counts[np.ix_(atoms, regions)],
            possible=block.possible[np.ix_(atoms, regions)],
        ),
        universe=other,
        variables=variables,
    )


def pattern(request: Request, policy: object) -> Pattern | tuple[str, ...]:
    """Forms, and whether each cell is hidden; or the sum that is refused."""
    try:
        protected = protect(request, policy)
    except NotProtectableError:
        return ("refused",)
    return protected.forms, {cell: one.hidden for cell, one in protected.cells.items()}


def same(one: Request, other: Request) -> bool:
    """Whether two requests lay out the same question."""
    arrays = [
        (one.block.levels, other.block.levels),
        (one.block.counts, other.block.counts),
        (one.block.possible, other.block.possible),
        (one.universe.inside, other.universe.inside),
        (one.universe.sizes, other.universe.sizes),
    ]
    rest = [
        (list(asked.variables.items()), asked.block.variables, asked.universe.groups, asked.forms)
        for asked in (one, other)
    ]
    columns = [
        [list(variable.columns) for variable in asked.variables.values()] for asked in (one, other)
    ]
    is_same = all(np.array_equal(*pair) for pair in arrays)
    return is_same and rest[0] == rest[1] and columns[0] == columns[1]


def test_every_block_of_the_demo_is_laid_out_in_one_order():
    random = np.random.default_rng(5)
    for request in disclosure_requests.esmi():
        other = turned(request, random)
        assert not same(other, request)
        assert same(in_order(other), request)
        universe = universe_in_order(other.universe)
        assert universe.groups == request.universe.groups
        assert (universe.inside == request.universe.inside).all()
        assert (universe.sizes == request.universe.sizes).all()


def test_the_order_of_participants_changes_no_question(demo):
    """Rows of the cohort in another order: the plan lays out the same."""
    rows = np.random.default_rng(3).permutation(len(demo.data))
    shuffled = replace(demo, data=demo.data.iloc[rows], reasons=demo.reasons.iloc[rows])
    plans = [release_plan(mm.joint_counts(one)) for one in (demo, shuffled)]
    for one, other in zip(*(plan.requests for plan in plans), strict=True):
        assert same(one, other)


@pytest.mark.parametrize("name", OF_DEMO)
def test_no_order_changes_what_is_hidden_of_the_demo(name):
    """By protect() alone, which is asked in another order."""
    [request] = [one for one in disclosure_requests.esmi() if one.block.name == name]
    policy = disclosure_requests.rule_of_ten()
    assert pattern(turned(request, np.random.default_rng(5)), policy) == pattern(request, policy)


def two_variables(seed: int) -> Request:
    """A variable and one that puts two of its levels together, in all columns."""
    random = np.random.default_rng(seed)
    universe = small_blocks.random_universe(random, regions=4, most=30)
    block = small_blocks.random_block(random, universe, ("1", "2", "3", "4", ""))
    whole = small_blocks.block_of(
        {"kind": ["1", "2", "3", "4", ""], "broad": ["low", "low", "high", "high", ""]},
        block.counts.tolist(),
    )
    return small_blocks.request_of(whole, universe)


@pytest.mark.parametrize("form", ["counts", "share_of_all"])
@pytest.mark.parametrize("seed", range(12))
def test_no_order_changes_what_is_hidden_of_small_blocks(seed, form):
    """By protect() alone; in counts of more than two levels also these in another order."""
    request = two_variables(seed)
    names = ["kind"] if form == "counts" else [*request.variables]
    request = replace(
        request,
        block=request.block.margin(names),
        variables={name: request.variables[name] for name in names},
        forms=dict.fromkeys(names, form),
    )
    policy = small_blocks.policy(threshold=8, not_known="shown")
    random = np.random.default_rng(seed)
    expected = pattern(request, policy)
    for _ in range(3):
        other = turned(request, random, levels_too=form == "counts")
        assert pattern(other, policy) == expected


@pytest.mark.parametrize("seed", range(12))
def test_no_order_changes_what_is_hidden_of_joint_whole_numbers_in_100(seed):
    """By protect() alone: where witnesses are hardest to find, of variables made from each other
    and of the same place in the order of tables.
    """
    request = two_variables(seed)
    request = replace(request, forms=dict.fromkeys(request.variables, "percent"))
    policy = small_blocks.policy(threshold=8, not_known="shown")
    expected = pattern(request, policy)
    random = np.random.default_rng(seed)
    for _ in range(3):
        assert pattern(turned(request, random), policy) == expected


def test_without_the_names_that_decide_an_order_does(monkeypatch):
    """The planted mistake: of patterns that cost the same, whichever the solver meets first."""
    monkeypatch.setattr(given_forms, "tie", lambda _: 0.0)
    policy = small_blocks.policy(threshold=8, not_known="shown")
    differing = 0
    for seed in range(12):
        request = two_variables(seed)
        block = request.block.margin(["kind"])
        request = replace(
            request,
            block=block,
            variables={"kind": request.variables["kind"]},
            forms={"kind": "counts"},
        )
        other = turned(request, np.random.default_rng(seed), levels_too=True)
        differing += pattern(request, policy) != pattern(other, policy)
    assert differing
