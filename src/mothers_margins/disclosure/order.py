"""One order for all that is asked, by names, so that no order of rows, variables, groups or regions
can change an answer.

Searches that end before every table has been tried find more or less by the order in which they
meet tables; patterns of equal cost are decided by names already. Where the question is always laid
out in one order, it is always the same question.
"""

from dataclasses import replace

import numpy as np

from mothers_margins.disclosure.request import Request
from mothers_margins.disclosure.universe import Array, Universe


def in_order(request: Request) -> Request:
    """The same request: groups, variables and columns by their names, joint levels by theirs, and
    regions by the groups that they lie in. Levels stay as they are printed.
    """
    block = request.block
    universe, regions = _universe(request.universe)
    places = np.argsort(block.variables, kind="stable")
    levels = block.levels[:, places]
    atoms = np.lexsort(levels.T[::-1])
    variables = {
        name: replace(variable, columns=dict(sorted(variable.columns.items())))
        for name, variable in sorted(request.variables.items())
    }
    return replace(
        request,
        block=replace(
            block,
            variables=tuple(block.variables[place] for place in places),
            levels=levels[atoms],
            counts=block.counts[np.ix_(atoms, regions)],
            possible=block.possible[np.ix_(atoms, regions)],
        ),
        universe=universe,
        variables=variables,
        forms=dict(sorted(request.forms.items())),
    )


def universe_in_order(universe: Universe) -> Universe:
    """The same groups and regions in the order of `in_order`."""
    return _universe(universe)[0]


def _universe(universe: Universe) -> tuple[Universe, Array]:
    """A universe in order, and the old place of each of its regions."""
    groups = np.argsort(universe.groups, kind="stable")
    inside = universe.inside[groups]
    regions = np.lexsort(inside[::-1])[::-1]  # those inside the first groups first
    ordered = Universe(
        tuple(universe.groups[place] for place in groups),
        inside[:, regions],
        universe.sizes[regions],
        dict(sorted(universe.timepoints.items())),
    )
    return ordered, regions
