"""Everything that the declared tables say, as counts from which nothing is left out: what
disclosure control protects jointly.
"""

from collections.abc import Iterator

import numpy as np

from mothers_margins.analysis.joint_blocks import Block, Regions, blocks_of, regions_of
from mothers_margins.cohort.cohort import Cohort, only_recorded
from mothers_margins.errors import DataError, UsageError
from mothers_margins.results.results import About, Results, Row, tidy


def joint_counts(cohort: Cohort) -> Results:
    """Every joint count behind the declared tables: kind joint_counts, for internal use only.

    A block is printed variables that are made from each other, and the variables that stand for
    them in what is released; it bears the name of its first. Its atoms are the combinations of
    levels that the definition allows, seen or not; a region is a cell of the Venn diagram of all
    printed groups, those of the contrasts of exploratory outcomes as `OUTCOME: GROUP`
    (`Study.columns_of`), in which there is somebody. part: `atom` (the level of a variable in an
    atom of a block: empty where it is not known, `not_concerned` where it does not apply, `known`
    of a number, Yes or No of one of several answers), `region` (its participants, once for each
    group that it lies in, or once with an empty group) or `count` (participants of a region with
    an atom). A count that is not there is zero; one that cannot be is there, as a structural zero.
    Nothing identifies a participant but what the groups and levels say. Raises UsageError if the
    study declares too much in one block or the cohort is not derived yet, DataError if the rows
    hold a combination that the definition does not allow, DisclosureError for rows rebuilt from a
    publication.
    """
    study = only_recorded(cohort, "joint_counts").study
    if not cohort.derived:
        raise UsageError("joint_counts: call mm.derive(cohort) first.")
    regions = regions_of(cohort, study.printed_groups)
    rows = [*_of_regions(regions)]
    not_allowed: list[str] = []
    for block in blocks_of(cohort, regions):
        counts = _counts(cohort, block, regions)
        if counts is None:
            not_allowed.append(", ".join(block.levels))
        else:
            rows += [*_of_atoms(block), *_of_counts(block, counts)]
    if not_allowed:
        raise DataError(
            "joint_counts: these rows hold combinations that the definition does not allow:",
            not_allowed,
            "Derive the cohort again, from rows that read_cohort has checked.",
        )
    return tidy(rows, About("joint_counts", study, cohort.source, regions.groups))


def _counts(cohort: Cohort, block: Block, regions: Regions) -> np.ndarray | None:
    """Participants by atom and region, or None if one of them cannot be."""
    atom = block.of(cohort)
    if (atom < 0).any():
        return None
    counts = np.zeros(block.impossible.shape, dtype=int)
    np.add.at(counts, (atom, regions.of_row), 1)
    return None if counts[block.impossible].any() else counts


def _of_regions(regions: Regions) -> Iterator[Row]:
    names = [*regions.groups]
    for region, size in enumerate(regions.sizes):
        lies_in = [
            name for name, inside in zip(names, regions.inside[region], strict=True) if inside
        ]
        for name in lies_in or [""]:
            yield {"part": "region", "region": region, "group": name, "n": int(size)}


def _of_atoms(block: Block) -> Iterator[Row]:
    for atom, numbers in enumerate(block.atoms.tolist()):
        for (name, levels), number in zip(block.levels.items(), numbers, strict=True):
            row: Row = {"part": "atom", "block": block.name, "atom": atom}
            yield row | {"variable": name, "level": levels[number]}


def _of_counts(block: Block, counts: np.ndarray) -> Iterator[Row]:
    for atom, region in np.argwhere((counts > 0) | block.impossible).tolist():
        row: Row = {"part": "count", "block": block.name, "atom": atom, "region": region}
        status = "structural_zero" if block.impossible[atom, region] else "shown"
        yield row | {"n": int(counts[atom, region]), "status": status}
