"""Truncated regression (truncreg): numbers between two limits, and normal draws inside them.

Arrays in, arrays out: x is n x p with the constant first.
"""

import numpy as np
from scipy import stats
from scipy.special import log_ndtr

from mothers_margins.imputation.linear_regression import fit_regress
from mothers_margins.imputation.newton import NotConvergedError, maximum, weighted_gram

Array = np.ndarray


def fit_truncreg(x: Array, y: Array, low: float, high: float) -> tuple[Array, Array]:
    """Maximum likelihood of a normal regression truncated to [low, high]: b and log sigma, and
    their information.

    In b / sigma² and 1 / sigma² the density is an exponential family, so its log-likelihood is
    concave, with at most one maximum (Orme and Ruud 2002, Econ Lett 75:209). Raises
    NotConvergedError where there is none, as with values heaped at both limits.
    """
    slopes, _, residual, df = fit_regress(x, y)
    centre = float(y.mean())
    scale = float(np.sqrt(residual / df))
    if not scale > 0:
        raise NotConvergedError("nothing is left to vary")
    slopes[0] -= centre

    def pieces(natural: Array) -> tuple[float, Array, Array]:
        lower = (low - centre) / scale
        upper = (high - centre) / scale
        return _truncated(natural, x, (y - centre) / scale, lower, upper)

    natural, information = maximum(np.append(slopes / scale, 1.0), pieces)
    sigma = 1 / np.sqrt(natural[-1])
    # from b / sigma² and 1 / sigma² of the scaled values to b and log sigma of the values
    turn = np.eye(len(natural)) / (sigma**2 * scale)
    turn[:, -1] = -2 * natural
    params = np.append(natural[:-1] * sigma**2 * scale, np.log(sigma * scale))
    params[0] += centre
    return params, turn.T @ information @ turn


def _truncated(
    natural: Array, x: Array, y: Array, low: float, high: float
) -> tuple[float, Array, Array]:
    """Log-likelihood, score and information of b / sigma² and 1 / sigma²: observed less expected y
    and -y²/2.
    """
    if not natural[-1] > 0:
        return -np.inf, natural, np.eye(len(natural))
    sigma = 1 / np.sqrt(natural[-1])
    mean = x @ natural[:-1] * sigma**2
    lower = (low - mean) / sigma
    upper = (high - mean) / sigma
    inside = _log_interval(lower, upper)
    moments = _truncated_moments(lower, upper, inside)
    expected = mean + sigma * moments[0]
    expected_square = mean**2 + 2 * mean * sigma * moments[0] + sigma**2 * moments[1]
    value = float((stats.norm.logpdf(y, mean, sigma) - inside).sum())
    score = np.append(x.T @ (y - expected), -0.5 * (y**2 - expected_square).sum())
    return value, score, _truncated_information(x, mean, sigma, moments)


def _truncated_moments(lower: Array, upper: Array, inside: Array) -> tuple[Array, ...]:
    """The first four moments of a standard normal between two limits, each from the one before the
    last. inside: log of the probability between them.
    """
    at_lower = np.exp(-0.5 * lower**2 - 0.5 * np.log(2 * np.pi) - inside)
    at_upper = np.exp(-0.5 * upper**2 - 0.5 * np.log(2 * np.pi) - inside)
    # at an infinite limit the density is nought, and nought times infinity is to be nought
    a = np.where(np.isfinite(lower), lower, 0.0)
    b = np.where(np.isfinite(upper), upper, 0.0)
    first = at_lower - at_upper
    second = 1 + a * at_lower - b * at_upper
    third = 2 * first + a**2 * at_lower - b**2 * at_upper
    fourth = 3 * second + a**3 * at_lower - b**3 * at_upper
    return first, second, third, fourth


def _truncated_information(
    x: Array, mean: Array, sigma: float, moments: tuple[Array, ...]
) -> Array:
    """Covariance of y and -y²/2, which an exponential family has for its information."""
    of_y, of_both, of_square = _covariance(mean, sigma, moments)
    p = x.shape[1]
    information = np.empty((p + 1, p + 1))
    information[:p, :p] = weighted_gram(x, of_y)
    information[p, :p] = -0.5 * (x.T @ of_both)
    information[:p, p] = information[p, :p]
    information[p, p] = 0.25 * of_square.sum()
    return information


def _covariance(
    mean: Array, sigma: float, moments: tuple[Array, ...]
) -> tuple[Array, Array, Array]:
    """By row the variance of y, its covariance with y², and the variance of y²."""
    first, second, third, fourth = moments
    # of the standardised value and its square; not negative but for rounding
    variance = np.maximum(second - first**2, 0)
    covariance = third - first * second
    variance_of_square = np.maximum(fourth - second**2, 0)
    of_y = sigma**2 * variance
    of_both = sigma**3 * covariance + 2 * mean * sigma**2 * variance
    of_square = (
        sigma**4 * variance_of_square
        + 4 * mean * sigma**3 * covariance
        + 4 * mean**2 * sigma**2 * variance
    )
    return of_y, of_both, of_square


def _log_interval(a: Array, b: Array) -> Array:
    """log(Phi(b) - Phi(a)), also far from the mean."""
    flip = a > 0
    a, b = np.where(flip, -b, a), np.where(flip, -a, b)
    high, low = log_ndtr(b), log_ndtr(a)
    return np.asarray(high + np.log1p(-np.exp(np.minimum(low - high, -1e-300))))


def draw_truncreg(
    x: Array,
    params: Array,
    low: Array | float,
    high: Array | float,
    rng: np.random.Generator,
) -> Array:
    """A value inside the limits for every row."""
    return drawn_inside(x @ params[:-1], float(np.exp(params[-1])), low, high, rng)


def drawn_inside(
    mean: Array, sigma: float, low: Array | float, high: Array | float, rng: np.random.Generator
) -> Array:
    """Normal values inside limits, which can be the same for all rows or each row's own."""
    lower = (low - mean) / sigma
    upper = (high - mean) / sigma
    values = mean + sigma * stats.truncnorm.ppf(rng.random(len(mean)), lower, upper)
    return np.asarray(np.clip(values, low, high))
