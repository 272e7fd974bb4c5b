"""Whom released numbers count: participants by the regions of overlapping groups, and by the joint
levels of variables that are made from each other.

An atom is one joint level of a block of variables; a table gives the number of participants of
every atom in every region. All that is released about a block is a linear statement about its
table. What an attacker is taken to know beforehand is the size of every region: more than a reader
does know, so that what is safe here is safe with less knowledge.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

import numpy as np

from mothers_margins.disclosure.joint_levels import taken_apart

Array = np.ndarray
NOT_KNOWN = ""  # the level of those whose value is missing
NOT_CONCERNED = "not_concerned"  # of those to whom a variable does not apply


@dataclass(frozen=True, eq=False)
class Universe:
    """Groups of participants and how they overlap.

    groups: g names. inside: g x r truth, whether a region lies inside a group. sizes: participants
    of each of the r regions. timepoints: at which a group's membership is known; a group that is
    not named belongs to none.
    """

    groups: tuple[str, ...]
    inside: Array
    sizes: Array
    timepoints: Mapping[str, int]

    def regions(self, group: str) -> Array:
        """Truth per region: whether it lies inside a group. Raises KeyError for an unknown one."""
        if group not in self.groups:
            raise KeyError(group)
        return np.asarray(self.inside[self.groups.index(group)])

    def size(self, group: str) -> int:
        """Participants of a group."""
        return int(self.sizes[self.regions(group)].sum())


@dataclass(frozen=True, eq=False)
class Block:
    """Variables that are made from each other, and the participants by their joint levels.

    variables: k names. levels: a x k texts, the level of each variable in each of the a atoms.
    counts: a x r whole numbers. possible: a x r truth, false where nobody can be by definition.
    """

    name: str
    variables: tuple[str, ...]
    levels: Array
    counts: Array
    possible: Array

    def has_level(self, variable: str, levels: Collection[str]) -> Array:
        """Truth per atom: whether a variable has one of some levels there."""
        own = self.levels[:, self.variables.index(variable)]
        return np.isin(own, list(levels))

    def margin(self, variables: Sequence[str]) -> "Block":
        """The block of some of its variables."""
        return _margin(self, variables)[0]


@dataclass(frozen=True, eq=False)
class Layer:
    """Joint levels of some variables by a partition of the regions.

    block: these variables. region_of: the part of each region. first: the layer's first column of
    the system. places: atoms x parts, a column's place within the layer, -1 where nobody can be.
    atom_of: of each atom of the whole block, the layer's atom.
    """

    block: Block
    region_of: Array
    first: int
    places: Array
    atom_of: Array

    @property
    def parts(self) -> int:
        """Parts of the regions."""
        return int(self.places.shape[1])

    @property
    def width(self) -> int:
        """Columns of the layer."""
        return int(self.places.max()) + 1


class System:
    """The integer tables that an attacker can think of: x >= 0 with known @ x == totals.

    truth: the table that holds. A table of all joint levels would be too long where many variables
    hang together, so it is laid out in parts (`joint_levels.parts_of`) that agree where they meet.
    Parts that agree always belong to one joint table, so nothing is lost. Variables printed in
    finer groups stand together in one part by these; the others by the groups printed first.
    """

    def __init__(
        self,
        block: Block,
        universe: Universe,
        fine_variables: Collection[str],
        coarse_groups: Collection[str],
    ) -> None:
        self.block = block
        self.universe = universe
        coarse = _partition(universe, coarse_groups)
        finest = np.arange(len(universe.sizes))
        fine = [name for name in block.variables if name in fine_variables]
        self.layers: list[Layer] = []
        if not block.possible.all():  # who can be where is said of whole joint levels
            coarse = _refined(coarse, block.possible)
            self._add(block, np.arange(len(block.levels)), finest if fine else coarse)
        else:
            parts = taken_apart(block.levels, block.variables, fine)
            whole = replace(block, variables=parts.names, levels=parts.levels)
            is_one = len(parts.parts) == 1
            for names in parts.parts:
                self._add(*_margin(whole, names), finest if fine and is_one else coarse)
            if fine and not is_one:
                self._add(*_margin(whole, parts.between), finest)
        self.truth = np.concatenate([_counts(layer) for layer in self.layers])

    @property
    def columns(self) -> int:
        """How many numbers a table has."""
        return sum(layer.width for layer in self.layers)

    def _add(self, block: Block, atom_of: Array, region_of: Array) -> None:
        self.layers.append(_layer(block, atom_of, region_of, self.columns))

    @cached_property
    def known(self) -> Array:
        """Rows of what is known of every table: sizes of regions, and that two layers agree."""
        return self.by_sizes[0]

    @cached_property
    def totals(self) -> Array:
        """What each row of `known` adds up to."""
        return np.asarray(self.known @ self.truth)

    @cached_property
    def by_sizes(self) -> tuple[Array, Array]:
        """Rows that every table adds up to where the sizes of regions are known: m x columns, and
        m x r truth, the regions whose sizes a row counts; none where it says that layers agree.
        """
        rows: list[Array] = []
        regions: list[Array] = []
        for layer in self.layers:
            rows += self._sizes(layer)
            regions += [layer.region_of == part for part in range(layer.parts)]
        for one, other in combinations(self.layers, 2):
            rows += self._agreements(one, other)
        none = np.zeros(len(self.universe.sizes), dtype=bool)
        regions += [none] * (len(rows) - len(regions))
        both = np.unique(np.hstack([np.array(rows), np.array(regions).astype(np.int64)]), axis=0)
        return both[:, : self.columns], both[:, self.columns :].astype(bool)

    def weights(self, variable: str, levels: Collection[str], regions: Array) -> Array:
        """Coefficients that count participants with one of some levels in some regions.

        Raises KeyError where the regions cut through those by which the variable is laid out.
        """
        for layer in self.layers:
            if variable not in layer.block.variables:
                continue
            inside = _parts(layer.region_of, regions)
            if inside is None:
                continue
            return self._spread(layer, layer.block.has_level(variable, levels), inside)
        raise KeyError(variable)

    def _spread(self, layer: Layer, atoms: Array, parts: Array) -> Array:
        weights = np.zeros(self.columns, dtype=np.int64)
        chosen = layer.places[np.ix_(atoms, parts)]
        weights[layer.first + chosen[chosen >= 0]] = 1
        return weights

    def _sizes(self, layer: Layer) -> list[Array]:
        """One row per part of the regions: all its columns."""
        every_atom = np.ones(len(layer.places), dtype=bool)
        parts = layer.places.shape[1]
        return [self._spread(layer, every_atom, np.arange(parts) == part) for part in range(parts)]

    def _agreements(self, coarse: Layer, fine: Layer) -> list[Array]:
        """Per joint level that two layers share, and part of the coarser regions: the same number
        in both.
        """
        shared = [name for name in coarse.block.variables if name in fine.block.variables]
        if not shared:
            return []
        in_coarse = _columns(coarse.block, shared)
        in_fine = _columns(fine.block, shared)
        rows = []
        for own in np.unique(in_fine, axis=0):
            atoms = (in_coarse == own).all(axis=1)
            others = (in_fine == own).all(axis=1)
            for part in range(coarse.places.shape[1]):
                below = np.unique(fine.region_of[coarse.region_of == part])
                fine_parts = np.isin(np.arange(fine.places.shape[1]), below)
                coarse_parts = np.arange(coarse.places.shape[1]) == part
                rows.append(
                    self._spread(coarse, atoms, coarse_parts)
                    - self._spread(fine, others, fine_parts)
                )
        return rows


class Membership(System):
    """The integer tables that an attacker can think of where variables say who is in which group:
    involvement, custody, where these also make the groups.

    Where the sizes of all regions were known there would be nothing left to hide. What a reader
    does know is how many participants there are and the sizes of the groups that are printed, so
    that these are known here, and a participant can be in any region. That other regions could hold
    somebody is left out: fewer tables than an attacker can think of, so that what is safe here is
    safe.
    """

    def __init__(self, block: Block, universe: Universe, known_groups: Collection[str]) -> None:
        self.block = block
        self.universe = universe
        self.layers = []
        self._known_groups = [name for name in universe.groups if name in known_groups]
        self._add(block, np.arange(len(block.levels)), np.arange(len(universe.sizes)))
        self.truth = _counts(self.layers[0])

    @cached_property
    def known(self) -> Array:
        """Rows of what is known of every table: its total, and sizes of groups."""
        layer = self.layers[0]
        every_atom = np.ones(len(self.block.levels), dtype=bool)
        every_region = np.ones(len(self.universe.sizes), dtype=bool)
        insides = [self.universe.regions(group) for group in self._known_groups]
        rows = [self._spread(layer, every_atom, inside) for inside in (every_region, *insides)]
        return np.unique(np.array(rows), axis=0)


def is_membership(block: Block, variable: str) -> bool:
    """Whether the regions say a variable: in each of them it can have one level only."""
    own = block.levels[:, block.variables.index(variable)]
    regions = range(block.possible.shape[1])
    return all(len({*own[block.possible[:, region]].tolist()}) <= 1 for region in regions)


def says_groups(block: Block, variable: str) -> bool:
    """Whether the regions say a variable and it is not the same in all of them."""
    if block.possible.all():  # every level can be everywhere
        return False
    own = block.levels[block.possible.any(axis=1), block.variables.index(variable)]
    return len(np.unique(own)) > 1 and is_membership(block, variable)


def _columns(block: Block, names: list[str]) -> Array:
    return block.levels[:, [block.variables.index(name) for name in names]]


def _partition(universe: Universe, groups: Collection[str]) -> Array:
    """Regions that some groups do not tell apart have one number."""
    told = np.array([universe.regions(group) for group in groups], dtype=int)
    if not len(told):
        return np.zeros(len(universe.sizes), dtype=int)
    _, part_of = np.unique(told.T, axis=0, return_inverse=True)
    return np.asarray(part_of).ravel()


def _refined(region_of: Array, possible: Array) -> Array:
    """Parts within which everybody can have the same joint levels. Where regions of one part
    differed in that, a table of the part would allow what none of its regions allows.
    """
    told = np.vstack([region_of[None, :], possible.astype(int)])
    _, part_of = np.unique(told.T, axis=0, return_inverse=True)
    return np.asarray(part_of).ravel()


def _parts(region_of: Array, regions: Array) -> Array | None:
    """Truth per part: whether it lies in some regions; None where these cut through one."""
    inside = np.bincount(region_of, weights=regions)
    of_all = np.bincount(region_of)
    if ((inside > 0) & (inside < of_all)).any():
        return None
    return np.asarray((inside == of_all) & (of_all > 0))


def _layer(block: Block, atom_of: Array, region_of: Array, first: int) -> Layer:
    parts = int(region_of.max()) + 1
    possible = np.zeros((len(block.levels), parts), dtype=bool)
    for part in range(parts):
        possible[:, part] = block.possible[:, region_of == part].any(axis=1)
    places = np.full(possible.shape, -1)
    places[possible] = np.arange(possible.sum())
    return Layer(block, region_of, first, places, atom_of)


def _counts(layer: Layer) -> Array:
    """The true table of a layer, in the order of its columns."""
    parts = layer.places.shape[1]
    counts = np.zeros((len(layer.block.levels), parts), dtype=np.int64)
    for part in range(parts):
        counts[:, part] = layer.block.counts[:, layer.region_of == part].sum(axis=1)
    return np.asarray(counts[layer.places >= 0])


def _distinct(levels: Array) -> tuple[Array, Array]:
    """Distinct rows in the order of their texts, and which of them each row is; by numbers, for to
    compare whole rows of texts takes most of the time of laying out a block.
    """
    code = np.zeros(len(levels), dtype=np.int64)
    for column in levels.T:
        _, own = np.unique(column, return_inverse=True)
        _, code = np.unique(code * (len(levels) + 1) + own.ravel(), return_inverse=True)
    _, first, row_of = np.unique(code, return_index=True, return_inverse=True)
    return np.asarray(levels[first]), np.asarray(row_of).ravel()


def _margin(block: Block, variables: Sequence[str]) -> tuple[Block, Array]:
    """A block of some of its variables, atoms that these do not tell apart put together; and which
    of them each atom of the whole belongs to.
    """
    columns = [block.variables.index(name) for name in variables]
    levels, atom_of = _distinct(block.levels[:, columns])
    counts = np.zeros((len(levels), block.counts.shape[1]), dtype=np.int64)
    np.add.at(counts, atom_of, block.counts)
    possible = np.zeros(counts.shape, dtype=bool)
    np.logical_or.at(possible, atom_of, block.possible)
    return Block(block.name, tuple(variables), levels, counts, possible), atom_of
