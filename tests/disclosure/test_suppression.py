"""The solver's word against enumeration: intervals, witnesses and the least that must be hidden."""

from collections import Counter
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from mothers_margins.disclosure import choice
from mothers_margins.disclosure.feasible_values import (
    InfeasibleError,
    Question,
    Statements,
    interval,
    pinned_by,
    witnesses,
)
from mothers_margins.disclosure.printed import Printing, Rule, Variable, statements
from mothers_margins.disclosure.problem import NotProtectableError, Problem, TooDearError
from mothers_margins.disclosure.suppression import suppress
from mothers_margins.disclosure.targets import last_targets, policy_targets
from mothers_margins.disclosure.universe import System
from tests.disclosure import small_blocks

WANTED = 3


def problem_of(seed: int, form: str, levels=("Yes", "No", ""), most: int = 3):
    """A small problem: its cells, and all its tables as columns of the system."""
    random = np.random.default_rng(seed)
    universe = small_blocks.random_universe(random, regions=3, most=most)
    block = small_blocks.random_block(random, universe, levels)
    policy = small_blocks.policy(not_known="shown", threshold=3)
    known = tuple(level for level in levels if level)
    variable = Variable("partner", known, dict.fromkeys(universe.groups, 0))
    system = System(block, universe, (), universe.groups)
    printing = Printing(system, variable, Rule(policy.threshold, not_known=False))
    candidates = list(printing.candidates(form))
    targets = tuple(target for _, target in wanted(printing, policy, form))
    tables = [
        np.array(
            [
                table[:, system.layers[0].region_of == part].sum(axis=1)
                for part in range(system.layers[0].parts)
            ]
        ).T
        for table in small_blocks.every_table(block, universe)
    ]
    places = system.layers[0].places
    rows = np.unique([table[places >= 0] for table in tables], axis=0)
    problem = Problem(
        system.known,
        system.totals,
        system.truth,
        statements(candidates, system.columns),
        np.array([one.cost for one in candidates], dtype=float),
        np.array([one.must_hide for one in candidates], dtype=bool),
        np.array([one.must_show for one in candidates], dtype=bool),
        targets,
    )
    return problem, rows


def wanted(printing: Printing, policy, form: str):
    """All targets of a variable in a form."""
    yield from policy_targets(printing, policy)
    if form == "share_of_all":
        yield from last_targets(printing, policy)


def remaining(problem: Problem, tables: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """Tables that agree with every statement of the shown cells."""
    rows = problem.statements
    made = ~np.asarray(hidden, dtype=bool)[rows.cell]
    sums = tables @ rows.weights[made].T
    return tables[((sums >= rows.low[made]) & (sums <= rows.high[made])).all(axis=1)]


def is_safe(problem: Problem, tables: np.ndarray, hidden: np.ndarray) -> bool:
    left = remaining(problem, tables, hidden)
    return all(len(np.unique(left @ target.weights)) >= target.values for target in problem.targets)


def cheapest(problem: Problem, tables: np.ndarray) -> float | None:
    """The least cost of a safe pattern, among all patterns; None where there is none."""
    free = np.flatnonzero(~problem.hidden & ~problem.shown)
    costs = []
    for chosen in product([False, True], repeat=len(free)):
        hidden = problem.hidden.copy()
        hidden[free] = chosen
        costs.append((problem.costs[hidden].sum(), hidden))
    for cost, hidden in sorted(costs, key=lambda pair: pair[0]):
        if is_safe(problem, tables, hidden):
            return float(cost)
    return None


TWO, THREE = (("Yes", "No", ""), 5), (("1", "2", "3", ""), 3)  # levels, and the largest region


@pytest.mark.parametrize("form", ["counts", "share_of_all", "percent"])
@pytest.mark.parametrize(("levels", "most"), [TWO, THREE], ids=["two levels", "three levels"])
@pytest.mark.usefixtures("any_base_has_per_cent")
def test_what_is_hidden_is_the_cheapest_of_all_patterns(levels, most, form):
    """40 random blocks each; where no pattern is safe, that is said. Many need more hidden than the
    rule hides, or the test would show little.
    """
    outcomes: Counter[str] = Counter()
    for seed in range(40):
        problem, tables = problem_of(seed, form, levels, most)
        least = cheapest(problem, tables)
        if least is None:
            with pytest.raises(NotProtectableError):
                suppress(problem)
            outcomes["refused"] += 1
            continue
        chosen = suppress(problem)
        assert problem.costs[chosen.hidden].sum() == least, seed
        assert is_safe(problem, tables, chosen.hidden), seed
        left = {tuple(table) for table in remaining(problem, tables, chosen.hidden)}
        for target, own in zip(problem.targets, chosen.witnesses, strict=True):
            assert len({int(target.weights @ table) for table in own}) >= target.values
            assert {tuple(table) for table in own} <= left
        outcomes["more" if least > problem.costs[problem.hidden].sum() else "by rule"] += 1
    assert outcomes["more"] >= 14, outcomes


@pytest.mark.parametrize("form", ["counts", "share_of_all", "percent"])
@pytest.mark.parametrize(("levels", "most"), [TWO, THREE], ids=["two levels", "three levels"])
@pytest.mark.usefixtures("any_base_has_per_cent")
def test_intervals_and_witnesses_are_those_of_all_tables(levels, most, form):
    """With nothing more hidden than the rule hides, and with half of the cells hidden at random."""
    for seed in range(10):
        problem, tables = problem_of(seed, form, levels, most)
        half = np.random.default_rng(seed).random(len(problem.costs)) < 0.5
        for hidden in (problem.hidden, half):
            question = problem.question(hidden)
            left = remaining(problem, tables, hidden)
            for target in problem.targets:
                values = np.unique(left @ target.weights)
                assert interval(question, target.weights) == (values[0], values[-1])
                own = witnesses(question, target.weights, WANTED)
                assert len(own) == min(WANTED, len(values))
                assert {int(target.weights @ table) for table in own} <= {*values.tolist()}


@pytest.mark.parametrize("form", ["counts", "share_of_all", "percent"])
@pytest.mark.usefixtures("any_base_has_per_cent")
def test_what_pins_a_count_is_irreducible(form):
    """Of the named cells all are needed: with them too few values, without any one enough."""
    pinned = 0
    for seed in range(25):
        problem, tables = problem_of(seed, form)
        question = problem.question(problem.hidden)
        for target in problem.targets:
            cells = pinned_by(question, target.weights, target.values)
            values = np.unique(remaining(problem, tables, problem.hidden) @ target.weights)
            if len(values) >= target.values:
                assert not cells
                continue

            def number(shown, target=target, problem=problem, tables=tables):
                hidden = ~np.isin(np.arange(len(problem.costs)), shown)
                return len(np.unique(remaining(problem, tables, hidden) @ target.weights))

            if not cells:  # what is known beforehand says it alone
                assert number([]) < target.values
                continue
            pinned += 1
            assert number(cells) < target.values
            for cell in cells:
                assert number([other for other in cells if other != cell]) >= target.values
    assert pinned >= 5


def test_what_contradicts_itself_is_said():
    nothing = np.array([5.0])
    rows = Statements(np.array([[1, 0]]), nothing, nothing, nothing * 0, nothing, np.array([0]))
    truth = np.array([5, -2])
    question = Question(np.array([[1, 1]]), np.array([3]), rows, np.array([True]), truth)
    with pytest.raises(InfeasibleError):
        interval(question, np.array([0, 1]))


@pytest.mark.parametrize("form", ["counts", "share_of_all"])
def test_branches_and_the_integer_programme_choose_the_same(form, monkeypatch):
    """Where there are too many branches the solver's own programme is asked."""
    for seed in range(20):
        problem, _ = problem_of(seed, form, *THREE)
        outcomes = []
        for most in (choice.MOST_BRANCHES, 0):
            monkeypatch.setattr(choice, "MOST_BRANCHES", most)
            try:
                outcomes.append(problem.costs[suppress(problem).hidden].sum())
            except NotProtectableError:
                outcomes.append(None)
            monkeypatch.undo()
        assert outcomes[0] == outcomes[1], seed


def test_what_costs_more_than_it_may_is_given_up_and_nothing_else():
    """At exactly the least cost it is found; at less it is said to be too dear."""
    tried = 0
    for seed in range(20):
        problem, tables = problem_of(seed, "counts", *THREE)
        least = cheapest(problem, tables)
        if least is None:
            continue
        chosen = suppress(replace(problem, most_cost=least))
        assert problem.costs[chosen.hidden].sum() == least
        with pytest.raises(TooDearError):
            suppress(replace(problem, most_cost=least - 1))
        tried += 1
    assert tried >= 5
