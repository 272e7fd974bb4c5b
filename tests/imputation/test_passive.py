"""Variables made from others: made anew in every sweep, in their types; expected values from closed
forms.
"""

import numpy as np
import pandas as pd
import pytest

from mothers_margins.imputation import Passive, chained, engine
from tests.imputable import APART, PARTS, parts, same


def test_a_passive_variable_predicts_with_the_values_of_this_sweep():
    """y is 3 |a - b| and nothing linear in a or b: only the passive variable can predict it."""
    frame = parts()
    missing = frame["y"].isna()

    def off(equations) -> float:
        made = chained(frame, equations, m=1, burnin=5, seed=2).complete(1)
        return float((made["y"] - 3 * (made["a"] - made["b"]).abs())[missing].std())

    # the rest is from rows whose items were imputed by equations that are linear in y
    assert off(PARTS | {"apart": APART}) < 0.6 * off(PARTS)
    assert off(PARTS | {"apart": Passive(APART.sources, APART.make, predicts=False)}) == off(PARTS)


def test_passive_chains_do_not_depend_on_workers_or_batches():
    frame = parts()
    frame["apart"] = (frame["a"] - frame["b"]).abs()
    far = Passive(
        ("apart",),
        lambda part: (part["apart"] > 2).map({True: "far", False: "near"}).astype("category"),
    )
    equations = PARTS | {"apart": APART, "far": far}
    alone = chained(frame, equations, m=4, burnin=3, seed=5)
    same(alone, chained(frame, equations, m=4, burnin=3, seed=5, batch=3))
    same(alone, chained(frame, equations, m=4, burnin=3, seed=5, n_jobs=2, batch=1))
    first = chained(frame, equations, m=2, burnin=3, seed=5)
    for i in (1, 2):
        pd.testing.assert_frame_equal(alone.complete(i), first.complete(i), check_exact=True)
    assert (alone.complete(1)["far"] == "far").equals(alone.complete(1)["apart"] > 2)


def test_make_gets_the_rows_it_is_needed_for_in_their_own_types():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {"g": pd.Categorical(rng.choice(["u", "v", "w"], 90), ["w", "v", "u", "never"])}
    )
    frame["k"] = pd.Series(rng.integers(0, 3, 90), dtype="Int64")
    frame["x"] = rng.standard_normal(90)
    frame.loc[:9, "g"] = np.nan
    frame.loc[5:19, "k"] = pd.NA
    frame["p"] = np.where(frame["g"].isna() | frame["k"].isna(), np.nan, 7.0)
    frame.loc[19, "p"] = 8.0
    lengths = []

    def make(part: pd.DataFrame) -> pd.Series:
        assert part["g"].cat.categories.tolist() == ["w", "v", "u", "never"]
        assert part["k"].dtype == "Int64"
        lengths.append(len(part))
        return pd.Series(np.where(part["g"] == "u", 1.0, 2.0), index=part.index)

    made = chained(
        frame, {"g": "mlogit", "k": "pmm", "p": Passive(("g", "k"), make)}, m=1, burnin=2, seed=1
    )
    # known rows, and half of them; then the 19 to be made: once, because p predicts nothing but its
    # own sources
    assert lengths == [70, 35, 19]
    done = made.complete(1)
    assert (done["p"][20:] == 7).all()
    assert done.loc[19, "p"] == 8  # observed, though a source is missing
    assert set(done["p"][:19]) <= {1.0, 2.0}
    assert done["p"][:19].equals(pd.Series(np.where(done["g"][:19] == "u", 1.0, 2.0), name="p"))


def test_a_function_of_other_rows_is_made_on_all_of_them():
    frame = parts()
    seen = []

    def rank(part: pd.DataFrame) -> pd.Series:
        seen.append(len(part))
        return part["a"].rank()

    made = chained(frame, PARTS | {"rank": Passive(("a",), rank)}, m=1, burnin=2, seed=1)
    assert set(seen[3:]) == {300}
    assert made.complete(1)["rank"].equals(made.complete(1)["a"].rank())


def test_passive_values_that_stay_missing_stand_at_the_base_and_are_said():
    frame = parts()
    half = Passive(("a",), lambda part: part["a"].where(part["a"] > 1))
    made = chained(frame, PARTS | {"half": half}, m=2, burnin=2, seed=1)
    assert np.isfinite(made.complete(1)["y"]).all()
    stayed = made.events_frame(by_chain=True).query(
        "variable == 'half' and event == 'stayed_missing'"
    )
    missing = frame["a"].isna()
    expected = [int((made.complete(i)["a"][missing] <= 1).sum()) for i in (1, 2)]
    assert stayed[["chain", "n"]].to_numpy().tolist() == [[1, expected[0]], [2, expected[1]]]


def test_levels_that_are_new_or_infinite_numbers_have_no_place_in_the_design():
    frame = pd.DataFrame(
        {
            "a": [1.0, 2.0, 3.0] * 20 + [np.nan] * 5,
            "x": np.arange(65.0),
            "y": [1.0, np.nan, 2, 4, 3] * 13,
        }
    )

    def logarithm(part: pd.DataFrame) -> pd.Series:
        with np.errstate(divide="ignore"):
            return np.log(part["a"] - 1)

    log = Passive(("a",), logarithm)
    made = chained(frame, {"a": "pmm", "y": "pmm", "log": log}, m=1, burnin=3, seed=1)
    assert np.isfinite(made.complete(1)["y"]).all()
    assert "no_place" in made.events_frame().query("variable == 'log'")["event"].tolist()


def test_passive_variables_with_a_repeated_index_and_names_that_are_no_strings():
    frame = parts()
    odd = frame.set_axis([0, ("b", 1), "z z", 3], axis=1).set_axis(np.arange(300) % 5, axis=0)
    apart = Passive((0, ("b", 1)), lambda part: (part[0] - part[("b", 1)]).abs())
    equations = {0: "pmm", ("b", 1): "pmm", 3: "regress", 4: apart}
    done = chained(odd, equations, m=1, burnin=2, seed=2).complete(1)
    plain = chained(frame, PARTS | {"apart": APART}, m=1, burnin=2, seed=2).complete(1)
    assert done.to_numpy().tolist() == plain.to_numpy().tolist()


def test_levels_are_made_once_for_each_row_and_its_imputed_values(monkeypatch):
    """All chains of a process remember them; without a memory the imputations are the same."""
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"x": rng.standard_normal(80)})
    for name in ("g", "h"):
        frame[name] = pd.Categorical(np.where(rng.random(80) < 0.4, "yes", "no"), ["no", "yes"])
        frame.loc[rng.random(80) < 0.3, name] = np.nan
    limit = frame["x"].copy()  # of each row its own: the same values do not give the same level
    asked: list[tuple[object, ...]] = []

    def make(part: pd.DataFrame) -> pd.Series:
        asked.extend(part[["g", "h"]].itertuples(name=None))
        both = (part["g"] == "yes") & ((part["h"] == "yes") | (limit[part.index] > 0))
        levels = np.where(both, "both", "not")
        return pd.Series(pd.Categorical(levels, ["both", "not"]), index=part.index)

    equations = {"g": "logit", "h": "logit", "made": Passive(("g", "h"), make)}
    remembering = chained(frame, equations, m=6, burnin=5, seed=6)
    of_chains = [row for row in asked if frame.loc[row[0], ["g", "h"]].isna().any()]
    assert len(of_chains) == len({*of_chains}) > 0
    for i in range(1, 7):
        done = remembering.complete(i)
        assert (done["made"] == make(done)).all()
    monkeypatch.setattr(engine, "ENOUGH_REMEMBERED", 0)
    same(remembering, chained(frame, equations, m=6, burnin=5, seed=6))
    assert len(asked) > 3 * len(of_chains)


@pytest.mark.parametrize(
    ("kind", "by_arrays"), [("float64", True), ("Int64", True), ("float32", False)]
)
def test_arrays_give_what_series_give_where_they_hold_the_same_numbers(kind, by_arrays):
    """A function for arrays is asked in sweeps, to the same cells; a narrower type would round."""
    frame = parts()
    for name in ("a", "b"):
        frame[name] = frame[name].round().astype(kind) if kind == "Int64" else frame[name]
        frame[name] = frame[name].astype(kind)
    asked: list[int] = []

    def of_numbers(sources):
        asked.append(len(sources))
        return np.abs(sources[0] - sources[1])

    fast = Passive(APART.sources, APART.make, of_numbers=of_numbers)
    by_series = chained(frame, PARTS | {"apart": APART}, m=2, burnin=3, seed=5)
    same(by_series, chained(frame, PARTS | {"apart": fast}, m=2, burnin=3, seed=5))
    assert bool(asked) == by_arrays
    assert {*asked} <= {2}
