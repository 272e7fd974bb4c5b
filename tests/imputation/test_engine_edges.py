"""Chained equations: edge cases with one clear outcome each, and the draws of every method against
closed forms.
"""

from math import inf

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from mothers_margins.imputation import Equation, chained, combine_statistics, fit_each, newton
from mothers_margins.imputation.imputations import _scale_reduction
from mothers_margins.imputation.logistic_regression import fit_logit, fit_mlogit
from mothers_margins.imputation.proportional_odds import fit_ologit
from tests.imputable import imputed_once, numbers, planted

# ---- edges


@pytest.mark.parametrize("method", ["pmm", "regress", "truncreg"])
def test_one_missing_cell_is_filled(method):
    frame = numbers()
    frame.loc[7, "x1"] = np.nan
    done = imputed_once(frame, {"x1": method})
    assert np.isfinite(done.loc[7, "x1"])
    assert done.drop(index=7).equals(frame.drop(index=7))


@pytest.mark.parametrize("method", ["mlogit", "ologit"])
@pytest.mark.parametrize("rows", [0, 1, 2])
def test_levels_that_few_rows_have(method, rows):
    """Without a row a level is left out; with one or two it can be imputed, helped by
    pseudo-rows.
    """
    frame = numbers(90)
    codes = np.where(np.arange(90) < rows, 2, np.arange(90) % 2)
    frame["g"] = pd.Categorical.from_codes(codes, ["a", "b", "c"], ordered=True)
    frame.loc[60:, "g"] = np.nan
    made = chained(frame, {"g": method}, m=30, burnin=1, seed=1)
    counts = sum(made.complete(i)["g"][60:].value_counts() for i in range(1, 31))
    found = made.events_frame()["event"].tolist()
    if rows:
        assert found == ["augmented"]
        assert 0 < counts["c"] < 0.2 * counts.sum()
    else:
        assert found == ["levels_left_out"]
        assert counts["c"] == 0
    assert made.complete(1)["g"].cat.categories.tolist() == ["a", "b", "c"]


@pytest.mark.parametrize("method", ["pmm", "regress", "logit", "mlogit"])
def test_collinear_dummies_are_left_out_and_change_nothing(method):
    """Three dummies that add up to one, the last repeated: the draws are those without the two that
    are too many.
    """
    frame = numbers(150, 2)
    group = np.arange(150) % 3
    frame["y"] = frame["x0"] + group + np.random.default_rng(3).standard_normal(150)
    if method in ("logit", "mlogit"):
        frame["y"] = (
            pd.cut(frame["y"], [-9, 1, 9] if method == "logit" else [-9, 0.5, 1.5, 9], labels=False)
            * 1.0
        )
    frame.loc[100:, "y"] = np.nan
    for level in range(3):
        frame[f"d{level}"] = 1.0 * (group == level)
    frame["again"] = frame["d2"]
    made = chained(frame, {"y": method}, m=2, burnin=3, seed=1)
    fewer = chained(frame.drop(columns=["d2", "again"]), {"y": method}, m=2, burnin=3, seed=1)
    for i in (1, 2):
        assert made.complete(i)["y"].to_numpy() == pytest.approx(
            fewer.complete(i)["y"].to_numpy(), rel=1e-9
        )
    said = made.events_frame().to_numpy().tolist()
    assert said == [["y", "collinear_left_out", ("d2", "again"), 2, 6]]


@pytest.mark.parametrize("method", ["pmm", "regress", "truncreg", "logit", "mlogit", "ologit"])
def test_more_predictors_than_rows_run_on_the_ridge_or_on_pseudo_rows(method):
    frame = numbers(30, 50)
    if method.endswith("logit"):
        codes = np.arange(30) % (2 if method == "logit" else 3)
        frame["x0"] = pd.Categorical.from_codes(codes, list("abc")[: codes.max() + 1], ordered=True)
    frame.loc[:5, "x0"] = np.nan
    made = chained(frame, {"x0": method}, m=3, burnin=2, seed=1)
    assert made.m == 3
    assert made.complete(2)["x0"].notna().all()
    assert "few_rows" in made.events_frame()["event"].tolist()


def test_one_imputation_is_the_fit_of_one_data_set_and_says_so():
    frame = numbers(60)
    frame.loc[:9, "x1"] = np.nan
    made = chained(frame, {"x1": "regress"}, m=1, burnin=1, seed=1)
    found = made.fit("x0 ~ x1 + x2", "regress", "rubin")
    alone = fit_each([made.complete(1)] * 3, "x0 ~ x1 + x2", "regress", "rubin")
    assert found.bse.to_numpy() == pytest.approx(alone.bse.to_numpy(), rel=1e-12)
    assert found.df.tolist() == [inf] * 3
    assert found.wald_test(["x1", "x2"]).pvalue == pytest.approx(
        alone.wald_test(["x1", "x2"]).pvalue
    )
    assert found.statement.startswith("1 imputation: its variance is unknown")
    assert alone.statement == "3 imputations, degrees of freedom by Rubin (1987)."
    with pytest.raises(ValueError, match="two imputations or more"):
        found.wald_test_d2(["x1", "x2"])
    with pytest.raises(ValueError, match="two imputations or more"):
        combine_statistics([3.0], 2)


def test_a_copy_of_an_observed_variable_leaves_no_variance_between_imputations():
    """One missing cell that pmm with one donor can only fill with one value: B = 0, and the fit is
    the single one.
    """
    frame = numbers(50)
    frame["x1"] = np.repeat([1.0, 9.0], 25)
    frame["x2"] = frame["x1"] + 0.001 * frame["x2"]
    frame.loc[3, "x1"] = np.nan
    made = chained(frame, {"x1": Equation("pmm", knn=1)}, m=4, burnin=2, seed=1)
    found = made.fit("x0 ~ x1", "regress", "rubin")
    single = fit_each([frame.fillna(1.0)], "x0 ~ x1", "regress")
    assert found.bse.to_numpy() == pytest.approx(single.bse.to_numpy(), rel=1e-12)
    assert found.fmi.tolist() == [0, 0]
    assert found.df.tolist() == [inf, inf]


@pytest.mark.parametrize(
    ("column", "method"),
    [
        (pd.Series([True, False, None, True] * 20, dtype=object), "logit"),
        (pd.Series(["a", "b", None, "c"] * 20, dtype=object), "mlogit"),
        (pd.Series([1, "b", None, "c"] * 20, dtype=object), "mlogit"),
        (pd.Series([1.5, 2.5, np.nan, 0.5] * 20, dtype="float32"), "regress"),
        (pd.Series([1.5, 2.5, None, 0.5] * 20, dtype="Float64"), "truncreg"),
    ],
    ids=["object truth", "object text", "object mixed", "float32", "Float64"],
)
def test_other_types_of_column_are_imputed_in_their_type(column, method):
    made = imputed_once(numbers(80).assign(y=column, flag=[True, False] * 40), {"y": method})["y"]
    assert made.dtype == column.dtype
    assert made.notna().all()
    assert made[column.notna()].equals(column[column.notna()])


def test_whole_numbers_that_are_imputed_as_fractions_become_floats():
    frame = numbers(80).assign(y=pd.Series([1, 2, None, 4] * 20, dtype="Int64"))
    made = imputed_once(frame, {"y": "regress"})["y"]
    assert made.dtype == "Float64"
    assert made.notna().all()


def test_the_index_may_repeat_and_names_may_be_anything():
    frame = numbers(60)
    frame.loc[:9, "x1"] = np.nan
    odd = frame.set_axis([3, "low birth weight", ("a", 1)], axis=1).set_axis(
        np.arange(60) % 7, axis=0
    )
    done, plain = imputed_once(odd, {"low birth weight": "pmm"}), imputed_once(frame, {"x1": "pmm"})
    assert done.to_numpy().tolist() == plain.to_numpy().tolist()
    assert done.index.equals(odd.index)
    numbered = odd.set_axis(range(3), axis=1)
    assert imputed_once(numbered, {1: Equation("pmm", omit=(2,))}).notna().all().all()
    spaced = odd.set_axis(["x 0", "x 1", "x 2"], axis=1)
    found = chained(spaced, {"x 1": "pmm"}, m=2, burnin=1, seed=1).fit(
        "`x 0` ~ `x 1` + `x 2`", "regress"
    )
    assert found.params.notna().all()
    with pytest.raises(ValueError, match="two columns have the same name"):
        imputed_once(frame.set_axis(["x", "x", "z"], axis=1), {})


def test_nothing_missing_is_nothing_imputed():
    frame = numbers().assign(g=pd.Categorical(["a", "b"] * 20), flag=[True, False] * 20)
    made = chained(frame, {"x0": "pmm"}, m=3, burnin=1, seed=1)
    assert made.m == 3
    assert made.trace().empty
    assert made.events_frame().empty
    pd.testing.assert_frame_equal(made.complete(3), frame)


def test_one_sweep_is_enough_to_run():
    frame = numbers()
    frame.loc[:5, "x1"] = np.nan
    made = chained(frame, {"x1": "pmm"}, m=2, burnin=1, seed=1)
    assert len(made.trace()) == 2
    assert made.rhat().isna().all()


def test_rhat_of_chains_that_stand_still():
    """At one place nothing can be said; each at its own they never meet: within 0, between > 0."""
    assert np.isnan(_scale_reduction(np.array([[1.0] * 4, [1.0] * 4])))
    assert _scale_reduction(np.array([[1.0] * 4, [2.0] * 4])) == np.inf
    # means 1.5 and 3.5 of halves (1, 2) and (3, 4): within .5, between 2, root of 1/2 + 2/.5
    moving = np.array([[9.0, 9.0, 1.0, 2.0], [9.0, 9.0, 3.0, 4.0]])
    assert _scale_reduction(moving) == pytest.approx(np.sqrt(0.5 + 4))


# ---- draws


def test_numbers_are_imputed_with_the_fitted_mean():
    """Over chains with one sweep the mean imputed value is the mean of the fitted ones, within 4
    Monte Carlo SE.
    """
    x, rng = planted(200)
    frame = pd.DataFrame(x[:, 1:], columns=["a", "b"]).assign(
        y=x @ [1, 2, 3] + rng.standard_normal(200)
    )
    missing = rng.random(200) < 0.3
    fitted = x[missing] @ np.linalg.lstsq(x[~missing], frame["y"][~missing].to_numpy())[0]
    made = chained(
        frame.mask(missing[:, None] & np.array([False, False, True])),
        {"y": "regress"},
        m=400,
        burnin=1,
        seed=1,
    )
    means = np.array([made.complete(i)["y"][missing].mean() for i in range(1, 401)])
    assert abs(means.mean() - fitted.mean()) < 4 * means.std() / 20


@pytest.mark.parametrize("method", ["logit", "ologit", "mlogit"])
def test_levels_are_imputed_as_often_as_fitted(method):
    """The whole way from fit to cell: the mean count over chains is the mean of the sums at drawn
    parameters.
    """
    x, rng = planted(300)
    latent = x @ [0.1, 0.8, -0.5] + rng.logistic(size=300)
    codes = np.digitize(latent, [0] if method == "logit" else [-0.5, 0.9])
    missing = rng.random(300) < 0.3
    frame = pd.DataFrame(x[:, 1:], columns=["a", "b"]).assign(
        y=pd.Series(codes, dtype="Int64").mask(missing)
    )
    made = chained(frame, {"y": method}, m=400, burnin=1, seed=1)
    levels = codes.max() + 1
    counts = np.array(
        [
            np.bincount(made.complete(i)["y"][missing].astype(int), minlength=levels)
            for i in range(1, 401)
        ]
    )
    fit = {"logit": fit_logit, "ologit": fit_ologit, "mlogit": fit_mlogit}[method]
    params, information = fit(x[~missing], codes[~missing])
    drawn = np.array([newton.drawn(params, information, rng) for _ in range(2000)])
    expected = np.array([_chance(method, x[missing], one).sum(axis=0) for one in drawn])
    errors = np.sqrt(counts.var(axis=0) / 400 + expected.var(axis=0) / 2000)
    assert (np.abs(counts.mean(axis=0) - expected.mean(axis=0)) < 4 * errors).all()


def _chance(method: str, x: np.ndarray, params: np.ndarray) -> np.ndarray:
    if method == "logit":
        return np.column_stack([1 - expit(x @ params), expit(x @ params)])
    if method == "ologit":
        below = expit(params[2:][None, :] - (x[:, 1:] @ params[:2])[:, None])
        return np.column_stack([below[:, 0], below[:, 1] - below[:, 0], 1 - below[:, 1]])
    weight = np.exp(np.column_stack([np.zeros(len(x)), x @ params[:3], x @ params[3:]]))
    return weight / weight.sum(axis=1, keepdims=True)
