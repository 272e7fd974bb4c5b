"""What fits one figure: how many variables, each with a panel for every group, can be read."""

from collections.abc import Iterable, Sequence

VARIABLES = 4


def in_parts(blocks: Iterable[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """The variables of blocks in parts of a figure each: blocks one after the other as long as all
    of them fit; one that is longer than a figure is several.
    """
    parts: list[list[str]] = [[]]
    for block in blocks:
        if parts[-1] and len(parts[-1]) + len(block) > VARIABLES:
            parts.append([])
        for name in block:
            if len(parts[-1]) == VARIABLES:
                parts.append([])
            parts[-1].append(name)
    return tuple(tuple(part) for part in parts if part)
