"""How often each level is drawn: intercepts and cut points are set so that the levels are expected
as often as the observed rows have them.
"""

import numpy as np
from scipy.special import expit

from mothers_margins.imputation.logistic_regression import mlogit_shares
from mothers_margins.imputation.newton import FAR

Array = np.ndarray
ENOUGH_SHARE = 1e-6  # of a share: that far an expected count may be from the drawn one


def chances(method: str, x: Array, params: Array, levels: int) -> Array:
    """Probability of each level for every row, n x levels."""
    if method == "logit":
        second = expit(x @ params)
        return np.column_stack([1 - second, second])
    if method == "ologit":
        p = x.shape[1] - 1
        below = expit(np.sort(params[p:])[None, :] - (x[:, 1:] @ params[:p])[:, None])
        edges = np.hstack([np.zeros((len(x), 1)), below, np.ones((len(x), 1))])
        return np.asarray(np.diff(edges, axis=1))
    others, _, _ = mlogit_shares(x, params, levels)
    return np.column_stack([1 - others.sum(axis=1), others])


def calibrated_logit(
    x: Array, params: Array, codes: Array, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Drawn parameters whose intercept is set so that among the observed rows the levels are
    expected as often as a draw from Beta(counts + 1/2) says; and these shares.

    A normal draw of coefficients with wide errors raises the mean of the inverse logit of a rare
    level (Jensen); the observed rows know that mean far better than the coefficients do.
    """
    second = float((codes == 1).sum())
    share = rng.beta(second + 0.5, len(codes) - second + 0.5)
    set_anew = params.copy()
    set_anew[0] += _shift_of_two(x @ params, share)
    return set_anew, np.array([1 - share, share])


def calibrated_ologit(
    x: Array, params: Array, codes: Array, levels: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Drawn parameters whose cut points are set so that among the observed rows the levels are
    expected as often as a draw from Dirichlet(counts + 1/2) says; and these shares.
    """
    p = x.shape[1] - 1
    shares = _drawn_shares(codes, levels, rng)
    set_anew = params.copy()
    start = np.sort(params[p:])
    set_anew[p:] = _shift_to(-(x[:, 1:] @ params[:p]), np.cumsum(shares)[:-1], start)
    return set_anew, shares


def calibrated_mlogit(
    x: Array, params: Array, codes: Array, levels: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Drawn parameters whose intercepts are set so that among the observed rows the levels are
    expected as often as a draw from Dirichlet(counts + 1/2) says; and these shares.
    """
    shares = _drawn_shares(codes, levels, rng)
    set_anew = params.reshape(levels - 1, x.shape[1]).copy()
    odds = np.exp(np.clip(x @ set_anew.T, -FAR, FAR))  # beside the base, before intercepts move
    set_anew[:, 0] += _intercepts_to(odds, shares)
    return set_anew.ravel(), shares


def _intercepts_to(odds: Array, shares: Array) -> Array:
    """What is added to the intercepts of unordered levels so that the mean probability over the
    rows is each of some shares, the base's first; by Newton's steps. odds: beside the base.
    """
    moved_by = np.zeros(odds.shape[1])
    for _ in range(60):
        weighted = odds * np.exp(moved_by)
        chance = weighted / (1 + weighted.sum(axis=1))[:, None]
        mean = chance.mean(axis=0)
        gap = shares[1:] - mean
        if (np.abs(gap) < ENOUGH_SHARE * shares.min()).all():
            break
        slope = np.diag(mean) - chance.T @ chance / len(chance)
        step = np.linalg.solve(slope + 1e-12 * np.eye(len(slope)), gap)
        moved_by += step * min(1.0, 2.0 / max(np.abs(step).max(), 1e-300))
    return moved_by


def _drawn_shares(codes: Array, levels: int, rng: np.random.Generator) -> Array:
    return np.asarray(rng.dirichlet(np.bincount(codes, minlength=levels) + 0.5))


def _shift_of_two(linear: Array, share: float) -> float:
    """What `_shift_to` gives for one share from nought, without arrays of length one: two levels
    are what is imputed most often.
    """
    low = -FAR - float(linear.max())
    high = FAR - float(linear.min())
    shift = 0.0
    for _ in range(60):
        chance = expit(linear + shift)
        gap = _mean(chance) - share
        if abs(gap) < ENOUGH_SHARE * share:
            break
        if gap < 0:
            low = shift
        elif gap > 0:
            high = shift
        step = shift - gap / max(_mean(chance * (1 - chance)), 1e-12)
        shift = step if low < step < high else (low + high) / 2
    return shift


def _mean(values: Array) -> float:
    """The mean as numpy has it, in a third of the time."""
    return float(np.add.reduce(values)) / len(values)


def _shift_to(linear: Array, shares: Array, start: Array) -> Array:
    """What is added to linear predictors so that the mean probability over the rows is each of some
    shares; by Newton's steps inside a bracket that shrinks.
    """
    low = np.full(len(shares), -FAR) - linear.max()
    high = np.full(len(shares), FAR) - linear.min()
    shift = start
    for _ in range(60):
        chance = expit(linear + shift[:, None])
        gap = chance.mean(axis=1) - shares
        if (np.abs(gap) < ENOUGH_SHARE * shares).all():
            break
        low = np.where(gap < 0, shift, low)
        high = np.where(gap > 0, shift, high)
        step = shift - gap / np.maximum((chance * (1 - chance)).mean(axis=1), 1e-12)
        shift = np.where((step > low) & (step < high), step, (low + high) / 2)
    return np.asarray(shift)
