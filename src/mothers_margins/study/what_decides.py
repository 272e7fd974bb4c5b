"""Conditions: whether a study's variables can answer them, and which fields decide them."""

from collections.abc import Iterator

from mothers_margins.errors import near
from mothers_margins.study.conditions import Condition, Where
from mothers_margins.study.study_file import Outcome
from mothers_margins.study.variables import Variables


class WhatDecides(Variables):
    """Questions about conditions."""

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


def apart(one: Condition, other: Condition) -> bool:
    """Whether no value of a variable meets both of two conditions."""
    if one.known is not None or other.known is not None:
        return {one.known, other.known} == {True, False}
    if one.excluded or other.excluded or not (one.levels and other.levels):
        return False
    return not {*one.levels} & {*other.levels}
