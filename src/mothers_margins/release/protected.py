"""Everything that a study plans to release, protected: asked cell by cell."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from mothers_margins.disclosure.across_blocks import beside_each_other
from mothers_margins.disclosure.printed import Cell, Form, Variable
from mothers_margins.disclosure.problem import NotProtectableError
from mothers_margins.disclosure.protect import protect
from mothers_margins.disclosure.request import Decided, Protected, Request
from mothers_margins.disclosure.universe import NOT_CONCERNED, NOT_KNOWN
from mothers_margins.release.plan import ReleasePlan

WITHHELD = Decided(hidden=True, why="rule")


@dataclass(frozen=True, eq=False)
class ProtectedStudy:
    """What becomes of every planned cell.

    blocks: those that could be protected. refused: by block, what could not be, with whatever is
    hidden.
    """

    plan: ReleasePlan
    blocks: tuple[tuple[Request, Protected], ...]
    refused: Mapping[str, tuple[str, ...]]

    @cached_property
    def _block_of(self) -> dict[str, tuple[Request, Protected]]:
        return {name: pair for pair in self.blocks for name in pair[0].variables}

    def variable(self, name: str) -> Variable | None:
        """A variable as it is released; None if nothing of it is."""
        return self._block_of[name][0].variables[name] if name in self._block_of else None

    def form(self, name: str) -> Form:
        """The form of a variable in all its columns."""
        return self._block_of[name][1].forms[name] if name in self._block_of else "withheld"

    def cells(self, name: str) -> Mapping[Cell, Decided]:
        """What becomes of all cells of a variable's block; none if nothing of it is released."""
        return self._block_of[name][1].cells if name in self._block_of else {}

    def decided(self, name: str, level: str, group: str) -> Decided:
        """What becomes of a cell; one that no table plans is withheld."""
        if name not in self._block_of:
            return WITHHELD
        return self._block_of[name][1].cells.get(Cell(name, level, group), WITHHELD)

    def cell(self, name: str, level: str, group: str) -> Decided | None:
        """What becomes of a cell; None if its form prints no such cell."""
        if name not in self._block_of:
            return None
        return self._block_of[name][1].cells.get(Cell(name, level, group))

    def count(self, name: str, level: str, group: str) -> int:
        """The true count of a cell. Raises KeyError for a variable that is not planned."""
        _, protected = self._block_of[name]
        regions = self.plan.universe.regions(group)
        weights = protected.system.weights(name, [level], regions)
        return int(weights @ protected.system.truth)

    def known(self, name: str, group: str) -> int:
        """How many of a group have a known value."""
        variable = self.variable(name)
        levels = (variable.levels if variable else ()) or ("known",)
        return sum(self.count(name, level, group) for level in levels)

    def has_base(self, name: str, group: str) -> bool:
        """Whether all that makes the base of a column may be shown: who is not known, and who is
        not concerned.
        """
        if name not in self._block_of:
            return False
        cells = self._block_of[name][1].cells
        rest = [cells.get(Cell(name, level, group)) for level in (NOT_KNOWN, NOT_CONCERNED)]
        return self.form(name) == "counts" and not any(cell and cell.hidden for cell in rest)


def protected_study(
    plan: ReleasePlan, tell: Callable[[str], None] = lambda _: None
) -> ProtectedStudy:
    """Protect every block of a plan, then what says who is in which group beside all others. tell:
    is told the name of each block as it begins.
    """
    blocks = []
    refused: dict[str, tuple[str, ...]] = {}
    for request in plan.requests:
        tell(request.block.name)
        try:
            blocks.append((request, protect(request, plan.policy)))
        except NotProtectableError as reason:
            refused[request.block.name] = tuple(str(word) for word in reason.target)
    together = beside_each_other(blocks, plan.policy)
    return ProtectedStudy(plan, together.blocks, {**refused, **together.refused})
