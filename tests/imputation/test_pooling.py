"""Pooling: against R (tests/data/reference) and Rubin's formulas."""

import json
from math import inf

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mothers_margins.imputation import (
    chained,
    combine_statistics,
    fmi_limit,
    how_many_imputations,
    imputations_needed,
    pool_estimates,
)
from tests.conftest import REPOSITORY

FOLDER = REPOSITORY / "tests" / "data" / "reference"
R = json.loads((FOLDER / "imputation.json").read_text(encoding="utf-8"))
FIXED = R["pooled_logistic_fixed_m5"]
COVARIANCES = [FIXED["vcov"][str(i)] for i in range(1, 6)]


EQUATIONS = {"lwt": "pmm", "race": "mlogit", "smoke": "logit", "ptlc": "ologit"}


@pytest.mark.parametrize("name", R["pool_scalar"])
def test_one_estimate_is_pooled_as_r_does(name):
    """mice::pool.scalar, Barnard and Rubin's degrees of freedom."""
    case = R["pool_scalar"][name]
    found = pool_estimates(
        [[q] for q in case["q"]],
        [[[u]] for u in case["u"]],
        df_complete=float(case["dfcom"]),
        df_rule="barnard-rubin",
    )
    low, high = found.conf_int().iloc[0]
    numbers = {
        "qbar": found.params.iloc[0],
        "se": found.bse.iloc[0],
        "df": found.df.iloc[0],
        "r": found.riv.iloc[0],
        "fmi": found.fmi.iloc[0],
        "p_value": found.pvalues.iloc[0],
    }
    for key, value in numbers.items():
        assert value == pytest.approx(case[key], rel=1e-10, abs=1e-14), key
    assert [low, high] == pytest.approx(case["ci95"], rel=1e-10)


def test_a_whole_model_is_pooled_by_both_rules():
    small = pool_estimates(FIXED["qhat"], COVARIANCES, df_complete=179, df_rule="barnard-rubin")
    large = pool_estimates(FIXED["qhat"], COVARIANCES)
    for found, key in ((small, "pooled"), (large, "large_sample")):
        assert found.df.to_numpy() == pytest.approx(FIXED[key]["df"], rel=1e-10)
        assert found.fmi.to_numpy() == pytest.approx(FIXED[key]["fmi"], rel=1e-10)
    assert large.bse.to_numpy() == pytest.approx(FIXED["se"], rel=1e-10)
    assert large.pvalues.to_numpy() == pytest.approx(FIXED["large_sample"]["p"], rel=1e-10)
    assert large.conf_int()[0].to_numpy() == pytest.approx(
        FIXED["large_sample"]["ci_lo"], rel=1e-10
    )


def test_joint_tests_are_those_of_r():
    """D1 with the degrees of freedom of Reiter and of Li and others; D2 of the Wald statistics
    (mitml, mice).
    """
    terms = {"race": ["x4", "x5"]}
    small = pool_estimates(
        FIXED["qhat"], COVARIANCES, df_complete=179, df_rule="barnard-rubin", terms=terms
    )
    large = pool_estimates(FIXED["qhat"], COVARIANCES, terms=terms)
    found = {
        "D1_race_dfcom_n_minus_k": small.wald_test("race"),
        "D1_race_large": large.wald_test("race"),
        "D2_race_wald": large.wald_test_d2("race"),
    }
    for key, test in found.items():
        expected = [FIXED[key][part] for part in ("F", "df1", "df2", "p", "RIV")]
        assert [test.statistic, test.df1, test.df2, test.pvalue, test.riv] == pytest.approx(
            expected, rel=1e-9
        )
    with pytest.raises(KeyError, match="no coefficient age"):
        large.wald_test("age")


def test_without_variation_between_imputations_the_pooled_result_is_the_single_one():
    covariance = np.array([[0.08, 0.01], [0.01, 0.05]])
    found = pool_estimates([[0.7, -0.2]] * 4, [covariance] * 4)
    assert found.params.tolist() == pytest.approx([0.7, -0.2])
    assert found.cov_params().to_numpy() == pytest.approx(covariance)
    assert found.df.tolist() == [inf, inf]
    assert found.fmi.tolist() == [0, 0]
    z = np.array([0.7, -0.2]) / np.sqrt([0.08, 0.05])
    assert found.pvalues.to_numpy() == pytest.approx(2 * stats.norm.sf(np.abs(z)), rel=1e-12)
    joint = found.wald_test(["x1", "x2"])
    wald = np.array([0.7, -0.2]) @ np.linalg.solve(covariance, [0.7, -0.2])
    assert joint.pvalue == pytest.approx(stats.chi2.sf(wald, 2), rel=1e-12)


def test_monte_carlo_error_of_the_estimate_is_the_jackknifes_closed_form():
    """Leaving one imputation out moves a mean so that its jackknife error is sqrt(B/m)."""
    found = pool_estimates(FIXED["qhat"], COVARIANCES)
    b = np.var(np.array(FIXED["qhat"]), axis=0, ddof=1)
    assert found.mc_error.to_numpy() == pytest.approx(np.sqrt(b / 5), rel=1e-10)
    assert np.isnan(pool_estimates(FIXED["qhat"][:2], COVARIANCES[:2]).mc_error).all()


@pytest.mark.parametrize("df_rule", ["rubin", "barnard-rubin"])
def test_monte_carlo_errors_are_the_jackknifes(df_rule):
    """As Stata's mcerror has them: each number pooled again without one imputation, five times."""

    def pooled(kept, alpha):
        found = pool_estimates(
            [FIXED["qhat"][k] for k in kept],
            [COVARIANCES[k] for k in kept],
            df_complete=179,
            df_rule=df_rule,
        )
        limits = found.conf_int(alpha)
        numbers = [found.params, found.bse, found.pvalues, limits[0], limits[1]]
        return np.array([series.to_numpy() for series in numbers])

    for alpha in (0.05, 0.1):
        without_one = np.array(
            [pooled([k for k in range(5) if k != left_out], alpha) for left_out in range(5)]
        )
        spread = without_one - without_one.mean(axis=0)
        by_hand = np.sqrt(4 / 5 * (spread**2).sum(axis=0))
        found = pool_estimates(FIXED["qhat"], COVARIANCES, df_complete=179, df_rule=df_rule)
        errors = found.mc_errors(alpha)
        columns = ["estimate", "std_error", "p_value", "conf_low", "conf_high"]
        np.testing.assert_allclose(errors[columns].to_numpy().T, by_hand, rtol=1e-9)
        assert errors["estimate"].to_numpy() == pytest.approx(found.mc_error.to_numpy(), rel=1e-9)
    assert pool_estimates(FIXED["qhat"][:2], COVARIANCES[:2]).mc_errors().isna().all(axis=None)


def test_monte_carlo_errors_of_equal_imputations_are_nought():
    same = pool_estimates([[0.4, 1.0]] * 6, [np.eye(2)] * 6)
    assert same.mc_errors().to_numpy() == pytest.approx(np.zeros((2, 5)), abs=1e-12)


def test_what_cannot_be_pooled_is_refused():
    with pytest.raises(ValueError, match="2 estimates of 2 coefficients need 2 covariances"):
        pool_estimates([[1, 2], [1, 2]], [np.eye(2)])
    with pytest.raises(ValueError, match="different names"):
        pool_estimates([pd.Series({"a": 1.0}), pd.Series({"b": 1.0})], [[[1]], [[1]]])
    with pytest.raises(ValueError, match="is missing"):
        pool_estimates([[np.nan], [1]], [[[1]], [[1]]])
    with pytest.raises(ValueError, match="df_rule is"):
        pool_estimates([[1], [1]], [[[1]], [[1]]], df_rule="stata")


def test_how_many_imputations_are_needed():
    """von Hippel 2020: FMI .35 and 5 % need 1 + (.35/.05)^2/2 = 25.5, so 26."""
    assert how_many_imputations(0.35) == 26
    assert how_many_imputations(0) == 1


def test_the_upper_limit_of_missing_information_decides_how_many_are_needed():
    """von Hippel 2020, by hand. FMI .35 of 50: logit -.6190 + 1.959964 x .2 = -.2271, so .44348,
    and 1 + 8.8696²/2 = 40.3. FMI .6 of 100: .4055 + .2772 = .6826, so .66433, 1 + 13.2866²/2 =
    89.3. FMI .1 of 50: .14122 needs 5, but 100 FMI are 10 (White, Royston and Wood 2011).
    """
    assert fmi_limit(0.35, 50) == pytest.approx(0.44348, abs=1e-5)
    assert fmi_limit(0.6, 100) == pytest.approx(0.66433, abs=1e-5)
    assert imputations_needed(0.35, 50) == 41
    assert imputations_needed(0.6, 100) == 90
    assert imputations_needed(0.1, 50) == 10
    assert imputations_needed(0.07, 1000) == 7  # 100 x .07 is not more than 7
    assert (fmi_limit(0, 20), imputations_needed(0, 20)) == (0, 1)


def test_d2_needs_no_more_than_the_statistics():
    same = combine_statistics([4.0, 4.0, 4.0], 2)
    assert (same.statistic, same.pvalue) == pytest.approx((2.0, stats.chi2.sf(4, 2)))


def test_least_squares_is_pooled_with_the_degrees_of_freedom_that_are_left_by_default(holes):
    made = chained(holes, EQUATIONS, m=3, burnin=2, seed=1)
    assert made.fit("lwt ~ age", "regress").df_rule == "barnard-rubin"
    assert made.fit("low ~ age").df_rule == "rubin"


def test_estimates_are_pooled_in_whatever_shape_they_come():
    rng = np.random.default_rng(6)
    frame = pd.DataFrame(rng.standard_normal((4, 2)), columns=["a", "b"])
    covariances = [pd.DataFrame([[2.0, 0.3], [0.3, 1.0]], ["a", "b"], ["a", "b"])] * 4
    found = pool_estimates(frame, [one.loc[["b", "a"], ["b", "a"]] for one in covariances])
    plain = pool_estimates(frame.to_numpy(), [one.to_numpy() for one in covariances])
    assert found.bse.to_dict() == dict(zip("ab", plain.bse, strict=True))
    for params, covs, complete, words in (
        ([[1.0], [1.0, 2.0]], [[[1.0]]] * 2, 10, "all of one length"),
        ([[1.0]] * 2, [[[-1.0]]] * 2, 10, "a variance is below 0"),
        ([[1.0]] * 2, [[[1.0]]] * 2, 0, "df_complete is above 0"),
    ):
        with pytest.raises(ValueError, match=words):
            pool_estimates(params, covs, df_complete=complete)


def test_a_joint_test_with_few_degrees_of_freedom_left_has_a_p_value():
    """Reiter's expansion fails where the increase in variance is large beside the complete-data
    degrees of freedom.
    """
    rng = np.random.default_rng(7)
    found = pool_estimates(
        3 * rng.standard_normal((10, 2)), [np.eye(2)] * 10, df_complete=12, df_rule="barnard-rubin"
    )
    test = found.wald_test(["x1", "x2"])
    assert 0 < test.df2 < 12
    assert 0 < test.pvalue < 1
