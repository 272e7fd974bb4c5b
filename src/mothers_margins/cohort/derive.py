"""Adds what the study derives from what was recorded: scores, bands, merged levels, composites.
Adds, never changes.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from mothers_margins.cohort.cohort import Cohort
from mothers_margins.cohort.conditions import holds, in_ranges
from mothers_margins.cohort.scores import Columns, score
from mothers_margins.errors import expect
from mothers_margins.study.conditions import Where
from mothers_margins.study.participant_table import Gate
from mothers_margins.study.study import Study
from mothers_margins.study.study_file import Derived, Fifths, Outcome
from mothers_margins.study.variables import NOT_CONCERNED

# Why a derived value is missing: codes, whose words stand in `terms`.
NOT_KNOWN = "sources_not_known"
OUTSIDE = "outside_bands"
NO_LEVEL = "in_no_level"


def derive(cohort: Cohort) -> Cohort:
    """A new cohort with every score, derived variable and outcome of the study, in declared order.

    Scores are Float64, everything else categories in declared order. A derived value is missing
    where its sources do not settle it; `reasons` says why. `scoring` says row by row by which rule
    each score was made. Raises UsageError if it is not given a cohort.
    """
    expect(
        cohort, Cohort, "derive", "a cohort, as read_cohort, open_cohort or demo_cohort return it"
    )
    return _made(cohort, None, frozenset())


def derived_anew(cohort: Cohort, before: Cohort, changed: Collection[str]) -> Cohort:
    """What `derive` returns, of a cohort that was derived before some of its recorded columns
    changed.

    before: as it was derived then. changed: names of these columns; what hangs on none of them is
    taken from there.
    """
    stale = {
        name
        for name in (*cohort.study.scores, *cohort.study.derived)
        if not cohort.study.recorded(name).isdisjoint(changed)
    }
    return _made(cohort, before, stale)


def _made(cohort: Cohort, before: Cohort | None, stale: Collection[str]) -> Cohort:
    """The derived cohort. before: where all but the stale variables have been made already."""
    study = cohort.study
    data: dict[str, pd.Series] = {str(name): values for name, values in cohort.data.items()}
    reasons: dict[str, pd.Series] = {str(name): why for name, why in cohort.reasons.items()}
    rules: dict[str, pd.Series] = {}
    for scored in study.scores.values():
        name = scored.name
        if before and name not in stale:
            data[name], reasons[name] = before.data[name], before.reasons[name]
            rules[name] = before.scoring[name]
        else:
            data[name], reasons[name], rules[name] = score(study, scored, data, reasons, rules)
    for variable in study.derived.values():
        name = variable.name
        if name in data:  # a fifth of deprivation may have been supplied
            continue
        if before and name not in stale:
            data[name], reasons[name] = before.data[name], before.reasons[name]
        else:
            data[name], reasons[name] = _derived(study, variable, data, reasons)
    scoring = pd.DataFrame(rules, index=cohort.data.index)
    return replace(cohort, data=pd.DataFrame(data), reasons=pd.DataFrame(reasons), scoring=scoring)


def remade(
    study: Study,
    data: Mapping[str, pd.Series],
    reasons: Mapping[str, pd.Series],
    filled: Collection[str],
    keep: Collection[str] = (),
) -> dict[str, pd.Series]:
    """Derived variables made from filled columns, made again; a value that was known stays as it
    was.

    data: columns by name, those named in `filled` with values in place of missing ones. keep:
    derived variables that are not made again. Outcomes never are. A condition on something that is
    still missing, such as the sum of the answered items beside a filled total, counts as not met:
    it could only have said less than what was filled in.
    """
    now = dict(data)
    touched = {*filled}
    for variable in study.file.derived:
        name = variable.name
        if touched.isdisjoint(variable.sources) or name in touched or name not in now:
            continue
        if name not in keep:
            before = now[name]
            again, _ = _derived(study, variable, now, reasons, frozenset(touched))
            now[name] = again.where(before.isna(), before)
            touched.add(name)
    return {name: now[name] for name in touched - {*filled}}


def _derived(
    study: Study,
    variable: Derived,
    data: Columns,
    reasons: Columns,
    filled: frozenset[str] = frozenset(),
) -> tuple[pd.Series, pd.Series]:
    if variable.conditions:
        return _any_of(study, variable, data, reasons, filled)
    if variable.one_of:
        return _one_of(study, variable, data, reasons)
    if variable.fifths:
        source = variable.fifths.rank
        values = _fifth(variable.fifths, data)
    elif variable.bands:
        source = variable.source
        values = _banded(data[source], variable)
    else:
        source = variable.source
        values = _merged(study, data[source], variable)
    outside = values.isna() & data[source].notna()
    return values, reasons[source].mask(outside, OUTSIDE if variable.bands else NOT_KNOWN)


def _banded(source: pd.Series, variable: Derived) -> pd.Series:
    number = source.to_numpy(dtype=float, na_value=np.nan)
    levels = np.full(len(number), -1)
    for position, band in enumerate(variable.bands):
        low = -np.inf if band.minimum is None else band.minimum
        high = np.inf if band.maximum is None else band.maximum
        # an open band ends where the next one begins
        levels[(number >= low) & (number <= high)] = position
    return _as_levels(levels, variable, source, ordered=True)


def _merged(study: Study, source: pd.Series, variable: Derived) -> pd.Series:
    field = study.fields.get(variable.source)
    if field is not None and field.role == "codes":
        place = {text: place_of_codes(text, variable) for text in source.dropna().unique()}
        places = source.map(place).fillna(-1).to_numpy(dtype=int)
    else:
        place = {}
        for number, levels in enumerate(variable.merged.values()):
            place |= dict.fromkeys(levels, number)
        of_level = [place.get(level, -1) for level in source.cat.categories]
        places = np.array([*of_level, -1])[source.cat.codes]  # the last is that of what is missing
    return _as_levels(places, variable, source)


def place_of_codes(text: str, variable: Derived) -> int:
    """The place of the first level whose ranges hold one of the codes in a list; -1 if none
    does.
    """
    codes = text.split(";")
    for number, ranges in enumerate(variable.merged.values()):
        if any(in_ranges(code, ranges) for code in codes):
            return number
    return -1


def _fifth(fifths: Fifths, data: Columns) -> pd.Series:
    """Fifth of the nation's areas, 1 the most deprived: rank r of N areas lies in fifth ceil(5 r /
    N).
    """
    rank = data[fifths.rank]
    areas = (
        data[fifths.index].astype("str").map(fifths.areas).to_numpy(dtype=float, na_value=np.nan)
    )
    fifth = np.ceil(5 * rank.to_numpy(dtype=float, na_value=np.nan) / areas)
    levels = np.where((fifth >= 1) & (fifth <= 5), fifth - 1, -1).astype(int)
    kind = pd.CategoricalDtype(["1", "2", "3", "4", "5"], ordered=True)
    return pd.Series(pd.Categorical.from_codes(levels, dtype=kind), index=rank.index)


def _as_levels(
    levels: np.ndarray, variable: Derived, source: pd.Series, *, ordered: bool = False
) -> pd.Series:
    kind = pd.CategoricalDtype(list(variable.levels), ordered=ordered)
    return pd.Series(pd.Categorical.from_codes(levels, dtype=kind), index=source.index)


def _any_of(
    study: Study,
    variable: Derived,
    data: Columns,
    reasons: Columns,
    filled: frozenset[str],
) -> tuple[pd.Series, pd.Series]:
    """Yes, No or missing, by three-valued logic; not applicable to those whom an outcome does not
    concern.
    """
    any_met = pd.Series(False, index=next(iter(data.values())).index, dtype="boolean")
    for where in variable.conditions:
        met = holds(data, study, where)
        if filled and filled.isdisjoint(where):
            met = met.fillna(False)
        for gate in _gates(study, where):
            closed = (data[gate.variable] == gate.level).fillna(False).astype(bool)
            met = met.mask(closed, False if variable.gated_out == "no" else pd.NA)
        any_met |= met
    values = any_met.map({True: "Yes", False: "No"}).astype(pd.CategoricalDtype(["Yes", "No"]))
    why = _why(variable, reasons, values)
    if isinstance(variable, Outcome) and variable.among:
        concerned = holds(data, study, variable.among)
        unsure = concerned.isna()
        outside = (~concerned).fillna(False).astype(bool)
        values = values.mask(outside | unsure)
        why = why.mask(unsure, NOT_KNOWN).mask(outside, NOT_CONCERNED)
    return values, why


def _gates(study: Study, where: Where) -> list[Gate]:
    """The gates of the scores that a condition names."""
    instruments = [study.instruments[name] for name in where if name in study.instruments]
    return [instrument.gate for instrument in instruments if instrument.gate]


def _one_of(
    study: Study, variable: Derived, data: Columns, reasons: Columns
) -> tuple[pd.Series, pd.Series]:
    """The first level whose condition is known to hold; missing if none is."""
    levels = np.full(len(next(iter(data.values()))), -1)
    for place, where in reversed(list(enumerate(variable.one_of.values()))):
        levels[holds(data, study, where).fillna(False).to_numpy(dtype=bool)] = place
    values = _as_levels(levels, variable, data[variable.sources[0]])
    why = _why(variable, reasons, values)
    return values, why.mask(values.isna() & why.isna(), NO_LEVEL)


def _why(variable: Derived, reasons: Columns, values: pd.Series) -> pd.Series:
    """The reason of the sources where those missing agree on one, for the values that are
    missing.
    """
    is_missing = values.isna().to_numpy()
    places: dict[str, int] = {NOT_KNOWN: 0}
    why = np.full(len(values), -1)  # places of reasons; -1 where no source gives one
    for name in variable.sources if is_missing.any() else ():
        codes, texts = pd.factorize(reasons[name])
        place_of = [places.setdefault(str(text), len(places)) for text in texts]
        own = np.array([*place_of, -1])[codes]  # the last is that of -1, for what is not missing
        agrees = (why == -1) | (why == own)
        why = np.where(own == -1, why, np.where(agrees, own, places[NOT_KNOWN]))
    words = np.array([*places, None], dtype=object)
    return pd.Series(words[np.where(is_missing, why, -1)], index=values.index, dtype="str")
