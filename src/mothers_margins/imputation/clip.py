"""CLIP: one interval and one p from the profile likelihoods of m completed data sets.

Heinze, Ploner and Beyea 2013 (Stat Med 32:5062): the signed root of twice the fall of a (penalised)
log-likelihood has a normal distribution, so each data set gives the coefficient a distribution
function; their mean is the pooled one (§3).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import norm

# Of all m data sets: the signed roots of a coefficient at a value, and their slopes there.
SignedRoots = Callable[[float], tuple[np.ndarray, np.ndarray]]
STEPS = 60
CLOSE = 1e-10  # on the scale of normal quantiles
FARTHEST = 200.0  # standard errors within which a limit is sought


@dataclass(frozen=True, eq=False)
class MeanDistribution:
    """The mean of the distribution functions that m data sets give one coefficient.

    roots: the signed roots at a value, and their slopes. start: an estimate and its standard error,
    from where limits are sought.
    """

    roots: SignedRoots
    start: tuple[float, float]
    _known: dict[float, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)

    def p_value(self) -> float:
        """2 min(F(0), 1 - F(0))."""
        return _two_sided(self._at(0.0)[0])

    def limits(self, alpha: float) -> tuple[float, float]:
        """Where the mean is alpha/2 and 1 - alpha/2; nan for one that is not found."""
        return self._limit(alpha / 2), self._limit(1 - alpha / 2)

    def jackknife(self, alpha: float) -> dict[str, float]:
        """Monte Carlo errors of p and of both limits, from the m means without one data set (White,
        Royston and Wood 2011, Stat Med 30:377, §7); nan for fewer than three.
        """
        roots, _ = self._at(0.0)
        m = len(roots)
        if m < 3:
            return dict.fromkeys(("p_value", "conf_low", "conf_high"), np.nan)
        without_one = [_two_sided(np.delete(roots, place)) for place in range(m)]
        low, high = self.limits(alpha)
        return {
            "p_value": _jackknifed(np.array(without_one)),
            "conf_low": _jackknifed(self._limits_without_one(low, alpha / 2)),
            "conf_high": _jackknifed(self._limits_without_one(high, 1 - alpha / 2)),
        }

    def _at(self, value: float) -> tuple[np.ndarray, np.ndarray]:
        if value not in self._known:
            self._known[value] = self.roots(value)
        return self._known[value]

    def _limit(self, share: float) -> float:
        """Where the mean is a share, by Newton's method on the scale of normal quantiles, where it
        is nearly a straight line; a step that leaves what is known to hold it is halved.
        """
        target = float(ndtri(share))
        estimate, error = self.start
        value = estimate + target * error
        low, high = estimate - FARTHEST * error, estimate + FARTHEST * error
        for _ in range(STEPS):
            roots, slopes = self._at(value)
            quantile, slope = _quantile(roots, slopes, np.ones(len(roots), dtype=bool))
            if abs(quantile - target) < CLOSE:
                return value
            if quantile < target:
                low = value
            else:
                high = value
            proposed = value - (quantile - target) / slope if slope > 0 else np.nan
            value = proposed if low < proposed < high else (low + high) / 2
        # the last steps were rounding, or the mean never comes to the share
        return value if abs(quantile - target) < np.sqrt(CLOSE) else np.nan

    def _limits_without_one(self, limit: float, share: float) -> np.ndarray:
        """The limit without each data set: near the limit a signed root is nearly a straight line,
        so that no further likelihood need be maximised.
        """
        if not np.isfinite(limit):
            return np.full(2, np.nan)
        roots, slopes = self._at(limit)
        moved = np.zeros(len(roots))
        kept = ~np.eye(len(roots), dtype=bool)
        target = float(ndtri(share))
        for _ in range(STEPS):
            there = roots + slopes * moved[:, None]  # a row per data set that is left out
            quantile, slope = _quantile(there, slopes, kept)
            step = (quantile - target) / slope
            moved = moved - step
            if np.abs(step).max() < CLOSE * self.start[1]:
                break
        return limit + moved


def _two_sided(roots: np.ndarray) -> float:
    return float(2 * min(ndtr(roots).mean(), ndtr(-roots).mean()))


def _quantile(
    roots: np.ndarray, slopes: np.ndarray, kept: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The normal quantile of the mean distribution function of the data sets that are kept, and its
    slope, along the last axis.
    """
    number = kept.sum(axis=-1)
    below = np.where(kept, ndtr(roots), 0.0).sum(axis=-1) / number
    above = np.where(kept, ndtr(-roots), 0.0).sum(axis=-1) / number
    # from the smaller tail, which has its digits
    quantile = np.where(below < above, ndtri(below), -ndtri(above))
    density = np.where(kept, norm.pdf(roots) * slopes, 0.0).sum(axis=-1) / number
    with np.errstate(divide="ignore", invalid="ignore"):
        return quantile, density / norm.pdf(quantile)


def _jackknifed(numbers: np.ndarray) -> float:
    return float(np.sqrt((len(numbers) - 1) * numbers.var()))
