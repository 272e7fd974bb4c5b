"""Who meets a condition, in three-valued logic; groups, and combinations that cannot be."""

import operator
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
import pandas as pd
from pydantic import ValidationError

from mothers_margins.cohort.cohort import Cohort, column
from mothers_margins.errors import UsageError, unknown
from mothers_margins.study.conditions import AskedGroups, Condition, Group, Where
from mothers_margins.study.participant_table import Variable
from mothers_margins.study.study import Study


def group_mask(cohort: Cohort, name: str) -> pd.Series:
    """True for the rows of a declared group; a row with a missing condition is not in it."""
    if name not in cohort.study.groups:
        raise unknown("group", [name], cohort.study.groups, f"study {cohort.study.name}")
    return where_mask(cohort, cohort.study.groups[name].where)


def broken_relations(cohort: Cohort, names: Iterable[str]) -> list[str]:
    """What the study says of how groups relate and these rows do not bear out."""
    return [fault for name in names for fault in _broken(cohort, name)]


def _broken(cohort: Cohort, name: str) -> Iterator[str]:
    group = cohort.study.groups[name]
    whole = group_mask(cohort, name)
    for part in group.contains:
        if (group_mask(cohort, part) & ~whole).any():
            yield f"{name} does not contain {part}"
    if group.difference:
        rest = group_mask(cohort, group.difference.of)
        for part in group.difference.minus:
            rest &= ~group_mask(cohort, part)
        if (rest != whole).any():
            parts = " and ".join(group.difference.minus)
            yield f"{name} is not {group.difference.of} without {parts}"


def where_mask(cohort: Cohort, where: Where) -> pd.Series:
    """True for the rows that meet every condition; a missing value meets none."""
    for name in where:
        if name not in cohort.study.sets:
            column(cohort, name)  # says what is unknown or not derived yet
    truth = _all_of(cohort.data, cohort.study, where)
    return pd.Series(truth.holds, index=cohort.data.index)


def holds(data: pd.DataFrame | Mapping[str, pd.Series], study: Study, where: Where) -> pd.Series:
    """Whether the conditions hold, by Kleene's three-valued logic: missing where a missing value
    could decide.
    """
    truth = _all_of(data, study, where)
    values = pd.arrays.BooleanArray(truth.holds, ~(truth.holds | truth.fails))
    return pd.Series(values, index=_index(data))


def concerned(
    data: pd.DataFrame | Mapping[str, pd.Series], study: Study, field: Variable
) -> pd.Series:
    """Whether a field's question concerns each participant (x-applies-where); missing where that is
    not known.
    """
    where = {name: Condition(levels=levels) for name, levels in field.applies_where.items()}
    return holds(data, study, where)


@dataclass(frozen=True, eq=False)
class _Truth:
    """Which rows meet a condition and which do not; the others are unsettled. As arrays, because
    conditions are asked by the thousand.
    """

    holds: np.ndarray
    fails: np.ndarray

    def __and__(self, other: "_Truth") -> "_Truth":
        """Kleene's and: a row that fails one of two fails, whatever the other is."""
        return _Truth(self.holds & other.holds, self.fails | other.fails)


def _index(data: pd.DataFrame | Mapping[str, pd.Series]) -> pd.Index:
    return next(iter(data.values())).index if isinstance(data, Mapping) else data.index


def _all_of(data: pd.DataFrame | Mapping[str, pd.Series], study: Study, where: Where) -> _Truth:
    rows = len(_index(data))
    every = _Truth(np.ones(rows, dtype=bool), np.zeros(rows, dtype=bool))
    for name, condition in where.items():
        every = every & _meets(data, study, name, condition)
    return every


def _meets(
    data: pd.DataFrame | Mapping[str, pd.Series], study: Study, name: str, condition: Condition
) -> _Truth:
    if name in study.sets:
        return _settled(_answers_one_of(data, study.sets[name], condition))
    values = data[name]
    known = values.notna().to_numpy(dtype=bool)
    if condition.known is not None:
        meets = known == condition.known
        return _Truth(meets, ~meets)
    meets = _asked_for(values, condition)
    if condition.excluded:
        meets = ~meets
    return _Truth(known & meets, known & ~meets)


def _asked_for(values: pd.Series, condition: Condition) -> np.ndarray:
    """Whether each value is one of those that a condition names; of a missing value anything."""
    if condition.codes:
        codes = values.dropna().unique()
        with_code = [text for text in codes if has_code(text, condition)]
        return values.isin(with_code).to_numpy(dtype=bool)
    if condition.at_least is not None:
        return values.to_numpy(dtype=float, na_value=np.nan) >= condition.at_least
    if isinstance(values.dtype, pd.CategoricalDtype):
        named = [
            place for place, level in enumerate(values.cat.categories) if level in condition.levels
        ]
        return np.isin(values.cat.codes.to_numpy(), named)
    return values.isin(condition.levels).to_numpy(dtype=bool)


def _settled(values: pd.Series) -> _Truth:
    known = values.notna().to_numpy(dtype=bool)
    true = values.fillna(False).to_numpy(dtype=bool)
    return _Truth(known & true, known & ~true)


def _answers_one_of(
    data: pd.DataFrame | Mapping[str, pd.Series],
    options: Iterable[Variable],
    condition: Condition,
) -> pd.Series:
    """Whether one of the options asked for was ticked, of a question with several answers."""
    asked = [data[option.name] for option in options if option.title in condition.levels]
    ticked = reduce(operator.or_, asked)
    return ~ticked if condition.excluded else ticked


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
    return any(_in_range(code, written) for written in ranges)


def _in_range(code: str, written: str) -> bool:
    low, _, high = written.partition("-")
    if not high:
        return code.startswith(low)
    return low <= code[: len(low)] and code[: len(high)] <= high


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
    yield from _levels_of_groups(cohort)
    yield from _gates(cohort)
    yield from _sums(cohort)
    yield from _combinations(cohort)


def _levels_of_groups(cohort: Cohort) -> Iterator[Check]:
    """Levels that a group cannot have."""
    for name, field in cohort.study.fields.items():
        for zero in field.structural_zeros:
            variables = (name, *cohort.study.groups[zero.group].where)
            if not {*variables} <= {*cohort.data}:
                continue
            with_level = (cohort.data[name] == zero.level).fillna(False)
            yield Check(
                code="level_of_group",
                what=f"of {zero.group} with {name} '{zero.level}'",
                reason=zero.reason,
                rows=group_mask(cohort, zero.group) & with_level,
                variables=variables,
                about=(name,),
                level=zero.level,
            )


def _gates(cohort: Cohort) -> Iterator[Check]:
    """Instruments that were answered behind a closed gate, or do not apply behind an open one."""
    data = cohort.data
    for instrument in cohort.study.schema.instruments:
        gate = instrument.gate
        if gate is None or gate.variable not in data:
            continue
        scores = tuple(score.name for score in instrument.scores)
        names = [name for name in (*instrument.fields(), *scores) if name in data]
        closed = (data[gate.variable] == gate.level).fillna(False).astype(bool)
        yield Check(
            code="behind_closed_gate",
            what=f"with {instrument.title} answered",
            reason=gate.reason,
            rows=closed & data[names].notna().any(axis=1),
            variables=(gate.variable,),
            about=scores,
        )
        not_applicable = cohort.reasons[names].isin(cohort.study.not_applicable)
        yield Check(
            code="behind_open_gate",
            what=f"where {instrument.title} does not apply",
            reason="",
            rows=~closed & not_applicable.any(axis=1),
            variables=(gate.variable,),
            about=scores,
        )


def _sums(cohort: Cohort) -> Iterator[Check]:
    """Scores that are not the sum of their parts; in a file, where all of them are supplied."""
    data = cohort.data
    for score in cohort.study.scores.values():
        variables = (score.name, *score.sum_of)
        if not score.sum_of or not {*variables} <= {*data}:
            continue
        total = data[list(score.sum_of)].sum(axis=1, skipna=False)
        differ = (data[score.name] - total).abs() > 1e-6
        yield Check(
            code="not_the_sum",
            what=f"with {score.title} beside its parts",
            reason="",
            rows=differ.fillna(False).astype(bool),
            variables=variables,
            about=variables,
        )


def _combinations(cohort: Cohort) -> Iterator[Check]:
    """Combinations that the study names."""
    for impossible in cohort.study.file.impossible:
        named = tuple(impossible.where)
        variables = columns_of(cohort.study, named)
        if {*variables} <= {*cohort.data}:
            yield Check(
                code="combination",
                what=f"with a combination of {' and '.join(named)}",
                reason=impossible.reason,
                rows=where_mask(cohort, impossible.where),
                variables=variables,
                about=named,
            )


def columns_of(study: Study, names: Iterable[str]) -> tuple[str, ...]:
    """The columns that hold variables: of a question with several answers, one for each of them."""
    columns: list[str] = []
    for name in names:
        columns += [option.name for option in study.sets[name]] if name in study.sets else [name]
    return tuple(columns)


def chosen_groups(study: Study, groups: AskedGroups, who: str) -> dict[str, Group]:
    """Groups by name: the study's, or new ones by their conditions. Raises UsageError, in the name
    of the verb `who`, for what the study lacks.
    """
    if isinstance(groups, str) or not groups:
        raise UsageError(
            f"{who}: groups must be a list of names, or a mapping of new names to conditions."
        )
    if not isinstance(groups, Mapping):
        wrong = [name for name in groups if name not in study.groups]
        if wrong:
            raise unknown("group", wrong, study.groups, f"study {study.name}")
        return {name: study.groups[name] for name in groups}
    taken = [name for name in groups if name in study.groups]
    if taken:
        raise UsageError(
            f"{who}: the study has groups of these names; call the new ones otherwise.", taken
        )
    try:
        chosen = {
            name: Group.model_validate({"label": name, "where": where})
            for name, where in groups.items()
        }
    except ValidationError:
        forms = "{variable: level}, {variable: [levels]} or {variable: {'not': [levels]}}"
        raise UsageError(f"{who}: a group's condition has the form {forms}.") from None
    faults: list[str] = []
    for name, group in chosen.items():
        faults += study.where_faults(group.where, name)
    if faults:
        raise UsageError(f"{who}: a group's condition names what the study does not have.", faults)
    return chosen
