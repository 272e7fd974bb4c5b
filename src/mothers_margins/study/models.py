"""A study's models: terms, codings, the agreed list, and the plan for what is missing in them."""

from functools import cached_property

from mothers_margins.absent import Absent, absent, answering, not_there
from mothers_margins.errors import unknown
from mothers_margins.study.analysis_plan import Coding
from mothers_margins.study.outcomes import ORDER, Outcomes


class Models(Outcomes):
    """Questions about models and the missing-data plan."""

    @cached_property
    def codings(self) -> dict[str, Coding]:
        """How each variable enters models, with the levels that are put together for them."""
        codings = dict(self.file.coding)
        for name, together in self.standing_in("analysis").items():
            if name in codings:
                merged = {"merged": self.derived[together].merged}
                codings[name] = codings[name].model_copy(update=merged)
        return codings

    def coding(self, model: str, term: str) -> Coding:
        """How a term is coded in a model: as the model says, or the one it departs from, else as
        the study does, with the levels that it puts together for models.

        A model that codes a term itself takes every level of it apart.
        """
        plan = self.file.models.get(model)
        while plan:
            if term in plan.coding:
                return plan.coding[term]
            plan = self.file.models.get(plan.departs_from)
        return self.codings[term]

    def cluster(self, model: str) -> str:
        """The variable of the clusters of a model, or of the one it departs from; empty for
        none.
        """
        plan = self.file.models.get(model)
        while plan:
            if plan.cluster:
                return plan.cluster
            plan = self.file.models.get(plan.departs_from)
        return ""

    @answering
    def terms(self, model: str, outcome: str) -> tuple[str, ...]:
        """Explanatory variables of a model for an outcome, with what it adds to or replaces in the
        one it departs from.

        A sensitivity outcome has the terms of the one that it stands in for. Raises UsageError for
        unknown names.
        """
        if model not in self.file.models:
            raise unknown("model", [model], self.file.models, f"study {self.name}")
        if outcome not in self.outcomes:
            raise unknown("outcome", [outcome], self.outcomes, f"study {self.name}")
        plan = self.file.models[model]
        asked = self.outcomes[outcome].of or outcome
        inherited = self.terms(plan.departs_from, asked) if plan.departs_from else ()
        listed = plan.terms.get(asked, inherited)
        replaced = [plan.replace.get(term, term) for term in listed]
        return (*replaced, *plan.add.get(asked, ()))

    @answering
    def alternatives(self, model: str, outcome: str) -> tuple[str, ...]:
        """Models that depart from a model and explain an outcome by other terms, or code one
        otherwise. Raises UsageError for unknown names.
        """
        own = {term: self.coding(model, term) for term in self.terms(model, outcome)}
        departing = [
            name for name, other in self.file.models.items() if other.departs_from == model
        ]
        coded = {
            name: {term: self.coding(name, term) for term in self.terms(name, outcome)}
            for name in departing
        }
        return tuple(name for name in departing if coded[name] != own)

    @answering
    def modelled(self, model: str) -> tuple[str, ...]:
        """Main outcomes, each with what a model lists to explain it."""
        names: dict[str, None] = {}
        for outcome in self._main_in_order():
            names |= dict.fromkeys([outcome, *self.terms(model, outcome)])
        return tuple(names)

    @answering
    def first_model(self, outcome: str) -> str:
        """The first model that lists explanatory variables of an outcome."""
        if not self.file.models:
            raise not_there("no_model")
        listing = [name for name in self.file.models if self.terms(name, outcome)]
        if not listing:
            raise not_there("no_model_of", outcome=outcome)
        return listing[0]

    def unlocked(self, model: str, outcome: str) -> bool:
        """Whether no agreed list covers the estimates of a model (a name, or formula) for an
        outcome.
        """
        lock = self.file.lock
        asked = self.outcomes[outcome].of or outcome if outcome in self.outcomes else outcome
        return lock is None or model not in self.file.models or asked not in lock.terms

    def changed(self, outcome: str) -> tuple[list[str], list[str], list[str]]:
        """What was done to the agreed list of an outcome after the lock: terms added, left out,
        coded otherwise.
        """
        lock = self.file.lock
        if lock is None or outcome not in lock.terms:
            return [], [], []
        agreed = lock.terms[outcome]
        now = self.terms(lock.model, outcome)
        added = [term for term in now if term not in agreed]
        left_out = [term for term in agreed if term not in now]
        both = [term for term in now if term in lock.coding]
        coded = [term for term in both if self.coding(lock.model, term) != lock.coding[term]]
        return added, left_out, coded

    @answering
    def auxiliaries(self, outcome: str) -> tuple[str, ...]:
        """Auxiliary variables of the missing-data plan that were not recorded after an outcome, nor
        make it up.
        """
        plan = self.file.missing_data
        if plan is None:
            return ()
        last = ORDER[self.outcomes[outcome].timepoint]
        before = [name for name in plan.auxiliaries if ORDER[self.timepoint(name)] <= last]
        own = self.recorded(outcome)
        return tuple(name for name in before if self.recorded(name).isdisjoint(own))

    @property
    def few_imputations(self) -> int | None:
        """Imputations of a sensitivity run, where the study plans any."""
        return self.file.missing_data.sensitivity_m if self.file.missing_data else None

    @property
    def shifts(self) -> dict[str, float] | Absent:
        """The shifts of the run that is not missing at random."""
        plan = self.file.missing_data
        return plan.shifts if plan and plan.shifts else absent("no_shifts")
