"""What is decided of each cell before a tier is asked, and a tier after the first.

A tier is what tables of one place in the order of precedence print: what comes first decides, and a
later tier never costs it a cell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

import numpy as np

from mothers_margins.disclosure.feasible_values import NEVER, Question
from mothers_margins.disclosure.printed import Candidate, Cell
from mothers_margins.disclosure.problem import Chosen, NotProtectableError, Problem, Target
from mothers_margins.disclosure.request import Decided, Request
from mothers_margins.disclosure.suppression import confirmed, suppress


def tie(cell: Cell) -> float:
    """Between 0 and a half, by the names of a cell: decides between patterns that cost the same, so
    that no order of rows, levels or groups does, and no count either.
    """
    name = "\0".join((cell.variable, cell.level, cell.group))
    return int(sha256(name.encode()).hexdigest()[:8], 16) / 2**33


def first_of(candidates: Sequence[Candidate]) -> int:
    """The tier of what is printed first; 0 where nothing is."""
    return min((candidate.tier for candidate in candidates), default=0)


def later_tier(
    problem: Problem, variable_of: Sequence[str]
) -> tuple[Problem, Chosen, list[tuple[str, ...]]]:
    """A tier after the first, and the targets that are not shown to be safe even with all of the
    tier hidden, by name.

    Nothing that this tier hides can mend such a target; but what it shows could tell more of it. So
    nothing of its variable is shown. Where it is not proved that what came before pins it, it may
    be open and yet hard to confirm: then nothing of the tier is shown. If the rest cannot be
    protected, the whole tier is hidden as well. variable_of: by cell.
    """
    everything = problem.hidden | ~problem.certain
    with_all_hidden = confirmed(problem, everything)
    pairs = list(zip(problem.targets, with_all_hidden, strict=True))
    doubtful = [target for target, own in pairs if len(own) < target.values]
    names = [target.name for target in doubtful]
    safe = [(target, tuple(own)) for target, own in pairs if len(own) >= target.values]
    tables = tuple(table for _, own in safe for table in own)
    touched = np.isin(np.array(variable_of, dtype=object), [name[0] for name in names])
    problem = replace(
        problem,
        hidden=problem.hidden | (touched & ~problem.certain),
        targets=tuple(target for target, _ in safe),
        tried=(*problem.tried, *tables),
    )
    all_hidden = Chosen(everything, tuple(own for _, own in safe))
    question = problem.question(everything)
    if not all(_is_pinned(question, target) for target in doubtful):
        return problem, all_hidden, names
    try:
        return problem, suppress(problem), names
    except NotProtectableError:
        return problem, all_hidden, names


def _is_pinned(question: Question, target: Target) -> bool:
    """Whether a linear programme, whose range is never too narrow, proves that a target cannot have
    the values it needs.
    """
    solver = question.with_sum(target.weights, whole=False)
    least, _, _ = solver.extreme(target.weights, -1)
    most, _, _ = solver.extreme(target.weights, 1)
    return most - least < target.values - 1 - NEVER


def is_hidden(
    candidate: Candidate, decided: Mapping[Cell, bool], tier: int, request: Request
) -> bool:
    """Whether a cell is hidden before a tier is asked: earlier, by rule, or as it comes later."""
    if candidate.cell in decided:
        return decided[candidate.cell]
    return candidate.must_hide or candidate.tier > tier or candidate.cell in request.withheld


def is_shown(candidate: Candidate, decided: Mapping[Cell, bool]) -> bool:
    """Whether a cell is shown before a tier is asked."""
    if candidate.cell in decided:
        return not decided[candidate.cell]
    return candidate.must_show


def is_certain(candidate: Candidate, decided: Mapping[Cell, bool]) -> bool:
    """Whether a cell stays shown whatever becomes of its tier: shown before, or nought by
    definition.
    """
    if candidate.cell in decided:
        return not decided[candidate.cell]
    return candidate.must_show and candidate.is_zero


def as_decided(candidate: Candidate, hidden: bool, request: Request) -> Decided:
    """What becomes of a cell, and why."""
    if not hidden:
        return Decided(False)
    by_rule = candidate.must_hide or candidate.cell in request.withheld
    return Decided(True, "rule" if by_rule else "others")
