"""The table of all joint levels that a table in parts belongs to.

Parts that form a tree and agree where they meet belong to one joint table at least; it is made by
putting participants of one part beside those of the next who have the same levels where both meet.
With it a witness is a second data set, which anybody can count without knowing of parts.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from mothers_margins.disclosure.universe import Array, Layer, System

Person = tuple[tuple[str, ...], int]  # levels by the names that are joined so far, and the part


class NotJoinedError(ValueError):
    """Parts that form no tree, or do not agree: no joint table was made."""


def joint_table(system: System, table: Array) -> Array:
    """One joint table, atoms x regions of the system's block, with the margins that a table of the
    system says.

    Raises NotJoinedError where there is none: the table does not agree with itself, or the parts
    were laid out wrongly.
    """
    first, *others = in_order(system.layers)
    names = list(first.block.variables)
    people = dict(_people(first, table))
    for layer in others:
        part_of = _part_of(first.region_of, layer.region_of)
        people = _joined(names, people, layer, dict(_people(layer, table)), part_of)
        names += [name for name in layer.block.variables if name not in names]
    return _by_region(system, first.region_of, names, people)


def in_order(layers: Sequence[Layer]) -> list[Layer]:
    """Layers, the one of the finest regions first, so that each meets those before it in names that
    one of them holds together. Raises NotJoinedError where there is no such order.
    """
    waiting = sorted(layers, key=lambda layer: -layer.parts)
    ordered = [waiting.pop(0)]
    while waiting:
        known = {name for layer in ordered for name in layer.block.variables}
        following = [
            layer
            for layer in waiting
            if any(
                {*layer.block.variables} & known <= {*before.block.variables} for before in ordered
            )
        ]
        if not following:
            raise NotJoinedError("the parts form no tree")
        chosen = max(following, key=lambda layer: len({*layer.block.variables} & known))
        waiting.remove(chosen)
        ordered.append(chosen)
    return ordered


def _people(layer: Layer, table: Array) -> Iterator[tuple[Person, int]]:
    """How many have which levels in which part, where there is anybody."""
    for atom, part in np.argwhere(layer.places >= 0).tolist():
        number = int(table[layer.first + layer.places[atom, part]])
        if number:
            yield (tuple(layer.block.levels[atom].tolist()), part), number


def _part_of(finer: Array, coarser: Array) -> dict[int, int]:
    """Of each part of the finer partition of the regions, the coarser part that it lies in."""
    pairs = {(int(one), int(other)) for one, other in zip(finer, coarser, strict=True)}
    part_of = dict(pairs)
    if len(part_of) < len(pairs):
        raise NotJoinedError("parts of the regions cut each other")
    return part_of


def _joined(
    names: Sequence[str],
    people: dict[Person, int],
    layer: Layer,
    own: dict[Person, int],
    part_of: dict[int, int],
) -> dict[Person, int]:
    """Those of a layer beside those who have the same levels where both meet."""
    own_names = layer.block.variables
    shared = [name for name in own_names if name in names]
    before = [names.index(name) for name in shared]
    after = [own_names.index(name) for name in shared]
    added = [place for place, name in enumerate(own_names) if name not in names]
    meeting: dict[Person, list[tuple[tuple[str, ...], int]]] = defaultdict(list)
    for (levels, part), number in own.items():
        key = (tuple(levels[place] for place in after), part)
        meeting[key].append((tuple(levels[place] for place in added), number))
    joined: dict[Person, int] = defaultdict(int)
    for (levels, part), number in people.items():
        key = (tuple(levels[place] for place in before), part_of[part])
        for more, taken in _taken(meeting[key], number):
            joined[((*levels, *more), part)] += taken
    if any(meeting.values()):
        raise NotJoinedError(f"the parts do not agree in {', '.join(shared) or 'their sizes'}")
    return joined


def _taken(
    stock: list[tuple[tuple[str, ...], int]], number: int
) -> Iterator[tuple[tuple[str, ...], int]]:
    """So many of those that are left, in their order."""
    while number:
        if not stock:
            raise NotJoinedError("the parts do not agree")
        levels, left = stock.pop()
        taken = min(left, number)
        yield levels, taken
        number -= taken
        if left > taken:
            stock.append((levels, left - taken))


def _by_region(
    system: System, region_of: Array, names: Sequence[str], people: dict[Person, int]
) -> Array:
    """Participants by atom of the block and region; those of a part are spread over its regions."""
    block, sizes = system.block, system.universe.sizes
    columns = [names.index(name) for name in block.variables]
    atom_of = {tuple(levels.tolist()): atom for atom, levels in enumerate(block.levels)}
    free = sizes.astype(np.int64)
    if len(np.unique(region_of)) == len(sizes):  # nothing to spread; sizes need not be known
        free = np.full(len(sizes), sum(people.values()))
    joint = np.zeros(block.counts.shape, dtype=np.int64)
    for (levels, part), number in people.items():
        own = tuple(levels[column] for column in columns)
        if own not in atom_of:
            raise NotJoinedError(f"no joint level holds {', '.join(own)}")
        left = number
        for region in np.flatnonzero(region_of == part).tolist():
            taken = min(left, int(free[region]))
            joint[atom_of[own], region] += taken
            free[region] -= taken
            left -= taken
        if left:
            raise NotJoinedError("there are more participants than the regions hold")
    return joint
