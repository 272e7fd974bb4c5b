"""Takes the joint levels of many variables apart into parts of few that say the same together.

Levels of a variable that go with the same levels of all others need not be told apart where the
others are counted: a variable becomes a part of its own, which meets the rest in the classes of its
levels. What is left is split where it holds every combination of what the levels at the split allow
on either side (a join without loss: Fagin 1977, ACM Trans Database Syst 2:262). Counts of parts
that form a tree and agree where they meet always belong to counts of the whole (Beeri, Fagin, Maier
and Yannakakis 1983, J ACM 30:479), so an attacker loses and gains nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

Array = np.ndarray
ENOUGH = 40  # joint levels: what has so few is one part
CLASS = "class of "  # before the name of a variable: which of its levels are told apart


@dataclass(frozen=True, eq=False)
class Parts:
    """Joint levels taken apart.

    levels: a x k texts, with columns added for classes of levels. names: of the k columns. parts:
    names that stand together; they meet in the names that they share. between: names of one more
    part, which holds all that was asked for together and where the others meet that hold some.
    """

    levels: Array
    names: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...]
    between: tuple[str, ...]


def taken_apart(levels: Array, names: Sequence[str], together: Collection[str]) -> Parts:
    """Parts of joint levels. levels: a x k distinct texts. together: names that must stand in one
    part, `between`.
    """
    if len(levels) <= ENOUGH:
        return Parts(levels, tuple(names), (tuple(names),), tuple(together))
    columns = {
        name: np.unique(levels[:, place], return_inverse=True)[1].ravel()
        for place, name in enumerate(names)
    }
    core: list[str] = []
    leaves: list[tuple[str, ...]] = []
    for bundle in _bundles(columns):
        others = [name for name in (*core, *columns) if name not in bundle]
        others = [name for name in dict.fromkeys(others) if not _is_in_leaf(name, leaves)]
        classes = _classes(columns, bundle, others)
        if len(np.unique(classes)) < len(np.unique(_codes(columns, bundle))):
            own = CLASS + bundle[0]
            columns[own] = classes
            core.append(own)
            leaves.append((own, *bundle))
        else:
            core += bundle
    asked = [name for name in core if any(name in (one, CLASS + one) for one in together)]
    cliques, between = _split_all(columns, core, asked)
    added = [columns[name].astype(str) for name in columns if name not in names]
    whole = np.column_stack([levels, *added])
    meeting = [name for name in between if name not in together]
    return Parts(whole, tuple(columns), (*cliques, *leaves), (*meeting, *together))


def _is_in_leaf(name: str, leaves: Sequence[tuple[str, ...]]) -> bool:
    """Whether a name stands for itself in a leaf, where its class does in the rest."""
    return any(name in leaf[1:] for leaf in leaves)


def _codes(columns: dict[str, Array], names: Sequence[str]) -> Array:
    """One whole number per row: which combination of levels it has."""
    if not names:
        return np.zeros(len(next(iter(columns.values()))), dtype=int)
    code = columns[names[0]]
    for name in names[1:]:
        code = code * (int(columns[name].max()) + 1) + columns[name]
        code = np.unique(code, return_inverse=True)[1].ravel()
    return np.asarray(np.unique(code, return_inverse=True)[1]).ravel()


def _bundles(columns: dict[str, Array]) -> list[tuple[str, ...]]:
    """Each variable with those that are made from it alone."""
    codes = {name: _codes(columns, [name]) for name in columns}
    most_first = sorted(columns, key=lambda name: -int(codes[name].max()))
    bundles: list[tuple[str, ...]] = []
    taken: set[str] = set()
    for name in most_first:
        if name in taken:
            continue
        own = int(codes[name].max()) + 1
        made = [
            other
            for other in most_first
            if other not in taken
            and other != name
            and own > 2
            and int(_codes(columns, [name, other]).max()) + 1 == own
        ]
        bundles.append((name, *made))
        taken |= {name, *made}
    return bundles


def _classes(columns: dict[str, Array], bundle: Sequence[str], others: Sequence[str]) -> Array:
    """For every row the class of its level: levels that go with the same rows of the others."""
    own = _codes(columns, bundle)
    context = _codes(columns, others)
    goes_with = {level: np.unique(context[own == level]).tobytes() for level in np.unique(own)}
    numbers = {rows: place for place, rows in enumerate(dict.fromkeys(goes_with.values()))}
    return np.array([numbers[goes_with[level]] for level in own])


def _split_all(
    columns: dict[str, Array], core: list[str], together: Sequence[str]
) -> tuple[list[tuple[str, ...]], list[str]]:
    """The core in parts that are not split further, and where parts meet that hold some of
    `together`.
    """
    parts: list[tuple[str, ...]] = []
    between = list(together)
    waiting = [tuple(core)]
    while waiting:
        part = waiting.pop()
        split = _split(columns, part)
        if split is None:
            parts.append(part)
            continue
        at, sides = split
        holding = [side for side in sides if {*side} & {*together}]
        if len(holding) > 1:
            between += at
        waiting += [(*at, *side) for side in sides]
    return parts, list(dict.fromkeys(between))


def _split(
    columns: dict[str, Array], part: tuple[str, ...]
) -> tuple[tuple[str, ...], list[tuple[str, ...]]] | None:
    """Where a part can be split, at no name or at one, and the sides."""
    first = np.unique(_codes(columns, part), return_index=True)[1]
    if len(first) <= ENOUGH:
        return None
    columns = {name: columns[name][first] for name in part}
    for at in [(), *((name,) for name in part)]:
        rest = [name for name in part if name not in at]
        sides = _sides(columns, rest, at)
        if len(sides) > 1 and _is_lossless(columns, at, sides):
            return at, sides
    return None


def _sides(
    columns: dict[str, Array], names: Sequence[str], at: tuple[str, ...]
) -> list[tuple[str, ...]]:
    """Names that hang together given the levels at the split."""
    side_of = {name: name for name in names}
    for one, other in combinations(names, 2):
        if side_of[one] == side_of[other] or _is_lossless(columns, at, [(one,), (other,)]):
            continue
        joined, left = side_of[one], side_of[other]
        side_of = {name: joined if side == left else side for name, side in side_of.items()}
    return [
        tuple(name for name in names if side_of[name] == side)
        for side in dict.fromkeys(side_of.values())
    ]


def _is_lossless(
    columns: dict[str, Array], at: tuple[str, ...], sides: Sequence[tuple[str, ...]]
) -> bool:
    """Whether there is every combination of the sides that the levels at the split allow."""
    key = _codes(columns, at)
    whole = len(np.unique(_codes(columns, [*at, *(name for side in sides for name in side)])))
    product = np.ones(int(key.max()) + 1, dtype=np.int64)
    for side in sides:
        own = _codes(columns, [*at, *side])
        first = np.unique(own, return_index=True)[1]
        product *= np.bincount(key[first], minlength=len(product))
    return bool(product.sum() == whole)
