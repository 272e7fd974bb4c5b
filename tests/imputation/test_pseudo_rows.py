"""Pseudo-rows: against mice's own, and where they make a far maximum."""

import numpy as np
import pytest
from scipy.special import expit

from mothers_margins.imputation.logistic_regression import fit_logit
from mothers_margins.imputation.pseudo_rows import augmented
from tests.imputable import R


def test_pseudo_rows_are_those_of_white_daniel_and_royston():
    case = R["augment"]
    codes = np.array([{"no": 0, "yes": 1}.get(value, -1) for value in case["y"]])
    every = np.column_stack([np.ones(8), np.array(case["x"])])
    x, more_codes, weights = augmented(every[codes >= 0], codes[codes >= 0], 2, every)
    assert x[6:, 1:] == pytest.approx(np.array(case["x_aug"])[8:], rel=1e-10)
    assert ["no" if code == 0 else "yes" for code in more_codes[6:]] == case["y_aug"][8:]
    assert weights[6:] == pytest.approx(case["w"][8:], rel=1e-10)
    params, information = fit_logit(x, more_codes, weights)
    assert params == pytest.approx(case["fit_coef"], rel=1e-10)
    assert np.linalg.inv(information) == pytest.approx(np.array(case["fit_cov_unscaled"]), rel=1e-6)


def test_pseudo_rows_support_a_rare_indicator_however_far_its_maximum_lies():
    """One row in 258 has it, and it alone keeps the levels from being separated by z: the maximum
    lies at more than a thousand, where the score is nought, and Newton's steps get there.
    """
    rng = np.random.default_rng(1)
    z = rng.standard_normal((258, 20))
    rare = np.zeros(258)
    rare[0] = 1.0
    codes = (z[:, 0] > 1.2).astype(int)
    z[0, 0] = -4
    codes[0] = 1
    x = np.column_stack([np.ones(258), z, rare])
    more, more_codes, weights = augmented(x, codes, 2, x)
    params, _ = fit_logit(more, more_codes, weights)
    score = more.T @ (weights * (more_codes - expit(more @ params)))
    assert np.abs(params).max() > 1000
    assert np.abs(score).max() < 1e-4
