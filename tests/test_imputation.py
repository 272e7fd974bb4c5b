"""Chained equations and pooling, stand-alone: against R (tests/data/reference), Rubin's formulas,
and planted data.
"""

import json
from math import inf

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats
from scipy.special import expit

from mothers_margins.imputation import (
    Equation,
    Passive,
    chained,
    combine_statistics,
    default_method,
    fit_each,
    how_many_imputations,
    methods,
    pool_estimates,
)

from .conftest import REPOSITORY

FOLDER = REPOSITORY / "tests" / "data" / "reference"
R = json.loads((FOLDER / "imputation.json").read_text(encoding="utf-8"))
BIRTHWT = pd.read_csv(FOLDER / "birthwt.csv", dtype={"ptlc": "str"})
FIXED = R["pooled_logistic_fixed_m5"]
COVARIANCES = [FIXED["vcov"][str(i)] for i in range(1, 6)]


@pytest.fixture(scope="module")
def holes() -> pd.DataFrame:
    """The 189 births with holes: lwt, race, smoke and ptlc are incomplete."""
    frame = pd.read_csv(FOLDER / "birthwt_holes.csv", dtype={"ptlc": "str"})
    frame["race"] = pd.Categorical(frame["race"], ["white", "black", "other"])
    frame["ptlc"] = pd.Categorical(frame["ptlc"], ["0", "1", "2+"], ordered=True)
    return frame.astype({"smoke": "Int64"})


EQUATIONS = {"lwt": "pmm", "race": "mlogit", "smoke": "logit", "ptlc": "ologit"}


# ---- pooling


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


def test_d2_needs_no_more_than_the_statistics():
    same = combine_statistics([4.0, 4.0, 4.0], 2)
    assert (same.statistic, same.pvalue) == pytest.approx((2.0, stats.chi2.sf(4, 2)))


# ---- fits and draws of one variable


def design() -> np.ndarray:
    columns = [BIRTHWT[name] for name in ("age", "lwt", "smoke", "low")]
    return np.column_stack([np.ones(len(BIRTHWT)), *columns]).astype(float)


def hessian(function, at: np.ndarray, step: float = 1e-4) -> np.ndarray:
    """By differences, in steps relative to the parameters."""
    moves = np.diag(step * np.maximum(np.abs(at), 1))
    signs = ((1, 1), (1, -1), (-1, 1), (-1, -1))
    found = [
        [sum(a * b * function(at + a * i + b * j) for a, b in signs) for j in moves] for i in moves
    ]
    return np.array(found) / (4 * np.outer(np.diag(moves), np.diag(moves)))


def test_ordered_levels_are_fitted_as_polr_does():
    codes = BIRTHWT["ptlc"].map({"0": 0, "1": 1, "2+": 2}).to_numpy()
    params, information = methods.fit_ologit(design(), codes)
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
    params, information = methods.fit_ologit(x, codes)

    def minus_log_likelihood(at: np.ndarray) -> float:
        below = expit(at[4:][None, :] - (x[:, 1:] @ at[:4])[:, None])
        share = np.column_stack([below[:, 0], below[:, 1] - below[:, 0], 1 - below[:, 1]])
        return -float(np.log(share[np.arange(len(codes)), codes]).sum())

    assert hessian(minus_log_likelihood, params) == pytest.approx(information, rel=1e-4, abs=1e-3)


def test_unordered_levels_are_fitted_as_multinom_does():
    codes = BIRTHWT["race"].map({"white": 0, "black": 1, "other": 2}).to_numpy()
    params, information = methods.fit_mlogit(design(), codes)
    case = R["multinom_birthwt"]
    assert params.reshape(2, 5) == pytest.approx(np.array(case["coef"]["values"]), abs=1e-6)
    errors = np.sqrt(np.diag(np.linalg.inv(information))).reshape(2, 5)
    assert errors == pytest.approx(np.array(case["se"]["values"]), rel=1e-6)


def test_pseudo_rows_are_those_of_white_daniel_and_royston():
    case = R["augment"]
    codes = np.array([{"no": 0, "yes": 1}.get(value, -1) for value in case["y"]])
    every = np.column_stack([np.ones(8), np.array(case["x"])])
    x, made, weights = methods.augmented(every[codes >= 0], codes[codes >= 0], 2, every)
    assert x[6:, 1:] == pytest.approx(np.array(case["x_aug"])[8:], rel=1e-10)
    assert ["no" if code == 0 else "yes" for code in made[6:]] == case["y_aug"][8:]
    assert weights[6:] == pytest.approx(case["w"][8:], rel=1e-10)
    params, information = methods.fit_logit(x, made, weights)
    assert params == pytest.approx(case["fit_coef"], rel=1e-10)
    assert np.linalg.inv(information) == pytest.approx(np.array(case["fit_cov_unscaled"]), rel=1e-6)


def planted(n: int, seed: int) -> tuple[np.ndarray, np.random.Generator]:
    rng = np.random.default_rng(seed)
    return np.column_stack([np.ones(n), rng.standard_normal(n), rng.integers(0, 2, n)]), rng


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
        "logit": methods.draw_logit,
        "ologit": methods.draw_ologit,
        "mlogit": methods.draw_mlogit,
    }[method]
    levels, times = chance.shape[1], 500
    counts = np.array(
        [np.bincount(draw(x, params, levels, rng), minlength=levels) for _ in range(times)]
    )
    error = np.sqrt((chance * (1 - chance)).sum(axis=0) / times)
    assert (np.abs(counts.mean(axis=0) - chance.sum(axis=0)) < 4 * error).all()


def test_coefficients_are_drawn_with_the_inverse_of_the_information():
    x, rng = planted(300, 5)
    codes = (rng.random(300) < expit(x @ [0.1, 0.8, -0.5])).astype(int)
    params, information = methods.fit_logit(x, codes)
    drawn = np.array([methods.drawn(params, information, rng) for _ in range(4000)])
    covariance = np.linalg.inv(information)
    assert np.cov(drawn.T) == pytest.approx(covariance, rel=0.12, abs=0.0015)
    assert drawn.mean(axis=0) == pytest.approx(
        params, abs=4 * np.sqrt(np.diag(covariance) / 4000).max()
    )


def test_donors_are_nearest_observed_values():
    rng = np.random.default_rng(1)
    predicted, donors = np.array([0.0, 1.0, 2.0, 3.0, 10.0]), np.array([5.0, 6.0, 7.0, 8.0, 99.0])
    picked = {
        float(methods.matched(predicted, np.array([1.1]), donors, 2, rng)[0]) for _ in range(200)
    }
    assert picked == {6.0, 7.0}
    everyone = {
        float(methods.matched(predicted, np.array([50.0]), donors, 5, rng)[0]) for _ in range(300)
    }
    assert everyone == set(donors)


def test_of_donors_at_one_distance_every_one_has_the_same_chance():
    """Two predictions only, as with one binary predictor: all 100 donors of the nearer one are
    drawn, not the first.
    """
    rng = np.random.default_rng(3)
    predicted, donors = np.repeat([0.0, 1.0], 100), np.arange(200.0)
    picked = np.array(
        [methods.matched(predicted, np.array([0.1]), donors, 5, rng)[0] for _ in range(10_000)]
    )
    counts = np.bincount(picked.astype(int), minlength=200)
    assert counts[100:].sum() == 0
    assert stats.chisquare(counts[:100]).pvalue > 1e-4


def test_truncated_draws_stay_inside_and_the_fit_finds_the_truth():
    x, rng = planted(4000, 9)
    y = x @ [1.0, 1.0, 0.5] + rng.standard_normal(4000)
    inside = (y > 0) & (y < 3)
    params, information = methods.fit_truncreg(x[inside], y[inside], 0, 3)
    errors = np.sqrt(np.diag(np.linalg.inv(information)))
    assert (np.abs(params - [1.0, 1.0, 0.5, 0.0]) < 4 * errors).all()
    drawn = methods.draw_truncreg(x, params, 0, 3, rng)
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

    params, information = methods.fit_truncreg(x, y, *limits)
    found = optimize.minimize(minus_log_likelihood, np.append([50, 10, 10], np.log(20)))
    assert minus_log_likelihood(params) <= found.fun + 1e-7
    assert params == pytest.approx(found.x, rel=1e-4)
    assert information == pytest.approx(hessian(minus_log_likelihood, params), rel=1e-3, abs=1e-3)


# ---- analysis


def test_complete_data_give_the_single_fit(holes):
    """With nothing missing, pooling changes nothing: R's logistic fit of the 189 births
    (reference.json).
    """
    reference = json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))
    (case,) = [one for one in reference["logistic"] if one["name"] == "full"]
    frame = BIRTHWT.assign(race=pd.Categorical(BIRTHWT["race"], ["white", "black", "other"]))
    made = chained(frame, {}, m=3, burnin=1, seed=1)
    found = made.fit("low ~ age + lwt + race + smoke + ptl + ht + ui + ftv")
    assert found.params.to_numpy() == pytest.approx(case["coef"], rel=1e-6)
    assert found.bse.to_numpy() == pytest.approx(case["se"], rel=1e-6)
    joint = found.wald_test("race")
    assert joint.df1 * joint.statistic == pytest.approx(case["wald_race"]["chi2"], rel=1e-6)
    assert joint.pvalue == pytest.approx(case["wald_race"]["p"], rel=1e-6)
    firth = reference["shared"]["firth_birthwt"]
    penalised = made.fit("low ~ age + lwt + race + smoke + ptl + ht + ui + ftv", "firth")
    assert penalised.params.to_numpy() == pytest.approx(firth["coef"], rel=1e-6)
    assert penalised.bse.to_numpy() == pytest.approx(firth["se_wald_I"], rel=1e-6)


def test_least_squares_has_the_degrees_of_freedom_that_are_left():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"y": rng.standard_normal(40), "x": rng.standard_normal(40)})
    found = chained(frame, {}, m=2, burnin=1, seed=1).fit("y ~ x", "regress", "barnard-rubin")
    slope = stats.linregress(frame["x"], frame["y"])
    assert (found.params["x"], found.bse["x"]) == pytest.approx(
        (slope.slope, slope.stderr), rel=1e-10
    )
    # (v + 1)/(v + 3) v with v = 38: Barnard and Rubin's observed degrees of freedom, nothing
    # missing
    assert found.df["x"] == pytest.approx(39 / 41 * 38)


def test_an_outcome_that_is_not_known_is_left_out_and_never_imputed(holes):
    frame = holes.assign(low=holes["low"].astype("Int64").mask(holes.index < 30))
    made = chained(frame.drop(columns="low"), EQUATIONS, m=2, burnin=2, seed=3)
    completed = [made.complete(i).assign(low=frame["low"]) for i in (1, 2)]
    found = fit_each(completed, "low ~ age + smoke")
    fewer = fit_each([one[30:] for one in completed], "low ~ age + smoke")
    assert found.params.to_numpy() == pytest.approx(fewer.params.to_numpy(), rel=1e-10)
    with pytest.raises(ValueError, match="'high' is no column"):
        fit_each(completed, "high ~ age")


def test_pooled_estimates_are_those_of_mice(holes):
    """mice 3.15.0 with proper draws (mlogitP, ologitP), m = 200: within 0.10 SE, SE ratio .95 to
    1.05.

    Two seeds at 20 sweeps are in benchmarks/imputation.py; here one, with fewer sweeps (the data
    mix fast).
    """
    made = chained(holes, EQUATIONS | {"lwt": "regress"}, m=200, burnin=6, seed=20211118)
    found = made.fit("low ~ age + lwt + race + smoke + ptlc + ht + ui")
    runs = R["mice_3_15_0"]["birthwt_norm_logreg_mlogitP_ologitP"]["runs"]
    theirs, errors = (np.mean([run[key] for run in runs], axis=0) for key in ("estimate", "se"))
    assert np.abs((found.params.to_numpy() - theirs) / errors).max() < 0.10
    assert found.bse.to_numpy() / errors == pytest.approx(np.ones(10), abs=0.05)
    assert made.rhat().between(0.9, 1.2).all()


# ---- chains


def test_chains_do_not_depend_on_workers_or_batches(holes):
    alone = chained(holes, EQUATIONS, m=6, burnin=3, seed=11)
    others = [chained(holes, EQUATIONS, m=6, burnin=3, seed=11, batch=batch) for batch in (3, 8)]
    others.append(chained(holes, EQUATIONS, m=6, burnin=3, seed=11, n_jobs=2, batch=1))
    fewer = chained(holes, EQUATIONS, m=2, burnin=3, seed=11)
    for other in others:
        for i in range(1, 7):
            pd.testing.assert_frame_equal(alone.complete(i), other.complete(i), check_exact=True)
    for i in (1, 2):
        pd.testing.assert_frame_equal(alone.complete(i), fewer.complete(i), check_exact=True)
    different = chained(holes, EQUATIONS, m=2, burnin=3, seed=12)
    assert not alone.complete(1).equals(different.complete(1))


def test_observed_cells_stay_and_missing_ones_are_filled_in_their_own_type(holes):
    made = chained(holes, EQUATIONS, m=2, burnin=3, seed=1).complete(2)
    assert made.dtypes.to_dict() == holes.dtypes.to_dict()
    assert not made.isna().any().any()
    for name in holes:
        seen = holes[name].notna()
        assert made[name][seen].equals(holes[name][seen])
    assert set(made["lwt"]) <= set(holes["lwt"].dropna())  # pmm gives observed values only


def test_rare_levels_and_perfect_prediction_are_supported_and_said():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(
        {"x": rng.integers(0, 2, 120).astype(float), "z": rng.standard_normal(120)}
    )
    frame["y"] = pd.Series(
        np.where(frame["x"] == 1, "yes", "no"), dtype="str"
    )  # x predicts y perfectly
    frame.loc[:20, "y"] = pd.NA
    made = chained(frame, {"y": "logit"}, m=3, burnin=2, seed=2)
    assert {(one.variable, one.event) for chain in made.chains for one in chain.events} == {
        ("y", "augmented")
    }
    share = np.mean(
        [
            (made.complete(i)["y"][:21] == np.where(frame["x"][:21] == 1, "yes", "no")).mean()
            for i in (1, 2)
        ]
    )
    assert 0.7 < share <= 1  # mostly, and not for certain


@pytest.mark.parametrize(
    ("column", "method"),
    [
        (pd.Series([1, 2, None, 4] * 20, dtype="Int64"), "pmm"),
        (pd.Series([True, False, None, True] * 20, dtype="boolean"), "logit"),
        (pd.Series(["a", "b", None, "c"] * 20, dtype="category"), "mlogit"),
        (pd.Series(["a", "b", None, "a"] * 20, dtype="str"), "logit"),
        (pd.Series([1.5, 2.5, None, 0.5] * 20), "regress"),
    ],
    ids=["Int64", "boolean", "category", "string", "float"],
)
def test_every_type_of_column_is_imputed_in_its_type(column, method):
    frame = pd.DataFrame({"y": column, "x": np.random.default_rng(0).standard_normal(80)})
    made = chained(frame, {"y": method}, m=1, burnin=1, seed=3).complete(1)["y"]
    assert made.dtype == column.dtype
    assert made.notna().all()
    if method != "regress":
        assert set(made) <= set(column.dropna())


def test_edges_have_a_clear_outcome():
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"x": rng.standard_normal(30), "one": 1.0, "y": rng.standard_normal(30)})
    frame.loc[3, "y"] = np.nan
    frame.loc[5:8, "one"] = np.nan
    made = chained(frame, {"y": "pmm", "one": "pmm"}, m=1, burnin=2, seed=1)
    assert (made.complete(1)["one"] == 1).all()
    assert [(one.event, one.n) for one in made.events if one.variable == "one"] == [
        ("constant_imputed", 4)
    ]
    wide = pd.DataFrame(rng.standard_normal((12, 20))).rename(
        columns=str
    )  # more predictors than rows
    wide.loc[2, "0"] = np.nan
    assert chained(wide, {"0": "pmm"}, m=1, burnin=2, seed=1).complete(1).notna().all().all()
    twice = frame.assign(copy=frame["x"])  # collinear
    assert (
        chained(twice, {"y": "regress", "one": "pmm"}, m=1, burnin=2, seed=1)
        .complete(1)
        .notna()
        .all()
        .all()
    )
    nothing = chained(frame[["x"]], {}, m=2, burnin=1, seed=1)
    pd.testing.assert_frame_equal(nothing.complete(2), frame[["x"]])
    with pytest.raises(IndexError, match="numbered from 1"):
        nothing.complete(3)


def test_all_that_is_wrong_with_the_equations_is_said_at_once():
    frame = pd.DataFrame(
        {
            "x": [1.0, None, 2.0],
            "empty": [None, None, None],
            "g": ["a", None, "b"],
            "k": ["a", "b", "c"],
        }
    )
    frame["empty"] = frame["empty"].astype(float)
    with pytest.raises(ValueError, match="chained") as error:
        chained(frame, {"g": "pmm", "empty": "pmm", "nope": "pmm"}, m=1, seed=1)
    for said in (
        "'nope' has an equation and is no column",
        "'x' has missing values and no equation",
        "'empty' has no observed value",
        "'g' has levels, and pmm is for numbers",
    ):
        assert said in str(error.value)


def test_what_does_not_apply_is_never_imputed_and_a_passive_variable_is_made_from_its_parts(holes):
    applies = holes["age"] > 20
    frame = holes.assign(light=(holes["lwt"] < 110).astype("boolean").mask(holes["lwt"].isna()))
    equations = EQUATIONS | {
        "smoke": Equation("logit", applies=applies),
        "light": Passive(("lwt",), lambda part: (part["lwt"] < 110).astype("boolean")),
    }
    made = chained(frame, equations, m=1, burnin=2, seed=1).complete(1)
    assert made["smoke"][~applies].equals(holes["smoke"][~applies])
    assert made["smoke"][applies].notna().all()
    assert made["light"].equals((made["lwt"] < 110).astype("boolean"))


def test_an_omitted_predictor_is_not_used():
    """With the only predictor left out, imputed values follow their own distribution alone: half
    are 10.
    """
    frame = pd.DataFrame(
        {"y": [0.0] * 50 + [10.0] * 50 + [np.nan] * 60, "x": [0.0] * 50 + [1.0] * 110}
    )
    with_x = chained(frame, {"y": "pmm"}, m=1, burnin=1, seed=1).complete(1)["y"][100:]
    assert (with_x == 10).mean() > 0.9
    omitted = Equation("pmm", omit=("x",), knn=100)
    without = chained(frame, {"y": omitted}, m=1, burnin=1, seed=1).complete(1)["y"][100:]
    assert 0.3 < (without == 10).mean() < 0.7
    for wrong in (Equation("pmm", omit=("X",)), Equation("pmm", only=("X",))):
        with pytest.raises(ValueError, match="'y' names predictors that are no columns: X"):
            chained(frame, {"y": wrong}, m=1, burnin=1, seed=1)


@pytest.mark.parametrize("method", ["pnm", "PMM", "norm", "logreg", ""])
def test_an_unknown_method_is_refused(method):
    frame = pd.DataFrame({"y": [1.0, 2.0, np.nan, 4.0], "x": [1.0, 2.0, 3.0, 4.0]})
    with pytest.raises(
        ValueError, match="'y' has an unknown method; allowed: logit, ologit, mlogit, pmm, regress"
    ):
        chained(frame, {"y": method}, m=1, burnin=1, seed=1)


@pytest.mark.parametrize("rows", [300, 3000])
@pytest.mark.parametrize("method", ["logit", "ologit", "mlogit"])
def test_a_number_that_decides_the_level_is_supported_by_pseudo_rows(method, rows):
    """Nothing is as separated as a cut of a number that stands beside it."""
    rng = np.random.default_rng(rows)
    x = rng.standard_normal(rows)
    cuts = [0.0] if method == "logit" else [-0.5, 0.7]
    level = pd.Categorical.from_codes(
        np.digitize(x, cuts), ["a", "b", "c"][: len(cuts) + 1], ordered=method == "ologit"
    )
    frame = pd.DataFrame({"x": x, "z": rng.standard_normal(rows), "b": level})
    missing = rng.random(rows) < 0.2
    frame.loc[missing, "b"] = np.nan
    made = chained(frame, {"b": method}, m=3, burnin=4, seed=1)
    assert made.m == 3
    assert "augmented" in set(made.events_frame()["event"])
    right = np.mean(
        [
            (made.complete(i)["b"][missing].astype(str) == level[missing].astype(str)).mean()
            for i in (1, 2)
        ]
    )
    assert right > 0.9  # pseudo-rows keep a little doubt


def test_delta_moves_ordered_levels_up_and_unordered_ones_not_at_all():
    rng = np.random.default_rng(4)
    codes = rng.integers(0, 3, 400)
    frame = pd.DataFrame(
        {
            "x": rng.standard_normal(400),
            "o": pd.Categorical.from_codes(codes, list("abc"), ordered=True),
        }
    )
    frame.loc[:99, "o"] = np.nan
    share = {
        delta: chained(
            frame, {"o": Equation("ologit", delta=delta)}, m=5, burnin=1, seed=1
        ).complete(1)["o"][:100]
        for delta in (-3.0, 0.0, 3.0)
    }
    high = {delta: (values == "c").mean() for delta, values in share.items()}
    assert high[-3.0] < 0.1 < high[0.0] < 0.6 < high[3.0]
    with pytest.raises(
        ValueError, match="'o' has a delta, which unordered levels cannot be shifted by"
    ):
        chained(frame, {"o": Equation("mlogit", delta=1.0)}, m=1, burnin=1, seed=1)


@pytest.mark.parametrize("method", ["pmm", "regress", "truncreg"])
def test_what_is_shifted_stays_inside_its_limits(method):
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {"x": rng.standard_normal(200), "y": np.clip(50 + 20 * rng.standard_normal(200), 1, 99)}
    )
    frame.loc[:49, "y"] = np.nan
    shifted = Equation(method, limits=(0, 100), delta=60)
    values = chained(frame, {"y": shifted}, m=1, burnin=1, seed=1).complete(1)["y"][:50]
    assert values.max() == 100
    assert values.min() > 55


def test_delta_moves_the_imputed_values_only(holes):
    plain = chained(holes, EQUATIONS | {"lwt": "regress"}, m=1, burnin=1, seed=5).complete(1)["lwt"]
    moved = chained(
        holes, EQUATIONS | {"lwt": Equation("regress", delta=20)}, m=1, burnin=1, seed=5
    ).complete(1)["lwt"]
    missing = holes["lwt"].isna()
    assert (moved - plain)[~missing].abs().max() == 0
    assert (moved - plain)[missing].to_numpy() == pytest.approx(20)


def test_methods_by_kind(holes):
    kinds = {name: default_method(holes[name]) for name in EQUATIONS}
    assert kinds == {"lwt": "pmm", "race": "mlogit", "smoke": "pmm", "ptlc": "ologit"}
    assert default_method(holes["smoke"].astype("boolean")) == "logit"


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


def test_a_model_with_columns_that_depend_on_each_other_is_refused():
    frame = pd.DataFrame({"y": [0, 1, 0, 1, 1, 0, 1, 0], "x": [1.0, 2, 3, 4, 5, 6, 7, 9]}).assign(
        w=lambda d: 2 * d["x"]
    )
    for method in ("logit", "firth", "regress"):
        with pytest.raises(ArithmeticError, match="a column follows from the others"):
            fit_each([frame] * 2, "y ~ x + w", method)
    with pytest.raises(ValueError, match="no method of that name; allowed: logit, firth, regress"):
        fit_each([frame], "y ~ x", "probit")
    with pytest.raises(ValueError, match="the right side of the formula cannot be read"):
        fit_each([frame], "y ~ nothing")
    with pytest.raises(ValueError, match="'y' must be 0 and 1"):
        fit_each([frame.assign(y="no")], "y ~ x")
    spare = frame.assign(g=pd.Categorical(list("aabbabab"), ["never", "a", "b"]))
    assert list(fit_each([spare], "y ~ g").params.index) == ["Intercept", "g[T.b]"]
