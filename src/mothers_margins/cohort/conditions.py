"""Who meets a condition, in three-valued logic; groups, and combinations that cannot be."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import pandas as pd
from pydantic import ValidationError

from mothers_margins.cohort.cohort import Cohort, column
from mothers_margins.errors import UsageError, unknown
from mothers_margins.study.conditions import Condition, Group, Where
from mothers_margins.study.study import Study


def group_mask(cohort: Cohort, name: str) -> pd.Series:
    """True for the rows of a declared group; a row with a missing condition is not in it."""
    if name not in cohort.study.groups:
        raise unknown("group", [name], cohort.study.groups, f"study {cohort.study.name}")
    return where_mask(cohort, cohort.study.groups[name].where)


def broken_relations(cohort: Cohort, names: Iterable[str]) -> list[str]:
    """What the study says of how groups relate and these rows do not bear out."""
    groups = cohort.study.groups
    broken = []
    for name in names:
        whole = group_mask(cohort, name)
        outside = [
            part for part in groups[name].contains if (group_mask(cohort, part) & ~whole).any()
        ]
        broken += [f"{name} does not contain {part}" for part in outside]
        difference = groups[name].difference
        if difference:
            rest = group_mask(cohort, difference.of)
            for part in difference.minus:
                rest &= ~group_mask(cohort, part)
            if (rest != whole).any():
                broken.append(
                    f"{name} is not {difference.of} without {' and '.join(difference.minus)}"
                )
    return broken


def where_mask(cohort: Cohort, where: Where) -> pd.Series:
    """True for the rows that meet every condition; a missing value meets none."""
    for name in where:
        if name not in cohort.study.sets:
            column(cohort, name)  # says what is unknown or not derived yet
    return holds(cohort.data, cohort.study, where).fillna(False).astype(bool)


def holds(data: pd.DataFrame | Mapping[str, pd.Series], study: Study, where: Where) -> pd.Series:
    """Whether the conditions hold, by Kleene's three-valued logic: missing where a missing value
    could decide.
    """
    index = next(iter(data.values())).index if isinstance(data, Mapping) else data.index
    every = pd.Series(True, index=index, dtype="boolean")
    for name, condition in where.items():
        every &= _meets(data, study, name, condition)
    return every


def _meets(
    data: pd.DataFrame | Mapping[str, pd.Series], study: Study, name: str, condition: Condition
) -> pd.Series:
    if name in study.sets:
        asked = [
            data[option.name] for option in study.sets[name] if option.title in condition.levels
        ]
        found = reduce(lambda one, other: one | other, asked)
        return ~found if condition.excluded else found
    values = data[name]
    if condition.known is not None:
        return (values.notna() == condition.known).astype("boolean")
    if condition.codes:
        codes = pd.Series(values.unique()).dropna()
        met = {text: has_code(text, condition) for text in codes}
        return values.map(met).astype("boolean")
    found = (
        values >= condition.at_least
        if condition.at_least is not None
        else values.isin(condition.levels)
    )
    return (found.astype("boolean") ^ condition.excluded).mask(values.isna())


def has_code(text: str, condition: Condition) -> bool:
    """Whether one of the codes in a list such as 'F32.1;F17' lies in the ranges asked for and not
    in those left out.

    A range names its first and last three-character codes (F10-F19) and holds their subdivisions;
    F53.1 means itself.
    """
    return any(
        in_ranges(code, condition.codes) and not in_ranges(code, condition.but)
        for code in text.split(";")
    )


def in_ranges(code: str, ranges: Iterable[str]) -> bool:
    """Whether an ICD-10 code lies in one of the ranges."""
    for written in ranges:
        low, _, high = written.partition("-")
        if (
            code.startswith(low)
            if not high
            else low <= code[: len(low)] and code[: len(high)] <= high
        ):
            return True
    return False


@dataclass(frozen=True, eq=False, repr=False)
class Check:
    """A combination of values that cannot be: in which rows it occurs, on which variables it rests,
    and why.

    code: `level_of_group` (a level that a group cannot have), `behind_closed_gate` (answered),
    `behind_open_gate` (not applicable), `not_the_sum` (of its parts) or `combination` (that the
    study names). reason: as the study words it; empty where the code says it all. what: the
    combination in words, for the message about a file. about: the variables that it is told of: of
    a gate the scores behind it.
    """

    code: str
    what: str
    reason: str
    rows: pd.Series
    variables: tuple[str, ...]
    about: tuple[str, ...]
    level: str = ""


def checks(cohort: Cohort) -> Iterator[Check]:
    """Every combination that cannot be: levels that a group cannot have, closed gates, and those
    that the study names.

    One about a derived variable is left out where the file does not hold that variable.
    """
    study, data = cohort.study, cohort.data
    for name, field_ in study.fields.items():
        for zero in field_.structural_zeros:
            needed = (name, *study.groups[zero.group].where)
            if {*needed} <= {*data}:
                rows = group_mask(cohort, zero.group) & (data[name] == zero.level).fillna(False)
                what = f"of {zero.group} with {name} '{zero.level}'"
                yield Check("level_of_group", what, zero.reason, rows, needed, (name,), zero.level)
    for instrument in study.schema.instruments:
        gate = instrument.gate
        if gate and gate.variable in data:
            made = (score.name for score in instrument.scores)
            names = [name for name in (*instrument.fields(), *made) if name in data]
            closed = (data[gate.variable] == gate.level).fillna(False).astype(bool)
            answered, needed = data[names].notna().any(axis=1), (gate.variable,)
            scores = tuple(score.name for score in instrument.scores)
            what, both = f"with {instrument.title} answered", closed & answered
            yield Check("behind_closed_gate", what, gate.reason, both, needed, scores)
            skipped = cohort.reasons[names].isin(study.not_applicable).any(axis=1)
            what = f"where {instrument.title} does not apply"
            yield Check("behind_open_gate", what, "", ~closed & skipped, needed, scores)
    for score in study.scores.values():
        if score.sum_of and {score.name, *score.sum_of} <= {
            *data
        }:  # in a file: supplied, all of them
            parts = data[list(score.sum_of)].sum(axis=1, skipna=False)
            apart = ((data[score.name] - parts).abs() > 1e-6).fillna(False).astype(bool)
            whole_and_parts = (score.name, *score.sum_of)
            what = f"with {score.title} beside its parts"
            yield Check("not_the_sum", what, "", apart, whole_and_parts, whole_and_parts)
    for declared in study.file.impossible:
        if {*declared.where} <= {*data}:
            what = f"with a combination of {' and '.join(declared.where)}"
            rows = where_mask(cohort, declared.where)
            named = tuple(declared.where)
            yield Check("combination", what, declared.reason, rows, named, named)


def chosen_groups(
    study: Study, groups: Sequence[str] | Mapping[str, Mapping[str, Any]]
) -> dict[str, Group]:
    """Groups by name: the study's, or new ones by their conditions. Raises UsageError for what the
    study lacks.
    """
    if isinstance(groups, str) or not groups:
        raise UsageError(
            "summarise: groups must be a list of names, or a mapping of new names to conditions."
        )
    if not isinstance(groups, Mapping):
        wrong = [name for name in groups if name not in study.groups]
        if wrong:
            raise unknown("group", wrong, study.groups, f"study {study.name}")
        return {name: study.groups[name] for name in groups}
    taken = [name for name in groups if name in study.groups]
    if taken:
        raise UsageError(
            "summarise: the study has groups of these names; call the new ones otherwise.", taken
        )
    try:
        made = {
            name: Group.model_validate({"label": name, "where": where})
            for name, where in groups.items()
        }
    except ValidationError:
        forms = "{variable: level}, {variable: [levels]} or {variable: {'not': [levels]}}"
        raise UsageError(f"summarise: a group's condition has the form {forms}.") from None
    faults = [
        fault for name, group in made.items() for fault in study.where_faults(group.where, name)
    ]
    if faults:
        raise UsageError(
            "summarise: a group's condition names what the study does not have.", faults
        )
    return made
