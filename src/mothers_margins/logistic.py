"""One logistic regression as numbers: fits, covariance, profile intervals, separation. Arrays in, arrays out."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats
from scipy.special import expit

STEPS = 100


@dataclass(frozen=True, eq=False)
class Solution:
    """Coefficients of k columns, their covariance, and the log-likelihood there (penalised for Firth).

    profile_low, profile_high, profile_p: limits and p of each coefficient by (penalised) likelihood ratio.
    """

    params: np.ndarray
    covariance: np.ndarray
    loglik: float
    profile_low: np.ndarray
    profile_high: np.ndarray
    profile_p: np.ndarray


def maximum_likelihood(design: np.ndarray, event: np.ndarray, confidence: float, *, profile: bool = True) -> Solution:
    """Maximum likelihood by statsmodels, whose covariance is the inverse of the observed information.

    design: n x k with the constant; event: n of 0 and 1; confidence: of the profile intervals, in per cent.
    Raises ArithmeticError if it does not converge, as with separated data, which `separated` finds beforehand.
    """
    from statsmodels.discrete.discrete_model import Logit

    with warnings.catch_warnings():
        warnings.simplefilter("error")  # of separation and of no convergence
        try:
            found = Logit(event, design).fit(disp=False, maxiter=STEPS, tol=1e-14)
        except Exception as error:
            raise ArithmeticError("the maximum-likelihood estimates do not converge") from error
    params, loglik = np.asarray(found.params), float(found.llf)
    limits = np.full((len(params), 3), np.nan)
    for k in range(len(params)) if profile else ():
        limits[k] = _profile(design, event, params, np.asarray(found.bse), loglik, k, confidence)
    return Solution(params, np.asarray(found.cov_params()), loglik, *limits.T)


def _profile(
    design: np.ndarray,
    event: np.ndarray,
    params: np.ndarray,
    errors: np.ndarray,
    best: float,
    k: int,
    confidence: float,
) -> tuple[float, float, float]:
    """Profile-likelihood limits of one coefficient, and the likelihood-ratio p of zero.

    The limits are where twice the fall of the log-likelihood, maximised over the others, is the quantile of
    chi-squared with one degree of freedom (Venzon and Moolgavkar 1988, Appl Stat 37:87). A side along which it
    never falls so far is infinite.
    """
    others = np.delete(design, k, axis=1)
    start = np.delete(params, k)

    def fall(value: float) -> float:
        return 2 * (best - _maximised(others, event, value * design[:, k], start))

    quantile = stats.chi2.ppf(confidence / 100, 1)
    limits = []
    for side in (-1, 1):
        reach = 2.0 * errors[k]
        while fall(params[k] + side * reach) < quantile and reach < 64 * errors[k]:
            reach *= 2
        far = params[k] + side * reach
        inside = fall(far) < quantile
        found = side * np.inf if inside else _root(lambda value: fall(value) - quantile, params[k], far)
        limits.append(found)
    return limits[0], limits[1], float(stats.chi2.sf(max(fall(0.0), 0.0), 1))


def _root(function: Callable[[float], float], one: float, other: float) -> float:
    return float(optimize.brentq(function, one, other, xtol=1e-11, rtol=1e-13))


def _maximised(design: np.ndarray, event: np.ndarray, offset: np.ndarray, start: np.ndarray) -> float:
    """Largest log-likelihood over the coefficients of `design`, by Newton's method with steps halved where needed."""
    params, value = start, _loglik(design @ start + offset, event)
    for _ in range(STEPS if design.shape[1] else 0):
        chance = expit(design @ params + offset)
        score = design.T @ (event - chance)
        step = np.linalg.solve((design.T * (chance * (1 - chance))) @ design, score)
        reached = _loglik(design @ (params + step) + offset, event)
        while reached < value - 1e-12 and np.abs(step).max() > 1e-10:
            step = step / 2
            reached = _loglik(design @ (params + step) + offset, event)
        params, gained, value = params + step, reached - value, reached
        if abs(gained) < 1e-13 * max(1.0, abs(value)) and np.abs(score).max() < 1e-8:
            break
    return value


def _loglik(linear: np.ndarray, event: np.ndarray) -> float:
    return float(event @ linear - np.logaddexp(0, linear).sum())


def firth(
    design: np.ndarray, event: np.ndarray, confidence: float, *, augmented: bool = False, profile: bool = True
) -> Solution:
    """Firth's penalised likelihood (1993, Biometrika 80:27) by firthmodels, with penalised profile intervals.

    augmented: covariance from the information of the augmented data (as logistf has it, after Heinze and Schemper
    2002), else from the ordinary information at the estimates (as SAS and brglm2).
    Raises ArithmeticError if it does not converge.
    """
    from firthmodels import FirthLogisticRegression

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            found = FirthLogisticRegression(backend="numpy", fit_intercept=False, max_iter=STEPS).fit(design, event)
            limits = np.full((len(found.coef_), 3), np.nan)
            if profile:
                limits[:, :2] = found.conf_int(alpha=1 - confidence / 100, method="pl", max_iter=STEPS)
                limits[:, 2] = found.lrt().lrt_pvalues_
        except Exception as error:
            raise ArithmeticError("Firth's estimates do not converge") from error
    params = np.asarray(found.coef_)
    chance = expit(design @ params)
    weights = chance * (1 - chance)
    inverse = np.linalg.inv((design.T * weights) @ design)
    if augmented:
        leverage = weights * np.einsum("ij,jk,ik->i", design, inverse, design)
        inverse = np.linalg.inv((design.T * (weights * (1 + leverage))) @ design)
    return Solution(params, inverse, float(found.loglik_), *limits.T)


def separated(design: np.ndarray, event: np.ndarray) -> np.ndarray:
    """For each column, whether its maximum-likelihood estimate is infinite (Konis 2007), by a linear program.

    Raises numpy.linalg.LinAlgError if the columns are not independent.
    """
    from firthmodels import detect_separation

    found: np.ndarray = ~np.asarray(detect_separation(design, event, fit_intercept=False).is_finite, dtype=bool)
    return found
