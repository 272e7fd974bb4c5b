"""Protects everything that is planned together: which form each variable has, which cells are
hidden, and tables that show that nothing hidden can be worked out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mothers_margins.disclosure.given_forms import NOTHING, PREFERENCE, GivenForms, shown
from mothers_margins.disclosure.policy import Policy
from mothers_margins.disclosure.printed import FORMS, Cell, Form
from mothers_margins.disclosure.problem import NotProtectableError, TooDearError
from mothers_margins.disclosure.request import Decided, Protected, Request
from mothers_margins.disclosure.tiers import as_decided, first_of, is_hidden


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
        candidates = self._search.block.candidates({self._name: form})
        return {
            one.cell: as_decided(
                one, is_hidden(one, self._request.earlier, one.tier, self._request), self._request
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
        self.block = GivenForms(request, policy)
        self._printings = self.block.printings

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
        value = NOTHING if protected is None else shown(protected)
        for name in self._printings:
            for form in self.choices(name):
                other = {**forms, name: form}
                # each variable shows at most what it shows alone
                bound = sum(most[one][its_form] for one, its_form in other.items())
                is_whole = protected is not None and not _hides_for_others(protected, name)
                if form == forms[name] or is_whole or bound <= value:
                    continue
                tried = self._tried(other, more_than=value)
                if tried is not None and shown(tried) > value:
                    protected, value = tried, shown(tried)
                    forms = other
        return self.block.protected(forms)

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
        best = NOTHING
        most: dict[Form, int] = {}
        nothing: dict[str, Form] = dict.fromkeys(self._printings, "withheld")
        for form in choices:
            most[form] = self._bound(name, form)
            if most[form] <= best:
                continue
            tried = self._tried({**nothing, name: form}, more_than=best)
            most[form] = best if tried is None else shown(tried)
            best = max(best, most[form])
        return most

    def _bound(self, name: str, form: Form) -> int:
        """What a variable would show if nothing were hidden but by rule."""
        candidates = list(self._printings[name].candidates(form))
        first = first_of(candidates)
        costs = [
            candidate.cost
            for candidate in candidates
            if not is_hidden(candidate, self._request.earlier, first, self._request)
        ]
        return sum(costs) + PREFERENCE[form]

    @staticmethod
    def _fullest_of(most: Mapping[Form, int]) -> Form:
        """The form that shows most; the fuller one where it is the same."""
        return max(most, key=lambda form: most[form])

    def _tried(self, forms: Mapping[str, Form], more_than: int = NOTHING) -> Protected | None:
        """What is printed first in some forms; None where it cannot be protected, or does not show
        more than an amount.
        """
        try:
            return self.block.first_only(forms, more_than)
        except (NotProtectableError, TooDearError):
            return None

    def fullest_alone(self, name: str) -> Form:
        """The form that shows most of a variable alone."""
        return self._fullest_of(self._most_alone(name))

    def with_forms(self, forms: Mapping[str, Form], first_only: bool) -> Protected:
        """The block in given forms. Raises NotProtectableError."""
        return self.block.first_only(forms) if first_only else self.block.protected(forms)


def _hides_for_others(protected: Protected, name: str) -> bool:
    """Whether cells of a variable are hidden only to protect others."""
    return any(
        cell.variable == name and one.why == "others" for cell, one in protected.cells.items()
    )
