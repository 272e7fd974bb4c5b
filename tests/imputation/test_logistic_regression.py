"""Levels: unordered ones against R's multinom; how often each is drawn, ordered ones too."""

import numpy as np
import pytest
from scipy.special import expit

from mothers_margins.imputation.logistic_regression import draw_logit, draw_mlogit, fit_mlogit
from mothers_margins.imputation.proportional_odds import draw_ologit
from tests.imputable import BIRTHWT, R, design, planted


def test_unordered_levels_are_fitted_as_multinom_does():
    codes = BIRTHWT["race"].map({"white": 0, "black": 1, "other": 2}).to_numpy()
    params, information = fit_mlogit(design(), codes)
    case = R["multinom_birthwt"]
    assert params.reshape(2, 5) == pytest.approx(np.array(case["coef"]["values"]), abs=1e-6)
    errors = np.sqrt(np.diag(np.linalg.inv(information))).reshape(2, 5)
    assert errors == pytest.approx(np.array(case["se"]["values"]), rel=1e-6)


@pytest.mark.parametrize("method", ["logit", "ologit", "mlogit"])
def test_levels_are_drawn_as_often_as_their_probabilities_add_up_to(method):
    """The class of error that mice 3.19.8 had: at fixed parameters, mean count against the sum,
    within 4 MC SE.
    """
    x, rng = planted(400, 3)
    params = {
        "logit": np.array([0.2, 0.5, -0.4]),
        "ologit": np.array([0.6, -0.3, -0.5, 1.2]),
        "mlogit": np.array([0.1, 0.4, 0.0, -0.8, -0.3, 0.6]),
    }[method]
    if method == "logit":
        high = expit(x @ params)
        chance = np.column_stack([1 - high, high])
    elif method == "ologit":
        below = expit(params[2:][None, :] - (x[:, 1:] @ params[:2])[:, None])
        chance = np.column_stack([below[:, 0], below[:, 1] - below[:, 0], 1 - below[:, 1]])
    else:
        weight = np.exp(np.column_stack([np.zeros(400), x @ params[:3], x @ params[3:]]))
        chance = weight / weight.sum(axis=1, keepdims=True)
    draw = {
        "logit": draw_logit,
        "ologit": draw_ologit,
        "mlogit": draw_mlogit,
    }[method]
    levels, times = chance.shape[1], 500
    counts = np.array(
        [np.bincount(draw(x, params, levels, rng), minlength=levels) for _ in range(times)]
    )
    error = np.sqrt((chance * (1 - chance)).sum(axis=0) / times)
    assert (np.abs(counts.mean(axis=0) - chance.sum(axis=0)) < 4 * error).all()
