"""Attacks by a reader of what is printed: known answers, twins, and steps left out."""

from collections.abc import Iterator
from dataclasses import astuple, replace

import numpy as np
import pytest

from benchmarks import disclosure_requests
from benchmarks.disclosure_attacks import Reader, against_ours, naive
from mothers_margins.disclosure import feasible_values, given_forms, suppression, targets, wanted
from mothers_margins.disclosure.audit import audit
from mothers_margins.disclosure.feasible_values import witnesses
from mothers_margins.disclosure.joint_tables import joint_table
from mothers_margins.disclosure.printed import Cell, Printing, Variable
from mothers_margins.disclosure.problem import Chosen, NotProtectableError
from mothers_margins.disclosure.protect import protect
from mothers_margins.disclosure.request import Protected, Request, again
from tests.disclosure import small_blocks
from tests.disclosure.test_suppression import TWO, is_safe, problem_of

TEN = small_blocks.policy(threshold=10, not_known="shown")


# ---- known answers


@pytest.mark.parametrize(
    ("is_hidden", "rule", "hidden", "recovered"),
    [
        (lambda count: 0 < count < 5, (1, 4), 57, 16),
        (lambda count: 0 < count <= 7, (1, 7), 86, 15),
        (lambda count: 0 < count < 10, (1, 9), 94, 11),
        (lambda count: count < 5, (0, 4), 87, 21),
        (lambda count: count < 10, (0, 9), 124, 7),
    ],
    ids=["<5", "<=7", "<10", "<5, zeros too", "<10, zeros too"],
)
def test_a_reader_of_table_1_undoes_rules_about_single_cells(is_hidden, rule, hidden, recovered):
    """research/disclosure_data.md, 2.1: hidden cells of 162, and those worked out exactly."""
    attacks = [naive(request, is_hidden, *rule) for request in disclosure_requests.table_1()]
    assert tuple(np.sum(attacks, axis=0)) == (hidden, recovered)


@pytest.mark.parametrize("threshold", [5, 8, 10])
def test_the_same_reader_undoes_nothing_of_ours(threshold):
    policy = replace(disclosure_requests.rule_of_ten(follow_up="protected"), threshold=threshold)
    for request in disclosure_requests.table_1():
        protected = protect(request, policy)
        _, recovered, differences = against_ours(protected, request)
        assert (recovered, differences) == (0, 0), request.block.name
        assert not audit(protected)


def one_column(levels: tuple[str, ...], counts: list[int]) -> Request:
    universe = small_blocks.universe_of({"all": [0]}, [sum(counts)])
    block = small_blocks.block_of({"answer": levels}, [[count] for count in counts])
    return small_blocks.request_of(block, universe, forms={"answer": "counts"})


def read(request: Request, *cells: Cell) -> Reader:
    """A reader of some printed counts."""
    reader = Reader(request.block, request.universe)
    for cell in cells:
        reader.reads(cell.variable, [cell.level], cell.group)
    return reader


@pytest.mark.parametrize(
    ("counts", "shown", "hidden"),
    [
        ([10, 5, 0, 0], "ab", "c"),  # sdcTools #194: 15 = 10 + 5 + x + x, so both are none
        ([40, 59, 7, 0], "abd", "c"),  # one hidden cell beside a total
        ([81, 9, 9], "a", ""),  # acro: 99 less 81 is 18, in two counts below 10: both are nine
    ],
)
def test_what_totals_give_away_is_hidden_with_it(counts, shown, hidden):
    levels = tuple("abcd"[: len(counts)])
    request = one_column(levels, counts)
    cells = [Cell("answer", level, "all") for level in shown]
    reader = read(request, *cells)
    if hidden:
        least, most = reader.interval(reader.weights("answer", [hidden], "all"))
        assert least == most
    else:
        for level in "bc":
            reader.reads_between(("answer", level, "all"), 0, 9)
        assert reader.interval(reader.weights("answer", ["b"], "all")) == (9, 9)
    protected = protect(request, small_blocks.policy(threshold=10))
    assert not audit(protected)
    left = read(request, *(cell for cell, decided in protected.cells.items() if not decided.hidden))
    for level in levels:
        if protected.cells[Cell("answer", level, "all")].hidden:
            least, most = left.interval(left.weights("answer", [level], "all"))
            assert most - least >= 2


def test_rounding_both_of_two_levels_gives_them_away():
    """Eight and three of eleven print as 10 and 5 to the nearest five: no other two add up to 11.
    Ours prints neither.
    """
    fits = [
        (yes, 11 - yes)
        for yes in range(12)
        if (5 * round(yes / 5), 5 * round((11 - yes) / 5)) == (10, 5)
    ]
    assert fits == [(8, 3)]
    request = one_column(("Yes", "No"), [8, 3])
    protected = protect(request, small_blocks.policy(threshold=10))
    assert all(protected.cells[Cell("answer", level, "all")].hidden for level in ("Yes", "No"))


def test_a_complete_table_gives_away_who_is_missing_in_another():
    """OpenSAFELY's example of differencing: of all 120 and of the 115 who answered later."""
    universe = small_blocks.universe_of({"all": [0, 1], "later": [0]}, [115, 5])
    block = small_blocks.block_of({"smokes": ["Yes", "No"]}, [[40, 4], [75, 1]])
    request = small_blocks.request_of(block, universe, forms={"smokes": "counts"})
    reader = read(request, Cell("smokes", "Yes", "all"), Cell("smokes", "Yes", "later"))
    left = reader.weights("smokes", ["Yes"], "all").astype(int)
    left -= reader.weights("smokes", ["Yes"], "later")
    assert reader.interval(left) == (4, 4)
    protected = protect(request, TEN)
    printed = [cell for cell, decided in protected.cells.items() if not decided.hidden]
    least, most = read(request, *printed).interval(left)
    assert most - least >= 2


def test_linked_tables_that_are_protected_one_after_the_other_undo_each_other():
    """sdcTools #136: eight regions, added up to two counties and to two kinds. With the five small
    ones hidden, county-2 hides K, L and M, and BIG hides L and M, so that K is what they differ by.
    """
    levels = {
        "region": ["A", "B", "I", "J", "K", "L", "M", "N"],
        "county": ["county-1"] * 4 + ["county-2"] * 4,
        "kind": ["small"] * 5 + ["BIG", "BIG", "small"],
    }
    counts = [2, 2, 8, 8, 3, 3, 3, 7]
    universe = small_blocks.universe_of({"all": [0]}, [sum(counts)])
    block = small_blocks.block_of(levels, [[count] for count in counts])
    request = small_blocks.request_of(block, universe, forms=dict.fromkeys(levels, "counts"))
    iterated = read(
        request,
        *(Cell("region", name, "all") for name in "IJN"),
        *(Cell("county", name, "all") for name in ("county-1", "county-2")),
        *(Cell("kind", name, "all") for name in ("small", "BIG")),
    )
    assert iterated.interval(iterated.weights("region", ["K"], "all")) == (3, 3)
    protected = protect(request, small_blocks.policy(threshold=4))
    printed = [cell for cell, decided in protected.cells.items() if not decided.hidden]
    reader = read(request, *printed)
    for name in "ABKLM":
        least, most = reader.interval(reader.weights("region", [name], "all"))
        assert most - least >= 2
    assert not audit(protected)


# ---- twins: another data set, from which the same is released


# How many hidden sums of which blocks; of the twenty, how many have a twin whose pattern, too, is
# the same. The others' twins print the same numbers, but protect() would hide other cells of them.
TWINS = {
    "infant_sex": 4,
    "admissions_2y": 6,
    "service_type": 4,
    "learning_difficulties": 2,
    "canm_01": 4,
}
WITH_THE_SAME_PATTERN = 17
MOST_TWINS = 5  # that are looked for beside the witnesses


def twins_of(request: Request, protected: Protected, place: int) -> Iterator[Request]:
    """Data sets in which a protected sum is another: near ones first, then its witnesses."""
    system, target = protected.system, protected.problem.targets[place]
    own = int(target.weights @ system.truth)
    question = protected.problem.question(protected.hidden)
    near = witnesses(question, target.weights, MOST_TWINS)
    for table in (*near, *protected.witnesses[place]):
        if target.weights @ table != own:
            counts = joint_table(system, table)
            yield replace(request, block=replace(request.block, counts=counts))


def releases_the_same(protected: Protected, twin: Request) -> bool:
    """Whether protect() chooses the same forms and cells of another data set."""
    try:
        other = protect(twin, disclosure_requests.rule_of_ten())
    except NotProtectableError:
        return False
    hidden = {cell for cell, decided in protected.cells.items() if decided.hidden}
    other_hidden = {cell for cell, decided in other.cells.items() if decided.hidden}
    return other.forms == protected.forms and hidden == other_hidden


def test_twenty_hidden_sums_of_the_demo_have_a_twin_that_prints_the_same():
    """A second data set with another number there has every shown number of the first; of some,
    protect() chooses the very same cells as well, so that nothing at all tells the two apart.
    """
    random = np.random.default_rng(14)
    with_the_same_pattern = []
    for request in disclosure_requests.esmi():
        if request.block.name not in TWINS:
            continue
        protected = protect(request, disclosure_requests.rule_of_ten())
        shown = small_blocks.printed(protected, request, request.block.counts)
        places = random.permutation(len(protected.problem.targets))
        for place in places[: TWINS[request.block.name]].tolist():
            twins = list(twins_of(request, protected, place))
            assert twins
            for twin in twins:
                assert small_blocks.printed(protected, request, twin.block.counts) == shown
            same = any(releases_the_same(protected, twin) for twin in twins)
            with_the_same_pattern.append(same)
    assert len(with_the_same_pattern) == 20
    assert sum(with_the_same_pattern) >= WITH_THE_SAME_PATTERN


# ---- steps left out: the attack must see each


def release(form: str) -> Request:
    """Everybody and a group inside. In counts 6 of 46 `Yes` are outside the group; in per cent 15
    of 170 and 20 of 110 leave 3 or 4.
    """
    universe = small_blocks.universe_of({"all": [0, 1], "inside": [0]}, [110, 60])
    levels, counts = ["Yes", "No", ""], [[40, 6], [66, 52], [4, 2]]
    if form == "percent":
        levels, counts = ["Yes", "No"], [[22, 4], [88, 56]]
    block = small_blocks.block_of({"partner": levels}, counts)
    return small_blocks.request_of(block, universe, forms={"partner": form})


def what_is_recovered(request: Request, hidden: np.ndarray) -> list[tuple[str, ...]]:
    """Names of protected sums that fail where these cells are hidden, the audit being whole."""
    honest = protect(request, TEN)
    return [failing.name for failing in audit(replace(honest, hidden=hidden, witnesses=()))]


MUTATIONS = {
    "complementary suppression": (
        "counts",
        given_forms,
        "suppress",
        lambda problem: Chosen(problem.hidden, ((problem.truth,),) * len(problem.targets)),
    ),
    "differences": ("counts", targets, "_differences", lambda *_: ()),
    "percentages": ("percent", Printing, "_percent_rows", lambda *_: ()),
}


@pytest.mark.parametrize("left_out", MUTATIONS)
def test_the_attack_sees_that_a_step_is_left_out(left_out, monkeypatch):
    form, owner, name, instead = MUTATIONS[left_out]
    request = release(form)
    assert not what_is_recovered(request, protect(request, TEN).hidden)
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, instead)
        hidden = protect(request, TEN).hidden
    assert what_is_recovered(request, hidden)


def test_the_attack_sees_that_witnesses_are_not_checked(monkeypatch):
    """By fractions a range is wide enough where whole numbers leave two values: of whole numbers in
    100 in small groups. Counted by writing down every table.
    """
    monkeypatch.setattr("mothers_margins.disclosure.printed.PERCENT_FROM", 0)
    problems = [problem_of(seed, "percent", *TWO) for seed in range(40)]
    for problem, tables in problems:
        assert is_safe(problem, tables, suppression.suppress(problem).hidden)
    monkeypatch.setattr(suppression._Attack, "confirmed", lambda *_: ((), []))
    unsafe = [
        not is_safe(problem, tables, suppression.suppress(problem).hidden)
        for problem, tables in problems
    ]
    assert any(unsafe)


def test_the_order_of_tables_left_out_is_seen(monkeypatch):
    """With every table first, a later one costs cells of an earlier one: one column is cheaper to
    hide than two.
    """

    def all_first(printing, form, candidates=Printing.candidates):
        return [replace(candidate, tier=0) for candidate in candidates(printing, form)]

    def targets_first(printing, policy, every=wanted.policy_targets):
        return [(0, target) for _, target in every(printing, policy)]

    groups = {"all": [0, 1, 2, 3], "inside": [0, 1, 2], "one": [0, 1], "other": [0, 2]}
    universe = small_blocks.universe_of(groups, [60, 30, 30, 90])
    block = small_blocks.block_of({"partner": ["Yes", "No"]}, [[20, 4, 4, 30], [40, 26, 26, 60]])
    columns = {"all": 0, "inside": 0, "one": 1, "other": 1}
    variable = Variable("partner", ("Yes", "No"), columns)
    request = Request(block, universe, {"partner": variable}, forms={"partner": "counts"})

    def hidden_first() -> set[Cell]:
        cells = protect(request, TEN).cells.items()
        return {cell for cell, decided in cells if decided.hidden and columns[cell.group] == 0}

    assert not hidden_first()
    monkeypatch.setattr(Printing, "candidates", all_first)
    monkeypatch.setattr(wanted, "policy_targets", targets_first)
    assert hidden_first()


def test_the_attack_sees_that_what_a_solver_returns_is_not_checked(monkeypatch):
    """Tables that were rounded and not added up do not all print what is printed, or say that a
    count is another where no table of whole numbers does: by writing down every table.
    """
    monkeypatch.setattr("mothers_margins.disclosure.printed.PERCENT_FROM", 0)
    problems = [problem_of(seed, "percent", *TWO) for seed in range(40)]

    def wrong() -> int:
        """Witnesses that are none of the tables that agree with what is shown."""
        number = 0
        for problem, tables in problems:
            chosen = suppression.suppress(problem)
            made = problem.question(chosen.hidden).made
            agreeing = {
                np.asarray(table).tobytes()
                for table in tables
                if problem.statements.hold(table, made)
            }
            number += sum(
                table.tobytes() not in agreeing for own in chosen.witnesses for table in own
            )
        return number

    assert not wrong()
    monkeypatch.setattr(feasible_values.Question, "agrees", lambda *_: True)
    monkeypatch.setattr(suppression, "is_table", lambda *_: True)
    assert wrong()


def test_the_attack_sees_that_the_ledger_is_left_out():
    """Two releases, the second with one more column. Without the first in the ledger it hides other
    cells, and who holds both works out what each hides. The audit reads both.
    """
    policy = small_blocks.policy(threshold=6, not_known="shown")
    recovered = {"kept": 0, "left out": 0}
    for seed in range(40):
        random = np.random.default_rng(seed)
        universe = small_blocks.random_universe(random, regions=4, most=25)
        block = small_blocks.random_block(random, universe, ("1", "2", "3", ""))
        both = small_blocks.request_of(block, universe, forms={"partner": "counts"})
        variable = both.variables["partner"]
        few = replace(variable, columns=dict.fromkeys(universe.groups[:2], 0))
        try:
            first = protect(replace(both, variables={"partner": few}), policy)
            kept = protect(again(both, first), policy)
            left_out = protect(both, policy)
        except NotProtectableError:
            continue
        for name, second in (("kept", kept), ("left out", left_out)):
            shown = {
                cell
                for one in (first, second)
                for cell, decided in one.cells.items()
                if not decided.hidden
            }
            hidden = np.array([cell not in shown for cell in second.cells])
            failing = audit(replace(second, hidden=hidden, witnesses=()))
            named = {*second.unprotected, *kept.unprotected}
            recovered[name] += any(one.name not in named for one in failing)
    assert not recovered["kept"]
    assert recovered["left out"]


# ---- the audit itself


def test_an_unsafe_pattern_is_named_with_what_pins_it():
    """The planted mistake: only the small cells are hidden. What is said is so by all tables."""
    universe = small_blocks.universe_of({"all": [0, 1], "inside": [0]}, [6, 6])
    block = small_blocks.block_of({"partner": ["Yes", "No", ""]}, [[1, 3], [4, 3], [1, 0]])
    request = small_blocks.request_of(block, universe, forms={"partner": "counts"})
    policy = small_blocks.policy(threshold=3, not_known="shown")
    protected = protect(request, policy)
    assert not audit(protected)
    cells = list(protected.cells)
    planted = np.array([cell == Cell("partner", "Yes", "inside") for cell in cells])
    failing = audit(replace(protected, hidden=planted, witnesses=()))
    assert failing
    tables = list(small_blocks.every_table(block, universe))

    def values(name: tuple[str, str, str], shown: set[Cell]) -> set[int]:
        """What a sum can be where these cells are printed."""
        variable, level, group = name
        larger, _, smaller = group.partition(" without ")
        reached = set()
        for table in tables:
            of = block, universe, table
            if all(
                small_blocks.count(*of, cell.variable, cell.level, cell.group)
                == small_blocks.count(block, universe, block.counts, *astuple(cell))
                for cell in shown
            ):
                own = small_blocks.count(*of, variable, level, larger)
                other = small_blocks.count(*of, variable, level, smaller) if smaller else 0
                reached.add(own - other)
        return reached

    for one in failing:
        shown = {cell for cell, hidden in zip(cells, planted, strict=True) if not hidden}
        reached = values(one.name, shown)
        assert (one.least, one.most) == (min(reached), max(reached))
        needed = next(t.values for t in protected.targets if t.name == one.name)
        assert len(values(one.name, {*one.cells})) < needed
        for cell in one.cells:
            assert len(values(one.name, {*one.cells} - {cell})) >= needed
