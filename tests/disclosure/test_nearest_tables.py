"""Tables near another one, held against the list of all tables of small blocks."""

import numpy as np
import pytest

from mothers_margins.disclosure.solver import InfeasibleError, NotSolvedError
from tests.disclosure.test_suppression import problem_of, remaining

FORMS = ["counts", "share_of_all", "percent"]


def asked(form: str):
    """Problems, each target's tables that are left, and where others are looked for."""
    for seed in range(8):
        problem, tables = problem_of(seed, form)
        left = remaining(problem, tables, problem.hidden)
        nearest = problem.question(problem.hidden).nearest()
        for target in problem.targets:
            yield problem, target, left, nearest


def agrees(table: np.ndarray, left: np.ndarray) -> bool:
    """Whether a table is one of those that are left."""
    return bool((left == np.rint(table)).all(axis=1).any())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.usefixtures("any_base_has_per_cent")
def test_no_table_of_the_list_is_nearer(form):
    """In parts of participants the change is at most that of the nearest whole table."""
    compared = 0
    for problem, target, left, nearest in asked(form):
        values = left @ target.weights
        for value in np.unique(values):
            own = left[values == value]
            least = np.abs(own - problem.truth).sum(axis=1).min()
            table = nearest.in_parts(target.weights, float(value))
            assert np.abs(table - problem.truth).sum() <= least + 1e-6
            assert abs(target.weights @ table - value) < 1e-6
            compared += 1
    assert compared > 50


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.usefixtures("any_base_has_per_cent")
def test_a_value_that_no_table_has_is_said(form):
    """Beyond the least and the most of the list there is no whole table."""
    for _, target, left, nearest in asked(form):
        values = left @ target.weights
        for low, high in ((values.max() + 1, np.inf), (-np.inf, values.min() - 1)):
            with pytest.raises(InfeasibleError):
                nearest.whole(target.weights, low, high)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.usefixtures("any_base_has_per_cent")
def test_whole_tables_are_of_the_list(form):
    """Also those that are put together from changes found before, begun at another table."""
    put_together = 0
    for _, target, left, nearest in asked(form):
        values = left @ target.weights
        for value in np.unique(values)[:3]:
            nearest.begin_at(left[0])
            table = nearest.whole(target.weights, float(value), float(value))
            assert agrees(table, left)
            nearest.in_parts(target.weights, float(value))
            try:
                table = nearest.put_together(target.weights, float(value))
            except (InfeasibleError, NotSolvedError):
                continue
            assert agrees(table, left)
            put_together += 1
    assert put_together > 20


def test_statements_that_are_not_made_do_not_bind():
    """With every cell hidden a target can have more values than with all of them shown."""
    problem, tables = problem_of(3, "counts")
    nothing = np.zeros(len(problem.costs), dtype=bool)
    nearest = problem.question(nothing).nearest()
    target = problem.targets[0]
    own = int(target.weights @ problem.truth)
    with pytest.raises(InfeasibleError):
        nearest.in_parts(target.weights, own + 1)
    everything = problem.question(~nothing)
    nearest.make(everything.made)
    table = nearest.in_parts(target.weights, own + 1)
    assert agrees(table, remaining(problem, tables, ~nothing))


def test_nothing_is_put_together_from_no_change():
    """Where no change was found before there are no parts."""
    problem, _ = problem_of(3, "counts")
    everything = np.ones(len(problem.costs), dtype=bool)
    nearest = problem.question(everything).nearest()
    target = problem.targets[0]
    own = int(target.weights @ problem.truth)
    with pytest.raises((InfeasibleError, NotSolvedError)):
        nearest.put_together(target.weights, own + 1)
