"""Parameters are drawn with the inverse of the information, whatever the method."""

import numpy as np
import pytest
from scipy.special import expit

from mothers_margins.imputation import newton
from mothers_margins.imputation.logistic_regression import fit_logit, fit_mlogit
from mothers_margins.imputation.proportional_odds import fit_ologit
from mothers_margins.imputation.truncated_regression import fit_truncreg
from tests.imputable import is_covariance, planted


def test_coefficients_are_drawn_with_the_inverse_of_the_information():
    x, rng = planted(300, 5)
    codes = (rng.random(300) < expit(x @ [0.1, 0.8, -0.5])).astype(int)
    params, information = fit_logit(x, codes)
    drawn = np.array([newton.drawn(params, information, rng) for _ in range(4000)])
    covariance = np.linalg.inv(information)
    assert np.cov(drawn.T) == pytest.approx(covariance, rel=0.12, abs=0.0015)
    assert drawn.mean(axis=0) == pytest.approx(
        params, abs=4 * np.sqrt(np.diag(covariance) / 4000).max()
    )


@pytest.mark.parametrize("method", ["logit", "ologit", "mlogit", "truncreg"])
def test_the_parameters_are_drawn_with_the_inverse_information(method):
    x, rng = planted()
    latent = x @ [0.1, 0.8, -0.5] + rng.logistic(size=300)
    if method == "truncreg":
        inside = (latent > -2) & (latent < 2)
        params, information = fit_truncreg(x[inside], latent[inside], -2, 2)
    else:
        cuts = {"logit": [0], "ologit": [-1, 1], "mlogit": [-0.5, 0.5]}[method]
        fit = {
            "logit": fit_logit,
            "ologit": fit_ologit,
            "mlogit": fit_mlogit,
        }[method]
        params, information = fit(x, np.digitize(latent, cuts))
    drawn = np.array([newton.drawn(params, information, rng) for _ in range(4000)])
    covariance = np.linalg.inv(information)
    assert is_covariance(drawn, covariance)
    assert (np.abs(drawn.mean(axis=0) - params) < 4 * np.sqrt(np.diag(covariance) / 4000)).all()
