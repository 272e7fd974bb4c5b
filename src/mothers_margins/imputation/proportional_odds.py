"""Proportional odds: ordered logistic regression, for levels with an order (ologit).

Arrays in, arrays out: x is n x p with the constant first, codes count the levels from 0.
"""

import numpy as np
from scipy.special import expit

from mothers_margins.imputation.newton import (
    EXACT,
    maximum,
    refuse_certainty,
    spreads_of,
    weighted_gram,
)

Array = np.ndarray


def fit_ologit(
    x: Array,
    codes: Array,
    weights: Array | None = None,
    start: Array | None = None,
    tolerance: float = EXACT,
) -> tuple[Array, Array]:
    """Proportional odds, P(y <= k) = expit(cut_k - x b); x without its constant counts. Estimates:
    b, then cuts.
    """
    w = np.ones(len(x)) if weights is None else weights
    z = x[:, 1:]
    rows = _OrderedRows(z, codes, w, int(codes.max()) + 1)
    if start is None:
        share = np.cumsum(np.bincount(codes, w, rows.levels) / w.sum())[:-1]
        start = np.concatenate([np.zeros(z.shape[1]), np.log(share / (1 - share))])
    spreads = None
    if weights is not None:
        spreads = np.append(spreads_of(x)[1:], np.ones(rows.levels - 1))  # of cut points: one each
    params, information = maximum(start, rows.pieces, tolerance, spreads)
    refuse_certainty(z @ params[: z.shape[1]], weights)
    return params, information


class _OrderedRows:
    """The log-likelihood of proportional odds.

    A row of level k lies between its lower cut k - 1 and its upper cut k, minus x b; below the
    first and above the last there is no cut.
    """

    def __init__(self, z: Array, codes: Array, weights: Array, levels: int) -> None:
        self.z = z
        self.weights = weights
        self.levels = levels
        self.is_first = codes == 0
        self.is_last = codes == levels - 1
        self.upper_cut = np.minimum(codes, levels - 2)
        self.lower_cut = np.maximum(codes - 1, 0)
        # rows by cuts: whose upper, whose lower one it is
        self.has_upper = np.eye(levels)[codes][:, :-1]
        self.has_lower = np.eye(levels)[codes][:, 1:]

    def pieces(self, params: Array) -> tuple[float, Array, Array]:
        """Log-likelihood, score and information at b, then cuts."""
        p = self.z.shape[1]
        cuts = params[p:]
        if (np.diff(cuts) <= 0).any():
            return -np.inf, params, np.eye(len(params))
        upper, lower = self._limits(cuts, self.z @ params[:p])
        above, not_above = expit(upper), expit(-upper)
        below, not_below = expit(lower), expit(-lower)
        # of two numbers near 1 the difference is that of what is left of them
        share = np.where(upper + lower > 0, not_below - not_above, above - below)
        share = np.maximum(share, 1e-300)
        # how the log of the share goes with the upper and the lower cut
        by_upper = above * not_above / share
        by_lower = -below * not_below / share
        return (
            float(self.weights @ np.log(share)),
            self._score(by_upper, by_lower),
            self._information((by_upper, above), (by_lower, below)),
        )

    def _limits(self, cuts: Array, linear: Array) -> tuple[Array, Array]:
        """The upper and the lower cut of every row, less x b."""
        upper = cuts[self.upper_cut] - linear
        lower = cuts[self.lower_cut] - linear
        upper[self.is_last] = np.inf
        lower[self.is_first] = -np.inf
        return upper, lower

    def _score(self, by_upper: Array, by_lower: Array) -> Array:
        of_upper = self.weights * by_upper
        of_lower = self.weights * by_lower
        by_cut = of_upper @ self.has_upper + of_lower @ self.has_lower
        return np.concatenate([-((of_upper + of_lower) @ self.z), by_cut])

    def _information(self, upper: tuple[Array, Array], lower: tuple[Array, Array]) -> Array:
        """Of b and the cuts: x b moves both cuts of a row, a cut only its own. upper, lower: how
        the log of a row's share goes with this cut, and the probability of a level below it.
        """
        twice_upper = self._twice(*upper)
        twice_lower = self._twice(*lower)
        both = self.weights * upper[0] * lower[0]
        of_upper = twice_upper + both
        of_lower = twice_lower + both
        p = self.z.shape[1]
        information = np.empty((p + self.levels - 1, p + self.levels - 1))
        # not negative but for rounding
        information[:p, :p] = weighted_gram(self.z, np.maximum(of_upper + of_lower, 0))
        by_cut = self.has_upper * of_upper[:, None] + self.has_lower * of_lower[:, None]
        information[p:, :p] = -(by_cut.T @ self.z)
        information[:p, p:] = information[p:, :p].T
        own = np.diag(twice_upper @ self.has_upper + twice_lower @ self.has_lower)
        neighbours = np.diag((both @ self.has_upper)[1:], 1)
        information[p:, p:] = own + neighbours + neighbours.T
        return information

    def _twice(self, once: Array, below: Array) -> Array:
        """How the log of a row's share bends with a cut. once: how it goes with it; below: the
        probability of a level below the cut.
        """
        return np.asarray(self.weights * (once * once - once * (1 - 2 * below)))


def draw_ologit(x: Array, params: Array, levels: int, rng: np.random.Generator) -> Array:
    """A level for every row; drawn cut points are put in order."""
    p = x.shape[1] - 1
    cumulative = expit(np.sort(params[p:])[None, :] - (x[:, 1:] @ params[:p])[:, None])
    return np.asarray((rng.random(len(x))[:, None] > cumulative).sum(axis=1), dtype=int)
