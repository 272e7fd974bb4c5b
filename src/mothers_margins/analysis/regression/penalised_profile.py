"""Firth's penalised likelihood of m data sets, maximised with one coefficient held. Arrays in,
arrays out.

The m data sets have the same number of rows and columns, and are maximised side by side.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.linalg import null_space
from scipy.special import expit

from mothers_margins.analysis.regression.likelihood import standardised

STEPS = 200
PATIENCE = 12  # steps after which the whole second derivative is used
LARGE = 5000  # rows beyond which it is not, because it needs a number for every pair of them
CLOSE = 1e-8  # of a step, in standard errors
FEW = 1e-6  # a signed root so near the maximum that its slope is that of the quadratic


class _Reached(NamedTuple):
    """What is known at some coefficients of each data set: penalised log-likelihood, its score
    (Firth 1993, Biometrika 80:27, eq. 4.1), and the inverse of the information.
    """

    loglik: np.ndarray
    score: np.ndarray
    inverse: np.ndarray


@dataclass(frozen=True, eq=False)
class _Side:
    """The data sets in columns that suit a coefficient, with their maxima. scales: of each data set
    what a coefficient is multiplied by, to be one of these columns.
    """

    designs: np.ndarray
    events: np.ndarray
    scales: np.ndarray
    params: np.ndarray
    reached: _Reached


class PenalisedProfiles:
    """Profiles of the penalised likelihood, of m data sets side by side.

    designs: m x n x k, with the constant or without one; events: m x n of 0 and 1. Columns are
    scaled, and centred where one is constant, so that units and far zeros do not matter.
    """

    def __init__(self, designs: np.ndarray, events: np.ndarray) -> None:
        first, self._places = _distinct(designs, events)
        designs = designs[first]
        events = events[first]
        self._standard = [standardised(design) for design in designs]
        # a column that is constant in one data set only would be scaled otherwise there
        self._constant = np.all([each.constant for each in self._standard], axis=0)
        scales = np.array([each.scale for each in self._standard])
        columns = np.array([each.columns for each in self._standard])
        self._centred = _maximised(columns, events, scales)
        self._of_constant: _Side | None = None

    def signed_roots(self, k: int, value: float) -> tuple[np.ndarray, np.ndarray]:
        """For each data set the signed root of twice the fall of the penalised log-likelihood,
        maximised over the others with coefficient k at a value, and its slope; nan where that is
        not found.

        The slope follows from the score of k at the maximum of the others: d(root²/2) = -score.
        """
        side = self._centred
        if self._constant[k]:
            # centring changes what the constant means, so it is held in columns of its own
            side = self._of_constant = self._of_constant or self._held_constant(k)
            k = 0
        held = value * side.scales[:, k]
        reached = _held(side, k, held)
        fall = np.maximum(side.reached.loglik - reached.loglik, 0.0)
        roots = np.sign(held - side.params[:, k]) * np.sqrt(2 * fall)
        # near the maximum both are nearly zero; there the likelihood is a parabola
        quadratic = 1 / np.sqrt(side.reached.inverse[:, k, k])
        near = np.abs(roots) < FEW
        slopes = np.where(near, quadratic, -reached.score[:, k] / np.where(near, 1.0, roots))
        near_roots = (held - side.params[:, k]) * quadratic
        signed = np.where(near, near_roots, roots)
        return signed[self._places], (slopes * side.scales[:, k])[self._places]

    def _held_constant(self, k: int) -> _Side:
        """Columns whose first coefficient is the constant in units of its standard error.

        The constant is w'b of the coefficients b in standardised columns. With V the inverse of the
        information, b = (V w / s) t + N g has w'b = s t, where s² = w'V w and w'N = 0; however far
        the columns are from zero, those of t and g are not nearly the same.
        """
        turned: list[np.ndarray] = []
        errors: list[float] = []
        for each, inverse in zip(self._standard, self._centred.reached.inverse, strict=True):
            weights = -each.centre / each.scale
            weights[k] += 1
            error = float(np.sqrt(weights @ inverse @ weights))
            along = inverse @ weights / error
            turned.append(each.columns @ np.column_stack([along, null_space(weights[None, :])]))
            errors.append(error)
        scales = np.ones((len(turned), len(weights)))
        scales[:, 0] = 1 / np.array(errors)
        return _maximised(np.array(turned), self._centred.events, scales)


def _distinct(designs: np.ndarray, events: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first of each of the different data sets, and for every data set its place among these:
    of a variable with few missing values many completed data sets are the same.
    """
    keys = [
        (design.tobytes(), event.tobytes()) for design, event in zip(designs, events, strict=True)
    ]
    order = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    places = np.array([order[key] for key in keys])
    return np.unique(places, return_index=True)[1], places


def _maximised(designs: np.ndarray, events: np.ndarray, scales: np.ndarray) -> _Side:
    """The maximum of each data set over all coefficients. Raises ArithmeticError if one is not
    found.
    """
    free = np.ones(designs.shape[2], dtype=bool)
    start = np.zeros((len(designs), designs.shape[2]))
    params, reached = _climbed(designs, events, start, free)
    if np.isnan(reached.loglik).any():
        raise ArithmeticError("Firth's estimates do not converge")
    return _Side(designs, events, scales, params, reached)


def _held(side: _Side, k: int, held: np.ndarray) -> _Reached:
    """The maximum of each data set over the other coefficients, with k held at `held`."""
    free = np.arange(side.designs.shape[2]) != k
    # how the others go with this one near the maximum
    slopes = side.reached.inverse[:, :, k] / side.reached.inverse[:, k, k][:, None]
    start = side.params + slopes * (held - side.params[:, k])[:, None]
    start[:, k] = held
    _, reached = _climbed(side.designs, side.events, start, free)
    return reached


def _climbed(
    designs: np.ndarray, events: np.ndarray, start: np.ndarray, free: np.ndarray
) -> tuple[np.ndarray, _Reached]:
    """Newton's method with the information in the place of the second derivative (as logistf and
    firthmodels have it), and where that is slow with the derivative itself; steps halved where the
    likelihood falls; each data set for itself. The likelihood of one that does not converge is
    missing.
    """
    params = start.copy()
    reached = _at(designs, events, params)
    moving = np.arange(len(designs))
    for number in range(STEPS):
        step = _step(_Reached(*(part[moving] for part in reached)), free)
        if number >= PATIENCE and designs.shape[1] <= LARGE:
            step = _curved(designs[moving], params[moving], reached.score[moving], step, free)
        errors = np.sqrt(np.einsum("mkk->mk", reached.inverse[moving]))
        still = np.abs(step / errors).max(axis=1) > CLOSE
        moving, step = moving[still], step[still]
        if not len(moving):
            return params, reached
        there = _not_lower(designs[moving], events[moving], params[moving], step, reached, moving)
        params[moving] = there[0]
        for part, new in zip(reached, there[1], strict=True):
            part[moving] = new
    reached.loglik[moving] = np.nan
    return params, reached


def _curved(
    designs: np.ndarray, params: np.ndarray, score: np.ndarray, plain: np.ndarray, free: np.ndarray
) -> np.ndarray:
    """Newton's steps by the second derivative of the penalised log-likelihood, of those data sets
    where it curves downwards; the plain step of the others.
    """
    steps = plain.copy()
    for place, (design, at, own) in enumerate(zip(designs, params, score, strict=True)):
        curvature = -_second_derivative(design, at)[np.ix_(free, free)]
        try:
            np.linalg.cholesky(curvature)
        except np.linalg.LinAlgError:
            continue
        steps[place, free] = np.linalg.solve(curvature, own[free])
    return steps


def _second_derivative(design: np.ndarray, params: np.ndarray) -> np.ndarray:
    """The derivative of Firth's score: with leverages h, x'(y - p + h (1/2 - p)) gives
    -x'w(1 + h)x + x'(1/2 - p) dh.
    """
    chance = expit(design @ params)
    weights = np.maximum(chance * (1 - chance), 1e-13)
    skew = weights * (1 - 2 * chance)  # the derivative of a weight
    inverse = np.linalg.inv((design.T * weights) @ design)
    between = design @ inverse @ design.T
    leverage = weights * np.diag(between)
    of_leverage = (leverage * (1 - 2 * chance))[:, None] * design
    of_leverage -= weights[:, None] * (between**2 @ (skew[:, None] * design))
    plain = (design.T * (weights * (1 + leverage))) @ design
    derivative: np.ndarray = (design.T * (0.5 - chance)) @ of_leverage - plain
    return derivative


def _step(reached: _Reached, free: np.ndarray) -> np.ndarray:
    """Newton's step of the coefficients that are free: that of all, given that the held one does
    not move.
    """
    step: np.ndarray = np.einsum("mjk,mk->mj", reached.inverse, np.where(free, reached.score, 0.0))
    if free.all():
        return step
    k = int(np.argmin(free))
    along = reached.inverse[:, :, k] / reached.inverse[:, k, k][:, None]
    of_the_free: np.ndarray = np.where(free, step - along * step[:, [k]], 0.0)
    return of_the_free


def _not_lower(
    designs: np.ndarray,
    events: np.ndarray,
    params: np.ndarray,
    step: np.ndarray,
    before: _Reached,
    moving: np.ndarray,
) -> tuple[np.ndarray, _Reached]:
    """Where a step leads, halved until the likelihood is not lower than before."""
    step = np.clip(step, -5.0, 5.0)
    there = _at(designs, events, params + step)
    for _ in range(30):
        lower = ~(there.loglik >= before.loglik[moving] - 1e-10)
        if not lower.any():
            break
        step[lower] /= 2
        again = _at(designs[lower], events[lower], (params + step)[lower])
        for part, new in zip(there, again, strict=True):
            part[lower] = new
    return params + step, there


def _at(designs: np.ndarray, events: np.ndarray, params: np.ndarray) -> _Reached:
    linear = (designs @ params[:, :, None])[:, :, 0]
    chance = expit(linear)
    # an information of zero has no inverse; where all is certain the likelihood is far down
    weights = np.maximum(chance * (1 - chance), 1e-13)
    weighted = designs * weights[:, :, None]
    information = designs.transpose(0, 2, 1) @ weighted
    inverse = np.linalg.inv(information)
    leverage = ((weighted @ inverse) * designs).sum(axis=2)
    loglik = (events * linear - np.logaddexp(0, linear)).sum(axis=1)
    penalty = np.linalg.slogdet(information)[1] / 2
    surplus = events - chance + leverage * (0.5 - chance)
    score = (surplus[:, None, :] @ designs)[:, 0, :]
    return _Reached(loglik + penalty, score, inverse)
