"""Chained equations as they are asked for: types, limits, shifts, predictors, on planted data."""

import numpy as np
import pandas as pd
import pytest

from mothers_margins.imputation import (
    Equation,
    Passive,
    chained,
    default_method,
)

EQUATIONS = {"lwt": "pmm", "race": "mlogit", "smoke": "logit", "ptlc": "ologit"}


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
    assert right > 0.88  # pseudo-rows, and counts that are drawn, keep a little doubt


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
