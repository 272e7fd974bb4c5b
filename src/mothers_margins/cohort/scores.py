"""Scores of instruments: reversed items, rules for missing items, gates. Each score says by which
rule it was made.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mothers_margins.study.participant_table import Instrument, ItemRule, Score
from mothers_margins.study.study import Study

# Rules that make a score, and reasons why there is none: codes, whose words stand in `terms`.
COMPLETE = "complete"
TOO_FEW = "too_few_items"
NONE = "no_item"
CLOSED = "not_applicable"
SUPPLIED = "supplied"
NOT_SUPPLIED = "not_supplied"
FILLED = {
    "prorate": "prorated",
    "single_impute": "items_imputed_singly",
    "observed": "sum_of_answered",
    "none": "counted_among_answered",
}
ONLY_SCORE = "only_score_supplied"  # why the items of a supplied score are missing
Columns = Mapping[str, pd.Series]
Made = tuple[
    pd.Series, pd.Series, pd.Series
]  # value, reason where it is missing, rule that made it


def score(study: Study, scored: Score, data: Columns, reasons: Columns, rules: Columns) -> Made:
    """One score for every row: Float64, why it is missing, and the rule that made it. rules: of the
    scores before it.

    Where no item is answered and all give one reason, that is the score's reason too; a closed gate
    makes the score not applicable whatever else is recorded. Rules: Prorating is the mean of the
    answered items times their number, after reversing (a reversed item is the sum of its minimum
    and maximum less the answer).
    """
    instrument = study.instruments[scored.name]
    if scored.name in data:
        value, reason = data[scored.name], reasons[scored.name]
        rule = pd.Series(SUPPLIED, index=value.index, dtype="str").where(
            value.notna(), NOT_SUPPLIED
        )
    elif scored.sum_of:
        value, reason, rule = _summed(scored, data, reasons, rules)
    else:
        value, reason, rule = _from_items(study, instrument, scored, data, reasons)
    gate = instrument.gate
    if gate:
        closed = (data[gate.variable] == gate.level).fillna(False).to_numpy(dtype=bool)
        value, reason, rule = (
            value.mask(closed),
            reason.mask(closed, gate.reason),
            rule.mask(closed, CLOSED),
        )
    return value, reason, rule


def _from_items(
    study: Study, instrument: Instrument, scored: Score, data: Columns, reasons: Columns
) -> Made:
    names = [instrument.item(number) for number in scored.items]
    rule: ItemRule = scored.rule or instrument.rule
    known = np.column_stack([data[name].notna().to_numpy() for name in names])
    answered = known.sum(axis=1)
    if scored.value:
        counted = [data[name].astype("str").eq(scored.value).fillna(False) for name in names]
        points = (
            known
            if scored.value == "any"
            else np.column_stack([one.to_numpy(dtype=bool) for one in counted])
        )
        values = points.sum(axis=1).astype(float)
    else:
        values = _sums(study, instrument, scored, rule, data, known)
    whole = (
        rule.items == "none" and not scored.value
    )  # nothing is filled in, so a sum needs all its items
    needed = (
        len(names)
        if whole
        else 1
        if scored.value == "any"
        else np.ceil(rule.answered * len(names) - 1e-9)
    )
    enough = answered >= needed
    index = data[names[0]].index
    value = pd.Series(values, index=index).where(enough).astype("Float64")
    made = pd.Series(
        np.where(answered == len(names), COMPLETE, FILLED[rule.items]), index=index, dtype="str"
    )
    first = reasons[names[0]]
    same = (answered == 0) & np.logical_and.reduce(
        [(reasons[name] == first).fillna(False) for name in names]
    )
    reason = first.where(same, TOO_FEW).where(value.isna()).astype("str")
    beside = (answered == 0) & (first == ONLY_SCORE).fillna(False)
    unmade = made.where(value.notna(), TOO_FEW).mask(pd.Series(answered == 0, index=index), NONE)
    return value, reason, unmade.mask(beside, NOT_SUPPLIED)


def _sums(
    study: Study,
    instrument: Instrument,
    scored: Score,
    rule: ItemRule,
    data: Columns,
    known: np.ndarray,
) -> np.ndarray:
    """Sums of items after reversing, with missing items filled in as the rule says."""
    items = np.empty(known.shape)
    for place, number in enumerate(scored.items):
        name = instrument.item(number)
        items[:, place] = data[name].to_numpy(dtype=float, na_value=np.nan)
        if number in instrument.reversed:
            limits = study.fields[name].constraints
            items[:, place] = (limits.minimum or 0) + (limits.maximum or 0) - items[:, place]
    answers = np.where(known, items, 0)
    if rule.items == "observed":
        return np.asarray(answers.sum(axis=1))
    if rule.items == "single_impute":
        times = known.sum(axis=0)
        means = np.where(
            times > 0, answers.sum(axis=0) / np.maximum(times, 1), np.nan
        )  # nobody's answer fills nothing
        return np.asarray(np.where(known, items, means).sum(axis=1))
    return np.asarray(answers.sum(axis=1) * known.shape[1] / np.maximum(known.sum(axis=1), 1))


def _summed(scored: Score, data: Columns, reasons: Columns, rules: Columns) -> Made:
    """A sum of scores: missing if one of them is, prorated if one of them is."""
    parts = [data[name] for name in scored.sum_of]
    value = parts[0]
    for part in parts[1:]:
        value = value + part
    those = pd.concat([rules[name] for name in scored.sum_of], axis=1)
    first = those.iloc[:, 0]
    made = first.where(those.eq(first, axis=0).all(axis=1), "")
    for rule in (
        *FILLED.values(),
        SUPPLIED,
        NOT_SUPPLIED,
        TOO_FEW,
    ):  # the last that occurs in a row counts
        made = made.mask((those == rule).any(axis=1), rule)
    made = made.mask((those == NONE).any(axis=1), TOO_FEW).mask((those == NONE).all(axis=1), NONE)
    why = pd.concat([reasons[name] for name in scored.sum_of], axis=1)
    same = why.iloc[:, 0].where(why.eq(why.iloc[:, 0], axis=0).all(axis=1), TOO_FEW)
    return value, same.where(value.isna()).astype("str"), made
