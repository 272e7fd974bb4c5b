"""Which values of a column stand for all that it can hold: one for each kind of value that the
rules of some variables and groups tell apart, and a missing one.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from math import ceil, floor, isfinite

from mothers_margins.cohort.cohort import Cohort
from mothers_margins.cohort.conditions import has_code
from mothers_margins.cohort.derive import place_of_codes
from mothers_margins.cohort.scores import NOT_IN_FILES, ONLY_SCORE, SUPPLIED
from mothers_margins.study.conditions import Condition, Group, Where
from mothers_margins.study.participant_table import Variable
from mothers_margins.study.study import Study
from mothers_margins.study.study_file import Derived, Fifths, Outcome

# A value, or why it is missing; the other of the two is None.
Cell = tuple[str | float | bool | None, str | None]
NO_REASON = "not recorded"  # of a missing cell for which nothing else is said; any reason would do
STEMS = [
    f"{letter}{number:02d}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" for number in range(100)
]


@dataclass(frozen=True, eq=False)
class Rules:
    """The rules that make some variables and groups, as they apply to the files of a cohort.

    study: with the scores, derived variables and outcomes that are needed, and no others. groups:
    by name. supplied: scores and derived variables that the files hold, so that they are made from
    nothing. not_held: fields of which the files hold nothing, with the reason.
    """

    cohort: Cohort
    study: Study
    groups: Mapping[str, Group]
    supplied: frozenset[str]
    not_held: Mapping[str, str]

    @cached_property
    def conditions(self) -> dict[str, tuple[Condition, ...]]:
        """Every condition of the rules, of the groups and of what cannot be, by its variable."""
        found: dict[str, list[Condition]] = {}
        for where in _wheres(self.study, self.groups):
            for name, condition in where.items():
                found.setdefault(name, []).append(condition)
        return {name: tuple(conditions) for name, conditions in found.items()}

    def cuts(self, name: str) -> list[float]:
        """The numbers at which a rule begins to say something else of a number, in rising order."""
        cuts: set[float] = set()
        for derived in self.study.derived.values():
            if derived.source == name and derived.bands:
                cuts.update(_cuts_of_bands(derived))
            if derived.fifths and derived.fifths.rank == name:
                cuts.update(_cuts_of_fifths(derived.fifths))
        for condition in self.conditions.get(name, ()):
            if condition.at_least is not None:
                cuts.add(condition.at_least)
        return sorted(cuts)

    def cells(self, name: str) -> list[Cell]:
        """Representative cells of a field, or of a supplied score or derived variable: known ones
        in rising order, then one for every way to be missing.
        """
        if name in self.not_held:
            return [(None, self.not_held[name])]
        known: list[Cell] = [(value, None) for value in self._known(name)]
        return [*known, *((None, reason) for reason in self._reasons(name))]

    def answers(self, name: str) -> list[Cell]:
        """Every answer to an item, in rising order: of a whole number all, as a sum counts them."""
        field = self.study.fields[name]
        if name in self.not_held:
            return []
        if field.levels:
            return [(level, None) for level in field.levels]
        lowest, highest = field.constraints.lowest, field.constraints.highest
        if not isfinite(lowest + highest):  # of a count only: what can be summed has limits
            return [cell for cell in self.cells(name) if cell[0] is not None]
        return [(number, None) for number in range(int(lowest), int(highest) + 1)]

    def _known(self, name: str) -> Iterable[str | float | bool]:
        field = self.study.fields.get(name)
        if field is None and name in self.study.scores:
            return _between(*self.study.limits(name), self.cuts(name), whole=False)
        if field is None or field.levels:
            return self.study.declared[name].levels
        if field.type == "boolean":
            return (True, False)
        if field.type in ("integer", "number"):
            limits = (field.constraints.lowest, field.constraints.highest)
            return _between(*limits, self.cuts(name), whole=field.type == "integer")
        return self._codes(field)

    def _codes(self, field: Variable) -> list[str]:
        """Lists of codes, one for each answer that the rules give together."""
        conditions = list(self.conditions.get(field.name, ()))
        merging = [other for other in self.study.derived.values() if other.source == field.name]

        def answers(text: str) -> tuple[bool | int, ...]:
            asked = [has_code(text, condition) for condition in conditions if condition.codes]
            return (*asked, *(place_of_codes(text, variable) for variable in merging))

        written = [*_written(conditions, merging)]
        single = _first_of_each(answers, _fitting(field, _candidates(written)))
        several = (
            ";".join(codes)
            for number in range(2, len(single) + 1)
            for codes in combinations(single, number)
        )
        texts = [*single, *_fitting(field, several)]
        return _first_of_each(answers, [*filter(None, [field.empty]), *texts])

    def _reasons(self, name: str) -> Iterator[str]:
        """A reason for each way to be missing: not known, and every one of not applicable."""
        field = self.study.fields.get(name)
        codes = self.study.missing_codes(field) if field else ()
        if field is None or not field.constraints.required:
            yield next((code.label for code in codes if not code.not_applicable), NO_REASON)
        yield from (code.label for code in codes if code.not_applicable)


def rules_for(cohort: Cohort, names: Iterable[str], groups: Mapping[str, Group]) -> Rules:
    """The rules that make the variables of these names, and decide who is in these groups."""
    study = cohort.study
    supplied = frozenset(_supplied(cohort))
    asked = {*names}.union(*(group.where for group in groups.values()))
    only_these = only_for(study, asked, supplied)
    return Rules(cohort, only_these, groups, supplied, dict(_not_held(cohort)))


def only_for(study: Study, names: Iterable[str], supplied: frozenset[str]) -> Study:
    """The study with the scores, derived variables and outcomes that these are made from, and no
    others. supplied: those that are made from nothing.
    """
    needed = _needed(study, names, supplied)
    instruments = [
        instrument.model_copy(
            update={"scores": tuple(one for one in instrument.scores if one.name in needed)}
        )
        for instrument in study.schema.instruments
    ]
    derived, outcomes = (
        tuple(variable for variable in declared if variable.name in needed)
        for declared in (study.file.derived, study.file.outcomes)
    )
    file = study.file.model_copy(update={"derived": derived, "outcomes": outcomes})
    schema = study.schema.model_copy(update={"instruments": tuple(instruments)})
    return replace(study, file=file, schema=schema)


def _needed(study: Study, names: Iterable[str], supplied: frozenset[str]) -> set[str]:
    """These variables, and every score and derived variable that they are made from."""
    needed: set[str] = set()
    waiting = [*names]
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        needed.add(name)
        if name in supplied:
            continue
        if name in study.scores:
            waiting += study.scores[name].sum_of
        elif name in study.derived:
            waiting += study.derived[name].sources
    return needed


def _supplied(cohort: Cohort) -> Iterator[str]:
    """Scores and derived variables that the files hold in place of what they are made from."""
    for name, made_by in cohort.scoring.items():
        if (made_by == SUPPLIED).any():
            yield str(name)
    for name, derived in cohort.study.derived.items():
        if derived.fifths and _all_for(cohort, derived.fifths.rank, (ONLY_SCORE,)):
            yield name


def _not_held(cohort: Cohort) -> Iterator[tuple[str, str]]:
    """Fields of which the files hold nothing, with the reason."""
    for name in cohort.study.fields:
        if name in cohort.reasons and _all_for(cohort, name, NOT_IN_FILES):
            yield name, str(cohort.reasons[name].iloc[0])


def _all_for(cohort: Cohort, name: str, reasons: Iterable[str]) -> bool:
    """Whether every cell of a column is missing for one of these reasons."""
    return len(cohort) > 0 and bool(cohort.reasons[name].isin([*reasons]).all())


def _wheres(study: Study, groups: Mapping[str, Group]) -> Iterator[Where]:
    for variable in study.derived.values():
        yield from (*variable.conditions, *variable.one_of.values())
        if isinstance(variable, Outcome):
            yield variable.among
    yield from (impossible.where for impossible in study.file.impossible)
    yield from (group.where for group in groups.values())


def _cuts_of_bands(variable: Derived) -> Iterator[float]:
    for band in variable.bands:
        if band.minimum is not None:
            yield band.minimum
        if band.maximum is not None:
            yield band.maximum + 1  # only bands of whole numbers have one


def _cuts_of_fifths(fifths: Fifths) -> Iterator[float]:
    """The first rank of each fifth of the areas of each index, and the first that is too high."""
    for areas in fifths.areas.values():
        yield from (floor(fifth * areas / 5) + 1 for fifth in range(6))


def _between(low: float, high: float, cuts: Iterable[float], *, whole: bool) -> list[float]:
    """The lowest number, and the first at or above each cut; between them no rule says anything
    new.
    """
    firsts = [float(ceil(cut)) if whole else cut for cut in cuts]
    if not isfinite(low):
        low = min([0.0, high, *(first - 1 for first in firsts)])
    return [low, *(first for first in firsts if low < first <= high)]


def _written(conditions: Iterable[Condition], merging: Iterable[Derived]) -> Iterator[str]:
    """Ranges of codes that rules name."""
    for condition in conditions:
        yield from (*condition.codes, *condition.but)
    for variable in merging:
        for ranges in variable.merged.values():
            yield from ranges


def _candidates(written: Iterable[str]) -> Iterator[str]:
    """Codes of three characters, and the subdivisions of those that a rule subdivides; all with one
    subdivision, where the file has none without.
    """
    bounds = {bound for ranges in written for bound in ranges.split("-")}
    divided = {bound.partition(".")[0] for bound in bounds if "." in bound}
    yield from STEMS
    yield from (f"{stem}.{number}" for stem in sorted(divided) for number in range(10))
    yield from sorted(bounds)
    yield from (f"{stem}.0" for stem in STEMS)


def _fitting(field: Variable, texts: Iterable[str]) -> Iterator[str]:
    """Texts that the field's pattern allows."""
    pattern = re.compile(field.constraints.pattern or ".*")
    return (text for text in texts if pattern.fullmatch(text))


def _first_of_each(answers: Callable[[str], Hashable], texts: Iterable[str]) -> list[str]:
    """The first text of each answer."""
    first: dict[Hashable, str] = {}
    for text in texts:
        first.setdefault(answers(text), text)
    return [*first.values()]
