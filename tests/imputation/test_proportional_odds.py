"""Ordered levels: against R's polr and the bend of their likelihood."""

import numpy as np
import pytest
from scipy.special import expit

from mothers_margins.imputation.proportional_odds import fit_ologit
from tests.imputable import BIRTHWT, R, design, hessian


def test_ordered_levels_are_fitted_as_polr_does():
    codes = BIRTHWT["ptlc"].map({"0": 0, "1": 1, "2+": 2}).to_numpy()
    params, information = fit_ologit(design(), codes)
    case = R["polr_birthwt"]
    assert params[:4] == pytest.approx(case["coef"], abs=1e-7)
    assert params[4:] == pytest.approx(case["zeta"], abs=1e-7)
    # polr differentiates numerically with one step for all columns and is 0.2% off for lwt; ours is
    # exact
    assert np.sqrt(np.diag(np.linalg.inv(information))) == pytest.approx(case["se"], rel=3e-3)


def test_the_information_of_ordered_levels_is_the_bend_of_their_likelihood():
    x = (design() - design().mean(axis=0)) / np.maximum(design().std(axis=0), 1e-9)
    x[:, 0] = 1
    codes = BIRTHWT["ptlc"].map({"0": 0, "1": 1, "2+": 2}).to_numpy()
    params, information = fit_ologit(x, codes)

    def minus_log_likelihood(at: np.ndarray) -> float:
        below = expit(at[4:][None, :] - (x[:, 1:] @ at[:4])[:, None])
        share = np.column_stack([below[:, 0], below[:, 1] - below[:, 0], 1 - below[:, 1]])
        return -float(np.log(share[np.arange(len(codes)), codes]).sum())

    assert hessian(minus_log_likelihood, params) == pytest.approx(information, rel=1e-4, abs=1e-3)
