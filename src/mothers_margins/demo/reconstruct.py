"""The data that are shipped for demonstration, and how they were made."""

import hashlib
from itertools import combinations

import numpy as np
import pandas as pd

from mothers_margins.cohort.published_totals import RELATIONS
from mothers_margins.errors import StudyError, UsageError
from mothers_margins.study.conditions import Condition
from mothers_margins.study.participant_table import Variable
from mothers_margins.study.published_numbers import published_count, published_size
from mothers_margins.study.study import Study
from mothers_margins.study.study_file import Derived, Fact

Columns = dict[str, np.ndarray]


def reconstruct(study: Study) -> pd.DataFrame:
    """Rows that agree with every published total, mean and fact of a study, as text cells of its
    participant file.

    Each group's levels are filled in from its totals and spread by a fixed hash, so the rows are
    the same on every machine; values are then exchanged between rows of one group, which keeps the
    totals, until every fact holds. Many other sets of rows agree as well: nothing beyond the totals
    and facts may be read from these. Raises UsageError if the study publishes no totals, StudyError
    if the facts cannot be met.
    """
    if not study.margins or study.file.data.demo_status != "reconstructed":
        raise UsageError(
            f"{study.name}: only a study whose demonstration file is reconstructed can be rebuilt."
        )
    membership = next(field for field in study.schema.fields if field.role == "group")
    strata = _strata(study, membership)
    columns = _filled(study, strata)
    columns[membership.name] = np.repeat(
        membership.levels, [len(rows) for rows in strata.values()]
    ).astype(object)
    _exchange(study, columns, list(strata.values()))
    for field in study.schema.fields:
        if field.role == "variable" and field.levels and field.name not in columns:
            _fill_stated(study, columns, field)
    return _as_file(study, columns, strata)


def _strata(study: Study, membership: Variable) -> dict[str, np.ndarray]:
    """Row positions of the groups that share no one: one group per level of the membership
    variable.
    """
    names = {
        group.where[membership.name].levels[0]: name
        for name, group in study.groups.items()
        if list(group.where) == [membership.name]
    }
    groups = [names[level] for level in membership.levels]
    edges = np.cumsum([0, *(int(published_size(study, group) or 0) for group in groups)])
    return {group: np.arange(edges[i], edges[i + 1]) for i, group in enumerate(groups)}


def _filled(study: Study, strata: dict[str, np.ndarray]) -> Columns:
    """Levels of each variable with printed counts, and True or False of each option: right in every
    total.
    """
    rows = sum(len(positions) for positions in strata.values())
    columns: Columns = {}
    for variable in dict.fromkeys(variable for variable, level, _, _ in study.margins if level):
        levels = np.array(study.levels(variable), dtype=object)
        names = [option.name for option in study.sets.get(variable, ())] or [variable]
        columns |= {name: np.empty(rows, dtype=object) for name in names}
        for group, positions in strata.items():
            counts = [int(published_count(study, group, variable, level) or 0) for level in levels]
            if variable in study.sets:
                for name, number in zip(names, counts, strict=True):
                    columns[name][positions] = _spread(
                        np.arange(len(positions)) < number, f"{group} {name}"
                    )
            else:
                columns[variable][positions] = _spread(
                    np.repeat(levels, counts), f"{group} {variable}"
                )
    return columns


def _spread(values: np.ndarray, salt: str) -> np.ndarray:
    """Values in an order that looks arbitrary and stays the same: no generator of random numbers
    can change it.
    """
    order = sorted(
        range(len(values)), key=lambda i: hashlib.sha256(f"{salt} {i}".encode()).digest()
    )
    return values[order]


def _used(study: Study, fact: Fact) -> set[str]:
    """Columns that decide whether a fact holds."""
    named = {**study.groups[fact.group].where, **fact.where}
    return {
        column
        for name in named
        for column in ([o.name for o in study.sets.get(name, ())] or [name])
    }


def _exchange(study: Study, columns: Columns, strata: list[np.ndarray]) -> None:
    """Exchange values of two rows of one stratum whenever facts are then missed by less, until none
    is. In place.
    """
    facts = [fact for fact in study.facts if _used(study, fact) <= set(columns)]
    missed = {fact.id: _missed(study, columns, fact) for fact in facts}
    while any(missed.values()):
        before = sum(missed.values())
        for name in sorted(set().union(*(_used(study, fact) for fact in facts if missed[fact.id]))):
            touched = [fact for fact in facts if name in _used(study, fact)]
            for one, other in (pair for positions in strata for pair in combinations(positions, 2)):
                if not any(missed[fact.id] for fact in touched):
                    break
                if columns[name][one] == columns[name][other]:
                    continue
                columns[name][[one, other]] = columns[name][[other, one]]
                now = {fact.id: _missed(study, columns, fact) for fact in touched}
                if sum(now.values()) < sum(missed[key] for key in now):
                    missed |= now
                else:
                    columns[name][[one, other]] = columns[name][[other, one]]
        if sum(missed.values()) == before:
            left = [name for name, number in missed.items() if number]
            raise StudyError(
                f"{study.name}: no exchange of values meets every published fact.",
                [", ".join(left)],
            )


def _missed(study: Study, columns: Columns, fact: Fact) -> int:
    """By how many rows a fact is missed."""
    met = np.ones(len(next(iter(columns.values()))), dtype=bool)
    for name, condition in {**study.groups[fact.group].where, **fact.where}.items():
        met &= _meets(study, columns, name, condition)
    number = int(met.sum())
    return 0 if RELATIONS[fact.relation](number, fact.count) else abs(number - fact.count)


def _meets(study: Study, columns: Columns, name: str, condition: Condition) -> np.ndarray:
    if name in study.sets:
        found = np.any(
            [columns[o.name] for o in study.sets[name] if o.title in condition.levels], axis=0
        )
    else:
        found = np.isin(columns[name].astype(str), condition.levels)
    return np.asarray(~found.astype(bool) if condition.excluded else found.astype(bool))


def _fill_stated(study: Study, columns: Columns, field: Variable) -> None:
    """A variable that the text states for some groups only: their rows get its levels, all others
    stay missing.

    Where the stated levels do not fill a group, the rest has the field's last missing code: it does
    not apply to them.
    """
    codes = [code.value for code in study.missing_codes(field)]
    columns[field.name] = np.full(len(next(iter(columns.values()))), codes[0], dtype=object)
    for name, group in study.groups.items():
        counts = [published_count(study, name, field.name, level) for level in field.levels]
        if None not in counts and set(group.where) <= set(columns):
            inside = np.all(
                [_meets(study, columns, key, condition) for key, condition in group.where.items()],
                axis=0,
            )
            positions = inside.nonzero()[0]
            levels = np.repeat(np.array(field.levels, dtype=object), np.array(counts, dtype=int))
            columns[field.name][positions] = codes[-1]
            columns[field.name][positions[: len(levels)]] = levels
            _exchange(study, columns, [positions])


def _as_file(study: Study, columns: Columns, strata: dict[str, np.ndarray]) -> pd.DataFrame:
    """The participant file as text: numbers inside their bands, the second fact of a pair, marks
    and ids.
    """
    rows = sum(len(positions) for positions in strata.values())
    cells: dict[str, list[str]] = {}
    banded = {variable.source: variable for variable in study.file.derived if variable.bands}
    for field in study.schema.fields:
        if field.role == "identifier":
            cells[field.name] = [
                f"{field.made_up_prefix}{number:02d}" for number in range(1, rows + 1)
            ]
        elif field.role == "data_status":
            cells[field.name] = [study.file.data.demo_status] * rows
        elif field.name in banded:
            numbers = _numbers(study, field, banded[field.name], columns, strata)
            cells[field.name] = [str(number) for number in numbers]
        elif field.type == "boolean":
            words = {True: field.true_values[0], False: field.false_values[0]}
            cells[field.name] = [words[bool(value)] for value in columns[field.name]]
        else:
            cells[field.name] = list(columns[field.name])
    return pd.DataFrame(cells)


def _numbers(
    study: Study,
    field: Variable,
    variable: Derived,
    columns: Columns,
    strata: dict[str, np.ndarray],
) -> np.ndarray:
    """Whole numbers inside each row's band, with each group's printed mean met exactly where bands
    allow it.
    """
    limits = field.constraints
    low = {band.level: int(band.minimum or limits.minimum or 0) for band in variable.bands}
    high = {band.level: int(band.maximum or limits.maximum or 0) for band in variable.bands}
    levels = columns[variable.name]
    numbers = np.array([(low[level] + high[level]) // 2 for level in levels])
    totals = {
        group: round(mean * (published_size(study, group) or 0))
        for (name, _, group, statistic), mean in study.margins.items()
        if (name, statistic) == (field.name, "mean")
    }
    for group, positions in strata.items():
        difference = study.groups[group].difference
        total = (
            totals[difference.of] - sum(totals[part] for part in difference.minus)
            if difference
            else totals[group]
        )
        while (short := total - numbers[positions].sum()) != 0:
            step = 1 if short > 0 else -1
            free = [
                row
                for row in positions
                if low[levels[row]] <= numbers[row] + step <= high[levels[row]]
            ]
            if not free:
                raise StudyError(
                    f"{study.name}: the bands of {field.name} do not allow the printed mean of "
                    f"{group}."
                )
            numbers[free[: abs(short)]] += step
    return numbers
