"""What is asked of the door for one block of variables, and what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mothers_margins.disclosure.printed import Cell, Form, Variable
from mothers_margins.disclosure.problem import Problem, Target
from mothers_margins.disclosure.universe import Array, Block, System, Universe


@dataclass(frozen=True)
class Decided:
    """What becomes of a cell. why: `rule` (its count is small, or a person withheld it), `others`
    (to protect others), empty if it is shown.
    """

    hidden: bool
    why: str = ""


@dataclass(frozen=True, eq=False)
class Protected:
    """A block as it may be released.

    forms: of each variable. cells: what becomes of each. problem, hidden, witnesses: the last tier,
    truth per cell, and for each of its targets tables that give it different values and agree with
    all that is shown. targets: every protected sum. unprotected: names of those that nothing can
    protect, because tables that come first pin them, or the sizes of groups alone.
    """

    block: Block
    system: System
    forms: Mapping[str, Form]
    cells: Mapping[Cell, Decided]
    problem: Problem
    hidden: Array
    witnesses: tuple[tuple[Array, ...], ...]
    targets: tuple[Target, ...] = ()
    unprotected: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, eq=False)
class Request:
    """A block that is to be protected.

    variables: as they are printed, by name. forms: those that are fixed. earlier: cells decided by
    an earlier release, which stay as they were. withheld: cells that a person holds back. What was
    hidden earlier or is held back must not be worked out, however large it is.
    membership: whether the variables say who is in which group (`is_membership`, or nearly so), so
    that the sizes of groups are known, and not those of regions.
    """

    block: Block
    universe: Universe
    variables: Mapping[str, Variable]
    forms: Mapping[str, Form] = field(default_factory=dict)
    earlier: Mapping[Cell, bool] = field(default_factory=dict)
    withheld: frozenset[Cell] = frozenset()
    membership: bool = False


def again(request: Request, protected: Protected) -> Request:
    """The request of a later release that keeps all that was decided."""
    earlier = {cell: one.hidden for cell, one in protected.cells.items()}
    return replace(request, forms=dict(protected.forms), earlier={**request.earlier, **earlier})
