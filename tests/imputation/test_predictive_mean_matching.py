"""Which donors are near, and how often each is taken."""

import numpy as np
from scipy import stats

from mothers_margins.imputation.predictive_mean_matching import matched


def test_donors_are_nearest_observed_values():
    rng = np.random.default_rng(1)
    predicted, donors = np.array([0.0, 1.0, 2.0, 3.0, 10.0]), np.array([5.0, 6.0, 7.0, 8.0, 99.0])
    picked = {float(matched(predicted, np.array([1.1]), donors, 2, rng)[0]) for _ in range(200)}
    assert picked == {6.0, 7.0}
    everyone = {float(matched(predicted, np.array([50.0]), donors, 5, rng)[0]) for _ in range(300)}
    assert everyone == set(donors)


def test_of_donors_at_one_distance_every_one_has_the_same_chance():
    """Two predictions only, as with one binary predictor: all 100 donors of the nearer one are
    drawn, not the first.
    """
    rng = np.random.default_rng(3)
    predicted, donors = np.repeat([0.0, 1.0], 100), np.arange(200.0)
    picked = np.array(
        [matched(predicted, np.array([0.1]), donors, 5, rng)[0] for _ in range(10_000)]
    )
    counts = np.bincount(picked.astype(int), minlength=200)
    assert counts[100:].sum() == 0
    assert stats.chisquare(counts[:100]).pvalue > 1e-4


def test_donors_have_equal_shares():
    """Each of the five nearest is taken as often: chi-squared with 4 degrees of freedom, 5,000
    draws.
    """
    rng = np.random.default_rng(5)
    predicted = np.arange(20.0)
    picked = matched(predicted, np.full(5000, 9.1), predicted, 5, rng)
    values, counts = np.unique(picked, return_counts=True)
    assert values.tolist() == [7, 8, 9, 10, 11]
    assert stats.chisquare(counts).pvalue > 0.001
