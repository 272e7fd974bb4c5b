"""A model fitted in every imputation: against R (tests/data/reference) and single fits."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mothers_margins.imputation import (
    chained,
    fit_each,
)
from tests.conftest import REPOSITORY

FOLDER = REPOSITORY / "tests" / "data" / "reference"
R = json.loads((FOLDER / "imputation.json").read_text(encoding="utf-8"))
BIRTHWT = pd.read_csv(FOLDER / "birthwt.csv", dtype={"ptlc": "str"})


EQUATIONS = {"lwt": "pmm", "race": "mlogit", "smoke": "logit", "ptlc": "ologit"}


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


@pytest.mark.parametrize("method", ["logit", "firth", "regress"])
def test_units_and_far_zeros_of_predictors_do_not_matter(method):
    """By hand: x to the 1e6 + x/1000 only makes the slope a thousand times as large."""
    rng = np.random.default_rng(5)
    x = rng.standard_normal(120)
    frame = pd.DataFrame({"y": (x + rng.standard_normal(120) > 0).astype(int), "x": x})
    far = frame.assign(x=1e6 + frame["x"] / 1000)
    plain, other = (fit_each([data, data], "y ~ x", method) for data in (frame, far))
    assert other.params["x"] / 1000 == pytest.approx(plain.params["x"], rel=1e-5)
    assert other.bse["x"] / 1000 == pytest.approx(plain.bse["x"], rel=1e-5)


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
    made = chained(
        holes, EQUATIONS | {"lwt": "regress"}, m=200, burnin=6, seed=20211118, draws="plain"
    )
    found = made.fit("low ~ age + lwt + race + smoke + ptlc + ht + ui")
    runs = R["mice_3_15_0"]["birthwt_norm_logreg_mlogitP_ologitP"]["runs"]
    theirs, errors = (np.mean([run[key] for run in runs], axis=0) for key in ("estimate", "se"))
    assert np.abs((found.params.to_numpy() - theirs) / errors).max() < 0.10
    assert found.bse.to_numpy() / errors == pytest.approx(np.ones(10), abs=0.05)
    assert made.rhat().between(0.9, 1.2).all()


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
