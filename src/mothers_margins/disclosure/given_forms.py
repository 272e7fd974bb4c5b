"""A block protected in given forms of its variables, tier by tier."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from mothers_margins.disclosure.choice import LEAST_TIE
from mothers_margins.disclosure.learnt import Learnt
from mothers_margins.disclosure.policy import Policy
from mothers_margins.disclosure.printed import Candidate, Cell, Form, Printing, Rule, statements
from mothers_margins.disclosure.problem import Chosen, Problem, Target
from mothers_margins.disclosure.request import Protected, Request
from mothers_margins.disclosure.suppression import suppress
from mothers_margins.disclosure.tiers import (
    as_decided,
    first_of,
    is_certain,
    is_hidden,
    is_shown,
    later_tier,
    tie,
)
from mothers_margins.disclosure.universe import Array, Membership, System
from mothers_margins.disclosure.wanted import Wanted

# Where two forms show as much of a variable, the one that says more.
PREFERENCE: Mapping[Form, int] = {"counts": 3, "share_of_all": 2, "percent": 1, "withheld": 0}
NOTHING = -1  # less than any block shows


class GivenForms:
    """A block, asked in one choice of forms after another. printings: of its variables, by name."""

    def __init__(self, request: Request, policy: Policy) -> None:
        self._request = request
        self._system = _system(request)
        rule = Rule(
            policy.threshold,
            policy.not_known == "protected",
            policy.smallest_group,
        )
        self.printings = {
            name: Printing(self._system, variable, rule)
            for name, variable in sorted(request.variables.items())
        }
        self._wanted = Wanted(request, policy, self._system, self.printings)
        self._learnt = Learnt()
        self._first: dict[tuple[tuple[str, Form], ...], tuple[Problem, Chosen]] = {}

    def candidates(self, forms: Mapping[str, Form]) -> list[Candidate]:
        """Every cell of every variable in its form."""
        return [
            candidate
            for name, printing in self.printings.items()
            for candidate in printing.candidates(forms[name])
        ]

    def protected(self, forms: Mapping[str, Form]) -> Protected:
        """The block in given forms: tier by tier, what was decided stays. Raises
        NotProtectableError.
        """
        return self._protected(forms, all_tiers=True, more_than=NOTHING)

    def first_only(self, forms: Mapping[str, Form], more_than: int = NOTHING) -> Protected:
        """What is printed first in given forms. Raises NotProtectableError, and TooDearError where
        the block would not show more than an amount.
        """
        return self._protected(forms, all_tiers=False, more_than=more_than)

    def _protected(self, forms: Mapping[str, Form], all_tiers: bool, more_than: int) -> Protected:
        candidates = self.candidates(forms)
        every_target = self._wanted.targets(forms)
        known_before = self._wanted.known_before(forms, candidates, every_target)
        targets = [pair for pair in every_target if pair[1].name not in known_before]
        problem, chosen = self._first_tier(forms, candidates, targets, more_than)
        lost: list[tuple[str, ...]] = []
        if all_tiers:
            problem, chosen, lost = self._later_tiers(candidates, targets, problem, chosen)
        cells = {
            candidate.cell: as_decided(candidate, bool(chosen.hidden[place]), self._request)
            for place, candidate in enumerate(candidates)
        }
        return Protected(
            self._request.block,
            self._system,
            dict(forms),
            cells,
            problem,
            chosen.hidden,
            chosen.witnesses,
            tuple(target for _, target in every_target),
            (*known_before, *lost),
        )

    def _later_tiers(
        self,
        candidates: list[Candidate],
        targets: list[tuple[int, Target]],
        problem: Problem,
        chosen: Chosen,
    ) -> tuple[Problem, Chosen, list[tuple[str, ...]]]:
        """What is printed after the first, tier by tier; and the targets that are not shown to be
        safe.
        """
        decided = dict(self._request.earlier)
        variable_of = [candidate.cell.variable for candidate in candidates]
        lost: list[tuple[str, ...]] = []
        for tier in sorted({candidate.tier for candidate in candidates})[1:]:
            for place, candidate in enumerate(candidates):
                if candidate.tier < tier:
                    decided[candidate.cell] = bool(chosen.hidden[place])
            tried = tuple(table for own in chosen.witnesses for table in own)
            wanted = [pair for pair in targets if pair[1].name not in lost]
            problem = self._problem(candidates, decided, wanted, tier, tried)
            problem, chosen, names = later_tier(problem, variable_of)
            lost += names
        return problem, chosen, lost

    def _first_tier(
        self,
        forms: Mapping[str, Form],
        candidates: list[Candidate],
        targets: list[tuple[int, Target]],
        more_than: int,
    ) -> tuple[Problem, Chosen]:
        """What is printed first, in given forms: solved once."""
        tier = first_of(candidates)
        key = tuple(sorted(forms.items()))
        if key not in self._first:
            tried = self._learnt.tables
            problem = self._problem(candidates, self._request.earlier, targets, tier, tried)
            cuts = self._learnt.cuts(candidates, forms)
            most_cost = _most_cost(problem, forms, more_than)
            problem = replace(problem, cuts=cuts, most_cost=most_cost)
            chosen = suppress(problem)
            self._learnt.keep(candidates, forms, chosen)
            self._first[key] = problem, chosen
        return self._first[key]

    def _problem(
        self,
        candidates: list[Candidate],
        decided: Mapping[Cell, bool],
        targets: list[tuple[int, Target]],
        tier: int,
        tried: tuple[Array, ...],
    ) -> Problem:
        """One tier: later ones hide everything, earlier ones are decided."""
        hidden = np.array([is_hidden(one, decided, tier, self._request) for one in candidates])
        shown = np.array([is_shown(one, decided) for one in candidates], dtype=bool)
        return Problem(
            self._system.known,
            self._system.totals,
            self._system.truth,
            statements(candidates, self._system.columns),
            np.array([one.cost + tie(one.cell) / len(candidates) for one in candidates]),
            hidden.astype(bool),
            shown & ~hidden.astype(bool),
            tuple(target for own, target in targets if own <= tier),
            tried=tried,
            certain=np.array([is_certain(one, decided) for one in candidates], dtype=bool),
        )


def _system(request: Request) -> System:
    """The block laid out by the groups of the first tables, and those of its variables that are
    printed in others by all groups.
    """
    if request.membership:
        return Membership(request.block, request.universe, request.universe.groups)
    first = {
        group
        for variable in request.variables.values()
        for group, tier in variable.columns.items()
        if tier == 0
    }
    fine = {
        name for name, variable in request.variables.items() if not {*variable.columns} <= first
    }
    return System(request.block, request.universe, fine, sorted(first))


def shown(protected: Protected) -> int:
    """How much is shown: costs of the cells that are not hidden, without the fractions that decide
    between equal ones; counts before shares before per cent where it is the same.
    """
    costs = protected.problem.costs
    by_cells = round(float(costs[~protected.hidden.astype(bool)].sum()))
    return by_cells + _preference(protected.forms)


def _preference(forms: Mapping[str, Form]) -> int:
    return sum(PREFERENCE[form] for form in forms.values())


def _most_cost(problem: Problem, forms: Mapping[str, Form], more_than: int) -> float:
    """What cells may cost that are hidden, where more than an amount is to be `shown`."""
    least = more_than + 1 - _preference(forms)
    return float(problem.costs.sum()) - least + LEAST_TIE
