"""What is released of a block: witnesses that anybody can count, precedence, vetoes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import disclosure_requests
from benchmarks.disclosure_attacks import columns_of
from mothers_margins.disclosure import tiers, wanted
from mothers_margins.disclosure.audit import audit
from mothers_margins.disclosure.joint_tables import joint_table
from mothers_margins.disclosure.policy import Policy
from mothers_margins.disclosure.printed import Cell, Variable
from mothers_margins.disclosure.problem import NotProtectableError, Target
from mothers_margins.disclosure.protect import Alone, protect
from mothers_margins.disclosure.request import Protected, Request, again
from mothers_margins.disclosure.universe import Membership, Universe, is_membership
from tests.disclosure import small_blocks

LIGHT = ("age_years", "admissions_2y", "infant_sex", "service_type", "relationship", "custody_t2")


@pytest.fixture(scope="module")
def of_demo() -> dict[str, Request]:
    return {request.block.name: request for request in disclosure_requests.esmi()}


def protected_count(request: Request, table: np.ndarray, target: Target) -> int:
    """A target's count, by its name alone: (variable, level, group or `larger without smaller`)."""
    variable, level, group = target.name
    if level == "last_and_not_known":
        levels = [request.variables[variable].levels[-1], "", "not_concerned"]
    else:
        levels = [level]
    larger, smaller = columns_of(group, request.universe)
    of = request.block, request.universe, table, variable
    return sum(
        small_blocks.count(*of, own, larger)
        - (small_blocks.count(*of, own, smaller) if smaller else 0)
        for own in levels
    )


def check_witnesses(protected: Protected, request: Request) -> int:
    """Every target has enough joint tables, counted by hand, that print what the true one prints
    and give it different values. How many targets there are.
    """
    shown = small_blocks.printed(protected, request, request.block.counts)
    for target, own in zip(protected.problem.targets, protected.witnesses, strict=True):
        tables = [joint_table(protected.system, table) for table in own]
        for table in tables:
            assert (table >= 0).all()
            assert not table[~request.block.possible].any()
            if not request.membership:
                assert (table.sum(axis=0) == request.universe.sizes).all()
            for group in request.universe.groups:
                inside = request.universe.regions(group)
                assert table[:, inside].sum() == request.universe.sizes[inside].sum()
            assert small_blocks.printed(protected, request, table) == shown
        values = {protected_count(request, table, target) for table in tables}
        assert len(values) >= target.values, target.name
    names = {target.name for target in protected.problem.targets} | {*protected.unprotected}
    assert names == {target.name for target in protected.targets}
    return len(protected.witnesses)


def two_tables(random: np.random.Generator, levels=("1", "2", ""), most: int = 12) -> Request:
    """A variable printed in two tables, everybody and a group first, and another group later."""
    universe = small_blocks.random_universe(random, regions=4, most=most)
    block = small_blocks.random_block(random, universe, levels)
    known = tuple(level for level in levels if level)
    columns = {"everybody": 0, "group": 0, "other": 1}
    return Request(block, universe, {"partner": Variable("partner", known, columns)})


def hidden_in(protected: Protected, tier: int, request: Request) -> dict[Cell, bool]:
    return {
        cell: decided.hidden
        for cell, decided in protected.cells.items()
        if request.variables[cell.variable].columns[cell.group] == tier
    }


# ---- the demo


@pytest.mark.parametrize("name", LIGHT)
def test_every_protected_count_of_the_demo_has_tables_that_anybody_can_count(name, of_demo):
    request = of_demo[name]
    protected = protect(request, disclosure_requests.rule_of_ten())
    check_witnesses(protected, request)
    assert not audit(protected)


def test_the_demo_shows_what_it_should(of_demo):
    """Bands of age and the service are shown whole; what is asked of few is shown in part."""
    protected = protect(of_demo["service_type"], disclosure_requests.rule_of_ten())
    assert protected.forms["service_type"] == "counts"
    first = hidden_in(protected, 0, of_demo["service_type"])
    assert not any(first.values())


# ---- at random


@st.composite
def requests(draw) -> tuple[Request, Policy]:
    """Universes, blocks and policies of all kinds."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    regions = draw(st.integers(2, 4))
    universe = small_blocks.random_universe(
        random, regions, most=draw(st.sampled_from([3, 12, 40]))
    )
    timepoints = draw(st.sampled_from([{}, {"group": 1, "other": 2}]))
    universe = Universe(universe.groups, universe.inside, universe.sizes, timepoints)
    levels = draw(st.sampled_from([("Yes", "No", ""), ("1", "2", "3", ""), ("Yes", "No")]))
    block = small_blocks.random_block(random, universe, levels)
    known = tuple(level for level in levels if level)
    columns = {group: draw(st.integers(0, 1)) for group in universe.groups}
    policy = small_blocks.policy(
        threshold=draw(st.sampled_from([3, 5, 10])),
        feasible=draw(st.sampled_from([3, 4])),
        not_known=draw(st.sampled_from(["protected", "shown"])),
        follow_up=draw(st.sampled_from(["protected", "shown"])),
        counts=draw(st.booleans()),
        smallest_group=draw(st.sampled_from([0, 10])),
    )
    variable = Variable("partner", known, columns)
    return Request(block, universe, {"partner": variable}), policy


def protected_or_refused(request: Request, policy: Policy) -> Protected | None:
    """What is protected; None where it is refused, by the name of a sum."""
    try:
        return protect(request, policy)
    except NotProtectableError as error:
        if not error.target:
            raise
        return None


@settings(max_examples=60)
@given(requests())
def test_whatever_is_asked_is_witnessed_or_refused_by_name(asked):
    request, policy = asked
    protected = protected_or_refused(request, policy)
    if protected is None:
        return
    shown = small_blocks.printed(protected, request, request.block.counts)
    for cell, number in shown.items():
        if protected.forms[cell.variable] != "percent" and cell.level:
            assert number >= policy.threshold or number == 0
    check_known_once_apart(protected, request)


def check_known_once_apart(protected: Protected, request: Request) -> None:
    """Witnesses; targets of those known at one timepoint only have names of their own."""
    own = [
        (target, tables)
        for target, tables in zip(protected.problem.targets, protected.witnesses, strict=True)
        if not target.name[2].startswith("known at")
    ]
    kept = replace(
        protected,
        problem=replace(protected.problem, targets=tuple(target for target, _ in own)),
        witnesses=tuple(tables for _, tables in own),
        targets=tuple(
            target for target in protected.targets if not target.name[2].startswith("known at")
        ),
        unprotected=tuple(
            name for name in protected.unprotected if not name[2].startswith("known at")
        ),
    )
    check_witnesses(kept, request)


@pytest.mark.parametrize("seed", range(12))
def test_of_what_is_not_confirmed_a_later_table_shows_nothing(seed, monkeypatch):
    """A search that gives up is no proof that an earlier table told the count: once 5 women were
    what two printed counts of a later table left of 278.
    """
    request = two_tables(np.random.default_rng(seed))
    policy = small_blocks.policy(not_known="shown")
    try:
        before = protect(request, policy)
    except NotProtectableError:
        return
    monkeypatch.setattr(tiers, "confirmed", lambda problem, _: [[]] * len(problem.targets))
    protected = protect(request, policy)
    if not protected.unprotected:
        assert not before.problem.targets
        return
    later = hidden_in(protected, 1, request)
    of_levels = [hidden for cell, hidden in later.items() if cell.level]
    assert of_levels
    assert all(of_levels)


@pytest.mark.parametrize("seed", range(25))
def test_a_later_table_costs_no_cell_of_an_earlier_one(seed):
    """The first table is printed as if there were no other."""
    request = two_tables(np.random.default_rng(seed))
    policy = small_blocks.policy(not_known="shown")
    variable = request.variables["partner"]
    first = {group: tier for group, tier in variable.columns.items() if tier == 0}
    alone = replace(request, variables={"partner": replace(variable, columns=first)})
    try:
        expected = protect(alone, policy)
    except NotProtectableError:
        with pytest.raises(NotProtectableError):
            protect(request, policy)
        return
    both = protect(request, policy)
    assert both.forms == expected.forms
    assert hidden_in(both, 0, request) == hidden_in(expected, 0, request)
    check_witnesses(both, request)


@pytest.mark.parametrize("seed", range(10))
def test_the_order_of_anything_changes_nothing(seed):
    """Regions, atoms, levels and groups are put in another order."""
    random = np.random.default_rng(seed)
    request = two_tables(random, ("1", "2", "3", ""), most=30)
    block, universe = request.block, request.universe
    atoms = random.permutation(len(block.levels))
    regions = random.permutation(len(universe.sizes))
    groups = random.permutation(len(universe.groups))
    other_universe = Universe(
        tuple(universe.groups[place] for place in groups),
        universe.inside[np.ix_(groups, regions)],
        universe.sizes[regions],
        {},
    )
    other_block = replace(
        block,
        levels=block.levels[atoms],
        counts=block.counts[np.ix_(atoms, regions)],
        possible=block.possible[np.ix_(atoms, regions)],
    )
    variable = request.variables["partner"]
    columns = dict(reversed(variable.columns.items()))
    turned = Request(other_block, other_universe, {"partner": replace(variable, columns=columns)})
    policy = small_blocks.policy(threshold=10, not_known="shown")
    one, other = protect(request, policy), protect(turned, policy)
    assert one.forms == other.forms
    assert one.cells == other.cells


# ---- what a person or an earlier release decided


def test_what_was_released_before_stays_and_a_veto_is_kept():
    """Timepoint 1 first; then both, with timepoint 1 frozen; then one more cell held back."""
    universe = small_blocks.universe_of(
        {"t1": [0, 1, 2], "involved": [1], "t2": [1, 2, 3]}, [60, 40, 50, 30], {"t1": 1, "t2": 2}
    )
    counts = [[30, 8, 20, 12], [28, 30, 25, 16], [2, 2, 5, 2]]
    block = small_blocks.block_of({"partner": ["Yes", "No", ""]}, counts)
    policy = small_blocks.policy(threshold=10, not_known="shown")

    def asked(*groups: str, **more: object) -> Request:
        variable = Variable("partner", ("Yes", "No"), dict.fromkeys(groups, 0))
        return Request(block, universe, {"partner": variable}, **more)

    first = protect(asked("t1", "involved"), policy)
    assert first.cells[Cell("partner", "Yes", "involved")].hidden
    kept = again(asked("t1", "involved", "t2"), first)
    both = protect(kept, policy)
    assert {cell: both.cells[cell].hidden for cell in first.cells} == {
        cell: decided.hidden for cell, decided in first.cells.items()
    }
    assert both.forms == first.forms
    check_witnesses(both, kept)

    veto = Cell("partner", "Yes", "t2")
    held_back = protect(replace(kept, withheld=frozenset({veto})), policy)
    assert held_back.cells[veto].hidden
    assert held_back.cells[veto].why == "rule"
    check_witnesses(held_back, kept)

    changed = replace(kept, forms={"partner": "percent"})
    check_witnesses(protect(changed, policy), changed)


def test_who_is_known_at_one_timepoint_is_protected_or_shown():
    """Six `Yes` at timepoint 1 have left by timepoint 2: 40 less 34."""
    universe = small_blocks.universe_of({"t1": [0, 1], "t2": [1]}, [20, 80], {"t1": 1, "t2": 2})
    block = small_blocks.block_of({"partner": ["Yes", "No"]}, [[6, 34], [14, 46]])
    request = small_blocks.request_of(block, universe, forms={"partner": "counts"})
    shown = protect(request, small_blocks.policy(threshold=10, follow_up="shown"))
    assert not any(decided.hidden for decided in shown.cells.values())
    kept = protect(request, small_blocks.policy(threshold=10, follow_up="protected"))
    assert any(decided.hidden for decided in kept.cells.values())


# ---- variables that say who is in which group


def involvement() -> Request:
    """Involved at timepoint 1 or not, in groups of timepoint 2; sizes of all groups are known."""
    universe = small_blocks.universe_of(
        {"everybody": [0, 1, 2, 3], "involved_t1": [0, 1], "involved_t2": [0, 2]}, [40, 6, 30, 90]
    )
    possible = [[True, True, False, False], [False, False, True, True]]
    counts = [[40, 6, 0, 0], [0, 0, 30, 90]]
    block = small_blocks.block_of({"involved": ["Yes", "No"]}, counts, possible)
    columns = {"everybody": 0, "involved_t2": 0}
    variable = Variable("involved", ("Yes", "No"), columns)
    return Request(block, universe, {"involved": variable}, membership=True)


def test_a_variable_that_the_regions_say_needs_the_sizes_of_groups_only():
    """46 are involved first and 70 later; six only first. By regions there is nothing to hide."""
    request = involvement()
    assert is_membership(request.block, "involved")
    policy = small_blocks.policy(threshold=10)
    protected = protect(request, policy)
    assert isinstance(protected.system, Membership)
    assert protected.cells[Cell("involved", "Yes", "involved_t2")].hidden
    assert not audit(protected)
    assert check_witnesses(protected, request)
    with pytest.raises(NotProtectableError):
        protect(replace(request, membership=False), policy)


def test_tables_of_membership_are_those_of_all_sizes_of_regions():
    """By trying every size of every region, the groups' sizes known."""
    request = involvement()
    small = replace(request.universe, sizes=np.array([4, 1, 2, 3]))
    counts = np.where(request.block.possible, small.sizes, 0)
    block = replace(request.block, counts=counts)
    system = Membership(block, small, small.groups)
    both = system.weights("involved", ["Yes"], small.regions("involved_t2"))
    values = set()
    for first in range(11):
        sizes = np.array([first, 5 - first, 6 - first, first - 1])
        if (sizes >= 0).all():
            assert (system.known @ sizes == system.totals).all()
            values.add(int(both @ sizes))
    assert values == {1, 2, 3, 4, 5}


def test_what_sizes_of_groups_pin_alone_is_named():
    """All but one of those at timepoint 2 were there at timepoint 1: that nobody can hide."""
    universe = small_blocks.universe_of({"all": [0, 1], "t1": [0]}, [50, 1])
    block = small_blocks.block_of(
        {"there": ["Yes", ""]}, [[50, 0], [0, 1]], [[True, False], [False, True]]
    )
    variable = Variable("there", (), {"all": 0})
    block = replace(block, levels=np.array([["known"], [""]]))
    request = Request(block, universe, {"there": variable}, membership=True)
    protected = protect(request, small_blocks.policy())
    assert protected.unprotected == (("there", "", "all"),)
    [failing] = audit(protected)
    assert (failing.least, failing.most, failing.cells) == (1, 1, ())


# ---- what a person holds back is protected, however large it is


def forty_of_a_hundred(**more: object) -> Request:
    """Everybody and those at one service: 40 of 100 have a partner there."""
    universe = small_blocks.universe_of({"all": [0, 1], "here": [0]}, [100, 150])
    block = small_blocks.block_of({"partner": ["Yes", "No"]}, [[40, 70], [60, 80]])
    return small_blocks.request_of(block, universe, **more)


VETO = Cell("partner", "Yes", "here")


def test_a_veto_of_a_large_count_is_not_undone_by_subtraction():
    """40 is held back; 60 of 100 beside it would say it."""
    policy = small_blocks.policy(threshold=10)
    open_request = forty_of_a_hundred(forms={"partner": "counts"})
    assert not any(one.hidden for one in protect(open_request, policy).cells.values())
    request = replace(open_request, withheld=frozenset({VETO}))
    protected = protect(request, policy)
    hidden = {cell for cell, one in protected.cells.items() if one.hidden}
    assert hidden == {VETO, Cell("partner", "No", "here")}
    assert ("partner", "Yes", "here") in {target.name for target in protected.problem.targets}
    assert check_witnesses(protected, request)
    assert not audit(protected)


def test_the_attack_sees_that_a_veto_is_only_hidden(monkeypatch):
    """Without the veto among what must stay uncertain, the audit that holds it names it."""
    policy = small_blocks.policy(threshold=10)
    request = forty_of_a_hundred(forms={"partner": "counts"}, withheld=frozenset({VETO}))
    honest = protect(request, policy)
    monkeypatch.setattr(wanted, "kept_back", lambda *_: ())
    hidden = protect(request, policy).hidden
    [failing] = audit(replace(honest, hidden=hidden, witnesses=()))
    assert (failing.name, failing.least, failing.most) == (("partner", "Yes", "here"), 40, 40)
    assert failing.cells == (Cell("partner", "No", "here"),)


def test_a_veto_of_the_last_level_holds_back_whom_it_is_printed_with():
    """Of three levels by share of all, the last is printed with those not known."""
    universe = small_blocks.universe_of({"all": [0]}, [120])
    block = small_blocks.block_of({"kind": ["a", "b", "c", ""]}, [[40], [35], [30], [15]])
    veto = Cell("kind", "c", "all")
    request = small_blocks.request_of(
        block, universe, forms={"kind": "share_of_all"}, withheld=frozenset({veto})
    )
    protected = protect(request, small_blocks.policy(threshold=10))
    names = {target.name for target in protected.problem.targets}
    assert names == {("kind", "c", "all"), ("kind", "last_and_not_known", "all")}
    assert sum(one.hidden for one in protected.cells.values()) == 2
    assert check_witnesses(protected, request)


def test_a_veto_that_an_earlier_release_has_told_is_refused_by_name():
    """60 of 100 were printed and stay printed: nothing can hold the 40 back."""
    told = {Cell("partner", "No", "here"): False}
    request = forty_of_a_hundred(forms={"partner": "counts"}, earlier=told)
    request = replace(request, withheld=frozenset({VETO}))
    with pytest.raises(NotProtectableError) as refused:
        protect(request, small_blocks.policy(threshold=10))
    assert refused.value.target == ("partner", "Yes", "here")


def test_what_was_hidden_earlier_is_not_told_by_a_later_release():
    """The 40 were held back once. A later request without the veto, and with another variable that
    says the same in other words, keeps them back.
    """
    policy = small_blocks.policy(threshold=10)
    first = protect(
        forty_of_a_hundred(forms={"partner": "counts"}, withheld=frozenset({VETO})), policy
    )
    universe = small_blocks.universe_of({"all": [0, 1], "here": [0]}, [100, 150])
    levels = {"partner": ["Yes", "No"], "lives": ["with", "alone"]}
    block = small_blocks.block_of(levels, [[40, 70], [60, 80]])
    request = small_blocks.request_of(block, universe, forms=dict.fromkeys(levels, "counts"))
    kept = again(request, first)
    both = protect(kept, policy)
    assert {cell: both.cells[cell].hidden for cell in first.cells} == {
        cell: one.hidden for cell, one in first.cells.items()
    }
    assert both.cells[Cell("lives", "with", "here")].hidden
    assert both.cells[Cell("lives", "alone", "here")].hidden
    assert check_witnesses(both, kept)
    without = protect(replace(kept, earlier={}), policy)
    assert not without.cells[Cell("lives", "with", "here")].hidden


@pytest.mark.parametrize("seed", range(25))
def test_the_same_release_again_changes_nothing(seed):
    """What was hidden to protect others only may keep fewer values: it is listed, not refused."""
    request = two_tables(np.random.default_rng(seed))
    policy = small_blocks.policy(not_known="shown")
    try:
        first = protect(request, policy)
    except NotProtectableError:
        return
    second = protect(again(request, first), policy)
    assert second.forms == first.forms
    hidden = {cell: one.hidden for cell, one in first.cells.items()}
    assert {cell: one.hidden for cell, one in second.cells.items()} == hidden
    assert {*first.unprotected} <= {*second.unprotected}


# ---- one variable alone


def test_alone_is_the_block_of_one_variable_in_that_form(of_demo):
    """In each form the same cells as `protect` gives for the margin with this form fixed, and its
    own choice is that of `protect`.
    """
    request = of_demo["infant_sex"]
    policy = disclosure_requests.rule_of_ten()
    alone = Alone(request, "infant_sex", policy)
    margin = replace(
        request,
        block=request.block.margin(["infant_sex"]),
        variables={"infant_sex": request.variables["infant_sex"]},
    )
    assert alone.fullest() == protect(margin, policy).forms["infant_sex"]
    assert len(alone.forms) > 1
    for form in alone.forms:
        fixed = protect(replace(margin, forms={"infant_sex": form}), policy)
        cells = alone.protected(form)
        assert cells == fixed.cells
        first = {cell: one for cell, one in cells.items() if not tier_of(request, cell)}
        assert alone.protected(form, first_only=True) == first
        by_rule = alone.by_rule(form)
        assert by_rule.keys() == cells.keys()
        hidden = {cell for cell, one in cells.items() if one.why == "rule"}
        assert {cell for cell, one in by_rule.items() if one.hidden} == hidden


def tier_of(request: Request, cell: Cell) -> int:
    return request.variables[cell.variable].columns[cell.group]
