"""The study: what its definition says, ready to be asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import Literal

from mothers_margins.absent import Absent, absent, answering, not_there
from mothers_margins.errors import near, unknown
from mothers_margins.study.analysis_plan import Coding
from mothers_margins.study.conditions import Condition, Group, Where
from mothers_margins.study.figure_parts import in_parts
from mothers_margins.study.leag_file import LeagFile
from mothers_margins.study.participant_table import (
    Instrument,
    MissingValue,
    MultiResponseSet,
    Score,
    StructuralZero,
    TableSchema,
    Timepoint,
    Variable,
)
from mothers_margins.study.study_file import (
    Derived,
    Fact,
    Outcome,
    StudyFile,
    TablePlan,
    Themes,
    Use,
)

ORDER: dict[Timepoint | None, int] = {None: 0, 1: 1, "between": 2, 2: 3}
NOT_CONCERNED = "not_concerned"  # a code; its words stand in `terms`
# The table that is printed once for every exploratory outcome, between the groups of its contrasts.
EXPLORATORY = "exploratory"
BODY = "body"  # what a table shows that fits one page; the table it is of is then the annex's


@dataclass(frozen=True)
class Planned:
    """What a study plans to describe, as the verbs take it.

    name: of the table, empty for what is no table. variables: its own, then those that stand for
    one of them in its body tables. groups: names of groups, or new ones by their conditions. pair:
    the two of them that are compared, or why none are. bodies: names of its body tables, or that
    there are none.
    """

    name: str
    variables: tuple[str, ...]
    groups: tuple[str, ...] | dict[str, dict[str, str]]
    pair: tuple[str, str] | Absent
    bodies: tuple[str, ...] | Absent


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """One study, read and checked. `margins` maps (variable, level, group, statistic) to the
    published value.
    """

    folder: Path
    file: StudyFile
    schema: TableSchema
    themes: Themes | None
    facts: tuple[Fact, ...]
    margins: dict[tuple[str, str, str, str], float]
    leag: LeagFile | None = None

    @property
    def name(self) -> str:
        """The study's name, which is its folder in data_dictionary/."""
        return self.file.name

    @property
    def title(self) -> str:
        """The study's title."""
        return self.file.title

    @property
    def groups(self) -> dict[str, Group]:
        """Groups by name, in declared order."""
        return self.file.groups

    @cached_property
    def tables(self) -> dict[str, TablePlan]:
        """Planned tables by name, each with results of its own; body tables are none of them."""
        return {name: plan for name, plan in self.file.tables.items() if plan.shows != BODY}

    @cached_property
    def body_tables(self) -> dict[str, TablePlan]:
        """Body tables by name, each with the groups and the timepoint of the table that it is
        of.
        """
        plans = {name: plan for name, plan in self.file.tables.items() if plan.shows == BODY}
        for name, plan in plans.items():
            whole = self.tables.get(plan.of)
            if whole:
                own = {"groups": whole.groups, "timepoint": whole.timepoint}
                plans[name] = plan.model_copy(update=own)
        return plans

    @cached_property
    def fields(self) -> dict[str, Variable]:
        """Fields of the participant file by name."""
        return {variable.name: variable for variable in self.schema.fields}

    @cached_property
    def scores(self) -> dict[str, Score]:
        """Scores of the instruments by name, in declared order."""
        return {
            score.name: score
            for instrument in self.schema.instruments
            for score in instrument.scores
        }

    @cached_property
    def instruments(self) -> dict[str, Instrument]:
        """The instrument of each score, by the score's name."""
        return {
            score.name: instrument
            for instrument in self.schema.instruments
            for score in instrument.scores
        }

    @cached_property
    def outcomes(self) -> dict[str, Outcome]:
        """Outcomes by name."""
        return {outcome.name: outcome for outcome in self.file.outcomes}

    @cached_property
    def derived(self) -> dict[str, Derived]:
        """Variables derived after the scores, by name: those of study.yaml, then the outcomes."""
        return {variable.name: variable for variable in (*self.file.derived, *self.file.outcomes)}

    def standing_in(self, use: Use) -> dict[str, str]:
        """By variable, the derived one that stands for it where a use is asked."""
        return {one.source: one.name for one in self.file.derived if use in one.use}

    @cached_property
    def codings(self) -> dict[str, Coding]:
        """How each variable enters models, with the levels that are put together for them."""
        codings = dict(self.file.coding)
        for name, together in self.standing_in("analysis").items():
            if name in codings:
                merged = {"merged": self.derived[together].merged}
                codings[name] = codings[name].model_copy(update=merged)
        return codings

    @cached_property
    def sets(self) -> dict[str, tuple[Variable, ...]]:
        """Multi-response sets by name: their options in declared order."""
        return {
            name: tuple(field for field in self.schema.fields if field.multi_response == name)
            for name in self.set_titles
        }

    @property
    def set_titles(self) -> dict[str, MultiResponseSet]:
        """Multi-response sets by name: their title and note."""
        return {declared.name: declared for declared in self.schema.multi_response_sets}

    @cached_property
    def declared(self) -> dict[str, Variable | Score | Derived]:
        """Everything that is a column of a derived cohort, by name."""
        return {**self.fields, **self.scores, **self.derived}

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """What can be summarised: variables, scores, derived variables and multi-response sets, in
        declared order.
        """
        single = [
            field.name
            for field in self.schema.fields
            if field.role in ("variable", "group") and not field.multi_response
        ]
        return (*single, *self.scores, *self.derived, *self.sets)

    def levels(self, name: str) -> tuple[str, ...]:
        """Levels of a variable or options of a multi-response set, in declared order; empty for a
        number.
        """
        if name in self.sets:
            return tuple(option.title for option in self.sets[name])
        if name not in self.declared:
            raise unknown("variable", [name], self.variables, f"study {self.name}")
        return self.declared[name].levels

    def is_ordered(self, name: str) -> bool:
        """Whether the levels of a variable have an order: declared, or that of bands and fifths."""
        declared = self.declared[name]
        if isinstance(declared, Variable):
            return declared.categories_ordered
        return isinstance(declared, Derived) and bool(declared.bands or declared.fifths)

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

    @property
    def main_outcomes(self) -> dict[Timepoint | None, str]:
        """The primary and the secondary outcome by timepoint."""
        return {
            outcome.timepoint: outcome.name
            for outcome in self.file.outcomes
            if outcome.kind in ("primary", "secondary")
        }

    @property
    def timepoints(self) -> tuple[int, ...]:
        """The timepoints of main outcomes and of tables, in order; a study that names none has one,
        1.
        """
        named = {*self.main_outcomes, *(plan.timepoint for plan in self.tables.values())}
        return tuple(sorted(when for when in named if isinstance(when, int))) or (1,)

    @property
    def first_outcome(self) -> str | Absent:
        """The main outcome of the first timepoint."""
        return next(self._main_in_order(), absent("no_main_outcome"))

    @property
    def last_outcome(self) -> str | Absent:
        """The main outcome of the last timepoint, which may be the first too."""
        return next(reversed([*self._main_in_order()]), absent("no_main_outcome"))

    @property
    def later_outcome(self) -> str | Absent:
        """The main outcome of the last timepoint, where that is another than the first."""
        later = [*self._main_in_order()][1:]
        if not later:
            return self.first_outcome and absent("no_later_outcome")
        return later[-1]

    def _main_in_order(self) -> Iterator[str]:
        main = self.main_outcomes
        yield from (main[when] for when in sorted(main, key=ORDER.__getitem__))

    @answering
    def modelled(self, model: str) -> tuple[str, ...]:
        """Main outcomes, each with what a model lists to explain it."""
        names: dict[str, None] = {}
        for outcome in self._main_in_order():
            names |= dict.fromkeys([outcome, *self.terms(model, outcome)])
        return tuple(names)

    @answering
    def title_of(self, name: str) -> str:
        """A variable's title, in a notebook's own captions."""
        return self.label(name)

    @answering
    def first_model(self, outcome: str) -> str:
        """The first model that lists explanatory variables of an outcome."""
        if not self.file.models:
            raise not_there("no_model")
        listing = [name for name in self.file.models if self.terms(name, outcome)]
        if not listing:
            raise not_there("no_model_of", outcome=outcome)
        return listing[0]

    @answering
    def sides(self, outcome: str) -> dict[str, dict[str, str]]:
        """Those with an outcome and those without it, as groups of their own."""
        return {f"{self.label(outcome)}: {level}": {outcome: level} for level in ("Yes", "No")}

    @answering
    def known_or_not(self, outcome: str) -> dict[str, dict[str, dict[str, bool]]]:
        """Those whose outcome is known and those for whom it is not, as groups of their own."""
        title = self.label(outcome)
        return {
            f"{title}: known": {outcome: {"known": True}},
            f"{title}: not known": {outcome: {"known": False}},
        }

    @answering
    def yes_or_no(self, names: Sequence[str]) -> tuple[str, ...]:
        """Those of some variables whose levels are Yes and No."""
        chosen = [name for name in names if self.levels(name) == ("Yes", "No")]
        if not chosen:
            raise not_there("no_yes_or_no")
        return tuple(chosen)

    def numbers_by_subject(self, table: str) -> tuple[tuple[str, ...], ...]:
        """The numbers of a planned table whose limits are declared, in parts of a figure each, by
        the blocks of the table; then those that stand for others in its body tables. None where
        the study plans no such table.
        """
        if table not in self.tables:
            return ()
        blocks = [block.variables for block in self.tables[table].blocks]
        stand_in = {*self._as_planned(table).variables} - {*self.tables[table].variables}
        numbers = [[name for name in block if self.has_limits(name)] for block in blocks]
        return in_parts([*numbers, sorted(filter(self.has_limits, stand_in))])

    @answering
    def numbers(self, names: Sequence[str]) -> tuple[str, ...]:
        """Those of some variables that are numbers whose limits are declared."""
        chosen = [name for name in names if self.has_limits(name)]
        if not chosen:
            raise not_there("no_numbers")
        return tuple(chosen)

    def has_limits(self, name: str) -> bool:
        """Whether a variable is a number, or a score, with a declared minimum and maximum."""
        if name in self.scores:
            return isfinite(sum(self.limits(name)))
        field = self.fields.get(name)
        if field is None or self.levels(name) or field.type not in ("integer", "number"):
            return False
        return isfinite(field.constraints.lowest + field.constraints.highest)

    def limits_of(self, name: str) -> tuple[float, float]:
        """The declared minimum and maximum of a number or a score that has them."""
        if name in self.scores:
            return self.limits(name)
        constraints = self.fields[name].constraints
        return constraints.lowest, constraints.highest

    @property
    def score_names(self) -> tuple[str, ...] | Absent:
        """Every score of an instrument."""
        return tuple(self.scores) or absent("no_scores")

    @property
    def exploratory_outcomes(self) -> tuple[str, ...] | Absent:
        """Outcomes that are compared with all others, and with those nearer to them."""
        named = [one.name for one in self.file.outcomes if one.kind == "exploratory"]
        return tuple(named) or absent("no_exploratory_outcome")

    @property
    def few_imputations(self) -> int | None:
        """Imputations of a sensitivity run, where the study plans any."""
        return self.file.missing_data.sensitivity_m if self.file.missing_data else None

    @property
    def shifts(self) -> dict[str, float] | Absent:
        """The shifts of the run that is not missing at random."""
        plan = self.file.missing_data
        return plan.shifts if plan and plan.shifts else absent("no_shifts")

    @property
    def whole(self) -> str:
        """The group of all who are described: the first column of the first table."""
        return next(iter(self.tables.values())).groups[0]

    def planned(self, shows: str, timepoint: int | None = None) -> Planned | Absent:
        """The first table that shows characteristics, needs or the course, at a timepoint.

        A table that names no timepoint belongs to all; one that names this comes before it. The
        table of exploratory outcomes is none of them (see `exploratory`). Absent where the study
        plans none.
        """
        names = [
            name
            for name, plan in self.tables.items()
            if plan.shows == shows and name != EXPLORATORY
        ]
        of_all = [name for name in names if self.tables[name].timepoint is None]
        here = [name for name in names if self.tables[name].timepoint == timepoint]
        found = [*here, *of_all]
        if found:
            return self._as_planned(found[0])
        if timepoint is None:
            return absent("no_course")
        return absent("no_table", shows=shows, timepoint=timepoint)

    @property
    def exploratory(self) -> Planned | Absent:
        """The table that is printed once for every exploratory outcome."""
        if EXPLORATORY not in self.tables:
            return absent("no_exploratory_table")
        return self._as_planned(EXPLORATORY)

    @property
    def crossed(self) -> Planned | Absent:
        """Two variables that are shown side by side before one of them is chosen."""
        named = self.file.side_by_side
        if named is None:
            return absent("no_crossing")
        title = self.label(named.columns)
        levels = self.levels(named.columns)
        groups = {f"{title}: {level}": {named.columns: level} for level in levels}
        return Planned("", (named.rows,), groups, absent("no_pair"), absent("no_body_table"))

    def _as_planned(self, name: str) -> Planned:
        plan = self.tables[name]
        bodies = [body for body, own in self.body_tables.items() if own.of == name]
        variables = dict.fromkeys(plan.variables)
        for body in bodies:
            variables |= dict.fromkeys(self.reported(body).variables)
        return Planned(
            name,
            tuple(variables),
            plan.groups,
            self._pair(plan.groups),
            tuple(bodies) or absent("no_body_table"),
        )

    def reported(self, body: str) -> TablePlan:
        """The plan of a body table with the variables that stand for others in body tables."""
        plan, in_place = self.plan(body), self.standing_in("report")
        blocks = []
        for block in plan.blocks:
            names = tuple(in_place.get(name, name) for name in block.variables)
            blocks.append(block.model_copy(update={"variables": names}))
        return plan.model_copy(update={"blocks": tuple(blocks)})

    def pair(self, table: str) -> tuple[str, str] | Absent:
        """The two groups of a table that are compared, or why none are."""
        return self._pair(self.plan(table).groups)

    def _pair(self, names: tuple[str, ...]) -> tuple[str, str] | Absent:
        """The two groups of a table that hold no other of its groups, if these share nobody."""
        parts = [name for name in names if not {*self.groups[name].contains} & {*names}]
        if len(parts) == 2 and self._share_nobody(*parts):
            return parts[0], parts[1]
        return absent("no_pair")

    def _share_nobody(self, one: str, other: str) -> bool:
        """Whether the conditions of two groups cannot both hold: one variable decides it."""
        first, second = self.groups[one].where, self.groups[other].where
        return any(_apart(first[name], second[name]) for name in first if name in second)

    def main_outcome(self, timepoint: int) -> str | Absent:
        """The primary or secondary outcome at a timepoint; absent where there is a table of it and
        no outcome. Raises UsageError for a timepoint that the study does not have.
        """
        if not self.main_outcomes:
            return absent("no_main_outcome")
        main = {str(when): name for when, name in self.main_outcomes.items()}
        asked = str(timepoint)
        if asked not in main and timepoint in self.timepoints:
            return absent("no_outcome_at", timepoint=asked)
        if asked not in main:
            raise unknown("timepoint with a main outcome", [asked], main, f"study {self.name}")
        return main[asked]

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

    @answering
    def contrasts(self, outcome: str) -> dict[str, dict[str, Where]]:
        """Pairs of disjoint groups of an outcome: those with it and all others; and the others who
        meet `also_within`.

        Keyed by what the comparison is with. Dyads whose outcome is not known are in none. Absent
        where the outcome declares no `also_within`. Raises UsageError for an unknown one.
        """
        if outcome not in self.outcomes:
            raise unknown("outcome", [outcome], self.outcomes, f"study {self.name}")
        within = self.outcomes[outcome].also_within
        if not within:
            raise not_there("no_within", outcome=outcome)
        title = self.label(outcome)
        with_it = {outcome: Condition(levels=("Yes",))}
        without_it = {outcome: Condition(levels=("No",))}
        return {
            "all others": {title: with_it, "All others": without_it},
            "involved": {title: with_it, "Involved, without it": {**without_it, **within}},
        }

    def columns_of(self, table: str) -> dict[str, Group]:
        """The groups that a table prints, by name: those of its plan; of the table `exploratory`
        also those of the contrasts of every outcome, as `OUTCOME: GROUP`.

        The outcome stands before the group because contrasts of several outcomes have groups of the
        same name (`All others`). Raises UsageError, naming the tables there are.
        """
        named = self.plan(table).groups
        columns = {name: group for name, group in self.groups.items() if name in named}
        if table == EXPLORATORY:
            columns |= self._groups_of_contrasts()
        return columns

    def _groups_of_contrasts(self) -> dict[str, Group]:
        declaring = [name for name, outcome in self.outcomes.items() if outcome.also_within]
        groups: dict[str, Group] = {}
        for outcome in declaring:
            for pair in self.contrasts(outcome).values():
                named = {f"{outcome}: {name}": where for name, where in pair.items()}
                groups |= {name: Group(label=name, where=where) for name, where in named.items()}
        return groups

    @cached_property
    def printed_groups(self) -> dict[str, Group]:
        """Every group that one of the tables prints, by name, as `columns_of` names them."""
        groups: dict[str, Group] = {}
        for table in self.tables:
            groups |= self.columns_of(table)
        return groups

    @cached_property
    def printed_variables(self) -> tuple[str, ...]:
        """Every variable that one of the tables prints, each once."""
        return tuple(
            dict.fromkeys(name for plan in self.tables.values() for name in plan.variables)
        )

    def missing_codes(self, field: Variable) -> tuple[MissingValue, ...]:
        """Codes of a missing cell: a field's own list replaces the file's, as the standard has
        it.
        """
        return field.missing_values or self.schema.missing_values

    @cached_property
    def not_applicable(self) -> frozenset[str]:
        """Reasons that say that there is nothing to know: such a cell is not missing, and never
        imputed.
        """
        codes = [*self.schema.missing_values]
        for field in self.schema.fields:
            codes += field.missing_values
        gates = [instrument.gate for instrument in self.schema.instruments if instrument.gate]
        return frozenset(
            [
                *(code.label for code in codes if code.not_applicable),
                *(gate.reason for gate in gates),
                NOT_CONCERNED,
            ]
        )

    def structural_zeros(self, name: str) -> tuple[StructuralZero, ...]:
        """Counts of a variable's levels that are zero by definition."""
        declared = self.declared.get(name)
        return declared.structural_zeros if isinstance(declared, Variable | Derived) else ()

    def structural_zero(self, name: str, level: str, group: str) -> StructuralZero | None:
        """The declared zero of a level within a group, if there is one."""
        zeros = self.structural_zeros(name)
        return next((zero for zero in zeros if (zero.level, zero.group) == (level, group)), None)

    def block(self, term: str) -> str:
        """Heading under which an explanatory variable is printed; empty if none is declared."""
        return next((block.title for block in self.file.explanatory if term in block.variables), "")

    def assumption(self, name: str) -> str:
        """What is assumed where a variable is recorded or made, with what it is about; else
        nothing.
        """
        about = self.instruments.get(name) or self.declared.get(name)
        return f"{about.title}: {about.assumption}" if about and about.assumption else ""

    def limits(self, score: str) -> tuple[float, float]:
        """Lowest and highest value that a score can have."""
        declared = self.scores[score]
        if declared.sum_of:
            return self._limits_of_sum(declared)
        if declared.value:
            return 0, len(declared.items)
        instrument = self.instruments[score]
        items = [self.fields[instrument.item(number)].constraints for number in declared.items]
        return sum(item.lowest for item in items), sum(item.highest for item in items)

    def _limits_of_sum(self, score: Score) -> tuple[float, float]:
        limits = [self.limits(part) for part in score.sum_of]
        lowest = sum(low for low, _ in limits)
        parts = [self.scores[part] for part in score.sum_of]
        values = {part.value for part in parts}
        same_items = len({part.items for part in parts}) == 1
        if same_items and len(values) == len(parts) and values.isdisjoint({"", "any"}):
            return lowest, len(parts[0].items)  # an item has only one of the values
        return lowest, sum(high for _, high in limits)

    def recorded(self, name: str) -> frozenset[str]:
        """Fields of the file that a variable is made from in the end."""
        if name in self.fields:
            return frozenset({name})
        if name in self.sets:
            return frozenset(option.name for option in self.sets[name])
        if name in self.scores:
            return self._recorded_for_score(name)
        return frozenset().union(*(self.recorded(source) for source in self.derived[name].sources))

    def _recorded_for_score(self, name: str) -> frozenset[str]:
        """Fields of its items, of its instrument's gate, and of the scores that it is a sum of."""
        instrument = self.instruments[name]
        score = self.scores[name]
        fields = {instrument.item(number) for number in score.items}
        if instrument.gate:
            fields.add(instrument.gate.variable)
        return frozenset(fields.union(*(self.recorded(part) for part in score.sum_of)))

    def decided_by(self, where: Where) -> frozenset[str]:
        """Fields of the file whose values decide a condition; that a value is known says nothing of
        what it is.
        """
        fields: set[str] = set()
        for name, condition in where.items():
            if condition.known is not None:
                continue
            derived = self.derived.get(name)
            inner = (*derived.conditions, *derived.one_of.values()) if derived else ()
            if not inner or isinstance(derived, Outcome):
                fields |= self.recorded(name)
            for within in inner:
                fields |= self.decided_by(within)
        return frozenset(fields)

    def timepoint(self, name: str) -> Timepoint | None:
        """When a variable was recorded, as declared."""
        return self.declared[name].timepoint if name in self.declared else None

    def label(self, name: str) -> str:
        """A variable's title as printed."""
        return (self.set_titles.get(name) or self.declared[name]).title

    def where_faults(self, where: Where, place: str) -> Iterator[str]:
        """What a condition names that the study does not have, or asks of a variable that cannot
        answer it.
        """
        for name, condition in where.items():
            if name not in self.declared and name not in self.sets:
                yield f"{place}: no variable '{name}'{near(name, self.variables)}"
                continue
            yield from (f"{place}: {fault}" for fault in self._condition_faults(name, condition))

    def _condition_faults(self, name: str, condition: Condition) -> Iterator[str]:
        field = self.fields.get(name)
        is_number = name in self.scores or (
            field is not None and field.type in ("integer", "number")
        )
        if condition.at_least is not None and not is_number:
            yield f"at_least needs a number, and {name} is none"
        if condition.codes and not (field and field.role == "codes"):
            yield f"codes needs a field with x-role codes, and {name} is none"
        declared = self.levels(name)
        for level in condition.levels:
            if level not in declared:
                yield f"'{level}' is no level of {name} (declared: {', '.join(declared)})"

    def plan(self, table: str) -> TablePlan:
        """The plan of a table, or of a body table. Raises UsageError, naming the tables there
        are.
        """
        plans = {**self.tables, **self.body_tables}
        if table not in plans:
            raise unknown("table", [table], plans, f"study {self.name}")
        return plans[table]

    def __repr__(self) -> str:
        return f"Study {self.name}: {self.title}"


@dataclass(frozen=True)
class Source:
    """Where the rows come from. Travels with every result, so that the mark of made-up data is
    never lost.

    supposed: pairs of an outcome and the level that stands, in these rows, wherever it is not
    known.
    """

    kind: Literal["synthetic", "reconstructed", "restricted", "published"]
    rows: int
    statement: str
    supposed: tuple[tuple[str, str], ...] = ()

    @property
    def mark(self) -> str:
        """The mark that everything made from these rows carries; empty for restricted data."""
        return {
            "synthetic": "SYNTHETIC DATA",
            "reconstructed": "SYNTHETIC ROWS, reconstructed from published totals",
        }.get(self.kind, "")


def _apart(one: Condition, other: Condition) -> bool:
    """Whether no value of a variable meets both of two conditions."""
    if one.known is not None or other.known is not None:
        return {one.known, other.known} == {True, False}
    if one.excluded or other.excluded or not (one.levels and other.levels):
        return False
    return not {*one.levels} & {*other.levels}


def ancestors(study: Study, name: str) -> frozenset[str]:
    """Every variable that a derived one is made from, step by step, down to scores, their gates,
    and fields.
    """
    declared = study.derived.get(name)
    if declared is None:
        instrument = study.instruments.get(name)
        return frozenset({instrument.gate.variable} if instrument and instrument.gate else ())
    return frozenset(declared.sources).union(
        *(ancestors(study, source) for source in declared.sources)
    )
