"""One logistic regression as numbers: fits, covariance, profile intervals, separation. Arrays in,
arrays out.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize, stats
from scipy.special import expit

STEPS = 100


@dataclass(frozen=True, eq=False)
class Solution:
    """Coefficients of k columns, their covariance, and the log-likelihood there (penalised for
    Firth).

    profile_low, profile_high, profile_p: limits and p of each coefficient by (penalised) likelihood
    ratio.
    """

    params: np.ndarray
    covariance: np.ndarray
    loglik: float
    profile_low: np.ndarray
    profile_high: np.ndarray
    profile_p: np.ndarray


def maximum_likelihood(
    design: np.ndarray, event: np.ndarray, confidence: float, *, profile: bool = True
) -> Solution:
    """Maximum likelihood by statsmodels, whose covariance is the inverse of the observed
    information.

    design: n x k with the constant; event: n of 0 and 1; confidence: of the profile intervals, in
    per cent. Columns are centred and scaled for the fit, so that units and far zeros (a calendar
    year) do not matter. Raises ArithmeticError if it does not converge, as with separated data,
    which `separated` finds beforehand.
    """
    from statsmodels.discrete.discrete_model import Logit

    standard, constant, centre, scale = standardised(design)
    _independent(standard)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whether it converged is looked at below
        try:
            found = Logit(event, standard).fit(disp=False, maxiter=STEPS, tol=1e-12)
        except (np.linalg.LinAlgError, ValueError) as error:
            raise ArithmeticError("the maximum-likelihood estimates do not converge") from error
    inside = np.asarray(found.params)
    covariance = np.asarray(found.cov_params())
    last_step = covariance @ found.model.score(inside)
    if (
        not np.isfinite(covariance).all()
        or np.abs(last_step / np.sqrt(np.diag(covariance))).max() > 1e-7
    ):
        raise ArithmeticError("the maximum-likelihood estimates do not converge")
    back = np.diag(1 / scale)
    if constant.any():
        back[int(np.argmax(constant))] -= centre / scale
    params, loglik, outside = back @ inside, float(found.llf), back @ covariance @ back.T
    limits = np.full((len(params), 3), np.nan)
    for k in range(len(params)) if profile else ():
        # the constant is that of the uncentred columns
        held, start, spread = (
            (design / scale, params * scale, outside * np.outer(scale, scale))
            if constant[k]
            else (standard, inside, covariance)
        )
        low, high, p_value = _profile(held, event, start, spread, loglik, k, confidence)
        limits[k] = low / scale[k], high / scale[k], p_value
    return Solution(params, outside, loglik, *limits.T)


def standardised(design: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A design with its columns scaled, and centred if one is constant; which are constant, the
    centres, the scales.
    """
    constant = np.ptp(design, axis=0) == 0
    centre = (
        np.where(constant, 0.0, design.mean(axis=0))
        if constant.any()
        else np.zeros(design.shape[1])
    )
    scale = np.where(constant, 1.0, design.std(axis=0))
    return (design - centre) / scale, constant, centre, scale


def _independent(standard: np.ndarray) -> None:
    if np.linalg.matrix_rank(standard) < standard.shape[1]:
        raise ArithmeticError("the estimates do not converge: a column follows from the others")


def _profile(
    design: np.ndarray,
    event: np.ndarray,
    params: np.ndarray,
    covariance: np.ndarray,
    best: float,
    k: int,
    confidence: float,
) -> tuple[float, float, float]:
    """Profile-likelihood limits of one coefficient, and the likelihood-ratio p of zero.

    The limits are where twice the fall of the log-likelihood, maximised over the others, is the
    quantile of chi-squared with one degree of freedom (Venzon and Moolgavkar 1988, Appl Stat
    37:87). A side along which it never falls so far is infinite.
    """
    others = np.delete(design, k, axis=1)
    moves = (
        np.delete(covariance[:, k], k) / covariance[k, k]
    )  # how the others go with this one near the maximum
    error = np.sqrt(covariance[k, k])

    def fall(value: float) -> float:
        start = np.delete(params, k) + moves * (value - params[k])
        return 2 * (best - _maximised(others, event, value * design[:, k], start))

    quantile = stats.chi2.ppf(confidence / 100, 1)
    limits = []
    for side in (-1, 1):
        reach = 2.0 * error
        while fall(params[k] + side * reach) < quantile and reach < 64 * error:
            reach *= 2
        far = params[k] + side * reach
        inside = fall(far) < quantile
        found = (
            side * np.inf if inside else _root(lambda value: fall(value) - quantile, params[k], far)
        )
        limits.append(found)
    return limits[0], limits[1], float(stats.chi2.sf(max(fall(0.0), 0.0), 1))


def _root(function: Callable[[float], float], one: float, other: float) -> float:
    return float(optimize.brentq(function, one, other, xtol=1e-11, rtol=1e-13))


def _maximised(
    design: np.ndarray, event: np.ndarray, offset: np.ndarray, start: np.ndarray
) -> float:
    """Largest log-likelihood over the coefficients of `design`, by Newton's method with steps
    halved where needed.
    """
    params, value = start, _loglik(design @ start + offset, event)
    for _ in range(STEPS if design.shape[1] else 0):
        chance = expit(design @ params + offset)
        score = design.T @ (event - chance)
        information = (design.T * (chance * (1 - chance))) @ design
        step = np.linalg.lstsq(information, score, rcond=1e-12)[
            0
        ]  # where all is nearly certain it is nearly singular
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
    design: np.ndarray,
    event: np.ndarray,
    confidence: float,
    *,
    augmented: bool = False,
    profile: bool = True,
) -> Solution:
    """Firth's penalised likelihood (1993, Biometrika 80:27) by firthmodels, with penalised profile
    intervals.

    augmented: covariance from the information of the augmented data (as logistf has it, after
    Heinze and Schemper 2002), else from the ordinary information at the estimates (as SAS and
    brglm2). A profile limit that is not found is missing. Raises ArithmeticError if the estimates
    do not converge.
    """
    from firthmodels import FirthLogisticRegression

    _independent(standardised(design)[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whether it converged is looked at below
        fitted = FirthLogisticRegression(
            backend="numpy", fit_intercept=False, max_iter=STEPS, gtol=1e-7, xtol=1e-7
        )
        found = fitted.fit(design, event)
        limits = np.full((len(found.coef_), 3), np.nan)
        if profile:
            # firthmodels' constrained fits fail with tolerances below its own; their likelihoods
            # are exact enough
            coarse = FirthLogisticRegression(
                backend="numpy", fit_intercept=False, max_iter=STEPS
            ).fit(design, event)
            limits = np.array(
                [_penalised_profile(coarse, k, confidence) for k in range(len(found.coef_))]
            )
    params = np.asarray(found.coef_)
    chance = expit(design @ params)
    weights = chance * (1 - chance)
    inverse = np.linalg.inv((design.T * weights) @ design)
    leverage = weights * np.einsum("ij,jk,ik->i", design, inverse, design)
    last_step = inverse @ (design.T @ (event - chance + leverage * (0.5 - chance)))
    if (
        not np.isfinite(last_step).all()
        or np.abs(last_step / np.sqrt(np.diag(inverse))).max() > 1e-6
    ):
        raise ArithmeticError("Firth's estimates do not converge")
    if augmented:
        inverse = np.linalg.inv((design.T * (weights * (1 + leverage))) @ design)
    return Solution(params, inverse, float(found.loglik_), *limits.T)


# Any: firthmodels has no types
def _penalised_profile(found: Any, k: int, confidence: float) -> tuple[float, float, float]:
    """Penalised profile limits and p of one coefficient; missing where firthmodels does not find
    them.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            low, high = found.conf_int(
                alpha=1 - confidence / 100, method="pl", features=[k], max_iter=1000
            )[k]
        except (Warning, ArithmeticError, ValueError):
            low = high = np.nan
        try:
            p_value = float(found.lrt(features=[k]).lrt_pvalues_[k])
        except (Warning, ArithmeticError, ValueError):
            p_value = np.nan
    return low, high, p_value


def corrected_constant(design: np.ndarray, event: np.ndarray, params: np.ndarray) -> np.ndarray:
    """Firth's estimates with the constant estimated again by maximum likelihood, given the others
    (FLIC).

    The mean of the fitted probabilities is then the observed share (Puhr, Heinze, Nold, Lusa and
    Geroldinger 2017, Stat Med 36:2302, §2.3). design: with a constant column. Raises
    ArithmeticError if it has none.
    """
    constant = np.ptp(design, axis=0) == 0
    if not constant.any():
        raise ArithmeticError("there is no constant to correct")
    place = int(np.argmax(constant))
    others = design @ params - design[:, place] * params[place]
    value = design[0, place]

    def surplus(guess: float) -> float:
        return float((expit(others + value * guess) - event).sum())

    reach = 1.0
    while surplus(params[place] - reach) * surplus(params[place] + reach) > 0:
        reach *= 2
    made = params.copy()
    made[place] = _root(surplus, params[place] - reach, params[place] + reach)
    return made


def separated(design: np.ndarray, event: np.ndarray) -> np.ndarray:
    """For each column, whether its maximum-likelihood estimate is infinite (Konis 2007), by a
    linear program.

    Raises numpy.linalg.LinAlgError if the columns are not independent.
    """
    from firthmodels import detect_separation

    scale = standardised(design)[3]  # not centred: the constant's own estimate is asked about
    looked_at = detect_separation(design / scale, event, fit_intercept=False)
    found: np.ndarray = ~np.asarray(looked_at.is_finite, dtype=bool)
    return found
