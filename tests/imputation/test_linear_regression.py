"""Least squares, and draws of its parameters."""

import numpy as np
import pytest
from scipy import stats

from mothers_margins.imputation.linear_regression import draw_regress_params, fit_regress
from tests.imputable import is_covariance, planted


def test_a_regression_is_drawn_as_rubin_says():
    """RSS / sigma² is chi-squared with n - p degrees of freedom; (b* - b) / sigma is N(0,
    (x'x)^-1).
    """
    x, rng = planted(60)
    y = x @ [1, 2, 3] + 2 * rng.standard_normal(60)
    estimate, gram, residual, df = fit_regress(x, y)
    assert estimate == pytest.approx(np.linalg.lstsq(x, y)[0], rel=1e-4)  # but for the ridge
    assert gram == pytest.approx(x.T @ x)
    draws = [draw_regress_params(estimate, gram, residual, df, rng) for _ in range(4000)]
    sigma = np.array([spread for _, spread in draws])
    assert stats.kstest(residual / sigma**2, stats.chi2(57).cdf).pvalue > 0.001
    moved = (np.array([params for params, _ in draws]) - estimate) / sigma[:, None]
    assert is_covariance(moved, np.linalg.inv(x.T @ x + 1e-5 * np.diag(np.diag(x.T @ x))))
