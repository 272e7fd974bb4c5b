"""Tables in parts say just what the table of all joint levels says: all are written down."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from mothers_margins.disclosure import joint_levels
from mothers_margins.disclosure.joint_tables import NotJoinedError, in_order, joint_table
from mothers_margins.disclosure.universe import Block, System, Universe
from tests.disclosure import small_blocks

EVERYBODY = {"everybody": [0, 1, 2], "group": [0], "other": [1, 2]}


def chain(random: np.random.Generator, is_whole: bool) -> tuple[Block, Universe]:
    """Three variables that hang together as a chain: a with b, b with c, all that these allow;
    or with some joint levels that cannot be.
    """
    pairs_ab = [("1", "1"), ("2", "1"), ("1", "2")]
    pairs_bc = [("1", "1"), ("1", "2"), ("2", "1")]
    atoms = [(a, b, c) for (a, b), (own, c) in product(pairs_ab, pairs_bc) if b == own]
    sizes = random.integers(1, 3, size=3)
    counts = np.array(
        [random.multinomial(size, np.full(len(atoms), 1 / len(atoms))) for size in sizes]
    ).T
    possible = np.ones(counts.shape, dtype=bool)
    if not is_whole:
        possible = (random.random(counts.shape) < 0.6) | (counts > 0)
    levels = {name: [atom[place] for atom in atoms] for place, name in enumerate("abc")}
    return small_blocks.block_of(levels, counts, possible), small_blocks.universe_of(
        EVERYBODY, sizes
    )


def printed_margins(block: Block, of: Universe, fine: set[str]) -> list[tuple[str, str, str]]:
    """What can be printed: every level of a variable in the groups that it is laid out by."""
    margins = []
    for name in block.variables:
        groups = of.groups if name in fine else ("everybody",)
        own = dict.fromkeys(block.levels[:, block.variables.index(name)].tolist())
        margins += [(name, level, group) for level in own for group in groups]
    return margins


def by_enumeration(block: Block, of: Universe, margins) -> set[tuple[int, ...]]:
    """Every combination of printed margins that a joint table gives, added up independently."""
    return {
        tuple(small_blocks.count(block, of, table, *margin) for margin in margins)
        for table in small_blocks.every_table(block, of)
    }


def by_system(system: System, margins) -> set[tuple[int, ...]]:
    """The same from every table of a system: found by trying all numbers that its rows allow."""
    weights = np.array(
        [
            system.weights(name, [level], system.universe.regions(group))
            for name, level, group in margins
        ]
    )
    return {
        tuple((weights @ table).tolist()) for table in every_solution(system.known, system.totals)
    }


def every_solution(known: np.ndarray, totals: np.ndarray):
    """All tables of whole numbers, 0 and more, that add up: column by column, by hand."""
    columns = known.shape[1]
    most = int(np.abs(totals).max())

    def extended(table: list[int], left: np.ndarray):
        place = len(table)
        if place == columns:
            if not left.any():
                yield np.array(table)
            return
        rest = known[:, place:]
        low, high = np.minimum(rest, 0).sum(axis=1) * most, np.maximum(rest, 0).sum(axis=1) * most
        if ((left < low) | (left > high)).any():
            return
        for number in range(most + 1):
            yield from extended([*table, number], left - number * known[:, place])

    yield from extended([], totals)


@pytest.fixture
def everything_is_taken_apart(monkeypatch):
    """Parts however few the joint levels are."""
    monkeypatch.setattr(joint_levels, "ENOUGH", 2)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("fine", [(), ("a",), ("a", "c"), ("b",)], ids=str)
@pytest.mark.parametrize("is_whole", [True, False], ids=["whole", "with impossible"])
@pytest.mark.usefixtures("everything_is_taken_apart")
def test_parts_leave_an_attacker_what_the_joint_table_leaves(seed, fine, is_whole):
    block, of = chain(np.random.default_rng(seed), is_whole)
    system = System(block, of, fine, ["everybody"])
    margins = printed_margins(block, of, {*fine})
    assert by_system(system, margins) == by_enumeration(block, of, margins)


@pytest.mark.usefixtures("everything_is_taken_apart")
def test_a_forgotten_agreement_is_seen(monkeypatch):
    """The planted mistake: two parts that need not agree leave an attacker more than there is."""
    block, of = chain(np.random.default_rng(1), is_whole=True)
    monkeypatch.setattr(System, "_agreements", lambda *_: [])
    system = System(block, of, ("a",), ["everybody"])
    assert len(system.layers) > 1
    margins = printed_margins(block, of, {"a"})
    assert by_system(system, margins) > by_enumeration(block, of, margins)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("fine", [(), ("a",), ("a", "c")], ids=str)
@pytest.mark.usefixtures("everything_is_taken_apart")
def test_every_table_in_parts_belongs_to_a_joint_table(seed, fine):
    block, of = chain(np.random.default_rng(seed), is_whole=True)
    system = System(block, of, fine, ["everybody"])
    margins = printed_margins(block, of, {*fine})
    weights_of = {
        (name, level, group): system.weights(name, [level], of.regions(group))
        for name, level, group in margins
    }
    for table in every_solution(system.known, system.totals):
        joint = joint_table(system, table)
        assert (joint.sum(axis=0) == of.sizes).all()
        for (name, level, group), weights in weights_of.items():
            added_up = small_blocks.count(block, of, joint, name, level, group)
            assert added_up == weights @ table


@pytest.mark.usefixtures("everything_is_taken_apart")
def test_parts_that_do_not_agree_or_form_no_tree_have_no_joint_table():
    block, of = chain(np.random.default_rng(0), is_whole=True)
    system = System(block, of, (), ["everybody"])
    wrong = system.truth.copy()
    wrong[np.flatnonzero(wrong)[0]] -= 1
    with pytest.raises(NotJoinedError):
        joint_table(system, wrong)
    ring = [replace(system.layers[0], block=block.margin(names)) for names in ("ab", "bc", "ca")]
    with pytest.raises(NotJoinedError, match="no tree"):
        in_order(ring)


def test_regions_that_allow_different_joint_levels_stay_apart():
    """Of two regions of one group, nobody of the first can be `Yes` and nobody of the second `No`:
    laid out as one part, a table would say that both can.
    """
    of = small_blocks.universe_of({"everybody": [0, 1]}, [3, 4])
    counts = [[0, 4], [3, 0]]
    possible = [[False, True], [True, False]]
    block = small_blocks.block_of({"partner": ["Yes", "No"]}, counts, possible)
    system = System(block, of, (), ["everybody"])
    reached = by_system(system, [("partner", "Yes", "everybody")])
    assert reached == {(4,)} == by_enumeration(block, of, [("partner", "Yes", "everybody")])
