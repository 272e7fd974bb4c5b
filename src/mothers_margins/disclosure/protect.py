"""Protects everything that is planned together: which form each variable has, which cells are
hidden, and tables that show that nothing hidden can be worked out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

import numpy as np

from mothers_margins.disclosure.feasible_values import NEVER, Question, Statements, witnesses
from mothers_margins.disclosure.policy import Policy
from mothers_margins.disclosure.printed import (
    FORMS,
    Candidate,
    Cell,
    Form,
    Printing,
    Rule,
    Variable,
    statements,
)
from mothers_margins.disclosure.suppression import (
    Chosen,
    Cut,
    NotProtectableError,
    Problem,
    Target,
    confirmed,
    suppress,
)
from mothers_margins.disclosure.targets import (
    kept_back,
    last_targets,
    policy_targets,
    values_to_keep,
)
from mothers_margins.disclosure.universe import (
    Array,
    Block,
    Membership,
    System,
    Universe,
)

# Where two forms show as much of a variable, the one that says more.
PREFERENCE: Mapping[Form, int] = {"counts": 3, "share_of_all": 2, "percent": 1, "withheld": 0}


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


def protect(request: Request, policy: Policy) -> Protected:
    """The forms and cells of a block that show most and let nothing be worked out.

    Each variable begins with the form that shows most of it alone; then forms are changed one by
    one as long as the block shows more. Raises NotProtectableError, naming the target, where a
    fixed form or an earlier release leaves no way.
    """
    search = _Search(request, policy)
    return search.best()


class Alone:
    """One variable of a block, protected as if nothing else of the block were printed.

    Beside others it shows at most as much, but for ties. forms: those that it can have, the one
    that says most first; fixed forms and earlier cells of the request hold.
    """

    def __init__(self, request: Request, name: str, policy: Policy) -> None:
        own = replace(
            request,
            block=request.block.margin([name]),
            variables={name: request.variables[name]},
        )
        self._name = name
        self._request = own
        self._search = _Search(own, policy)
        self.forms: tuple[Form, ...] = tuple(self._search.choices(name))

    def fullest(self) -> Form:
        """The form that shows most of what is printed first: the one that `protect` begins with."""
        return self._search.fullest_alone(self._name)

    def by_rule(self, form: Form) -> Mapping[Cell, Decided]:
        """Its cells in a form, if nothing had to be hidden to protect others."""
        candidates = self._search.candidates({self._name: form})
        return {
            one.cell: _decided(
                one, _is_hidden(one, self._request.earlier, one.tier, self._request), self._request
            )
            for one in candidates
        }

    def protected(self, form: Form, *, first_only: bool = False) -> Mapping[Cell, Decided]:
        """Its cells in a form, in all tables; or only those printed first, which takes a fraction
        of the time. Raises NotProtectableError, naming the target, where an earlier release, or
        what is known beforehand, leaves no way.
        """
        protected = self._search.with_forms({self._name: form}, first_only)
        if not first_only:
            return protected.cells
        first = min(self._request.variables[self._name].columns.values(), default=0)
        tiers = self._request.variables[self._name].columns
        return {cell: one for cell, one in protected.cells.items() if tiers[cell.group] == first}


class _Search:
    """Tries forms for the variables of a block."""

    def __init__(self, request: Request, policy: Policy) -> None:
        self._request = request
        self._policy = policy
        self._system = _system(request)
        rule = Rule(
            policy.threshold,
            policy.not_known == "protected",
            policy.smallest_group,
        )
        self._printings = {
            name: Printing(self._system, variable, rule)
            for name, variable in sorted(request.variables.items())
        }
        self._learnt = _Learnt()
        self._kept: dict[tuple[tuple[str, Form], ...], Protected | None] = {}
        self._first: dict[tuple[tuple[str, Form], ...], tuple[Problem, Chosen]] = {}
        self._targets = {
            name: tuple(policy_targets(printing, policy))
            for name, printing in self._printings.items()
        }

    def choices(self, name: str) -> list[Form]:
        """Forms that a variable can have, the one that says most first."""
        if name in self._request.forms:
            return [self._request.forms[name]]
        printing = self._printings[name]
        if printing.variable.is_number:
            return ["counts"]
        is_later = min(printing.variable.columns.values(), default=0) > 0
        forms = [form for form in FORMS if form != "withheld" and printing.allowed(form)]
        if is_later and self._policy.counts:
            forms.remove("percent")  # as in Printing._percents
        return [form for form in forms if self._policy.counts or form == "percent"]

    def best(self) -> Protected:
        """The best combination found."""
        most = {name: self._most_alone(name) for name in self._printings}
        forms = {name: self._fullest_of(own) for name, own in most.items()}
        protected = self._tried(forms)  # by what is printed first
        value = -1 if protected is None else _shown(protected)
        for name in self._printings:
            for form in self.choices(name):
                other = {**forms, name: form}
                # each variable shows at most what it shows alone
                bound = sum(most[one][its_form] for one, its_form in other.items())
                is_whole = protected is not None and not _hides_for_others(protected, name)
                if form == forms[name] or is_whole or bound <= value:
                    continue
                tried = self._tried(other)
                if tried is not None and _shown(tried) > value:
                    protected, value = tried, _shown(tried)
                    forms = other
        return self._with(forms, all_tiers=True)

    def _most_alone(self, name: str) -> dict[Form, int]:
        """The most that a variable can show in each form, if it were printed alone; for forms that
        cannot be the best of one variable a bound is enough.
        """
        choices = self.choices(name)
        if len(choices) == 1:
            return {choices[0]: self._bound(name, choices[0])}
        if len(self._printings) == 1:
            return self._most(name, choices)
        alone = replace(
            self._request,
            block=self._request.block.margin([name]),
            variables={name: self._request.variables[name]},
        )
        return _Search(alone, self._policy)._most(name, choices)

    def _most(self, name: str, choices: Sequence[Form]) -> dict[Form, int]:
        """What one variable shows in each form; a bound where another form shows more anyway."""
        best = -1
        most: dict[Form, int] = {}
        nothing: dict[str, Form] = dict.fromkeys(self._printings, "withheld")
        for form in choices:
            most[form] = self._bound(name, form)
            if most[form] <= best:
                continue
            tried = self._tried({**nothing, name: form})
            most[form] = -1 if tried is None else _shown(tried)
            best = max(best, most[form])
        return most

    def _bound(self, name: str, form: Form) -> int:
        """What a variable would show if nothing were hidden but by rule."""
        candidates = list(self._printings[name].candidates(form))
        first = _first_of(candidates)
        costs = [
            candidate.cost
            for candidate in candidates
            if not _is_hidden(candidate, self._request.earlier, first, self._request)
        ]
        return sum(costs) + PREFERENCE[form]

    @staticmethod
    def _fullest_of(most: Mapping[Form, int]) -> Form:
        """The form that shows most; the fuller one where it is the same."""
        return max(most, key=lambda form: most[form])

    def _tried(self, forms: Mapping[str, Form]) -> Protected | None:
        key = tuple(sorted(forms.items()))
        if key not in self._kept:
            try:
                self._kept[key] = self._with(forms)
            except NotProtectableError:
                self._kept[key] = None
        return self._kept[key]

    def _with(self, forms: Mapping[str, Form], all_tiers: bool = False) -> Protected:
        """The block in given forms: tier by tier, what was decided stays; or only what is printed
        first.
        """
        candidates = self.candidates(forms)
        every_target = self._wanted(forms)
        known_before = self._known_before(forms, candidates, every_target)
        targets = [pair for pair in every_target if pair[1].name not in known_before]
        problem, chosen = self._first_tier(forms, candidates, targets, _first_of(candidates))
        lost: list[tuple[str, ...]] = []
        if all_tiers:
            problem, chosen, lost = self._later_tiers(candidates, targets, problem, chosen)
        cells = {
            candidate.cell: _decided(candidate, bool(chosen.hidden[place]), self._request)
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
            problem, chosen, names = _later_tier(problem, variable_of)
            lost += names
        return problem, chosen, lost

    def _wanted(self, forms: Mapping[str, Form]) -> list[tuple[int, Target]]:
        """Targets with their tiers: of every variable of the block, whatever its form; of a last
        level that holds more than itself; of what a person holds back or was hidden earlier.
        """
        wanted = list(self._small(forms))
        small = {target.name for _, target in wanted}
        for cell in self._kept_back():
            named = kept_back(self._printings[cell.variable], cell, forms[cell.variable])
            wanted += [
                (self._tier_of(cell), Target(weights, values_to_keep(self._policy, size), name))
                for name, weights, size in named
                if name not in small
            ]
        return wanted

    def _small(self, forms: Mapping[str, Form]) -> Iterator[tuple[int, Target]]:
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

    def _known_before(
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
        small = {target.name for _, target in self._small(forms)}
        held_back = {
            name
            for cell in self._request.withheld
            if cell.variable in self._printings
            for name, _, _ in kept_back(self._printings[cell.variable], cell, forms[cell.variable])
        }
        asked = [target for _, target in targets if target.name not in {*small, *held_back, *names}]
        if asked:
            said = statements(candidates, self._system.columns)
            shown = [_is_certain(one, self._request.earlier) for one in candidates]
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

    def _first_tier(
        self,
        forms: Mapping[str, Form],
        candidates: list[Candidate],
        targets: list[tuple[int, Target]],
        tier: int,
    ) -> tuple[Problem, Chosen]:
        """What is printed first, in given forms: solved once."""
        key = tuple(sorted(forms.items()))
        if key not in self._first:
            tried = self._learnt.tables
            problem = self._problem(candidates, self._request.earlier, targets, tier, tried)
            problem = replace(problem, cuts=self._learnt.cuts(candidates, forms))
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
        hidden = np.array([_is_hidden(one, decided, tier, self._request) for one in candidates])
        shown = np.array([_is_shown(one, decided) for one in candidates], dtype=bool)
        return Problem(
            self._system.known,
            self._system.totals,
            self._system.truth,
            statements(candidates, self._system.columns),
            np.array([one.cost + _tie(one.cell) / len(candidates) for one in candidates]),
            hidden.astype(bool),
            shown & ~hidden.astype(bool),
            tuple(target for own, target in targets if own <= tier),
            tried=tried,
            certain=np.array([_is_certain(one, decided) for one in candidates], dtype=bool),
        )

    # ---- for one variable alone

    def candidates(self, forms: Mapping[str, Form]) -> list[Candidate]:
        """Every cell of every variable in its form."""
        return [
            candidate
            for name, printing in self._printings.items()
            for candidate in printing.candidates(forms[name])
        ]

    def fullest_alone(self, name: str) -> Form:
        """The form that shows most of a variable alone."""
        return self._fullest_of(self._most_alone(name))

    def with_forms(self, forms: Mapping[str, Form], first_only: bool) -> Protected:
        """The block in given forms. Raises NotProtectableError."""
        return self._with(forms, all_tiers=not first_only)


class _Learnt:
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


def _tie(cell: Cell) -> float:
    """Between 0 and a half, by the names of a cell: decides between patterns that cost the same, so
    that no order of rows, levels or groups does, and no count either.
    """
    name = "\0".join((cell.variable, cell.level, cell.group))
    return int(sha256(name.encode()).hexdigest()[:8], 16) / 2**33


def _first_of(candidates: Sequence[Candidate]) -> int:
    """The tier of what is printed first; 0 where nothing is."""
    return min((candidate.tier for candidate in candidates), default=0)


def _later_tier(
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


def _is_hidden(
    candidate: Candidate, decided: Mapping[Cell, bool], tier: int, request: Request
) -> bool:
    if candidate.cell in decided:
        return decided[candidate.cell]
    return candidate.must_hide or candidate.tier > tier or candidate.cell in request.withheld


def _is_shown(candidate: Candidate, decided: Mapping[Cell, bool]) -> bool:
    if candidate.cell in decided:
        return not decided[candidate.cell]
    return candidate.must_show


def _is_certain(candidate: Candidate, decided: Mapping[Cell, bool]) -> bool:
    """Whether a cell stays shown whatever becomes of its tier: shown before, or nought by
    definition.
    """
    if candidate.cell in decided:
        return not decided[candidate.cell]
    return candidate.must_show and candidate.is_zero


def _decided(candidate: Candidate, hidden: bool, request: Request) -> Decided:
    if not hidden:
        return Decided(False)
    by_rule = candidate.must_hide or candidate.cell in request.withheld
    return Decided(True, "rule" if by_rule else "others")


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


def _hides_for_others(protected: Protected, name: str) -> bool:
    """Whether cells of a variable are hidden only to protect others."""
    return any(
        cell.variable == name and one.why == "others" for cell, one in protected.cells.items()
    )


def _shown(protected: Protected) -> int:
    """How much is shown: costs of the cells that are not hidden, without the fractions that decide
    between equal ones; counts before shares before per cent where it is the same.
    """
    costs = protected.problem.costs
    shown = round(float(costs[~protected.hidden.astype(bool)].sum()))
    return shown + sum(PREFERENCE[form] for form in protected.forms.values())


def again(request: Request, protected: Protected) -> Request:
    """The request of a later release that keeps all that was decided."""
    earlier = {cell: one.hidden for cell, one in protected.cells.items()}
    return replace(request, forms=dict(protected.forms), earlier={**request.earlier, **earlier})
