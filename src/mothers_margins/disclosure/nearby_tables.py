"""Tables near the true one that agree with all that is released: found by moving single
participants between levels within a region, without a solver.

It finds most witnesses in milliseconds where an integer programme takes seconds. That it finds
none says nothing.
"""

import numpy as np

Array = np.ndarray
STEPS = 120
PATIENCE = 30  # steps without coming nearer
HEED = 0.3  # how much more a statement weighs after every step at which it does not hold
ROUNDED = 1e-9  # a sum that is no further off agrees; it is checked by whole numbers afterwards
OF_TARGET = 4.0  # how much more the wanted value counts than one count elsewhere


class Neighbourhood:
    """Moves of one participant at a time, and what each does to every statement.

    moves: columns x k whole numbers, each adding up to nothing in all that is known. weights, low,
    high: of the statements that are made.
    """

    def __init__(self, moves: Array, weights: Array, low: Array, high: Array) -> None:
        self._moves = moves
        self._weights = weights
        # a statement about shares has large coefficients; one participant counts one in each
        self._scale = np.maximum(np.abs(weights).max(axis=1, initial=0), 1).astype(float)
        self._low = (low / self._scale)[:, None]
        self._high = (high / self._scale)[:, None]
        self._effects = (weights @ moves) / self._scale[:, None]
        self._taken_from = _taken_from(moves)

    def table(self, start: Array, target: Array, wanted: int) -> Array | None:
        """A table that agrees with every statement and gives the target the wanted value; None if
        the search ends without one.
        """
        table = start.copy()
        on_target = target @ self._moves
        visited = {table.tobytes()}
        heed = np.ones(len(self._weights))
        nearest, waited = np.inf, 0
        for _ in range(STEPS):
            lacking = wanted - int(target @ table)
            sums = ((self._weights @ table) / self._scale)[:, None]
            off = self._off(sums)
            if not lacking and (off <= ROUNDED).all():
                return table
            distance = float(off.sum()) + abs(lacking)
            waited = 0 if distance < nearest else waited + 1
            nearest = min(nearest, distance)
            if waited > PATIENCE:
                return None
            heed += (off[:, 0] > 0) * HEED  # what stays wrong weighs more, so that it gives way
            cost = heed @ self._off(sums + self._effects)
            cost = cost + OF_TARGET * heed.max(initial=1.0) * np.abs(lacking - on_target)
            possible = (np.append(table, 1)[self._taken_from] >= 1).all(axis=0)
            chosen = self._first_new(table, np.where(possible, cost, np.inf), visited)
            if chosen is None:
                return None
            table = table + self._moves[:, chosen]
            visited.add(table.tobytes())
        return None

    def _off(self, sums: Array) -> Array:
        """How far sums are outside their bounds, in participants; s x k."""
        off = np.maximum(self._low - sums, sums - self._high)
        return np.asarray(np.maximum(off, 0.0, out=off))

    def _first_new(self, table: Array, cost: Array, visited: set[bytes]) -> int | None:
        """The cheapest move to a table that was not there yet."""
        for place in np.argsort(cost, kind="stable")[:50]:
            if not np.isfinite(cost[place]):
                return None
            if (table + self._moves[:, place]).tobytes() not in visited:
                return int(place)
        return None


def _taken_from(moves: Array) -> Array:
    """For each move the columns that it takes a participant from; the place after the last column
    stands for none. d x k.
    """
    columns, k = moves.shape
    most = int((moves < 0).sum(axis=0).max(initial=0))
    taken_from = np.full((most, k), columns)
    for move in range(k):
        own = np.flatnonzero(moves[:, move] < 0)
        taken_from[: len(own), move] = own
    return taken_from
