"""How often a rare level is drawn."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from mothers_margins.imputation import chained
from mothers_margins.imputation.calibration import (
    calibrated_logit,
    calibrated_mlogit,
    calibrated_ologit,
    chances,
)


def rare(seed: int, n: int = 279) -> tuple[pd.DataFrame, pd.Series]:
    """A yes of about 7 % that follows one of 20 predictors weakly; 15 % missing at random."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 20))
    yes = rng.random(n) < expit(-2.7 + 0.4 * x[:, 0])
    frame = pd.DataFrame(x, columns=[f"x{place}" for place in range(20)])
    frame["rare"] = pd.Categorical(np.where(yes, "Yes", "No"), ["Yes", "No"])
    frame["rare"] = frame["rare"].mask(rng.random(n) < 0.15)
    return frame, pd.Series(yes)


def test_a_rare_answer_is_imputed_as_often_as_it_is_true():
    """Plain draws impute it far too often, as mice's do; calibrated ones within 1.5 points."""
    off: dict[str, list[float]] = {"plain": [], "calibrated": []}
    for seed in range(30):
        frame, yes = rare(seed)
        hole = frame["rare"].isna()
        for draws, each in off.items():
            made = chained(frame, {"rare": "logit"}, m=4, burnin=1, seed=seed, draws=draws)
            share = np.mean([(made.complete(i)["rare"] == "Yes")[hole].mean() for i in range(1, 5)])
            each.append(100 * float(share - yes[hole].mean()))
    error = {draws: np.std(each, ddof=1) / np.sqrt(30) for draws, each in off.items()}
    assert np.mean(off["plain"]) > 3 * error["plain"]
    assert abs(np.mean(off["calibrated"])) < 1.5 + 2 * error["calibrated"]


def test_intercepts_are_set_so_that_expected_counts_are_the_drawn_ones():
    """By the same generator: the mean fitted probability is the number that it draws."""
    rng = np.random.default_rng(6)
    x = np.column_stack([np.ones(300), rng.standard_normal((300, 2))])
    codes = rng.integers(0, 3, 300)
    drawn = np.random.default_rng(9).dirichlet(np.bincount(codes) + 0.5)
    params = np.array([0.4, -0.3, 2.0, 3.0])
    ordered, shares = calibrated_ologit(x, params, codes, 3, np.random.default_rng(9))
    expected_shares = chances("ologit", x, ordered, 3).mean(axis=0)
    assert expected_shares == pytest.approx(drawn, abs=1e-5)
    assert ordered[:2].tolist() == params[:2].tolist()
    params = np.array([1.0, 0.4, -0.3, -2.0, 0.2, 0.1])
    unordered, _ = calibrated_mlogit(x, params, codes, 3, np.random.default_rng(9))
    expected_shares = chances("mlogit", x, unordered, 3).mean(axis=0)
    assert expected_shares == pytest.approx(drawn, abs=1e-5)
    yes = (codes == 1).astype(int)
    share = np.random.default_rng(9).beta(yes.sum() + 0.5, 300 - yes.sum() + 0.5)
    far_off = np.array([9.0, 1.0, 1.0])
    binary, _ = calibrated_logit(x, far_off, yes, np.random.default_rng(9))
    assert expit(x @ binary).mean() == pytest.approx(share, abs=1e-6)
    assert shares == pytest.approx(drawn)


def test_what_the_last_equation_expected_is_kept():
    frame, _ = rare(1)
    made = chained(frame, {"rare": "logit"}, m=40, burnin=1, seed=2)
    expected = np.mean([chain.expected["rare"] for chain in made.chains])
    known = frame["rare"].dropna()
    # the mean of Beta(k + 1/2, n - k + 1/2), within three standard errors of 40 draws
    k, n = (known == "Yes").sum() + 0.5, len(known) + 1
    mean = k / n
    assert expected == pytest.approx(mean, abs=3 * np.sqrt(mean * (1 - mean) / (n + 1) / 40))
