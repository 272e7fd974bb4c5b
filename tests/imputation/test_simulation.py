"""The simulation harness: holes as asked for, measures by their formulas, and intervals that cover
at a fixed seed.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit

from benchmarks import simulation
from benchmarks.simulation import MIXED, Design, ampute, simulate
from mothers_margins.imputation import Equation, Imputations, chained
from mothers_margins.imputation.equations import Equations
from mothers_margins.imputation.fit_each import fit_each
from mothers_margins.imputation.pooling import Pooled

TRUTH = {"Intercept": -0.3, "x": 0.7, "b": -0.6}


def draw(rng: np.random.Generator) -> pd.DataFrame:
    x = rng.standard_normal(200)
    b = (rng.random(200) < expit(0.5 * x)).astype(float)
    aux = 0.5 * x + rng.standard_normal(200)
    y = (rng.random(200) < expit(TRUTH["Intercept"] + TRUTH["x"] * x + TRUTH["b"] * b)).astype(
        float
    )
    return pd.DataFrame({"y": y, "x": x, "b": b, "aux": aux})


def many_holes(whole: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """More than half of x and b: what is wrong with a variance shows in few data sets."""
    return ampute(whole, {"x": 0.55, "b": 0.55}, {"y": 0.4, "aux": 0.4}, rng)


SMALL = Design(draw, many_holes, {"x": "regress", "b": "logit"}, "y ~ x + b", TRUTH)
SETTINGS = {"data_sets": 80, "m": 5, "burnin": 3, "seed": 5}
LOW, HIGH = (stats.binom.ppf(q, 80, 0.95) / 80 for q in (0.0005, 0.9995))


def of(found: pd.DataFrame, analysis: str) -> pd.DataFrame:
    return found[found["analysis"] == analysis].set_index("term")


# What `found` imputes and fits, which the control of its variance needs again.
MADE: dict[int, Imputations] = {}  # by seed
FITS: list[Pooled | ArithmeticError] = []  # in the order of the calls


def once(data: pd.DataFrame, equations: Equations, *, seed: int, **how: int) -> Imputations:
    """`chained`, which one data set after another asks with a seed of its own."""
    if seed not in MADE:
        MADE[seed] = chained(data, equations, seed=seed, **how)
    pd.testing.assert_frame_equal(MADE[seed].data, data)
    return MADE[seed]


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    def kept(*given, **more) -> Pooled:
        try:
            fit = fit_each(*given, **more)
        except ArithmeticError as error:  # a complete-case analysis of few rows
            FITS.append(error)
            raise
        FITS.append(fit)
        return fit

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(simulation, "chained", once)
        patched.setattr(simulation, "fit_each", kept)
        return simulate(SMALL, **SETTINGS)


# ---- holes


def test_holes_have_their_share_and_depend_on_what_is_seen():
    rng = np.random.default_rng(1)
    whole = pd.DataFrame(
        {"y": rng.integers(0, 2, 20_000).astype(float), "x": rng.standard_normal(20_000)}
    )
    whole["g"] = pd.Categorical(np.where(whole["x"] > 0, "a", "b"))
    made = ampute(whole, {"x": 0.3, "g": 0.1}, {"y": 0.8}, rng)
    holes = made.isna()
    assert holes.mean().to_dict() == pytest.approx(
        {"y": 0, "x": 0.3, "g": 0.1}, abs=4 * np.sqrt(0.25 / 20_000)
    )
    odds = {y: share / (1 - share) for y, share in holes["x"].groupby(whole["y"]).mean().items()}
    assert np.log(odds[1] / odds[0]) * whole["y"].std() == pytest.approx(
        0.8, abs=0.08
    )  # per standard deviation
    assert (
        abs(whole["x"][holes["x"]].mean() - whole["x"][~holes["x"]].mean()) < 0.06
    )  # x itself has no say
    assert made.dtypes.to_dict() == whole.dtypes.to_dict()
    pd.testing.assert_series_equal(made["y"], whole["y"])


@pytest.mark.parametrize(
    ("kind", "most"),
    [("right", [2]), ("left", [0]), ("mid", [1]), ("tail", [0, 2])],
    ids=lambda one: str(one),
)
def test_the_kind_says_which_scores_have_the_holes(kind, most):
    rng = np.random.default_rng(2)
    whole = pd.DataFrame({"x": 1.0, "score": np.linspace(-1, 1, 30_000)})
    holes = ampute(whole, {"x": 0.4}, {"score": 2.0}, rng, kind)["x"].isna().to_numpy()
    thirds = holes.reshape(3, -1).mean(axis=1)
    assert min(thirds[most]) > max(np.delete(thirds, most)) + 0.1
    completely = (
        ampute(whole, {"x": 0.4}, {}, rng)["x"].isna().to_numpy().reshape(3, -1).mean(axis=1)
    )
    assert completely == pytest.approx(np.full(3, 0.4), abs=4 * np.sqrt(0.24 / 10_000))


def test_holes_that_cannot_be_made_are_refused():
    frame = pd.DataFrame({"x": [1.0, 2.0], "g": ["a", "b"], "z": [1.0, None]})
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="share of x is not between"):
        ampute(frame, {"x": 1.0}, {}, rng)
    with pytest.raises(ValueError, match="g, z is no number that is known in every row"):
        ampute(frame, {"x": 0.5}, {"g": 1, "z": 1}, rng)


# ---- performance


def test_measures_are_those_of_morris_white_and_crowther():
    """By hand for three data sets and one coefficient: their table 6."""
    answers = [
        np.array([[1.0], [0.5], [0.0], [2.0]]),
        np.array([[2.0], [1.0], [1.5], [2.5]]),
        "separated",
    ]
    answers.append(np.array([[3.0], [0.5], [1.9], [4.1]]))
    row = simulation._performance("imputed", answers, {"x": 1.8}).iloc[0]
    assert (row["n"], row["failed"], row["reason"]) == (3, 1, "separated")
    assert (row["bias"], row["bias_mcse"]) == pytest.approx((0.2, 1 / np.sqrt(3)))
    assert (row["empirical_se"], row["empirical_se_mcse"]) == pytest.approx((1.0, 1 / 2))
    variance = np.var([0.25, 1, 0.25], ddof=1)
    assert (row["model_se"], row["model_se_mcse"]) == pytest.approx(
        (np.sqrt(0.5), np.sqrt(variance / (4 * 3 * 0.5)))
    )
    assert (row["coverage"], row["coverage_mcse"]) == pytest.approx((2 / 3, np.sqrt(2 / 9 / 3)))
    assert row["width"] == pytest.approx((2 + 1 + 2.2) / 3)


# ---- coverage at a fixed seed, and that it can fail


def test_pooled_intervals_cover_and_are_no_more_biased_than_the_full_data(found):
    """80 data sets: coverage inside the central 99.9% of a binomial at .95 for every
    coefficient.
    """
    imputed, full = of(found, "imputed"), of(found, "full data")
    assert imputed["coverage"].between(LOW, HIGH).all()
    assert full["coverage"].between(LOW, HIGH).all()
    assert ((imputed["bias"] - full["bias"]).abs() < 3 * imputed["bias_mcse"]).all()
    ratio = imputed["model_se"] / imputed["empirical_se"]
    error = np.hypot(
        imputed["model_se_mcse"] / imputed["model_se"],
        imputed["empirical_se_mcse"] / imputed["empirical_se"],
    )
    assert ((ratio - 1).abs() < 3.3 * error).all()
    assert (imputed["width"] > full["width"]).all()


def test_within_variance_alone_does_not_cover(found, monkeypatch):
    """The first negative control: with no variance between imputations the same intervals are
    outside the band.
    """
    fits = iter(FITS)

    def within_only(*given, **more) -> Pooled:
        fit = next(fits)
        if isinstance(fit, ArithmeticError):
            raise fit
        return replace(fit, estimates=np.repeat(fit.estimates.mean(axis=0)[None, :], fit.m, axis=0))

    monkeypatch.setattr(simulation, "fit_each", within_only)
    monkeypatch.setattr(simulation, "chained", once)
    broken = of(simulate(SMALL, **SETTINGS), "imputed")
    assert broken["bias"].to_numpy() == pytest.approx(of(found, "imputed")["bias"].to_numpy())
    assert (broken.loc[["x", "b"], "coverage"] < LOW).all()


def test_an_imputation_model_without_the_outcome_is_biased_to_nothing(found):
    """The second: slopes shrink by far more than the Monte Carlo error."""
    equations = {"x": Equation("regress", omit=("y",)), "b": Equation("logit", omit=("y",))}
    wrong = of(
        simulate(replace(SMALL, equations=equations), **(SETTINGS | {"data_sets": 30})), "imputed"
    )
    right = of(found, "imputed")
    towards_zero = (right["bias"] - wrong["bias"]) * np.sign(right["truth"])
    assert (towards_zero[["x", "b"]] > 5 * wrong["bias_mcse"][["x", "b"]]).all()


# ---- how it runs


def test_the_table_depends_on_neither_workers_nor_how_many_follow():
    few = {"m": 2, "burnin": 2, "seed": 8}
    calls = list[int]()
    alone = simulate(MIXED, data_sets=4, progress=calls.append, **few)
    assert calls == [1, 2, 3, 4]
    pd.testing.assert_frame_equal(
        alone, simulate(MIXED, data_sets=4, n_jobs=2, **few), check_exact=True
    )
    assert list(alone["n"].unique()) == [4]
    assert set(alone["analysis"]) == set(simulation.ANALYSES)
    seeds = np.random.SeedSequence(8)
    first, second = (simulation._one(MIXED, one, 2, 2) for one in seeds.spawn(2))
    again = simulation._one(MIXED, np.random.SeedSequence(8).spawn(4)[1], 2, 2)
    assert np.array_equal(second["imputed"], again["imputed"])
    assert not np.array_equal(first["imputed"], second["imputed"])
    two = of(simulate(MIXED, data_sets=2, **few), "imputed")
    mean = (first["imputed"][0] + second["imputed"][0]) / 2
    assert (two["bias"] + two["truth"]).to_numpy() == pytest.approx(mean, rel=1e-12)


def separated(whole: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Complete cases in which x predicts y for certain."""
    return whole.assign(x=whole["x"].mask((whole["x"] > 0) != (whole["y"] == 1)))


def test_an_analysis_that_fails_is_counted_and_the_others_stand():
    found = simulate(replace(SMALL, ampute=separated), data_sets=2, m=2, burnin=2, seed=1)
    failed = of(found, "complete case")
    assert failed["n"].eq(0).all()
    assert failed["failed"].eq(2).all()
    assert failed["bias"].isna().all()
    assert "do not converge" in failed["reason"].iloc[0]
    for name in ("full data", "imputed"):
        assert of(found, name)["n"].eq(2).all()
    assert (
        "complete case: 0 data sets, 2 without an answer (fit: in completed data set 1"
        in simulation.report(found)
    )


def test_no_complete_case_at_all_is_a_failure_of_that_analysis():
    def nothing_whole(whole: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        even = np.arange(len(whole)) % 2 == 0
        return whole.assign(x=whole["x"].mask(even), b=whole["b"].mask(~even))

    found = simulate(replace(SMALL, ampute=nothing_whole), data_sets=1, m=2, burnin=2, seed=1)
    assert of(found, "complete case")["failed"].eq(1).all()


def test_a_truth_without_a_coefficient_is_refused():
    with pytest.raises(ValueError, match="no coefficient z; there are Intercept, x, b"):
        simulate(replace(SMALL, truth={"z": 0.0}), data_sets=1, m=1, burnin=1, seed=1)


def test_the_command_prints_the_table_and_writes_it(tmp_path, capsys):
    file = tmp_path / "found.csv"
    simulation.main(["--data-sets", "2", "--imputations", "2", "--burnin", "2", "--csv", str(file)])
    printed = capsys.readouterr().out
    assert "2 of 2 data sets" in printed
    assert "b[T.yes]" in printed
    assert "Monte Carlo error of bias at most" in printed
    assert len(pd.read_csv(file)) == 3 * len(MIXED.truth)
