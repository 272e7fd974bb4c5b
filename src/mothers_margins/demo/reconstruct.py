"""The data that are shipped for demonstration, and how they were made."""

import hashlib
from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd

from mothers_margins.cohort.published_totals import RELATIONS
from mothers_margins.errors import StudyError, UsageError
from mothers_margins.study.conditions import Condition, Where
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
    strata = {}
    first = 0
    for level in membership.levels:
        size = int(published_size(study, names[level]) or 0)
        strata[names[level]] = np.arange(first, first + size)
        first += size
    return strata


def _filled(study: Study, strata: dict[str, np.ndarray]) -> Columns:
    """Levels of each variable with printed counts, and True or False of each option: right in every
    total.
    """
    columns: Columns = {}
    for variable in dict.fromkeys(variable for variable, level, _, _ in study.margins if level):
        for name in _columns_of(study, variable):
            columns[name] = np.empty(_rows(strata), dtype=object)
        for group, positions in strata.items():
            counts = [
                int(published_count(study, group, variable, level) or 0)
                for level in study.levels(variable)
            ]
            if variable in study.sets:
                for option, number in zip(study.sets[variable], counts, strict=True):
                    ticked = np.arange(len(positions)) < number
                    columns[option.name][positions] = _spread(ticked, f"{group} {option.name}")
            else:
                levels = np.repeat(np.array(study.levels(variable), dtype=object), counts)
                columns[variable][positions] = _spread(levels, f"{group} {variable}")
    return columns


def _rows(strata: dict[str, np.ndarray]) -> int:
    """Number of rows of all strata."""
    return sum(len(positions) for positions in strata.values())


def _columns_of(study: Study, variable: str) -> list[str]:
    """The column of a variable; of a question with several answers, one for each."""
    if variable in study.sets:
        return [option.name for option in study.sets[variable]]
    return [variable]


def _spread(values: np.ndarray, salt: str) -> np.ndarray:
    """Values in an order that looks arbitrary and stays the same: no generator of random numbers
    can change it.
    """
    order = sorted(
        range(len(values)), key=lambda i: hashlib.sha256(f"{salt} {i}".encode()).digest()
    )
    return values[order]


def _conditions(study: Study, fact: Fact) -> Where:
    """What the participants that a fact counts have to meet."""
    return {**study.groups[fact.group].where, **fact.where}


def _used(study: Study, fact: Fact) -> set[str]:
    """Columns that decide whether a fact holds."""
    columns: set[str] = set()
    for name in _conditions(study, fact):
        columns.update(_columns_of(study, name))
    return columns


def _exchange(study: Study, columns: Columns, strata: list[np.ndarray]) -> None:
    """Exchange values of two rows of one stratum whenever facts are then missed by less, until none
    is. In place.
    """
    facts = [fact for fact in study.facts if _used(study, fact) <= {*columns}]
    missed = {fact.id: _missed(study, columns, fact) for fact in facts}
    while any(missed.values()):
        before = sum(missed.values())
        to_change: set[str] = set()
        for fact in facts:
            if missed[fact.id]:
                to_change |= _used(study, fact)
        for name in sorted(to_change):
            touched = [fact for fact in facts if name in _used(study, fact)]
            _exchange_in_column(study, columns, name, strata, touched, missed)
        if sum(missed.values()) == before:
            unmet = ", ".join(fact for fact, number in missed.items() if number)
            raise StudyError(
                f"{study.name}: no exchange of values meets every published fact.", [unmet]
            )


def _exchange_in_column(
    study: Study,
    columns: Columns,
    name: str,
    strata: list[np.ndarray],
    touched: list[Fact],
    missed: dict[str, int],
) -> None:
    """Go once through all pairs of rows of one column, and keep each exchange that helps. In place.

    touched: the facts that the column decides. missed: by how many rows each fact is missed.
    """
    column = columns[name]
    for row, other in _pairs(strata):
        if not any(missed[fact.id] for fact in touched):
            return
        if column[row] == column[other]:
            continue
        column[[row, other]] = column[[other, row]]
        now = {fact.id: _missed(study, columns, fact) for fact in touched}
        if sum(now.values()) < sum(missed[fact] for fact in now):
            missed |= now
        else:
            column[[row, other]] = column[[other, row]]


def _pairs(strata: list[np.ndarray]) -> Iterator[tuple[int, int]]:
    """All pairs of rows of one stratum, one stratum after the other."""
    for positions in strata:
        yield from combinations(positions, 2)


def _missed(study: Study, columns: Columns, fact: Fact) -> int:
    """By how many rows a fact is missed."""
    number = int(_meet_all(study, columns, _conditions(study, fact)).sum())
    return 0 if RELATIONS[fact.relation](number, fact.count) else abs(number - fact.count)


def _meet_all(study: Study, columns: Columns, where: Where) -> np.ndarray:
    """Rows that meet every condition."""
    met = np.ones(len(next(iter(columns.values()))), dtype=bool)
    for name, condition in where.items():
        met &= _meets(study, columns, name, condition)
    return met


def _meets(study: Study, columns: Columns, name: str, condition: Condition) -> np.ndarray:
    if name in study.sets:
        asked = [option.name for option in study.sets[name] if option.title in condition.levels]
        met: np.ndarray = np.any([columns[option] for option in asked], axis=0).astype(bool)
    else:
        met = np.isin(columns[name].astype(str), condition.levels)
    return ~met if condition.excluded else met


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
        if None in counts or not {*group.where} <= {*columns}:
            continue
        positions = _meet_all(study, columns, group.where).nonzero()[0]
        levels = np.repeat(np.array(field.levels, dtype=object), np.array(counts, dtype=int))
        columns[field.name][positions] = codes[-1]
        columns[field.name][positions[: len(levels)]] = levels
        _exchange(study, columns, [positions])


def _as_file(study: Study, columns: Columns, strata: dict[str, np.ndarray]) -> pd.DataFrame:
    """The participant file as text: numbers inside their bands, the second fact of a pair, marks
    and ids.
    """
    rows = _rows(strata)
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
    low, high = _ends_of_bands(field, variable, columns[variable.name])
    numbers: np.ndarray = (low + high) // 2
    for group, positions in strata.items():
        missing = _total(study, field.name, group) - numbers[positions].sum()
        while missing != 0:
            step = 1 if missing > 0 else -1
            stepped = numbers[positions] + step
            free = positions[(low[positions] <= stepped) & (stepped <= high[positions])]
            if not len(free):
                raise StudyError(
                    f"{study.name}: the bands of {field.name} do not allow the printed mean of "
                    f"{group}."
                )
            changed = free[: abs(missing)]
            numbers[changed] += step
            missing -= step * len(changed)
    return numbers


def _ends_of_bands(
    field: Variable, variable: Derived, levels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest number that each row's level allows."""
    limits = field.constraints
    low = {band.level: _limit(band.minimum, limits.minimum) for band in variable.bands}
    high = {band.level: _limit(band.maximum, limits.maximum) for band in variable.bands}
    return np.array([low[level] for level in levels]), np.array([high[level] for level in levels])


def _limit(of_band: float | None, of_field: float | None) -> int:
    """The end of a band, else that of the whole field; a band may well end at 0."""
    return int(of_band if of_band is not None else of_field or 0)


def _total(study: Study, variable: str, group: str) -> int:
    """The sum of a group's numbers, from its printed mean, or from those of the groups that it is
    the difference of.
    """
    difference = study.groups[group].difference
    if difference:
        parts = sum(_total_of_printed(study, variable, part) for part in difference.minus)
        return _total_of_printed(study, variable, difference.of) - parts
    return _total_of_printed(study, variable, group)


def _total_of_printed(study: Study, variable: str, group: str) -> int:
    mean = study.margins[(variable, "", group, "mean")]
    return round(mean * (published_size(study, group) or 0))
