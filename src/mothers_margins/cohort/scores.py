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
    # a gate that is not known closes nothing: the answers behind it were given
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
        items = [_answers(study, instrument, number, data) for number in scored.items]
        values = _sums(np.column_stack(items), known, item_rule)
    value = pd.Series(values, index=data[names[0]].index)
    value = value.where(answered >= _needed(scored, item_rule)).astype("Float64")
    reason = _reason(answered == 0, [reasons[name] for name in names])
    if_made = np.where(answered == len(names), COMPLETE, FILLED[item_rule.items])
    rule = _rule(if_made, value, answered == 0, reasons[names[0]])
    return value, reason.where(value.isna()).astype("str"), rule


def _rule(
    if_made: np.ndarray, value: pd.Series, unanswered: np.ndarray, reason: pd.Series
) -> pd.Series:
    """The rule that made each score, or why there is none. reason: of the first item."""
    rule = pd.Series(if_made, index=value.index, dtype="str").where(value.notna(), TOO_FEW)
    rule = rule.mask(unanswered, NONE)
    # a file that holds the score holds none of the items, so the first speaks for all
    only_score = (reason == ONLY_SCORE).fillna(False)
    return rule.mask(unanswered & only_score, NOT_SUPPLIED)


def _answers(study: Study, instrument: Instrument, number: int, data: Columns) -> np.ndarray:
    """Answers to one item, turned round if the instrument says so."""
    name = instrument.item(number)
    answers = data[name].to_numpy(dtype=float, na_value=np.nan)
    if number not in instrument.reversed:
        return answers
    limits = study.fields[name].constraints
    return limits.lowest + limits.highest - answers


def _counted(scored: Score, items: Sequence[pd.Series], known: np.ndarray) -> np.ndarray:
    """How many items have the value that is counted."""
    if scored.value == "any":
        return np.asarray(known.sum(axis=1), dtype=float)
    counted = np.column_stack([_is_answer(item, scored.value) for item in items])
    return np.asarray(counted.sum(axis=1), dtype=float)


def _is_answer(item: pd.Series, answer: str) -> np.ndarray:
    if isinstance(item.dtype, pd.CategoricalDtype):
        place = item.cat.categories.get_indexer(pd.Index([answer]))[0]  # -1 where it is no level
        codes = item.cat.codes.to_numpy()
        return np.asarray((codes == place) & (codes >= 0))
    return item.astype("str").eq(answer).fillna(False).to_numpy(dtype=bool)


def _needed(scored: Score, item_rule: ItemRule) -> float:
    """How many items must be answered for a score."""
    if item_rule.items == "none" and not scored.value:
        return len(scored.items)  # nothing is filled in, so a sum needs all its items
    if scored.value == "any":
        return 1
    # less a little, as a share times a number may lie above what is meant: 0.07 of 100 items are 7
    return float(np.ceil(item_rule.answered * len(scored.items) - 1e-9))


def _reason(unanswered: np.ndarray, reasons: Sequence[pd.Series]) -> pd.Series:
    """The reason that all items give where none is answered; else that too few are."""
    reason = np.full(len(unanswered), TOO_FEW, dtype=object)
    rows = np.flatnonzero(unanswered)  # few: only these are looked at
    first, *others = (given.iloc[rows].to_numpy(dtype=object) for given in reasons)
    # a missing reason equals none, itself neither
    agree = np.logical_and.reduce([first == given for given in (first, *others)])
    reason[rows[agree]] = first[agree]
    return pd.Series(reason, index=reasons[0].index, dtype="str")


def _sums(items: np.ndarray, known: np.ndarray, rule: ItemRule) -> np.ndarray:
    """Sums of items, with missing ones filled in as the rule says."""
    answers = np.where(known, items, 0)
    if rule.items == "observed":
        return np.asarray(answers.sum(axis=1))
    if rule.items == "single_impute":
        answers_to_item = known.sum(axis=0)
        # an item that nobody answered has no mean, so it fills nothing
        means = np.where(
            answers_to_item > 0, answers.sum(axis=0) / np.maximum(answers_to_item, 1), np.nan
        )
        return np.asarray(np.where(known, items, means).sum(axis=1))
    # where nothing was answered the sum is not used: at least 1 only avoids dividing by none
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
