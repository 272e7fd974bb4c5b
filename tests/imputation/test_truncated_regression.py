"""Numbers between limits: the fit against scipy's maximum, draws against closed forms."""

import numpy as np
import pytest
from scipy import optimize, stats

from mothers_margins.imputation.truncated_regression import draw_truncreg, fit_truncreg
from tests.imputable import hessian, planted


def test_truncated_draws_stay_inside_and_the_fit_finds_the_truth():
    x, rng = planted(4000, 9)
    y = x @ [1.0, 1.0, 0.5] + rng.standard_normal(4000)
    inside = (y > 0) & (y < 3)
    params, information = fit_truncreg(x[inside], y[inside], 0, 3)
    errors = np.sqrt(np.diag(np.linalg.inv(information)))
    assert (np.abs(params - [1.0, 1.0, 0.5, 0.0]) < 4 * errors).all()
    drawn = draw_truncreg(x, params, 0, 3, rng)
    assert ((drawn > 0) & (drawn < 3)).all()


@pytest.mark.parametrize("limits", [(0, 100), (-np.inf, 100), (0, np.inf), (-np.inf, np.inf)])
def test_the_truncated_fit_is_the_maximum_of_its_likelihood_and_the_information_its_bend(limits):
    """A score of 0 to 100 with heaps at the limits that are its own; against scipy's maximum and
    differences.
    """
    x, rng = planted(500, 21)
    y = np.round(np.clip(x @ [45, 12, 10] + 18 * rng.standard_normal(500), 0, 100))
    y = y[(inside := (y >= limits[0]) & (y <= limits[1]))]
    x = x[inside]

    def minus_log_likelihood(at: np.ndarray) -> float:
        mean, sigma = x @ at[:-1], np.exp(at[-1])
        room = stats.norm.cdf(limits[1], mean, sigma) - stats.norm.cdf(limits[0], mean, sigma)
        return -float((stats.norm.logpdf(y, mean, sigma) - np.log(room)).sum())

    params, information = fit_truncreg(x, y, *limits)
    best = optimize.minimize(minus_log_likelihood, np.append([50, 10, 10], np.log(20)))
    assert minus_log_likelihood(params) <= best.fun + 1e-7
    assert params == pytest.approx(best.x, rel=1e-4)
    assert information == pytest.approx(hessian(minus_log_likelihood, params), rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("limits", [(0.0, 100.0), (-np.inf, 60.0), (90.0, 100.0)])
def test_truncated_draws_have_the_fitted_mean(limits):
    """The mean of a normal with its tails cut off, also where nearly all of it is (90 and more of
    N(40, 10)).
    """
    x, rng = planted()
    params = np.array([40.0, 8.0, 5.0, np.log(10.0)])
    low, high = limits
    mean, sigma = x @ params[:3], 10.0
    chance = stats.truncnorm((low - mean) / sigma, (high - mean) / sigma, mean, sigma)
    totals = [draw_truncreg(x, params, low, high, rng).sum() for _ in range(400)]
    error = np.sqrt(chance.var().sum() / 400)
    assert abs(np.mean(totals) - chance.mean().sum()) < 4 * error
