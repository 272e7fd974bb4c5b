"""Logistic regression: binary (logit), and multinomial for levels without an order (mlogit).

Arrays in, arrays out: x is n x p with the constant first, codes count the levels from 0. White,
Royston and Wood 2011 (Stat Med 30:377) describe the methods.
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


def fit_logit(
    x: Array,
    codes: Array,
    weights: Array | None = None,
    start: Array | None = None,
    tolerance: float = EXACT,
) -> tuple[Array, Array]:
    """Maximum likelihood of codes 0 and 1; estimate and information."""
    w = np.ones(len(x)) if weights is None else weights

    def pieces(params: Array) -> tuple[float, Array, Array]:
        linear = x @ params
        chance = expit(linear)
        value = float(w @ (codes * linear - np.logaddexp(0, linear)))
        return value, x.T @ (w * (codes - chance)), weighted_gram(x, w * chance * (1 - chance))

    spreads = None if weights is None else spreads_of(x)
    params, information = maximum(
        np.zeros(x.shape[1]) if start is None else start, pieces, tolerance, spreads
    )
    refuse_certainty(x @ params, weights)
    return params, information


def draw_logit(x: Array, params: Array, levels: int, rng: np.random.Generator) -> Array:
    """A level for every row."""
    return np.asarray(rng.random(len(x)) < expit(x @ params)).astype(int)


def fit_mlogit(
    x: Array,
    codes: Array,
    weights: Array | None = None,
    start: Array | None = None,
    tolerance: float = EXACT,
) -> tuple[Array, Array]:
    """Maximum likelihood of unordered levels, the first as base; estimates level by level, and
    information.
    """
    w = np.ones(len(x)) if weights is None else weights
    levels, p = int(codes.max()) + 1, x.shape[1]
    chosen = np.eye(levels)[codes][:, 1:]

    def pieces(params: Array) -> tuple[float, Array, Array]:
        chance, norm, linear = mlogit_shares(x, params, levels)
        value = float(w @ ((chosen * linear).sum(axis=1) - norm))
        score = (x.T @ (w[:, None] * (chosen - chance))).T.ravel()
        return value, score, _mlogit_information(x, w, chance)

    params, information = maximum(
        np.zeros((levels - 1) * p) if start is None else start,
        pieces,
        tolerance,
        None if weights is None else np.tile(spreads_of(x), levels - 1),
    )
    refuse_certainty(x @ params.reshape(levels - 1, p).T, weights)
    return params, information


def _mlogit_information(x: Array, weights: Array, chance: Array) -> Array:
    """Blocks of p x p, level by level but the base: of the variances of the levels' indicators and
    of their covariances.
    """
    p = x.shape[1]
    levels = chance.shape[1]
    information = np.empty((levels * p, levels * p))
    for a in range(levels):
        own = slice(a * p, (a + 1) * p)
        information[own, own] = weighted_gram(x, weights * chance[:, a] * (1 - chance[:, a]))
        for b in range(a + 1, levels):
            other = slice(b * p, (b + 1) * p)
            block = -weighted_gram(x, weights * chance[:, a] * chance[:, b])
            information[own, other] = block
            information[other, own] = block
    return information


def mlogit_shares(x: Array, params: Array, levels: int) -> tuple[Array, Array, Array]:
    """For every row the probabilities of all levels but the base, the log of what they are divided
    by, and the linear predictors.
    """
    linear = x @ params.reshape(levels - 1, x.shape[1]).T
    highest = np.maximum(linear.max(axis=1), 0)
    norm = highest + np.log(np.exp(-highest) + np.exp(linear - highest[:, None]).sum(axis=1))
    return np.exp(linear - norm[:, None]), norm, linear


def draw_mlogit(x: Array, params: Array, levels: int, rng: np.random.Generator) -> Array:
    """A level for every row."""
    chance, _, _ = mlogit_shares(x, params, levels)
    cumulative = (
        1
        - chance.sum(axis=1)[:, None]
        + np.hstack([np.zeros((len(x), 1)), np.cumsum(chance, axis=1)])
    )
    return np.asarray((rng.random(len(x))[:, None] > cumulative[:, :-1]).sum(axis=1), dtype=int)
