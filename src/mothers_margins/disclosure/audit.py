"""Attacks what is to be released: every protected sum that can be worked out, how far, and from
which printed numbers.
"""

from dataclasses import dataclass

from mothers_margins.disclosure.feasible_values import (
    Question,
    interval,
    pinned_by,
    widest,
    witnesses,
)
from mothers_margins.disclosure.printed import Cell
from mothers_margins.disclosure.problem import Target
from mothers_margins.disclosure.request import Protected
from mothers_margins.disclosure.solver import NotSolvedError
from mothers_margins.disclosure.suppression import Pool


@dataclass(frozen=True)
class Failing:
    """A sum that keeps too few values.

    name: variable, level and group (or difference of groups). least, most: what it can be. cells:
    printed numbers that together pin it, each of them needed; none if what is known beforehand does
    so alone.
    """

    name: tuple[str, ...]
    least: int
    most: int
    cells: tuple[Cell, ...]


def audit(protected: Protected) -> list[Failing]:
    """Every protected sum of a block that is not shown to be safe, in the order of the targets.

    It asks only what is shown, and not how that was chosen. Safe is what witnesses show: tables of
    whole numbers that agree with every shown number, checked by integer arithmetic; those that
    protect() left are tried first, then integer programmes look for others.
    """
    question = protected.problem.question(protected.hidden)
    pool = Pool(protected.problem)
    for own in protected.witnesses:
        pool.add(own)
    return [
        _failing(protected, question, target)
        for target in protected.targets
        if not _is_open(question, pool, target)
    ]


def _is_open(question: Question, pool: Pool, target: Target) -> bool:
    """Whether a target keeps as many values as it needs."""
    own = pool.witnesses(question.made, target)
    if len(own) < target.values:
        own = witnesses(question, target.weights, target.values, own)
        pool.add(own)
    return len({int(target.weights @ table) for table in own}) >= target.values


def _failing(protected: Protected, question: Question, target: Target) -> Failing:
    """What there is to say about a target that fails."""
    try:
        least, most = interval(question, target.weights)
    except NotSolvedError:  # no table of whole numbers lies outside these
        least, most = widest(question, target.weights)
    printed = list(protected.cells)
    pinning = pinned_by(question, target.weights, target.values)
    return Failing(target.name, least, most, tuple(printed[place] for place in pinning))
