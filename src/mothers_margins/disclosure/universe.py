"""Whom released numbers count: participants by the regions of overlapping groups, and by the joint
levels of variables that are made from each other.

An atom is one joint level of a block of variables; a table gives the number of participants of
every atom in every region. All that is released about a block is a linear statement about its
table. What an attacker is taken to know beforehand is the size of every region: more than a reader
does know, so that what is safe here is safe with less knowledge.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

Array = np.ndarray
NOT_KNOWN = ""  # the level of those whose value is missing
MOST_MOVES = 20_000
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


@dataclass(frozen=True, eq=False)
class _Layer:
    """Joint levels of some variables by a partition of the regions; columns `first` to `last` of
    the system. region_of: the part of each region, by its place.
    """

    block: Block
    region_of: Array
    first: int
    places: Array  # atoms x parts: the column's place within the layer, -1 if impossible

    @property
    def width(self) -> int:
        return int(self.places.max()) + 1

    def atom_of(self, whole: Block, atom: int) -> int:
        """Which atom of this layer an atom of the whole block belongs to."""
        columns = [whole.variables.index(name) for name in self.block.variables]
        own = whole.levels[atom, columns]
        return int(np.flatnonzero((self.block.levels == own).all(axis=1))[0])


class System:
    """The integer tables that an attacker can think of: x >= 0 with known @ x == totals.

    truth: the table that holds. A block whose variables are not all printed in the fine regions is
    laid out twice: all its variables by coarse regions, and those printed in the fine ones by
    these; both agree where they meet. Any two such tables that agree belong to a joint one, so that
    nothing is lost (they are put together cell by cell, as margins of a table of two factors).
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
        coarse_of = _partition(universe, coarse_groups)
        fine_of = np.arange(len(universe.sizes))
        fine = [name for name in block.variables if name in fine_variables]
        can_be_split = len(fine) < len(block.variables) and bool(block.possible.all())
        if not fine:
            self._layers = [_layer(block, coarse_of, 0)]
        elif can_be_split:
            all_coarse = _layer(block, coarse_of, 0)
            some_fine = _layer(_margin(block, fine), fine_of, all_coarse.width)
            self._layers = [all_coarse, some_fine]
        else:
            self._layers = [_layer(block, fine_of, 0)]
        self.columns = sum(layer.width for layer in self._layers)
        self.truth = np.concatenate([_counts(layer) for layer in self._layers])

    @cached_property
    def known(self) -> Array:
        """Rows of what is known of every table: sizes of regions, and that two layers agree."""
        rows = [*self._sizes(self._layers[-1])]
        if len(self._layers) > 1:
            rows += self._agreements()
        return np.array(rows)

    @cached_property
    def totals(self) -> Array:
        """What each row of `known` adds up to."""
        return np.asarray(self.known @ self.truth)

    @cached_property
    def moves(self) -> Array:
        """Changes of a table that leave all that is known as it is: one participant of a region
        goes from one atom to another. columns x k; those with the same effect once. At most
        MOST_MOVES, the first.
        """
        last = self._layers[-1]
        both = last.block.counts.shape[1]
        moves: dict[bytes, Array] = {}
        for region in range(both):
            own = self._atom_columns(region)
            for one in own:
                for other in own:
                    move = other - one
                    if move.any() and len(moves) < MOST_MOVES:
                        moves.setdefault(move.tobytes(), move)
        return np.array(list(moves.values())).T.reshape(self.columns, -1)

    def _atom_columns(self, region: int) -> list[Array]:
        """For every atom of the block that is possible in a region: one participant of it there."""
        rows = []
        for atom in range(len(self.block.levels)):
            if not self.block.possible[atom, region]:
                continue
            row = np.zeros(self.columns, dtype=np.int64)
            for layer in self._layers:
                place = layer.places[layer.atom_of(self.block, atom), layer.region_of[region]]
                row[layer.first + place] += 1
            rows.append(row)
        return rows

    def weights(self, variable: str, levels: Collection[str], regions: Array) -> Array:
        """Coefficients that count participants with one of some levels in some regions.

        Raises KeyError where the regions cut through those by which the variable is laid out.
        """
        for layer in self._layers:
            if variable not in layer.block.variables:
                continue
            inside = _parts(layer.region_of, regions)
            if inside is None:
                continue
            return self._spread(layer, layer.block.has_level(variable, levels), inside)
        raise KeyError(variable)

    def _spread(self, layer: _Layer, atoms: Array, parts: Array) -> Array:
        weights = np.zeros(self.columns, dtype=np.int64)
        chosen = layer.places[np.ix_(atoms, parts)]
        weights[layer.first + chosen[chosen >= 0]] = 1
        return weights

    def _sizes(self, layer: _Layer) -> list[Array]:
        """One row per part of the regions: all its columns."""
        every_atom = np.ones(len(layer.places), dtype=bool)
        parts = layer.places.shape[1]
        rows = []
        for part in range(parts):
            rows.append(self._spread(layer, every_atom, np.arange(parts) == part))
        return rows

    def _agreements(self) -> list[Array]:
        """Per atom of the fine layer and part of the coarse one: the same number in both."""
        coarse, fine = self._layers
        rows = []
        for own in np.unique(fine.block.levels, axis=0):
            in_fine = (fine.block.levels == own).all(axis=1)
            shared = [coarse.block.variables.index(name) for name in fine.block.variables]
            in_coarse = (coarse.block.levels[:, shared] == own).all(axis=1)
            for part in range(coarse.places.shape[1]):
                below = np.unique(fine.region_of[coarse.region_of == part])
                fine_parts = np.isin(np.arange(fine.places.shape[1]), below)
                coarse_parts = np.arange(coarse.places.shape[1]) == part
                rows.append(
                    self._spread(coarse, in_coarse, coarse_parts)
                    - self._spread(fine, in_fine, fine_parts)
                )
        return rows


def _partition(universe: Universe, groups: Collection[str]) -> Array:
    """Regions that some groups do not tell apart have one number."""
    told = np.array([universe.regions(group) for group in groups], dtype=int)
    if not len(told):
        return np.zeros(len(universe.sizes), dtype=int)
    _, part_of = np.unique(told.T, axis=0, return_inverse=True)
    return np.asarray(part_of).ravel()


def _parts(region_of: Array, regions: Array) -> Array | None:
    """Truth per part: whether it lies in some regions; None where these cut through one."""
    parts = int(region_of.max()) + 1
    inside = np.zeros(parts, dtype=bool)
    for part in range(parts):
        own = regions[region_of == part]
        if own.any() and not own.all():
            return None
        inside[part] = own.all()
    return inside


def _layer(block: Block, region_of: Array, first: int) -> _Layer:
    parts = int(region_of.max()) + 1
    possible = np.zeros((len(block.levels), parts), dtype=bool)
    for part in range(parts):
        possible[:, part] = block.possible[:, region_of == part].any(axis=1)
    places = np.full(possible.shape, -1)
    places[possible] = np.arange(possible.sum())
    return _Layer(block, region_of, first, places)


def _counts(layer: _Layer) -> Array:
    """The true table of a layer, in the order of its columns."""
    parts = layer.places.shape[1]
    counts = np.zeros((len(layer.block.levels), parts), dtype=np.int64)
    for part in range(parts):
        counts[:, part] = layer.block.counts[:, layer.region_of == part].sum(axis=1)
    return np.asarray(counts[layer.places >= 0])


def _margin(block: Block, variables: list[str]) -> Block:
    """A block of some of its variables: atoms that these do not tell apart are put together."""
    columns = [block.variables.index(name) for name in variables]
    levels, atom_of = np.unique(block.levels[:, columns], axis=0, return_inverse=True)
    atom_of = np.asarray(atom_of).ravel()
    counts = np.zeros((len(levels), block.counts.shape[1]), dtype=np.int64)
    np.add.at(counts, atom_of, block.counts)
    possible = np.zeros(counts.shape, dtype=bool)
    np.logical_or.at(possible, atom_of, block.possible)
    return Block(block.name, tuple(variables), levels, counts, possible)
