"""What says who is in which group, beside other blocks: by writing down every size of every region
and every table, and by adding up what the demo prints.
"""

from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from benchmarks import disclosure_requests
from mothers_margins.disclosure import across_blocks
from mothers_margins.disclosure.across_blocks import Across, Beside, beside_each_other
from mothers_margins.disclosure.joint_tables import joint_table
from mothers_margins.disclosure.printed import Cell, Variable
from mothers_margins.disclosure.problem import NotProtectableError, Target
from mothers_margins.disclosure.protect import protect
from mothers_margins.disclosure.request import Protected, Request
from mothers_margins.disclosure.universe import Array, System, Universe, says_groups
from tests.disclosure import small_blocks

POLICY = small_blocks.policy(threshold=5, not_known="shown")
LEVELS = ("Yes", "No")
INSIDE = {"all": [0, 1, 2, 3], "a": [0, 1], "b": [0, 2]}  # both, a alone, b alone, neither


def says_a(sizes: list[int]) -> Request:
    """Whether somebody is in group a, printed for everybody and in group b."""
    universe = small_blocks.universe_of(INSIDE, sizes)
    possible = [[True, True, False, False], [False, False, True, True]]
    counts = np.where(possible, sizes, 0)
    block = small_blocks.block_of({"in_a": LEVELS}, counts, possible)
    variable = Variable("in_a", LEVELS, {"all": 0, "b": 0})
    forms = {"in_a": "counts"}
    return Request(block, universe, {"in_a": variable}, forms, membership=True)


def other(sizes: list[int], yes: list[int]) -> Request:
    """Another variable of the same participants, printed in all groups. yes: by region."""
    universe = small_blocks.universe_of(INSIDE, sizes)
    counts = [yes, (np.array(sizes) - yes).tolist()]
    block = small_blocks.block_of({"partner": LEVELS}, counts)
    return small_blocks.request_of(block, universe, forms={"partner": "counts"})


def printing(request: Request, hidden: list[bool] | None = None) -> Protected:
    """The block printing certain cells, whatever a policy would say; all of them if not told."""
    first = protect(request, small_blocks.policy(threshold=3, not_known="shown"))
    pattern = np.zeros(len(first.cells)) if hidden is None else np.array(hidden)
    cells = {
        cell: replace(decided, hidden=bool(is_hidden))
        for (cell, decided), is_hidden in zip(first.cells.items(), pattern, strict=True)
    }
    return replace(first, hidden=pattern.astype(bool), cells=cells)


def every_size(universe: Universe) -> Iterator[Array]:
    """Every size of every region with the sizes of the printed groups."""
    total = int(universe.sizes.sum())
    for sizes in small_blocks._compositions(total, len(universe.sizes)):
        if (universe.inside @ np.array(sizes) == universe.inside @ universe.sizes).all():
            yield np.array(sizes)


def of_sizes(request: Request, sizes: Array) -> Iterator[Array]:
    """Every joint table of a block with some sizes of regions."""
    yield from small_blocks.every_table(request.block, replace(request.universe, sizes=sizes))


def prints_the_same(request: Request, protected: Protected, table: Array) -> bool:
    own = small_blocks.printed(protected, request, request.block.counts)
    return small_blocks.printed(protected, request, table) == own


def values(
    own: Request, protected: Protected, beside: Request, by: Protected, cell: Cell
) -> set[int]:
    """What a sum of one block can be, all that both print being known."""
    found = set()
    for sizes in every_size(own.universe):
        if not any(prints_the_same(beside, by, table) for table in of_sizes(beside, sizes)):
            continue
        for table in of_sizes(own, sizes):
            if prints_the_same(own, protected, table):
                of = own.block, own.universe, table
                found.add(small_blocks.count(*of, cell.variable, cell.level, cell.group))
    return found


# ---- by writing everything down


@pytest.mark.parametrize("seed", range(60))
def test_what_is_borne_out_is_what_both_blocks_allow(seed):
    """Neither more nor fewer values than there are tables for, with cells hidden at random."""
    random = np.random.default_rng(seed)
    sizes = random.integers(1, 4, size=4).tolist()
    yes = [int(random.integers(0, size + 1)) for size in sizes]
    own, beside = says_a(sizes), other(sizes, yes)
    by = printing(beside, (random.random(6) < 0.5).tolist())
    protected = printing_own(own, random)
    across = Across(protected, [by])
    for level in LEVELS:
        cell = Cell("in_a", level, "b")
        weights = protected.system.weights("in_a", [level], own.universe.regions("b"))
        reached = values(own, protected, beside, by, cell)
        for wanted in (2, 3, 20):
            found = across.witnesses(Target(weights, wanted, ("in_a", level, "b")))
            assert len(found) == min(wanted, len(reached))
            assert {int(weights @ table) for table in found} <= reached


def printing_own(request: Request, random: np.random.Generator) -> Protected:
    """The block of membership with one of its patterns, safe or not."""
    system = protect(request, POLICY)
    hidden = random.random(len(system.cells)) < 0.7
    cells = {
        cell: replace(decided, hidden=bool(is_hidden))
        for (cell, decided), is_hidden in zip(system.cells.items(), hidden, strict=True)
    }
    return replace(system, hidden=hidden, cells=cells)


# Everybody in a has a partner and nobody else has: how many of b have one says how many are in a.
SIZES, YES = [3, 9, 12, 14], [3, 9, 0, 0]


def test_what_another_block_gives_away_is_withheld():
    """Three of b are in a: hidden, and safe as far as its own block goes. Beside the planted block
    it is worked out, whatever of its own block is hidden, so that this is refused by name.
    """
    own, beside = says_a(SIZES), other(SIZES, YES)
    protected, by = protect(own, POLICY), printing(beside)
    assert protected.cells[Cell("in_a", "Yes", "b")].hidden
    small = says_a([3, 4, 3, 2]), other([3, 4, 3, 2], [3, 4, 0, 0])
    alone = protect(small[0], POLICY)
    nothing = printing(small[1], [True] * 6)
    cell = Cell("in_a", "Yes", "b")
    assert len(values(small[0], alone, small[1], nothing, cell)) >= 3
    assert values(small[0], alone, small[1], printing(small[1]), cell) == {3}

    together = beside_each_other([(own, protected), (beside, by)], POLICY)
    assert [request.block.name for request, _ in together.blocks] == ["partner"]
    assert together.refused["in_a"][0] == "in_a"


def test_the_attack_sees_that_other_blocks_are_not_asked(monkeypatch):
    """Without them the block is shown, and the sum is worked out from both together."""
    own, beside = says_a([3, 4, 3, 2]), other([3, 4, 3, 2], [3, 4, 0, 0])
    protected, by = protect(own, POLICY), printing(beside)
    pairs = [(own, protected), (beside, by)]
    assert own.block.name in beside_each_other(pairs, POLICY).refused
    monkeypatch.setattr(across_blocks, "not_borne_out", lambda *_: [])
    together = beside_each_other(pairs, POLICY)
    assert together.blocks == tuple(pairs)
    assert values(own, protected, beside, by, Cell("in_a", "Yes", "b")) == {3}


def test_a_block_that_says_little_beside_it_changes_nothing():
    own, beside = says_a(SIZES), other(SIZES, [1, 5, 5, 6])
    pairs = [(own, protect(own, POLICY)), (beside, protect(beside, POLICY))]
    together = beside_each_other(pairs, POLICY)
    assert together.refused == {}
    assert together.blocks == tuple(pairs)


def test_only_the_variable_that_is_not_borne_out_is_withheld(monkeypatch):
    """Two variables, one of which the other block is made to give away as long as it is printed."""
    own = says_a([3, 9, 12, 14])
    block = small_blocks.block_of(
        {"in_a": LEVELS, "in_a_too": LEVELS}, own.block.counts, own.block.possible
    )
    variables = {
        name: Variable(name, LEVELS, own.variables["in_a"].columns) for name in block.variables
    }
    forms = dict.fromkeys(variables, "counts")
    request = replace(own, block=block, variables=variables, forms=forms)
    protected = protect(request, POLICY)

    def failing(one: Protected, others: object) -> list[tuple[str, ...]]:
        return [("in_a", "Yes", "b")] if one.forms["in_a"] != "withheld" else []

    monkeypatch.setattr(across_blocks, "not_borne_out", failing)
    together = beside_each_other([(request, protected)], POLICY)
    [(_, after)] = together.blocks
    assert after.forms == {"in_a": "withheld", "in_a_too": "counts"}
    shown_before = replace(request, earlier={Cell("in_a", "Yes", "all"): False})
    together = beside_each_other([(shown_before, protected)], POLICY)
    assert together.blocks == ()


def test_a_block_whose_regions_are_known_is_never_asked():
    own, beside = says_a(SIZES), other(SIZES, YES)
    pairs = [(beside, printing(beside)), (replace(own, membership=False), protect(own, POLICY))]
    assert beside_each_other(pairs, POLICY).blocks == tuple(pairs)


# ---- the demo


NEAR = ("age_years", "admissions_2y", "relationship", "infant_sex", "canm_01")


@pytest.fixture(scope="module")
def of_demo() -> list[tuple[Request, Protected]]:
    """The blocks that say who is in which group, and some others, small and large."""
    policy = disclosure_requests.rule_of_ten()
    chosen = [
        request
        for request in disclosure_requests.esmi()
        if request.membership or request.block.name in NEAR
    ]
    return [(request, protect(request, policy)) for request in chosen]


def expanded(system: System, table: Array, sizes: Array) -> Array:
    """The joint table of a table whose regions have other sizes."""
    system = copy(system)
    system.universe = replace(system.universe, sizes=sizes)
    return joint_table(system, table)


def test_on_the_demo_every_block_bears_out_every_witness(of_demo):
    """By adding up joint tables: with one size of every region, each block prints what it does."""
    number = 0
    for request, protected in of_demo:
        if not request.membership:
            continue
        others = [pair for pair in of_demo if pair[0] is not request]
        across = Across(protected, [one for _, one in others])
        assert protected.problem.targets
        for target in protected.problem.targets:
            found = across.witnesses(target)
            assert len({int(target.weights @ table) for table in found}) >= target.values
            for table in found:
                number += 1
                whole = joint_table(protected.system, table)
                sizes = whole.sum(axis=0)
                assert (sizes == across.sizes(table)).all()
                assert prints_the_same(request, protected, whole)
                for (own, by), own_table in zip(others, across.beside(table), strict=True):
                    counted = expanded(by.system, own_table, sizes)
                    assert (counted >= 0).all()
                    assert not counted[~own.block.possible].any()
                    assert (counted.sum(axis=0) == sizes).all()
                    assert prints_the_same(own, by, counted)
    assert number >= 9


def test_the_variables_that_follow_from_groups_are_those_that_say_them(of_demo):
    says = {
        name
        for request, _ in of_demo
        for name in request.variables
        if says_groups(request.block, name)
    }
    assert says == {"involvement_course", "involved_t1", "custody_t2"}


def test_a_table_of_other_sizes_is_checked_by_adding_up(of_demo, monkeypatch):
    """A solver that returns the true table for every size is not believed."""
    [(_, protected)] = [pair for pair in of_demo if pair[0].block.name == "age_years"]
    beside = Beside(protected)
    sizes = protected.system.universe.sizes.copy()
    assert beside.table(sizes) is beside.truth
    for one, following in pairwise(np.flatnonzero(sizes)):
        moved = sizes.copy()
        moved[one] -= 1
        moved[following] += 1
        table = beside.table(moved)
        assert table is None or beside.is_table(moved, table)
    monkeypatch.setattr(
        across_blocks.NearestTables, "with_totals", lambda self, *_: self._start.astype(float)
    )
    moved = sizes.copy()
    moved[[1, 2]] += [-1, 1]
    fresh = Beside(protected)
    assert (fresh.regions @ (moved - sizes)).any()
    assert fresh.table(moved) is None


def test_a_variable_that_the_regions_say_cannot_be_shown_to_who_knows_their_sizes():
    """Why `membership` takes the sizes of groups only."""
    with pytest.raises(NotProtectableError):
        protect(replace(says_a(SIZES), membership=False), POLICY)
