"""What is asked when cells are chosen that are to be hidden, and what comes of it."""

from dataclasses import dataclass, field

import numpy as np

from mothers_margins.disclosure.feasible_values import Question, Statements

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Target:
    """A sum that must stay uncertain: its coefficients, how many values it must keep, and what it
    is, for messages.
    """

    weights: Array
    values: int
    name: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Problem:
    """Cells to choose among. known, totals, truth: as in System. statements: of c cells. costs: of
    hiding each. hidden, shown: truth per cell, what is decided beforehand. moves: as in System.
    is_thorough: whether integer programmes are asked where shares are printed; if not, what single
    moves do not confirm counts as not safe. tried: tables that may be witnesses. certain: truth per
    cell that is shown whatever else is hidden.
    """

    known: Array
    totals: Array
    truth: Array
    statements: Statements
    costs: Array
    hidden: Array
    shown: Array
    targets: tuple[Target, ...]
    tried: tuple[Array, ...] = ()
    cuts: tuple["Cut", ...] = ()
    most_cost: float = np.inf
    certain: Array = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def question(self, hidden: Array) -> Question:
        """What an attacker knows when some cells are hidden."""
        made = ~hidden[self.statements.cell].astype(bool)
        return Question(self.known, self.totals, self.statements, made, self.truth)


@dataclass(frozen=True, eq=False)
class Cut:
    """What every choice of cells fulfils that leaves a target open: weights @ hidden >= least. It
    holds wherever the same cells can be printed, whatever else is.
    """

    weights: Array
    least: float
    target: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Chosen:
    """Which cells are hidden (truth per cell), and for each target tables that give it different
    values and agree with all that is shown. cuts: that were found on the way.
    """

    hidden: Array
    witnesses: tuple[tuple[Array, ...], ...]
    cuts: tuple[Cut, ...] = ()


class NotProtectableError(ValueError):
    """A target that stays too narrow whatever is hidden. target: which."""

    def __init__(self, target: tuple[str, ...]) -> None:
        super().__init__(" ".join(target))
        self.target = target


class TooDearError(ValueError):
    """Whatever protects all targets costs more than it may."""
