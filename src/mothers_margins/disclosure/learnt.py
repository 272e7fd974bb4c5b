"""What the search for forms learns on the way and can use again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from mothers_margins.disclosure.printed import Candidate, Cell, Form
from mothers_margins.disclosure.problem import Chosen, Cut
from mothers_margins.disclosure.universe import Array


class Learnt:
    """What was learnt with some forms of the variables and holds with others as well: tables that
    may be witnesses, and cuts whose cells are printed in the same form.
    """

    def __init__(self) -> None:
        self.tables: tuple[Array, ...] = ()
        self._cuts: list[tuple[dict[tuple[Cell, Form], float], Cut]] = []

    def keep(
        self, candidates: Sequence[Candidate], forms: Mapping[str, Form], chosen: Chosen
    ) -> None:
        """Keep what a choice has brought."""
        self.tables += tuple(table for own in chosen.witnesses for table in own)
        cells = [candidate.cell for candidate in candidates]
        known_before = len(self.cuts(candidates, forms))
        for cut in chosen.cuts[known_before:]:
            places = np.flatnonzero(cut.weights)
            by_cell = {
                (cells[place], forms[cells[place].variable]): float(cut.weights[place])
                for place in places
            }
            self._cuts.append((by_cell, cut))

    def cuts(self, candidates: Sequence[Candidate], forms: Mapping[str, Form]) -> tuple[Cut, ...]:
        """Cuts of which every cell is printed."""
        cells = [candidate.cell for candidate in candidates]
        place_of = {(cell, forms[cell.variable]): place for place, cell in enumerate(cells)}
        cuts = []
        for by_cell, cut in self._cuts:
            if not by_cell.keys() <= place_of.keys():
                continue
            weights = np.zeros(len(cells))
            for cell, weight in by_cell.items():
                weights[place_of[cell]] = weight
            cuts.append(replace(cut, weights=weights))
        return tuple(cuts)
