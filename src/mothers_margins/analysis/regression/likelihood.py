"""One logistic regression as numbers: fits, covariance, profile intervals, separation. Arrays in,
arrays out.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize, stats
from scipy.linalg import null_space
from scipy.special import expit

STEPS = 100
COARSE = 1e-4  # firthmodels' own tolerance


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


# By method, whether with profiles, design and outcome: what an analysis has solved. Its completed
# data sets share the designs of all variables of which few values are missing.
Solved = dict[tuple[str, bool, bytes, bytes], Solution]


@dataclass(frozen=True, eq=False)
class Maximum:
    """Coefficients at which a log-likelihood is largest, their covariance, and its value there."""

    params: np.ndarray
    covariance: np.ndarray
    loglik: float


@dataclass(frozen=True, eq=False)
class Standardised:
    """A design with its columns scaled, and centred if one of them is constant."""

    columns: np.ndarray
    constant: np.ndarray
    centre: np.ndarray
    scale: np.ndarray

    @property
    def back(self) -> np.ndarray:
        """What makes coefficients of the design as it was given from those of these columns."""
        back = np.diag(1 / self.scale)
        if self.constant.any():
            # what centring took from the other columns is the constant's
            back[int(np.argmax(self.constant))] -= self.centre / self.scale
        return back

    def as_given(self, inside: Maximum) -> Maximum:
        """A maximum in these columns, in those of the design as it was given."""
        back = self.back
        return Maximum(back @ inside.params, back @ inside.covariance @ back.T, inside.loglik)


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
    standard = standardised(design)
    _independent(standard.columns)
    inside = _by_statsmodels(standard.columns, event)
    outside = standard.as_given(inside)
    limits = np.full((design.shape[1], 3), np.nan)
    if profile:
        scale = standard.scale
        # centring changes what the constant means, so its limits are sought in columns only scaled
        uncentred = Maximum(
            outside.params * scale, outside.covariance * np.outer(scale, scale), outside.loglik
        )
        for k, is_constant in enumerate(standard.constant):
            if is_constant:
                low, high, p_value = _profile(design / scale, event, uncentred, k, confidence)
            else:
                low, high, p_value = _profile(standard.columns, event, inside, k, confidence)
            limits[k] = low / scale[k], high / scale[k], p_value
    return Solution(outside.params, outside.covariance, outside.loglik, *limits.T)


def _by_statsmodels(design: np.ndarray, event: np.ndarray) -> Maximum:
    from statsmodels.discrete.discrete_model import Logit

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whether it converged is looked at below
        try:
            fit = Logit(event, design).fit(disp=False, maxiter=STEPS, tol=1e-12)
        except (np.linalg.LinAlgError, ValueError) as error:
            raise ArithmeticError("the maximum-likelihood estimates do not converge") from error
    params = np.asarray(fit.params)
    covariance = np.asarray(fit.cov_params())
    if _still_moves(covariance @ fit.model.score(params), covariance, 1e-7):
        raise ArithmeticError("the maximum-likelihood estimates do not converge")
    return Maximum(params, covariance, float(fit.llf))


def _still_moves(step: np.ndarray, covariance: np.ndarray, tolerance: float) -> bool:
    """Whether a further Newton step would move a coefficient by more than a part of its standard
    error: unlike a gradient, that has no unit, so one tolerance serves all designs.
    """
    if not np.isfinite(step).all():
        return True
    return bool(np.abs(step / np.sqrt(np.diag(covariance))).max() > tolerance)


def standardised(design: np.ndarray) -> Standardised:
    """A design with its columns scaled, and centred if one is constant: without a constant that
    takes it up, centring would make another model.
    """
    constant = np.ptp(design, axis=0) == 0
    centre = np.zeros(design.shape[1])
    if constant.any():
        centre = np.where(constant, 0.0, design.mean(axis=0))
    scale = np.where(constant, 1.0, design.std(axis=0))
    return Standardised((design - centre) / scale, constant, centre, scale)


def follow_from_others(design: np.ndarray) -> np.ndarray:
    """For each column, whether it follows from those before it, whatever its unit and origin.

    By Gram and Schmidt, in one pass: what is left of a standardised column beside those before it.
    """
    columns = standardised(design).columns
    basis = np.zeros((len(columns), 0))
    follows = np.zeros(columns.shape[1], dtype=bool)
    for place, column in enumerate(columns.T):
        length = np.linalg.norm(column)
        rest = column - basis @ (basis.T @ column)
        rest -= basis @ (basis.T @ rest)  # twice, as rounding leaves a part the first time
        left = np.linalg.norm(rest)
        # the same measure as numpy's matrix_rank
        follows[place] = left <= length * max(columns.shape) * np.finfo(float).eps
        if not follows[place]:
            basis = np.column_stack([basis, rest / left])
    return follows


def _independent(standard: np.ndarray) -> None:
    if np.linalg.matrix_rank(standard) < standard.shape[1]:
        raise ArithmeticError("the estimates do not converge: a column follows from the others")


def _profile(
    design: np.ndarray, event: np.ndarray, maximum: Maximum, k: int, confidence: float
) -> tuple[float, float, float]:
    """Profile-likelihood limits of one coefficient, and the likelihood-ratio p of zero.

    The limits are where twice the fall of the log-likelihood, maximised over the others, is the
    quantile of chi-squared with one degree of freedom (Venzon and Moolgavkar 1988, Appl Stat
    37:87). A side along which it never falls so far is infinite.
    """
    estimate = maximum.params[k]
    variance = maximum.covariance[k, k]
    others = np.delete(design, k, axis=1)
    others_at_maximum = np.delete(maximum.params, k)
    # how the others go with this one near the maximum: Newton's method starts from there
    slopes = np.delete(maximum.covariance[:, k], k) / variance

    def fall(value: float) -> float:
        start = others_at_maximum + slopes * (value - estimate)
        return 2 * (maximum.loglik - _maximised(others, event, value * design[:, k], start))

    error = np.sqrt(variance)
    quantile = stats.chi2.ppf(confidence / 100, 1)
    low = _limit(fall, quantile, estimate, error, -1)
    high = _limit(fall, quantile, estimate, error, 1)
    # the fall at zero may be a rounding error below none
    return low, high, float(stats.chi2.sf(max(fall(0.0), 0.0), 1))


def _limit(
    fall: Callable[[float], float], quantile: float, estimate: float, error: float, side: int
) -> float:
    """Where the fall reaches the quantile below (side -1) or above (side 1) the estimate."""
    # a likelihood that has not fallen so far at 64 standard errors (2 doubled) has levelled off
    reach = 2.0 * error
    while fall(estimate + side * reach) < quantile and reach < 64 * error:
        reach *= 2
    far = estimate + side * reach
    if fall(far) < quantile:
        return side * np.inf
    return _root(lambda value: fall(value) - quantile, estimate, far)


def _root(function: Callable[[float], float], start: float, end: float) -> float:
    return float(optimize.brentq(function, start, end, xtol=1e-11, rtol=1e-13))


def _maximised(
    design: np.ndarray, event: np.ndarray, offset: np.ndarray, start: np.ndarray
) -> float:
    """Largest log-likelihood over the coefficients of `design`, by Newton's method with steps
    halved where needed.
    """
    params = start
    value = _loglik(design @ start + offset, event)
    if not design.shape[1]:  # the only coefficient is held: nothing is left to maximise
        return value
    for _ in range(STEPS):
        chance = expit(design @ params + offset)
        score = design.T @ (event - chance)
        information = (design.T * (chance * (1 - chance))) @ design
        # least squares, as the information is nearly singular where all is nearly certain
        step = np.linalg.lstsq(information, score, rcond=1e-12)[0]
        reached = _loglik(design @ (params + step) + offset, event)
        while reached < value - 1e-12 and np.abs(step).max() > 1e-10:
            step = step / 2
            reached = _loglik(design @ (params + step) + offset, event)
        gained = reached - value
        params = params + step
        value = reached
        # both, as near the maximum the value stands still before the coefficients do
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
    standard = standardised(design)
    _independent(standard.columns)
    fit = _by_firthmodels(standard.columns, event, 1e-7)
    params = np.asarray(fit.coef_)
    chance = expit(standard.columns @ params)
    weights = chance * (1 - chance)
    covariance = np.linalg.inv((standard.columns.T * weights) @ standard.columns)
    leverage = weights * np.einsum("ij,jk,ik->i", standard.columns, covariance, standard.columns)
    penalised_score = standard.columns.T @ (event - chance + leverage * (0.5 - chance))
    # looser than for maximum likelihood: firthmodels stops by its own measures, at the 1e-7 above
    if _still_moves(covariance @ penalised_score, covariance, 1e-6):
        raise ArithmeticError("Firth's estimates do not converge")
    if augmented:
        more = weights * (1 + leverage)
        covariance = np.linalg.inv((standard.columns.T * more) @ standard.columns)
    # the penalty is half the log of the information's determinant, which has the units of the
    # columns
    loglik = float(fit.loglik_) + float(np.log(standard.scale).sum())
    inside = Maximum(params, covariance, loglik)
    outside = standard.as_given(inside)
    limits = np.full((design.shape[1], 3), np.nan)
    if profile:
        for k in range(design.shape[1]):
            limits[k] = _penalised_profile(standard, event, inside, k, confidence)
    return Solution(outside.params, outside.covariance, loglik, *limits.T)


# Any: firthmodels has no types
def _by_firthmodels(design: np.ndarray, event: np.ndarray, tolerance: float) -> Any:
    from firthmodels import FirthLogisticRegression

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whether it converged is looked at elsewhere
        return FirthLogisticRegression(
            backend="numpy", fit_intercept=False, max_iter=STEPS, gtol=tolerance, xtol=tolerance
        ).fit(design, event)


def _penalised_profile(
    standard: Standardised, event: np.ndarray, inside: Maximum, k: int, confidence: float
) -> tuple[float, float, float]:
    """Penalised profile limits and p of one coefficient, in the units of the design as it was
    given; missing where firthmodels does not find them. inside: in the standardised columns.

    A profile is the same in whatever columns the model is written. Here it is in those whose
    information at the maximum is the identity: the coefficient in units of its standard error, and
    the others orthogonal to it. So it is found whatever the units and origins, that of a constant
    beside calendar years too.
    """
    weights = standard.back[k]  # the coefficient, from those in the standardised columns
    spread = inside.covariance @ weights
    error = np.sqrt(weights @ spread)
    along = spread / error
    across = null_space(weights[None, :])
    information = across.T @ np.linalg.solve(inside.covariance, across)
    others = np.linalg.solve(np.linalg.cholesky(information), across.T).T
    columns = standard.columns @ np.column_stack([along, others])
    # firthmodels' constrained fits fail with tolerances below its own; their likelihoods are exact
    # enough
    low, high, p_value = _limits_by_firthmodels(_by_firthmodels(columns, event, COARSE), confidence)
    return low * error, high * error, p_value


def _limits_by_firthmodels(fit: Any, confidence: float) -> tuple[float, float, float]:
    """Penalised profile limits and p of the first coefficient; missing where they are not found."""
    with warnings.catch_warnings():
        # where it did not converge firthmodels only warns
        warnings.simplefilter("error")
        try:
            low, high = fit.conf_int(
                alpha=1 - confidence / 100, method="pl", features=[0], max_iter=1000
            )[0]
        except (Warning, ArithmeticError, ValueError):
            low = high = np.nan
        try:
            p_value = float(fit.lrt(features=[0]).lrt_pvalues_[0])
        except (Warning, ArithmeticError, ValueError):
            p_value = np.nan
    return low, high, p_value


def cluster_covariance(
    design: np.ndarray, event: np.ndarray, solution: Solution, cluster: np.ndarray
) -> np.ndarray:
    """Covariance of maximum-likelihood estimates that is robust to what participants of one cluster
    have in common.

    V (sum over clusters of s s') V G/(G - 1), with V the inverse of the information, s the sum of
    a cluster's scores x (y - p), and G clusters: Liang and Zeger 1986 (Biometrika 73:13, theorem 1,
    under independence), with the factor of Stata's vce(cluster) for a likelihood (Rogers 1993,
    Stata Tech Bull 13:19; [P] _robust). cluster: n labels.
    """
    _, places = np.unique(cluster, return_inverse=True)
    number = int(places.max()) + 1
    scores = design * (event - expit(design @ solution.params))[:, None]
    of_clusters = np.zeros((number, design.shape[1]))
    np.add.at(of_clusters, places.ravel(), scores)
    moved = of_clusters @ solution.covariance
    return np.asarray(moved.T @ moved * number / (number - 1))


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

    # the surplus is monotone in the constant, so limits wide enough have its root between them
    reach = 1.0
    while surplus(params[place] - reach) * surplus(params[place] + reach) > 0:
        reach *= 2
    corrected = params.copy()
    corrected[place] = _root(surplus, params[place] - reach, params[place] + reach)
    return corrected


def separated(design: np.ndarray, event: np.ndarray) -> np.ndarray:
    """For each column, whether its maximum-likelihood estimate is infinite (Konis 2007), by a
    linear program.

    Raises numpy.linalg.LinAlgError if the columns are not independent.
    """
    from firthmodels import detect_separation

    # not centred: the constant's own estimate is asked about
    detected = detect_separation(design / standardised(design).scale, event, fit_intercept=False)
    infinite: np.ndarray = ~np.asarray(detected.is_finite, dtype=bool)
    return infinite
