"""Which printed variables are made from each other, which combinations of their levels their
definition allows, and which of these somebody in some of the printed groups can have.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np
import pandas as pd

from mothers_margins.cohort.cohort import Cohort, column
from mothers_margins.cohort.conditions import where_mask
from mothers_margins.cohort.representative_rows import Axis, RepresentativeRows, joined
from mothers_margins.cohort.representative_values import rules_for
from mothers_margins.study.conditions import Group
from mothers_margins.study.study import Study
from mothers_margins.study.variables import NOT_CONCERNED

KNOWN = "known"  # the only level of a number
UNKNOWN = ""  # the level of who is not known
Matrix = (
    np.ndarray
)  # of whole numbers or truth values, one row per combination, region or participant


@dataclass(frozen=True, eq=False)
class Regions:
    """The cells of the Venn diagram of all groups in which there is somebody.

    inside: whether a region lies in a group, regions x groups in the order of `groups`. of_row: the
    region of every participant. sizes: participants by region.
    """

    groups: Mapping[str, Group]
    inside: Matrix
    of_row: Matrix
    sizes: Matrix

    def of(self, cohort: Cohort) -> Matrix:
        """The region of every row of another cohort; -1 for a region in which there is nobody."""
        places = {bytes(region): number for number, region in enumerate(self.inside)}
        return np.array([places.get(bytes(row), -1) for row in memberships(cohort, self.groups)])


@dataclass(frozen=True, eq=False)
class Block:
    """Printed variables that are made from each other, and the combinations of their levels.

    levels: of each variable, by name, in the order in which they are numbered. atoms: the
    combinations that the definition allows, combinations x variables, as numbers of levels.
    impossible: the combinations that nobody in a region can have, combinations x regions.
    """

    levels: Mapping[str, tuple[str, ...]]
    atoms: Matrix
    impossible: Matrix

    @property
    def name(self) -> str:
        """The name of its first variable."""
        return next(iter(self.levels))

    def of(self, cohort: Cohort) -> Matrix:
        """The combination of every row of a derived cohort; -1 for one that is not allowed."""
        places = {bytes(atom): number for number, atom in enumerate(self.atoms)}
        rows = numbered_levels(cohort, self.levels)
        return np.array([places.get(bytes(row), -1) for row in rows], dtype=int)


def regions_of(cohort: Cohort, groups: Mapping[str, Group]) -> Regions:
    """The regions that groups divide a derived cohort into."""
    inside, of_row, sizes = np.unique(
        memberships(cohort, groups), axis=0, return_inverse=True, return_counts=True
    )
    return Regions(groups, inside, of_row.ravel(), sizes)


def memberships(cohort: Cohort, groups: Mapping[str, Group]) -> Matrix:
    """Whether each participant is in each group, participants x groups."""
    masks = [where_mask(cohort, group.where).to_numpy(dtype=bool) for group in groups.values()]
    return np.column_stack(masks)


def printed(study: Study) -> list[str]:
    """Every column that a table prints, each answer of a question with several for itself; then the
    variables that stand for one of them in what is released.
    """
    names: dict[str, None] = {}
    for name in study.printed_variables:
        options = study.sets.get(name)
        names |= dict.fromkeys([option.name for option in options] if options else [name])
    return [*(names | dict.fromkeys(study.standing_in("release").values()))]


def levels_of(study: Study, name: str) -> tuple[str, ...]:
    """The levels of a column as they are numbered: known ones, not applicable, not known."""
    field = study.fields.get(name)
    if field is not None and field.type == "boolean":
        known: tuple[str, ...] = ("Yes", "No")
    else:
        known = study.levels(name) or (KNOWN,)
    return (*known, NOT_CONCERNED, UNKNOWN)


def numbered_levels(cohort: Cohort, levels: Mapping[str, Sequence[str]]) -> Matrix:
    """The levels of every row of a derived cohort, by their number, rows x variables."""
    return np.column_stack([_numbered(cohort, name, len(own)) for name, own in levels.items()])


def _numbered(cohort: Cohort, name: str, number: int) -> Matrix:
    """The level of every row of one variable, of which there are so many."""
    values = column(cohort, name)
    missing = values.isna().to_numpy(dtype=bool)
    applies_not = cohort.reasons[name].isin(cohort.study.not_applicable).to_numpy(dtype=bool)
    if isinstance(values.dtype, pd.CategoricalDtype):
        places: Matrix = values.cat.codes.to_numpy(dtype=int)
    elif values.dtype == "boolean":
        places = (~values.fillna(False)).to_numpy(dtype=int)
    else:
        places = np.zeros(len(values), dtype=int)
    return np.where(missing, np.where(applies_not, number - 2, number - 1), places)


def blocks_of(cohort: Cohort, regions: Regions) -> Iterator[Block]:
    """The blocks of all printed variables of a derived cohort, in printed order.

    Raises UsageError if a block has too many combinations of values to look at.
    """
    names = printed(cohort.study)
    rows = RepresentativeRows(rules_for(cohort, names, regions.groups))
    axes_of = {name: rows.axes(name) for name in names}
    together = _also_within_regions(rows, _together(rows, axes_of), regions)
    while names:
        axes = next(axes for axes in together if axes_of[names[0]] <= axes)
        own = [name for name in names if axes_of[name] <= axes]
        yield _block(cohort, rows, own, axes, regions)
        names = [name for name in names if name not in own]


def _together(rows: RepresentativeRows, axes_of: Mapping[str, frozenset[Axis]]) -> list[set[Axis]]:
    """What is varied, put together where a variable is made from several, or where something that
    cannot be, or a score and its items, ties them.
    """
    # One thing that follows from the definition is left out. A score of many items and one of them
    # are apart where each can be known or not whatever the other is; but all items together say
    # something of the score. Of i items of which r are needed, who lacks the score lacks at least
    # q = i - r + 1 answers, so if m answers are missing in a group, at most m / q of it lack the
    # score (and at least 0, unless m is above q - 1 for everybody in the group). Where 2 or more
    # lack it, that leaves 0, 1 and 2 at least. Where 1 does, q items or more have somebody not
    # known: if these numbers are small they are hidden by the same rule, and m is not known; if
    # they reach the threshold, m / q does too. The same holds, turned round, of those who have it.
    found = joined([*map(set, axes_of.values()), *_tied_by_what_cannot_be(rows)])
    number = -1
    while number != len(found):
        number = len(found)
        scores = {axis for axes in found for axis in axes if axis.scores}
        ties = [{*axes, axis} for axes in found for axis in scores - axes if rows.tied(axes, axis)]
        found = joined([*found, *ties])
    return found


def _also_within_regions(
    rows: RepresentativeRows, together: list[set[Axis]], regions: Regions
) -> list[set[Axis]]:
    """The same, with those put together that are apart but not within every region: where it is
    known in which groups somebody is, the one can say something of the other.
    """
    deciding = _deciding(regions)
    of_groups = _axes_of(rows, deciding)
    parts = [axes & of_groups for axes in together if not axes.isdisjoint(of_groups)]
    if len(parts) < 2:
        return together
    every = rows.rows(of_groups, deciding)
    region = regions.of(every)
    kinds = [_kinds(every, axes) for axes in parts]
    for number in range(len(regions.sizes)):
        inside = region == number
        apart = prod(len(np.unique(own[inside])) for own in kinds)
        if len(np.unique(np.column_stack(kinds)[inside], axis=0)) < apart:
            return joined([*together, of_groups])
    return together


def _kinds(every: Cohort, axes: Iterable[Axis]) -> Matrix:
    """Which cells each row has in the fields of some axes, as a number."""
    fields = sorted(name for axis in axes for name in axis.fields)
    texts = pd.concat([every.data[fields].astype("str"), every.reasons[fields]], axis=1)
    _, kinds = np.unique(texts.fillna("").to_numpy(dtype=str), axis=0, return_inverse=True)
    return kinds.ravel()


def _deciding(regions: Regions) -> list[str]:
    """The variables on which it depends who is in which group."""
    return [*dict.fromkeys(name for group in regions.groups.values() for name in group.where)]


def _axes_of(rows: RepresentativeRows, names: Iterable[str]) -> frozenset[Axis]:
    """What several variables are made from in the end."""
    return frozenset[Axis]().union(*(rows.axes(name) for name in names))


def _tied_by_what_cannot_be(rows: RepresentativeRows) -> Iterator[set[Axis]]:
    """What is varied and named by one combination that cannot be, where it is recorded."""
    recorded = {*rows.study.fields, *rows.study.sets, *rows.rules.supplied}
    for impossible in rows.study.file.impossible:
        if recorded.issuperset(impossible.where):
            yield {*_axes_of(rows, impossible.where)}


def _block(
    cohort: Cohort,
    rows: RepresentativeRows,
    names: Sequence[str],
    axes: set[Axis],
    regions: Regions,
) -> Block:
    """The block of these variables, which are made from these axes."""
    deciding = _deciding(regions)
    of_groups = _axes_of(rows, deciding)
    by_groups = not axes.isdisjoint(of_groups)
    if by_groups:
        every = rows.rows(axes | of_groups, [*names, *deciding])
    else:
        every = rows.rows(axes, names)
    levels = {name: levels_of(cohort.study, name) for name in names}
    atoms, atom = np.unique(numbered_levels(every, levels), axis=0, return_inverse=True)
    impossible = np.full((len(atoms), len(regions.sizes)), by_groups)
    if by_groups:
        region = regions.of(every)
        impossible[atom.ravel()[region >= 0], region[region >= 0]] = False
    return _with_zeros(cohort.study, Block(levels, atoms, impossible), regions)


def _with_zeros(study: Study, block: Block, regions: Regions) -> Block:
    """The block with nobody between a level and a group where the study declares a zero."""
    groups = [*regions.groups]
    impossible = block.impossible.copy()
    for place, (name, levels) in enumerate(block.levels.items()):
        for zero in study.structural_zeros(name):
            if zero.group in groups:
                with_level = block.atoms[:, place] == levels.index(zero.level)
                impossible[np.ix_(with_level, regions.inside[:, groups.index(zero.group)])] = True
    return replace(block, impossible=impossible)
