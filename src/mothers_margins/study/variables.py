"""What a study says of one variable: its levels, limits and codes, and what it is made from."""

from collections.abc import Sequence
from functools import cached_property
from math import isfinite

from mothers_margins.absent import Absent, absent, answering, not_there
from mothers_margins.errors import unknown
from mothers_margins.study.definition import Definition
from mothers_margins.study.participant_table import (
    MissingValue,
    Score,
    StructuralZero,
    Timepoint,
    Variable,
)
from mothers_margins.study.study_file import Derived

NOT_CONCERNED = "not_concerned"  # a code; its words stand in `terms`


class Variables(Definition):
    """Questions about one variable, or about some of them."""

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

    def label(self, name: str) -> str:
        """A variable's title as printed."""
        return (self.set_titles.get(name) or self.declared[name]).title

    @answering
    def title_of(self, name: str) -> str:
        """A variable's title, in a notebook's own captions."""
        return self.label(name)

    def timepoint(self, name: str) -> Timepoint | None:
        """When a variable was recorded, as declared."""
        return self.declared[name].timepoint if name in self.declared else None

    def block(self, term: str) -> str:
        """Heading under which an explanatory variable is printed; empty if none is declared."""
        return next((block.title for block in self.file.explanatory if term in block.variables), "")

    def assumption(self, name: str) -> str:
        """What is assumed where a variable is recorded or made, with what it is about; else
        nothing.
        """
        about = self.instruments.get(name) or self.declared.get(name)
        return f"{about.title}: {about.assumption}" if about and about.assumption else ""

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

    @answering
    def yes_or_no(self, names: Sequence[str]) -> tuple[str, ...]:
        """Those of some variables whose levels are Yes and No."""
        chosen = [name for name in names if self.levels(name) == ("Yes", "No")]
        if not chosen:
            raise not_there("no_yes_or_no")
        return tuple(chosen)

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


def ancestors(study: Definition, name: str) -> frozenset[str]:
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
