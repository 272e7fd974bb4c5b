"""Rows that stand for all that can be: one for every combination of values that the rules of some
variables and groups tell apart.

A score of many items is told apart by whether it is known and between which cuts it lies, so its
items are answered together, in as few ways as show that; the product is taken over these.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import permutations
from math import prod
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from mothers_margins.cohort.cohort import Cohort
from mothers_margins.cohort.conditions import checks, concerned
from mothers_margins.cohort.derive import derive
from mothers_margins.cohort.representative_values import Cell, Rules, only_for
from mothers_margins.errors import UsageError
from mothers_margins.study.participant_table import Score

MOST = 200_000  # rows


class Axis(NamedTuple):
    """What is varied together: one field, or the items of scores that share items.

    fields: of items in the order of their numbers. scores: those made of the items; none for a
    field.
    """

    fields: tuple[str, ...]
    scores: tuple[str, ...] = ()


class Columns(NamedTuple):
    """Columns of a part of the rows: values, and why they are missing."""

    data: pd.DataFrame
    reasons: pd.DataFrame

    def take(self, places: np.ndarray) -> "Columns":
        """The rows at these places, numbered anew."""
        return Columns(*(part.take(places).reset_index(drop=True) for part in self))


class Profiles(NamedTuple):
    """Ways to answer the items of scores.

    answers: the cells of the items that are looked at singly, by their place, rows x items.
    classes: between which cuts each score lies, -1 where it is missing, rows x scores. values: the
    scores, rows x scores.
    """

    columns: Columns
    answers: np.ndarray
    classes: np.ndarray
    values: np.ndarray


class RepresentativeRows:
    """The representative rows of rules, by what is varied."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.study = rules.study
        self._axis_of_score = dict(_axes_of_scores(rules))
        self._tied: dict[Axis, dict[tuple[str, ...], bool]] = {}
        self._gate_of_item = {
            item: instrument.gate.variable
            for instrument in self.study.schema.instruments
            if instrument.gate
            for item in instrument.fields()
        }

    def axes(self, name: str) -> frozenset[Axis]:
        """What a variable, or a multi-response set, is made from in the end; with the fields that
        say whether it applies.
        """
        if name in self.rules.supplied:
            return frozenset({Axis((name,)), *self._gate(name)})
        if name in self.study.fields:
            deciding = [name, *self.study.fields[name].applies_where]
            if name in self._gate_of_item:
                deciding.append(self._gate_of_item[name])
            return frozenset(Axis((field,)) for field in deciding)
        if name in self.study.scores:
            return self._axes_of_score(self.study.scores[name])
        if name in self.study.sets:
            sources = [option.name for option in self.study.sets[name]]
        else:
            sources = [*self.study.derived[name].sources]
        return frozenset[Axis]().union(*(self.axes(source) for source in sources))

    def _axes_of_score(self, score: Score) -> frozenset[Axis]:
        own = {*self._gate(score.name)}
        if score.items:
            own.add(self._axis_of_score[score.name])
        return frozenset(own).union(*(self.axes(part) for part in score.sum_of))

    def _gate(self, name: str) -> list[Axis]:
        """The gate of a score, if it has one."""
        instrument = self.study.instruments.get(name)
        return [Axis((instrument.gate.variable,))] if instrument and instrument.gate else []

    def rows(self, axes: Iterable[Axis], names: Collection[str]) -> Cohort:
        """The representative rows of some axes, without those that cannot be, with the variables of
        these names, which are made from nothing else.

        Raises UsageError for more than MOST of them.
        """
        parts = [*self._parts({*axes})]
        _refuse_too_many(prod(len(part.data) for part in parts), names)
        return derive(_without_impossible(self._cohort(_product(parts), names)))

    def tied(self, axes: Collection[Axis], scores: Axis) -> bool:
        """Whether fields among these axes say anything of the classes of scores that are made from
        some of them.
        """
        kept = tuple(name for name in scores.fields if Axis((name,)) in axes)
        if not kept:
            return False
        if self._alike(scores):
            kept = scores.fields[: len(kept)]  # as good as any others
        if scores not in self._tied or kept not in self._tied[scores]:
            self._tied.setdefault(scores, {})[kept] = self._says_something(kept, scores)
        return self._tied[scores][kept]

    def _alike(self, scores: Axis) -> bool:
        """Whether scores ask of their items only how many are answered, whichever these are."""
        if any(self.rules.cuts(name) or self._in_cut_sum(name) for name in scores.scores):
            return False
        kinds = {
            (len(self.rules.answers(name)), len(self.rules.cells(name)), *towards)
            for name in scores.fields
            for towards in [self._counts_towards(name, scores.scores)]
        }
        return len(kinds) == 1

    def _says_something(self, kept: Sequence[str], scores: Axis) -> bool:
        """Whether some items say anything of the classes of the scores made of them and others."""
        if prod(len(self.rules.cells(name)) for name in kept) * len(scores.fields) > MOST:
            return True
        found = self._profiles(scores, kept)
        of_fields, of_scores, together = (
            len(np.unique(part, axis=0))
            for part in (found.answers, found.classes, np.hstack([found.answers, found.classes]))
        )
        return together < of_fields * of_scores

    def _parts(self, axes: set[Axis]) -> Iterator[Columns]:
        """The rows of each axis; an item that is looked at singly too is varied with its scores."""
        of_scores = sorted(axis for axis in axes if axis.scores)
        of_fields = sorted(axis.fields[0] for axis in axes if not axis.scores)
        in_scores: set[str] = set()
        for axis in of_scores:
            yield self._of_scores(axis, [name for name in of_fields if name in axis.fields])
            in_scores.update(axis.fields)
        for name in of_fields:
            if name not in in_scores:
                cells = self.rules.cells(name)
                yield self._columns({name: cells}, np.arange(len(cells))[:, None])

    def _of_scores(self, axis: Axis, kept: Sequence[str]) -> Columns:
        """One way to answer the items for every class of the scores and cell of the items kept."""
        found = self._profiles(axis, kept)
        kinds = np.hstack([found.answers, found.classes])
        rising = np.argsort(np.nansum(found.values, axis=1), kind="stable")
        places = _first_of_each(kinds, rising)
        if any(map(self._in_cut_sum, axis.scores)):
            # of a sum of scores the class is not that of its parts: their lowest and highest
            places = np.union1d(places, _first_of_each(kinds, rising[::-1]))
        return found.columns.take(places)

    def _in_cut_sum(self, name: str) -> bool:
        """Whether a rule cuts a sum that a score is a part of."""
        return any(
            name in score.sum_of and self.rules.cuts(score.name)
            for score in self.study.scores.values()
        )

    def _profiles(self, axis: Axis, kept: Sequence[str]) -> Profiles:
        """Ways to answer the items: those kept in every way, the others as `_patterns` says."""
        of_kept = {name: self.rules.cells(name) for name in kept}
        of_others = {name: self._item(axis, name) for name in axis.fields if name not in kept}
        answers = _grid([len(cells) for cells in of_kept.values()])
        patterns = self._patterns(axis, of_others)
        by_answer, by_pattern = _grid([len(answers), len(patterns)]).T
        places = np.hstack([answers[by_answer], patterns[by_pattern]])
        columns = self._columns(of_kept | of_others, places)
        scored = derive(self._cohort(self._with_gate(axis, columns), axis.scores)).data
        values = scored[list(axis.scores)].to_numpy(dtype=float, na_value=np.nan)
        cuts = map(self.rules.cuts, axis.scores)
        classes = [_classes(own, at) for own, at in zip(values.T, cuts, strict=True)]
        return Profiles(columns, answers[by_answer], np.column_stack(classes), values)

    def _patterns(self, axis: Axis, cells: Mapping[str, Sequence[Cell]]) -> np.ndarray:
        """Ways to answer some items of scores, so that every class of these occurs: those that
        count towards the same scores as `_patterns` says, with those of the others in every way.
        """
        graded = any(self.rules.cuts(name) or self._in_cut_sum(name) for name in axis.scores)
        counted = any(self.study.scores[name].value for name in axis.scores)
        alike: dict[tuple[bool, ...], list[int]] = {}
        for place, name in enumerate(cells):
            alike.setdefault(self._counts_towards(name, axis.scores), []).append(place)
        own = [*cells.values()]
        parts = [
            _patterns([own[place] for place in places], graded=graded, counted=counted)
            for places in alike.values()
        ]
        _refuse_too_many(prod(map(len, parts)), axis.scores)
        patterns = np.empty((prod(map(len, parts)), len(own)), dtype=int)
        for places, part, taken in zip(
            alike.values(), parts, _grid([*map(len, parts)]).T, strict=True
        ):
            patterns[:, places] = part[taken]
        return patterns

    def _counts_towards(self, item: str, scores: Iterable[str]) -> tuple[bool, ...]:
        """Whether each of some scores is made of an item."""
        return tuple(
            item in map(self.study.instruments[name].item, self.study.scores[name].items)
            for name in scores
        )

    def _item(self, axis: Axis, name: str) -> list[Cell]:
        """Cells of an item: answers from that which adds least, then one that is missing."""
        instrument = self.study.instruments[axis.scores[0]]
        answers = self.rules.answers(name)
        if name in map(instrument.item, instrument.reversed):
            answers.reverse()
        missing = [cell for cell in self.rules.cells(name) if cell[0] is None]
        return [*answers, *missing[:1]]

    def _with_gate(self, axis: Axis, columns: Columns) -> Columns:
        """The columns with the gate of the scores, which is not closed."""
        gate = self.study.instruments[axis.scores[0]].gate
        if gate is None:
            return columns
        not_closed = [cell for cell in self.rules.cells(gate.variable) if cell[0] != gate.level]
        rows = np.zeros((len(columns.data), 1), dtype=int)
        return _beside([columns, self._columns({gate.variable: not_closed[:1]}, rows)])

    def _columns(self, cells: dict[str, list[Cell]], places: np.ndarray) -> Columns:
        """Columns of cells. places: rows x columns, the place of each cell among its column's."""
        data: dict[str, pd.Series] = {}
        reasons: dict[str, pd.Series] = {}
        for (name, own), taken in zip(cells.items(), places.T, strict=True):
            values = pd.Series(
                [value for value, _ in own], dtype=self.rules.cohort.data[name].dtype
            )
            why = pd.Series([reason for _, reason in own], dtype="str")
            data[name], reasons[name] = (
                column.take(taken % len(own)).reset_index(drop=True) for column in (values, why)
            )
        return Columns(pd.DataFrame(data), pd.DataFrame(reasons))

    def _cohort(self, columns: Columns, names: Iterable[str]) -> Cohort:
        """Rows, with the rules of these names only."""
        study = only_for(self.study, names, self.rules.supplied)
        return Cohort(columns.data, columns.reasons, self.rules.cohort.source, study)


def _axes_of_scores(rules: Rules) -> Iterator[tuple[str, Axis]]:
    """The axis of every score that is made of items: of those of one instrument that share some."""
    for instrument in rules.study.schema.instruments:
        made = [score for score in instrument.scores if score.items]
        made = [score for score in made if score.name not in rules.supplied]
        for together in joined({score.name, *map(instrument.item, score.items)} for score in made):
            scores = tuple(score.name for score in made if score.name in together)
            axis = Axis(tuple(name for name in instrument.fields() if name in together), scores)
            yield from ((name, axis) for name in scores)


def _refuse_too_many(number: int, names: Iterable[str]) -> None:
    """Raise UsageError if there are more combinations of values behind some variables than can be
    looked at.
    """
    if number > MOST:
        raise UsageError(
            f"{number:,} combinations of values would have to be looked at; {MOST:,} can be:",
            [", ".join(names)],
            "Leave out of the tables, or of what is released, a variable that ties many others "
            "together.",
        )


def joined(sets: Iterable[Iterable[Any]]) -> list[set[Any]]:
    """Sets that have something in common put together, as often as that is so."""
    found: list[set[Any]] = []
    for new in map(set, sets):
        meeting = [old for old in found if not old.isdisjoint(new)]
        found = [old for old in found if old.isdisjoint(new)]
        found.append(new.union(*meeting))
    return found


def _patterns(cells: Sequence[Sequence[Cell]], *, graded: bool, counted: bool) -> np.ndarray:
    """Ways to answer items, rows x items: the place of each answer, -1 for none.

    For every number of answered items, the first ones: with the lowest answers; `graded`, also
    with one step more after another, up to the highest; `counted`, also with one answer in the
    first of them and another one in the rest. So a prorated sum has every value, and every number
    of answers of one kind occurs.
    """
    known = [[cell for cell in own if cell[0] is not None] for own in cells]
    highest = np.array([len(own) - 1 for own in known], dtype=int)
    lowest = np.array([0 if own and own[-1][0] is not None else -1 for own in cells], dtype=int)
    number = len(cells)
    fills = np.zeros((1, number), dtype=int)
    if graded:
        fills = np.vstack([fills, _rising(highest)])
    if graded and counted:
        fills = np.vstack([fills, *_two_answers(highest)])
    answered = np.tri(number + 1, number, -1, dtype=bool)  # of none, the first, the first two …
    patterns = np.where(answered[:, None, :], fills, -1).reshape(-1, number)
    return np.unique(np.clip(patterns, lowest, highest), axis=0)


def _rising(highest: np.ndarray) -> np.ndarray:
    """From all lowest to all highest answers, one step of one item after another."""
    steps = np.maximum(highest, 0)
    before = np.cumsum(steps) - steps
    fills: np.ndarray = np.clip(np.arange(steps.sum() + 1)[:, None] - before, 0, steps)
    return fills


def _two_answers(highest: np.ndarray) -> Iterator[np.ndarray]:
    """One answer in the first items and another one in the rest, for every two answers."""
    number = len(highest)
    first = np.tri(number + 1, number, -1, dtype=bool)
    for one, other in permutations(range(highest.max(initial=0) + 1), 2):
        yield np.where(first, one, other)


def _grid(sizes: Sequence[int]) -> np.ndarray:
    """Every combination of places below these sizes, one a row."""
    if not sizes:
        return np.zeros((1, 0), dtype=int)
    places: np.ndarray = np.indices(tuple(sizes)).reshape(len(sizes), -1).T
    return places


def _classes(values: np.ndarray, cuts: Sequence[float]) -> np.ndarray:
    """How many cuts each value has reached; -1 where it is missing."""
    return np.where(np.isnan(values), -1, np.searchsorted(cuts, values, side="right"))


def _first_of_each(kinds: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Places of the rows of which each is the first of its kind, in this order."""
    _, first = np.unique(kinds[order], axis=0, return_index=True)
    return np.sort(order[first])


def _product(parts: Sequence[Columns]) -> Columns:
    """Every combination of the rows of parts."""
    places = _grid([len(part.data) for part in parts])
    return _beside([part.take(taken) for part, taken in zip(parts, places.T, strict=True)])


def _beside(parts: Sequence[Columns]) -> Columns:
    """Columns of the same rows side by side."""
    return Columns(*(pd.concat(frames, axis=1) for frames in zip(*parts, strict=True)))


def _without_impossible(cohort: Cohort) -> Cohort:
    """The rows that a file may hold: no combination that cannot be, nothing that does not apply
    although it does.
    """
    wrong = np.zeros(len(cohort), dtype=bool)
    for check in checks(cohort):
        # a supplied sum stands for every number between two cuts, not for one beside these parts
        if check.code != "not_the_sum":
            wrong |= check.rows.to_numpy(dtype=bool)
    study = cohort.study
    for name, field in study.fields.items():
        if field.applies_where and {name, *field.applies_where} <= {*cohort.data}:
            applies = concerned(cohort.data, study, field).fillna(False).to_numpy(dtype=bool)
            wrong |= applies & cohort.reasons[name].isin(study.not_applicable).to_numpy(dtype=bool)
    data, reasons = (
        frame[~wrong].reset_index(drop=True) for frame in (cohort.data, cohort.reasons)
    )
    return replace(cohort, data=data, reasons=reasons)
