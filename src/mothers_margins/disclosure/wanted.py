"""What must stay uncertain of a block in given forms, and what of it nobody can protect."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from mothers_margins.disclosure.feasible_values import Question, Statements, witnesses
from mothers_margins.disclosure.policy import Policy
from mothers_margins.disclosure.printed import Candidate, Cell, Form, Printing, statements
from mothers_margins.disclosure.problem import Target
from mothers_margins.disclosure.request import Request
from mothers_margins.disclosure.targets import (
    kept_back,
    last_targets,
    policy_targets,
    values_to_keep,
)
from mothers_margins.disclosure.tiers import is_certain
from mothers_margins.disclosure.universe import Array, System


class Wanted:
    """The protected sums of a block. printings: of its variables, by name."""

    def __init__(
        self,
        request: Request,
        policy: Policy,
        system: System,
        printings: Mapping[str, Printing],
    ) -> None:
        self._request = request
        self._policy = policy
        self._system = system
        self._printings = printings
        self._targets = {
            name: tuple(policy_targets(printing, policy)) for name, printing in printings.items()
        }

    def targets(self, forms: Mapping[str, Form]) -> list[tuple[int, Target]]:
        """Targets with their tiers: of every variable of the block, whatever its form; of a last
        level that holds more than itself; of what a person holds back or was hidden earlier.
        """
        wanted = list(self._by_rule(forms))
        small = {target.name for _, target in wanted}
        for cell in self._kept_back():
            named = kept_back(self._printings[cell.variable], cell, forms[cell.variable])
            wanted += [
                (self._tier_of(cell), Target(weights, values_to_keep(self._policy, size), name))
                for name, weights, size in named
                if name not in small
            ]
        return wanted

    def _by_rule(self, forms: Mapping[str, Form]) -> Iterator[tuple[int, Target]]:
        """Targets that the rules of the policy make."""
        for name, printing in self._printings.items():
            yield from self._targets[name]
            if forms[name] == "share_of_all":
                yield from last_targets(printing, self._policy)

    def _kept_back(self) -> list[Cell]:
        """Cells that a person holds back, and that were hidden earlier, in an order of names."""
        earlier = {cell for cell, hidden in self._request.earlier.items() if hidden}
        cells = {*self._request.withheld, *earlier}
        own = [cell for cell in cells if cell.variable in self._printings]
        return sorted(own, key=lambda cell: (cell.variable, cell.level, cell.group))

    def _tier_of(self, cell: Cell) -> int:
        """When a cell is printed; one whose column is printed no more counts as first."""
        return self._request.variables[cell.variable].columns.get(cell.group, 0)

    def known_before(
        self,
        forms: Mapping[str, Form],
        candidates: list[Candidate],
        targets: list[tuple[int, Target]],
    ) -> list[tuple[str, ...]]:
        """Names of targets that something pins which nobody can take back, whatever is hidden.

        The sizes of groups alone: 278 of 279 say that of one it is not known. Where sizes of
        regions are known, a target that these pin is refused instead. And what an earlier release
        printed, of a cell that was hidden then to protect others and not for its own sake.
        """
        names = []
        if self._request.membership:
            nothing = statements([], self._system.columns)
            none = np.zeros(0, dtype=bool)
            names += self._pinned_where(nothing, none, [target for _, target in targets])
        small = {target.name for _, target in self._by_rule(forms)}
        held_back = {
            name
            for cell in self._request.withheld
            if cell.variable in self._printings
            for name, _, _ in kept_back(self._printings[cell.variable], cell, forms[cell.variable])
        }
        asked = [target for _, target in targets if target.name not in {*small, *held_back, *names}]
        if asked:
            said = statements(candidates, self._system.columns)
            shown = [is_certain(one, self._request.earlier) for one in candidates]
            names += self._pinned_where(said, np.array(shown, dtype=bool)[said.cell], asked)
        return names

    def _pinned_where(
        self, said: Statements, made: Array, targets: Sequence[Target]
    ) -> list[tuple[str, ...]]:
        """Names of targets that are not shown to be open where some statements are made."""
        question = Question(self._system.known, self._system.totals, said, made, self._system.truth)
        return [
            target.name
            for target in targets
            if len(witnesses(question, target.weights, target.values)) < target.values
        ]
