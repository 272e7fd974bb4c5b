"""What the answers to an instrument allow of a score that is missing, and how the scores of a run
hang together.
"""

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from mothers_margins.cohort.cohort import Cohort
from mothers_margins.cohort.scores import item_numbers
from mothers_margins.imputation import Answers
from mothers_margins.imputation.equations import ImputedAnswer
from mothers_margins.study.participant_table import Score
from mothers_margins.study.study import Study
from mothers_margins.study.study_file import Derived


@dataclass(frozen=True)
class Threshold:
    """A composite that is one score cut at a number: Yes where the score is `at` or more."""

    score: str
    at: float


def threshold(study: Study, name: str, parts: Collection[str]) -> Threshold | None:
    """The cut of a composite whose only part is a score, and whose conditions all say that it, or
    the sum of the same answered items, has reached one number; None for any other.
    """
    derived = study.derived.get(name)
    if not isinstance(derived, Derived) or len(parts) != 1 or not derived.conditions:
        return None
    (score,) = parts
    if score not in study.scores or not study.scores[score].items:
        return None
    reached = set()
    for where in derived.conditions:
        if len(where) != 1:
            return None
        ((other, condition),) = where.items()
        if other != score and not _same_items(study, score, other):
            return None
        if condition.at_least is None or condition.excluded:
            return None
        reached.add(condition.at_least)
    return Threshold(score, reached.pop()) if len(reached) == 1 else None


def _same_items(study: Study, score: str, other: str) -> bool:
    """Whether the other is the sum of the answered ones among the items of a score."""
    declared = study.scores.get(other)
    if declared is None or study.instruments[other] is not study.instruments[score]:
        return False
    rule = declared.rule or study.instruments[other].rule
    is_sum = rule.items == "observed" and not declared.value
    return is_sum and {*declared.items} == {*study.scores[score].items}


def summed_from(cohort: Cohort, name: str) -> tuple[str, ...]:
    """The scores that a score is the sum of, if each of them is known for somebody; else nothing:
    then only the sum was supplied.
    """
    score = cohort.study.scores.get(name)
    parts = score.sum_of if score else ()
    known = parts and all(cohort.data[part].notna().any() for part in parts)
    return parts if known else ()


def answers(cohort: Cohort, name: str, imputed: Collection[str]) -> Answers | None:
    """The numbers that the answered items add to a score, and its items that are imputed in the
    same run; None for what is no score of items, or where nobody answered them all.
    """
    study = cohort.study
    score = study.scores.get(name)
    if score is None or not score.items or score.value == "any":
        return None
    numbers = item_numbers(study, score, cohort.data)
    if not numbers.notna().all(axis=1).any():
        return None
    items = [str(item) for item in numbers if item in imputed]
    return Answers(numbers, {item: _imputed_answer(study, score, item) for item in items})


def _imputed_answer(study: Study, score: Score, item: str) -> ImputedAnswer:
    """What an item that is imputed itself adds to a score."""
    if score.value:
        return ImputedAnswer(item, {score.value: 1.0})
    limits = study.fields[item].constraints
    instrument = study.instruments[score.name]
    if item not in {instrument.item(number) for number in instrument.reversed}:
        return ImputedAnswer(item)
    assert limits.minimum is not None  # noqa: S101 (the study was checked: an item has limits)
    assert limits.maximum is not None  # noqa: S101 (as above)
    return ImputedAnswer(item, start=limits.minimum + limits.maximum, sign=-1.0)


def bounds(cohort: Cohort, name: str) -> tuple[pd.Series, pd.Series]:
    """Row by row the least and the most that a score can be: what is answered, with the least and
    the most of what is not; where only a number exists, the score's range.
    """
    study = cohort.study
    score = study.scores[name]
    least, most = study.limits(name)
    everywhere = pd.Series(1.0, index=cohort.data.index)
    low = everywhere * least
    high = everywhere * most
    if score.items and score.value != "any":
        numbers = item_numbers(study, score, cohort.data)
        known_sum = numbers.sum(axis=1)
        item_least, item_most = _limits_of_items(study, score)
        open_items = numbers.isna()
        low = known_sum + (open_items * item_least).sum(axis=1)
        high = known_sum + (open_items * item_most).sum(axis=1)
    elif score.sum_of:
        parts = [_of_part(cohort, part) for part in score.sum_of]
        low = sum((part[0] for part in parts), everywhere * 0)
        high = sum((part[1] for part in parts), everywhere * 0).clip(upper=most)
    return low.astype(float), high.astype(float)


def _limits_of_items(study: Study, score: Score) -> tuple[pd.Series, pd.Series]:
    """The least and the most that each item adds to a score."""
    instrument = study.instruments[score.name]
    names = [instrument.item(number) for number in score.items]
    if score.value:
        return pd.Series(0.0, index=names), pd.Series(1.0, index=names)
    limits = [study.fields[name].constraints for name in names]
    # a reversed item has the same range
    low = pd.Series([float(limit.minimum or 0) for limit in limits], index=names)
    return low, pd.Series([float(limit.maximum or 0) for limit in limits], index=names)


def _of_part(cohort: Cohort, name: str) -> tuple[pd.Series, pd.Series]:
    """Bounds of a part: itself where it is known."""
    low, high = bounds(cohort, name)
    known = cohort.data[name].astype("Float64").astype(float)
    return known.fillna(low), known.fillna(high)


def beside(cohort: Cohort, name: str, names: Collection[str]) -> tuple[str, pd.Series] | None:
    """Another count over the same items in the run, and the most that both can be together: the
    items without those that are answered otherwise. None where there is none before this one.
    """
    study = cohort.study
    score = study.scores.get(name)
    if score is None or not score.value or score.value == "any":
        return None
    for other in names:
        if other == name:
            return None  # the first of the two is not bound by the second
        counted = study.scores.get(other)
        if counted is None or counted.items != score.items:
            continue
        if counted.value in ("", "any", score.value):
            continue
        both = item_numbers(study, score, cohort.data) + item_numbers(study, counted, cohort.data)
        return other, both.isna().sum(axis=1) + both.sum(axis=1)
    return None


def containing(study: Study, item: str, names: Collection[str]) -> tuple[str, ...]:
    """Scores of a run that an item is part of: they would give it away, whoever supplied them."""
    return tuple(
        name
        for name in names
        if name in study.scores and item != name and item in study.recorded(name)
    )
