"""The maximum of a log-likelihood by Newton's steps, normal draws around it, and what the factor of
an information says.

Every method draws its parameters from their approximate posterior (Rubin 1987, ch. 5), the
categorical ones too, as Stata does and mice's polr and polyreg do not.
"""

from collections.abc import Callable
from math import isfinite

import numpy as np
from scipy.linalg import lapack

Array = np.ndarray
STEPS, LARGEST_STEP, FAR = 14, 5.0, 30.0  # Newton needs 3 to 8 steps where there is a maximum
# the largest last step; what is left after it is about its square: 1e-4 beside standard errors of
# 0.1 and more of standardised predictors is plenty where the parameters are drawn anyway
EXACT, ENOUGH = 1e-5, 1e-2
RIDGE = 1e-10  # of the mean diagonal: keeps a Cholesky factor of a nearly singular information


class NotConvergedError(ArithmeticError):
    """The estimates run away, as with perfect prediction."""


def maximum(
    start: Array,
    pieces: Callable[[Array], tuple[float, Array, Array]],
    tolerance: float = EXACT,
    spreads: Array | None = None,
) -> tuple[Array, Array]:
    """Maximise a concave log-likelihood; returns estimate and information. Raises NotConvergedError
    if it runs away.

    spreads: of what each parameter is multiplied with, where pseudo-rows support it, so that there
    is a maximum. That may be far: it is given the steps to get there, and a rare indicator, whose
    parameter can be in the hundreds, steps as long as its small spread allows.
    """
    params = start
    value, score, information = pieces(params)

    def longest(step: Array) -> float:
        return float(np.abs(step if spreads is None else step * spreads).max())

    for _ in range(STEPS * (1 if spreads is None else 10)):
        step, _ = lapack.dpotrs(root(information), score, lower=1)
        step *= min(1.0, LARGEST_STEP / max(longest(step), 1e-300))
        for _ in range(12):
            tried, score_there, information_there = pieces(params + step)
            if isfinite(tried) and tried >= value - 1e-10 * max(1.0, abs(value)):
                break
            step = step / 2
        else:
            raise NotConvergedError("no step gains")
        gained, value = tried - value, tried
        params, score, information = params + step, score_there, information_there
        if longest(step) < tolerance or (abs(gained) < 1e-12 and np.abs(score).max() < 1e-6):
            return params, information
    raise NotConvergedError("no convergence")


def spreads_of(x: Array) -> Array:
    """Of each column the standard deviation, at most 1 and not below 0.01; of the constant 1."""
    spreads = np.clip(x.std(axis=0), 0.01, 1.0)
    spreads[0] = 1.0
    return np.asarray(spreads)


def refuse_certainty(linear: Array, weights: Array | None) -> None:
    """Raise NotConvergedError where a probability is fitted as zero or one, unless pseudo-rows
    support the fit: they have weights.
    """
    if weights is None and np.abs(linear).max() > FAR:
        raise NotConvergedError("fitted probabilities of zero or one")


def weighted_gram(x: Array, weights: Array) -> Array:
    """x' W x for weights of zero and more; both factors the same array, for which numpy does half
    the work.
    """
    half = x * np.sqrt(weights)[:, None]
    return np.asarray(half.T @ half)


def root(information: Array) -> Array:
    """Lower Cholesky factor of an information; only a singular one gets a ridge. LAPACK itself: it
    is called often.
    """
    factor, fault = lapack.dpotrf(information, lower=1, clean=1)
    power = 0
    while fault and power < 8:
        ridge = RIDGE * 10**power * np.einsum("ii->i", information).mean()
        factor, fault = lapack.dpotrf(
            information + ridge * np.eye(len(information)), lower=1, clean=1
        )
        power += 1
    if fault:
        raise NotConvergedError("the information is singular")
    return np.asarray(factor)


def is_loose(factor: Array, information: Array) -> bool:
    """Whether a parameter is all but given by those before it: little is left of its information by
    the factor.
    """
    return bool((np.einsum("ii->i", factor) ** 2 < 1e-7 * np.einsum("ii->i", information)).any())


def dependent(gram: Array) -> Array:
    """Places of the columns that are sums of those before them, from x'x: under 1e-8 of their
    square is their own.
    """
    diagonal = np.maximum(np.einsum("ii->i", gram), 1e-300)
    scaled = gram / np.sqrt(diagonal) / np.sqrt(diagonal)[:, None]
    scaled[np.arange(len(gram)), np.arange(len(gram))] = 1 + 1e-10  # a factor that exists
    factor, fault = lapack.dpotrf(scaled, lower=1, clean=1)
    return (
        np.empty(0, dtype=int) if fault else np.flatnonzero(np.einsum("ii->i", factor) ** 2 < 1e-8)
    )


def moved(estimate: Array, factor: Array, rng: np.random.Generator) -> Array:
    """A draw from N(estimate, information^-1), by the factor of the information."""
    by, _ = lapack.dtrtrs(factor, rng.standard_normal(len(estimate)), lower=1, trans=1)
    return np.asarray(estimate + by)


def drawn(estimate: Array, information: Array, rng: np.random.Generator) -> Array:
    """A draw from N(estimate, information^-1)."""
    return moved(estimate, root(information), rng)
