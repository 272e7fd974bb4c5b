"""Firth's penalised profile likelihood and its pooling by CLIP: numbers of R (make_clip.R), and of
one data set those of `reference.json`.
"""

import json
from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats
from scipy.special import expit

import mothers_margins as mm
from mothers_margins.analysis.regression.estimates import FromOneDataSet
from mothers_margins.analysis.regression.likelihood import firth
from mothers_margins.analysis.regression.penalised_estimates import ByPenalisedProfile
from mothers_margins.analysis.regression.penalised_profile import (
    PenalisedProfiles,
    _at,
    _second_derivative,
)
from mothers_margins.imputation import MeanDistribution, pool_estimates
from tests.by_hand import ruled
from tests.conftest import REPOSITORY

FOLDER = REPOSITORY / "tests" / "data" / "reference"
CLIP = json.loads((FOLDER / "clip.json").read_text(encoding="utf-8"))
FIRTH = json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))["shared"]
BIRTHS = pd.read_csv(FOLDER / "birthwt.csv")
NAMES = ("one", "lwt", "smoke", "ht", "black")
EVENT = BIRTHS["low"].to_numpy(float)


def changed(number: int) -> np.ndarray:
    """The design of one of the five data sets, as `changed` of make_clip.R makes it."""
    row = np.arange(1, 190)
    take = (row + 3 * number) % 5 == 0
    lwt = np.where(take, np.roll(BIRTHS["lwt"], -1), BIRTHS["lwt"])
    smoke = np.where((row * number) % 9 == 1, 1 - BIRTHS["smoke"], BIRTHS["smoke"])
    black = BIRTHS["race"] == "black"
    return np.column_stack([np.ones(189), lwt / 10, smoke, BIRTHS["ht"], black]).astype(float)


def pooled(designs: list[np.ndarray], names: tuple[str, ...] = NAMES) -> ByPenalisedProfile:
    fits = [firth(design, EVENT, 95, profile=False) for design in designs]
    by_rubin = pool_estimates(
        [pd.Series(fit.params, names) for fit in fits], [fit.covariance for fit in fits]
    )
    return ByPenalisedProfile(by_rubin, tuple(designs), tuple(EVENT for _ in designs))


@pytest.fixture(scope="module")
def five() -> ByPenalisedProfile:
    return pooled([changed(number) for number in range(1, 6)])


@pytest.mark.parametrize("case", CLIP["clip"], ids=lambda case: case["term"])
def test_five_data_sets_are_pooled_as_r_does(five, case):
    """R maximises the penalised likelihood without its derivatives, so it has seven digits."""
    low, high = five.conf_int().loc[case["term"]]
    found = [five.params[case["term"]], low, high, five.pvalues[case["term"]]]
    expected = [case["estimate"], case["low"], case["high"], case["p"]]
    assert found == pytest.approx(expected, rel=2e-6, abs=2e-7)


@pytest.mark.parametrize("case", CLIP["clip"], ids=lambda case: case["term"])
def test_their_monte_carlo_errors_are_rs(five, case):
    """R seeks each limit again without each data set; ours takes the signed roots for straight
    lines near the limit.
    """
    found = five.mc_errors().loc[case["term"]]
    expected = case["mc"]
    assert found["estimate"] == pytest.approx(expected["estimate"], rel=1e-5)
    assert found["p_value"] == pytest.approx(expected["p"], rel=1e-5)
    assert found["conf_low"] == pytest.approx(expected["low"], rel=0.02)
    assert found["conf_high"] == pytest.approx(expected["high"], rel=0.02)


def test_equal_data_sets_have_the_interval_of_one():
    fit = mm.fit_logistic(BIRTHS, FIRTH["firth_birthwt"]["formula"], "firth")
    design = fit.design.to_numpy(float)
    names = tuple(fit.params.index)
    found = pooled([design] * 4, names)
    single = FIRTH["firth_birthwt"]
    # R's level of reference is another one than that of these names, so each is matched by its p
    np.testing.assert_allclose(found.conf_int(), fit.conf_int(), atol=1e-9)
    np.testing.assert_allclose(found.pvalues, fit.pvalues, atol=1e-9)
    common = [names.index(name) for name in ("age", "lwt", "smoke", "ptl", "ht", "ui", "ftv")]
    of_r = [single["terms"].index(name) for name in np.array(names)[common]]
    limits = np.array(single["profile_ci"])[of_r]
    np.testing.assert_allclose(found.conf_int().to_numpy()[common], limits, atol=1e-6)
    np.testing.assert_allclose(
        found.pvalues.to_numpy()[common], np.array(single["plr_p"])[of_r], atol=1e-6
    )


def test_one_is_inside_exactly_where_p_is_alpha_or_more(five):
    for alpha in (0.5, 0.1, 0.05, 0.016, 0.001):
        limits = five.conf_int(alpha)
        inside = (limits[0] <= 0) & (limits[1] >= 0)
        assert (inside == (five.pvalues >= alpha)).all()


def test_units_and_far_zeros_change_nothing_but_the_unit():
    design = changed(1)
    far = design * [1, 1000, 1, 1, 1] + [0, 1e6, 0, 0, 0]
    near, away = (
        PenalisedProfiles(design[None], EVENT[None]),
        PenalisedProfiles(far[None], EVENT[None]),
    )
    for k, value, unit in ((1, -0.2, 1000), (2, 0.9, 1), (3, 2.5, 1)):
        root, slope = near.signed_roots(k, value)
        other_root, other_slope = away.signed_roots(k, value / unit)
        assert other_root == pytest.approx(root, rel=1e-6)
        assert other_slope / unit == pytest.approx(slope, rel=1e-5)


def test_the_constant_of_a_column_far_from_zero_has_its_limits():
    """So far away the constant is minus the slope times the distance, and so are its limits."""
    near = changed(1)[:, :2]
    slope = MeanDistribution(
        partial(PenalisedProfiles(near[None], EVENT[None]).signed_roots, 1), (-0.2, 0.07)
    )
    low, high = slope.limits(0.05)
    for far in (1e5, 1e8):
        away = PenalisedProfiles((near + np.array([0, far]))[None], EVENT[None])
        constant = MeanDistribution(partial(away.signed_roots, 0), (0.2 * far, 0.07 * far))
        limits = np.array(constant.limits(0.05)) / far
        assert limits == pytest.approx([-high, -low], abs=20 / far + 1e-7)


def test_slopes_are_those_of_the_roots():
    profiles = PenalisedProfiles(np.array([changed(1), changed(2)]), np.array([EVENT, EVENT]))
    for k, value in ((0, 1.0), (1, -0.3), (2, 0.8), (3, 3.0)):
        after, before = (profiles.signed_roots(k, value + step)[0] for step in (1e-5, -1e-5))
        slope = profiles.signed_roots(k, value)[1]
        assert slope == pytest.approx((after - before) / 2e-5, rel=1e-5)


def test_a_separated_variable_has_both_limits():
    """16 and 1, 0 and 5: Firth's profile is that of the table with 1/2 in each cell, whose limits
    `test_fit_logistic` finds; here that the root is the quantile there.
    """
    design = np.column_stack([np.ones(22), [1.0] * 17 + [0.0] * 5])
    event = np.array([1.0] * 16 + [0.0] * 6)
    solution = firth(design, event, 95, profile=False)
    found = ByPenalisedProfile(FromOneDataSet(("one", "g"), solution), (design,), (event,))
    low, high = found.conf_int().loc["g"]
    roots = [
        PenalisedProfiles(design[None], event[None]).signed_roots(1, x)[0] for x in (low, high)
    ]
    assert np.concatenate(roots) == pytest.approx([-1.959964, 1.959964], abs=1e-6)
    root, _ = PenalisedProfiles(design[None], event[None]).signed_roots(1, 0.0)
    assert found.pvalues["g"] == pytest.approx(stats.chi2.sf(root[0] ** 2, 1))


def test_limits_of_sparse_data_are_found_and_right(demo):
    """13 parameters on 17 events, where steps by the information alone are slow: scipy maximises
    the penalised likelihood over the others, without derivatives of ours.
    """
    fit = mm.fit_logistic(ruled(demo, few_events=0), "protocol", outcome="continued")
    x, y = fit.design.to_numpy(float), fit.event.to_numpy(float)
    scale = np.where(np.ptp(x, axis=0) == 0, 1.0, x.std(axis=0))
    x = x / scale

    def fallen(params: np.ndarray) -> float:
        linear = x @ params
        chance = expit(linear)
        information = (x.T * (chance * (1 - chance))) @ x
        return -(y @ linear - np.logaddexp(0, linear).sum() + np.linalg.slogdet(information)[1] / 2)

    best = optimize.minimize(fallen, fit.params.to_numpy() * scale, method="BFGS", tol=1e-9).fun
    limits = fit.conf_int()
    for name in ("schizophrenia[Yes]", "ctq_total"):
        k = list(limits.index).index(name)
        for limit in limits.loc[name]:
            held = limit * scale[k]
            start = np.delete(fit.params.to_numpy() * scale, k)
            there = optimize.minimize(
                lambda others, k=k, held=held: fallen(np.insert(others, k, held)),
                start,
                method="BFGS",
                tol=1e-9,
            )
            assert 2 * (there.fun - best) == pytest.approx(3.841459, abs=1e-4)


def test_the_second_derivative_is_that_of_the_score():
    design, params = changed(1), np.array([-0.5, 0.1, 0.6, 1.2, 0.8]) * [1, 0.01, 1, 1, 1]
    steps = np.eye(5) * 1e-5
    score = [
        [_at(design[None], EVENT[None], (params + sign * step)[None]).score[0] for sign in (1, -1)]
        for step in steps
    ]
    by_differences = np.array([(after - before) / 2e-5 for after, before in score])
    np.testing.assert_allclose(
        _second_derivative(design, params), by_differences, rtol=1e-5, atol=1e-4
    )
