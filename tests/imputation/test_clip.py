"""CLIP: closed forms where likelihoods are parabolas, so that their distributions are normal."""

import numpy as np
import pytest
from scipy import optimize, stats

from mothers_margins.imputation import MeanDistribution

MEANS = np.array([0.2, 0.5, 0.9, 0.4, 1.3, 0.1])
ERRORS = np.array([0.3, 0.25, 0.4, 0.3, 0.5, 0.2])


def parabolas(means: np.ndarray, errors: np.ndarray) -> MeanDistribution:
    """Log-likelihoods -(value - mean)²/(2 error²): their signed roots are (value - mean)/error."""
    start = (float(np.mean(means)), float(np.mean(errors)))
    return MeanDistribution(lambda value: ((value - means) / errors, 1 / errors), start)


def mixture_quantile(means: np.ndarray, errors: np.ndarray, share: float) -> float:
    return optimize.brentq(
        lambda value: stats.norm.cdf(value, means, errors).mean() - share, -9, 9, xtol=1e-13
    )


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.002])
def test_limits_of_parabolas_are_the_quantiles_of_the_mixture_of_normals(alpha):
    low, high = parabolas(MEANS, ERRORS).limits(alpha)
    assert low == pytest.approx(mixture_quantile(MEANS, ERRORS, alpha / 2), abs=1e-9)
    assert high == pytest.approx(mixture_quantile(MEANS, ERRORS, 1 - alpha / 2), abs=1e-9)
    below = stats.norm.cdf(0, MEANS, ERRORS).mean()
    assert parabolas(MEANS, ERRORS).p_value() == pytest.approx(2 * below, rel=1e-12)


def test_equal_data_sets_have_the_interval_of_one():
    same = parabolas(np.full(7, 0.8), np.full(7, 0.4))
    assert same.limits(0.05) == pytest.approx((0.8 - 1.959964 * 0.4, 0.8 + 1.959964 * 0.4))
    assert same.p_value() == pytest.approx(2 * stats.norm.sf(2))
    assert list(same.jackknife(0.05).values()) == pytest.approx([0, 0, 0], abs=1e-9)


def test_monte_carlo_errors_are_the_jackknifes():
    """Each number again without one data set, six times."""
    kept = [np.arange(6) != place for place in range(6)]
    for alpha in (0.05, 0.2):
        without_one = np.array(
            [
                [
                    2 * min(share := stats.norm.cdf(0, MEANS[k], ERRORS[k]).mean(), 1 - share),
                    mixture_quantile(MEANS[k], ERRORS[k], alpha / 2),
                    mixture_quantile(MEANS[k], ERRORS[k], 1 - alpha / 2),
                ]
                for k in kept
            ]
        )
        by_hand = np.sqrt(5 / 6 * ((without_one - without_one.mean(axis=0)) ** 2).sum(axis=0))
        found = parabolas(MEANS, ERRORS).jackknife(alpha)
        assert [*found.values()] == pytest.approx(by_hand, rel=1e-7)
        assert [*found] == ["p_value", "conf_low", "conf_high"]
    two = parabolas(MEANS[:2], ERRORS[:2]).jackknife(0.05)
    assert np.isnan([*two.values()]).all()


@pytest.mark.parametrize("moved", [0.0, 0.1, 0.2, 0.3, -0.4, -1.3, -1.7])
def test_nought_is_inside_exactly_where_p_is_alpha_or_more(moved):
    found = parabolas(MEANS + moved, ERRORS)
    for alpha in (0.5, 0.2, 0.05, 0.01):
        low, high = found.limits(alpha)
        assert (low <= 0 <= high) == (found.p_value() >= alpha)
    p = found.p_value()
    ends = found.limits(p)  # at alpha = p one of the limits is nought
    assert min(np.abs(ends)) == pytest.approx(0, abs=1e-8)


def test_a_limit_to_which_the_mean_never_comes_is_missing():
    """One of two data sets has a likelihood that levels off: its signed root goes to -1."""

    def levels_off(value: float) -> tuple[np.ndarray, np.ndarray]:
        flat = max(value, -1.0)
        return np.array([flat, value]), np.array([float(value > -1), 1.0])

    low, high = MeanDistribution(levels_off, (0.0, 1.0)).limits(0.05)
    assert np.isnan(low)  # half of Φ(-1) is .079, more than .025
    assert high == pytest.approx(1.959964, abs=1e-6)


def test_a_likelihood_that_is_not_found_is_no_likelihood_that_is_left_out():
    def not_found(value: float) -> tuple[np.ndarray, np.ndarray]:
        return np.array([value, np.nan, value]), np.ones(3)

    found = MeanDistribution(not_found, (0.0, 1.0))
    assert np.isnan(found.limits(0.05)).all()
    assert np.isnan(found.p_value())
