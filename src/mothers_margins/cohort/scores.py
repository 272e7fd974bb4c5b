"""Scores of instruments: reversed items, rules for missing items, gates. Each score says by which
rule it was made.
"""

from collections.abc import Mapping, Sequence

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
# value, reason where it is missing, rule that made it
Made = tuple[pd.Series, pd.Series, pd.Series]


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
        value, reason, rule = _supplied(data[scored.name], reasons[scored.name])
    elif scored.sum_of:
        value, reason, rule = _summed(scored, data, reasons, rules)
    else:
        value, reason, rule = _from_items(study, instrument, scored, data, reasons)
    gate = instrument.gate
    if gate is None:
        return value, reason, rule
    closed = (data[gate.variable] == gate.level).fillna(False).to_numpy(dtype=bool)
    return value.mask(closed), reason.mask(closed, gate.reason), rule.mask(closed, CLOSED)


def _supplied(value: pd.Series, reason: pd.Series) -> Made:
    """A score that the file holds."""
    rule = pd.Series(SUPPLIED, index=value.index, dtype="str")
    return value, reason, rule.where(value.notna(), NOT_SUPPLIED)


def _from_items(
    study: Study, instrument: Instrument, scored: Score, data: Columns, reasons: Columns
) -> Made:
    names = [instrument.item(number) for number in scored.items]
    item_rule: ItemRule = scored.rule or instrument.rule
    known = np.column_stack([data[name].notna().to_numpy() for name in names])
    answered = known.sum(axis=1)
    if scored.value:
        values = _counted(scored, [data[name] for name in names], known)
    else:
        values = _sums(study, instrument, scored, item_rule, data, known)
    index = data[names[0]].index
    enough = answered >= _needed(scored, item_rule)
    value = pd.Series(values, index=index).where(enough).astype("Float64")
    reason = _reason(answered == 0, [reasons[name] for name in names])
    by_items = np.where(answered == len(names), COMPLETE, FILLED[item_rule.items])
    rule = pd.Series(by_items, index=index, dtype="str").where(value.notna(), TOO_FEW)
    rule = rule.mask(answered == 0, NONE)
    only_score = (reasons[names[0]] == ONLY_SCORE).fillna(False)
    rule = rule.mask((answered == 0) & only_score, NOT_SUPPLIED)
    return value, reason.where(value.isna()).astype("str"), rule


def _counted(scored: Score, items: Sequence[pd.Series], known: np.ndarray) -> np.ndarray:
    """How many items have the value that is counted."""
    if scored.value == "any":
        return np.asarray(known.sum(axis=1), dtype=float)
    having = [item.astype("str").eq(scored.value).fillna(False) for item in items]
    counted = np.column_stack([item.to_numpy(dtype=bool) for item in having])
    return np.asarray(counted.sum(axis=1), dtype=float)


def _needed(scored: Score, item_rule: ItemRule) -> float:
    """How many items must be answered for a score."""
    if item_rule.items == "none" and not scored.value:
        return len(scored.items)  # nothing is filled in, so a sum needs all its items
    if scored.value == "any":
        return 1
    # less a little, so that 0.8 of 5 items are 4
    return float(np.ceil(item_rule.answered * len(scored.items) - 1e-9))


def _reason(unanswered: np.ndarray, reasons: Sequence[pd.Series]) -> pd.Series:
    """The reason that all items give where none is answered; else that too few are."""
    first = reasons[0]
    agree = np.logical_and.reduce([(reason == first).fillna(False) for reason in reasons])
    return first.where(unanswered & agree, TOO_FEW)


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
        sums = answers.sum(axis=0)
        # nobody's answer fills nothing
        means = np.where(times > 0, sums / np.maximum(times, 1), np.nan)
        return np.asarray(np.where(known, items, means).sum(axis=1))
    answered = np.maximum(known.sum(axis=1), 1)
    return np.asarray(answers.sum(axis=1) * known.shape[1] / answered)


def _summed(scored: Score, data: Columns, reasons: Columns, rules: Columns) -> Made:
    """A sum of scores: missing if one of them is, prorated if one of them is."""
    parts = [data[name] for name in scored.sum_of]
    value = parts[0]
    for part in parts[1:]:
        value = value + part
    reasons_of_parts = pd.concat([reasons[name] for name in scored.sum_of], axis=1)
    reason = _if_all_agree(reasons_of_parts, TOO_FEW)
    rules_of_parts = pd.concat([rules[name] for name in scored.sum_of], axis=1)
    rule = _if_all_agree(rules_of_parts, "")
    # the last that occurs in a row counts
    for part_rule in (*FILLED.values(), SUPPLIED, NOT_SUPPLIED, TOO_FEW):
        rule = rule.mask((rules_of_parts == part_rule).any(axis=1), part_rule)
    without_item = rules_of_parts == NONE
    rule = rule.mask(without_item.any(axis=1), TOO_FEW).mask(without_item.all(axis=1), NONE)
    return value, reason.where(value.isna()).astype("str"), rule


def _if_all_agree(parts: pd.DataFrame, otherwise: str) -> pd.Series:
    """What all columns say of a row, if they say the same."""
    first = parts.iloc[:, 0]
    return first.where(parts.eq(first, axis=0).all(axis=1), otherwise)
