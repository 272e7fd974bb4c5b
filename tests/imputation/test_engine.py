"""Chained equations: passive and conditional variables, events, edges; expected values from closed
forms.
"""

import numpy as np
import pandas as pd
import pytest

from mothers_margins.imputation import Equation, Passive, chained, methods
from mothers_margins.imputation.equations import HAPPENINGS


def same(one, other) -> None:
    """Two runs, bit for bit."""
    assert one.m == other.m
    for i in range(1, one.m + 1):
        pd.testing.assert_frame_equal(one.complete(i), other.complete(i), check_exact=True)


def parts(n: int = 300, seed: int = 1) -> pd.DataFrame:
    """Two incomplete items, a complete number, and an outcome that follows the sum of the items."""
    rng = np.random.default_rng(seed)
    items = rng.integers(0, 5, (n, 2)).astype(float)
    frame = pd.DataFrame({"a": items[:, 0], "b": items[:, 1], "z": rng.standard_normal(n)})
    frame["y"] = (frame["a"] - frame["b"]).abs() * 3 + 0.1 * rng.standard_normal(n)
    for name, share in (("a", 0.2), ("b", 0.1), ("y", 0.4)):
        frame[name] = frame[name].mask(rng.random(n) < share)
    return frame


APART = Passive(("a", "b"), lambda part: (part["a"] - part["b"]).abs())
PARTS = {"a": "pmm", "b": "pmm", "y": "regress"}


# ---- passive variables


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


def test_what_is_made_from_a_variable_never_predicts_it():
    """double = 2a and its copy would give a away: a is drawn as if they were not there at all."""
    frame = parts().drop(columns="y")
    passive = {
        "double": Passive(("a",), lambda part: part["a"] * 2),
        "copy": Passive(("double",), lambda part: part["double"] + 1),
    }
    without = chained(frame[["a", "z"]], {"a": "pmm"}, m=2, burnin=4, seed=3)
    made = chained(frame[["a", "z"]], {"a": "pmm"} | passive, m=2, burnin=4, seed=3)
    for i in (1, 2):
        assert made.complete(i)["a"].equals(without.complete(i)["a"])
        assert made.complete(i)["copy"].equals(2 * made.complete(i)["a"] + 1)


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


@pytest.mark.parametrize(
    ("passive", "said"),
    [
        ({"p": Passive(("q",), lambda part: part["q"])}, "needs q, which is no column"),
        (
            {"p": Passive(("p",), lambda part: part["p"])},
            "needs p, which is no column, or is made later",
        ),
        (
            {"p": Passive(("a",), lambda part: part["a"].iloc[1:])},
            "'p' must make a Series with the rows it is given",
        ),
        ({"p": Passive(("a",), lambda part: part["a"].to_numpy())}, "'p' must make a Series"),  # type: ignore[arg-type, return-value]
    ],
)
def test_passive_variables_that_cannot_be_made_are_refused(passive, said):
    with pytest.raises(ValueError, match=said):
        chained(parts(), PARTS | passive, m=1, seed=1)


# ---- conditional variables


def gated(complete: bool, n: int = 300) -> pd.DataFrame:
    """Admissions, known of those who were ever admitted."""
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"x": rng.standard_normal(n)})
    ever = rng.random(n) < 1 / (1 + np.exp(-frame["x"]))
    frame["ever"] = pd.Series(ever).map({True: "yes", False: "no"}).astype("str")
    frame["times"] = pd.Series(rng.poisson(2, n) + 1.0).where(ever & (rng.random(n) < 0.8))
    frame["y"] = pd.Series(rng.standard_normal(n)).mask(rng.random(n) < 0.1)
    if not complete:
        lost = rng.random(n) < 0.15
        frame["ever"] = frame["ever"].mask(lost)
        frame["times"] = frame["times"].mask(lost)
    return frame


def test_a_complete_gate_is_the_same_as_truth_values():
    frame = gated(True)
    by_truth = Equation("pmm", applies=frame["ever"] == "yes")
    for applies in (("ever", "yes"), ("ever", ("yes",))):
        equations = {"y": "regress", "times": Equation("pmm", applies=applies)}
        same(
            chained(frame, equations, m=2, burnin=3, seed=1),
            chained(frame, {"y": "regress", "times": by_truth}, m=2, burnin=3, seed=1),
        )


@pytest.mark.parametrize("method", ["pmm", "regress"])
def test_a_variable_is_imputed_where_its_imputed_gate_is_open(method):
    frame = gated(False)
    equations = {
        "ever": "logit",
        "y": "regress",
        "times": Equation(method, applies=("ever", "yes")),
    }
    made = chained(frame, equations, m=8, burnin=4, seed=1)
    opened = []
    for i in range(1, 9):
        done = made.complete(i)
        assert done["times"].notna().equals(done["ever"] == "yes")
        assert done["times"][frame["times"].notna()].equals(frame["times"].dropna())
        opened.append((done["ever"] == "yes")[frame["ever"].isna()].mean())
    # the gate is not given away by what it opens: it opens as often as where it is observed, and
    # not always alike
    assert np.mean(opened) == pytest.approx((frame["ever"].dropna() == "yes").mean(), abs=0.15)
    assert np.std(opened) > 0
    same(made, chained(frame, equations, m=8, burnin=4, seed=1, n_jobs=2, batch=3))


def test_gates_of_numbers_of_passive_variables_and_of_gates():
    frame = gated(False)
    frame["ever"] = frame["ever"].map({"yes": 1.0, "no": 0.0})
    rng = np.random.default_rng(0)
    frame["last"] = (frame["times"] * 2 + rng.standard_normal(300)).mask(rng.random(300) < 0.3)
    frame.loc[frame["times"].isna() | (frame["times"] < 3), "last"] = np.nan
    equations = {
        "last": Equation("pmm", applies=("often", True)),
        "times": Equation("pmm", applies=("ever", 1)),
        "often": Passive(("times",), lambda part: part["times"] >= 3),
        "ever": "logit",
        "y": "pmm",
    }
    made = chained(frame, equations, m=3, burnin=3, seed=4)
    for i in (1, 2, 3):
        done = made.complete(i)
        assert done["times"].notna().equals(done["ever"] == 1)
        assert done["last"].notna().equals(done["times"] >= 3)


def test_observed_values_behind_the_gate():
    frame = gated(False)
    shut = frame.index[frame["ever"] == "no"][:4]
    equations = {"ever": "logit", "y": "regress", "times": Equation("pmm", applies=("ever", "yes"))}
    with pytest.raises(
        ValueError, match="'times' has 4 observed values where its gate 'ever' is closed"
    ):
        chained(
            frame.assign(times=frame["times"].where(~frame.index.isin(shut), 77)),
            equations,
            m=1,
            seed=1,
        )
    unknown = frame.index[frame["ever"].isna()][:5]
    kept = frame.assign(times=frame["times"].where(~frame.index.isin(unknown), 77))
    made = chained(kept, equations, m=2, burnin=2, seed=1)
    assert (made.complete(2)["times"][unknown] == 77).all()
    said = made.events_frame().set_index("event")
    assert (said.loc["gate_missing_kept", "names"], said.loc["gate_missing_kept", "n"]) == (
        ("ever",),
        5,
    )


def test_rows_behind_a_gate_that_was_imputed_closed_are_left_out_of_fitting():
    """A thousand, observed where the gate is missing and surely "no", is a donor only if that came
    out "yes".
    """
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {"x": np.where(np.arange(200) < 100, -1.0, 1.0) + 0.8 * rng.standard_normal(200)}
    )
    frame["ever"] = np.where(frame["x"] + 0.3 * rng.standard_normal(200) > 0, "yes", "no")
    frame["times"] = np.where(frame["ever"] == "yes", rng.integers(1, 9, 200), np.nan)
    frame.loc[:2, ["x", "ever", "times"]] = [-2.5, None, 1000.0]
    frame.loc[150:180, "times"] = np.nan
    equations = {
        "ever": "logit",
        "times": Equation("pmm", applies=("ever", "yes"), knn=300, omit=("x",)),
    }
    made = chained(frame, equations, m=10, burnin=1, seed=1)
    closed = [i for i in range(1, 11) if (made.complete(i)["ever"][:3] == "no").all()]
    assert len(closed) > 5
    assert max(made.complete(i)["times"][150:181].max() for i in closed) < 9


def test_passive_variables_with_a_repeated_index_and_names_that_are_no_strings():
    frame = parts()
    odd = frame.set_axis([0, ("b", 1), "z z", 3], axis=1).set_axis(np.arange(300) % 5, axis=0)
    apart = Passive((0, ("b", 1)), lambda part: (part[0] - part[("b", 1)]).abs())
    equations = {0: "pmm", ("b", 1): "pmm", 3: "regress", 4: apart}
    done = chained(odd, equations, m=1, burnin=2, seed=2).complete(1)
    plain = chained(frame, PARTS | {"apart": APART}, m=1, burnin=2, seed=2).complete(1)
    assert done.to_numpy().tolist() == plain.to_numpy().tolist()


def test_gates_that_cannot_be_are_refused():
    frame = gated(False)

    def asked(**more) -> None:
        chained(frame, {"ever": "logit", "y": "regress"} | more, m=1, seed=1)

    with pytest.raises(ValueError, match="applies by a level that no row of 'ever' has"):
        asked(times=Equation("pmm", applies=("ever", "perhaps")))
    with pytest.raises(ValueError, match="applies by a column that is none"):
        asked(times=Equation("pmm", applies=("never", "yes")))
    with pytest.raises(ValueError, match="hangs on itself"):
        asked(times=Equation("pmm", applies=("times", 1.0)))
    with pytest.raises(ValueError, match="applies by truth values"):
        asked(times=Equation("pmm", applies=pd.Series([True])))


# ---- events


def test_all_that_was_done_is_in_one_table():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"x": rng.standard_normal(120), "one": 1.0})
    frame["twice"] = frame["x"] * 2
    frame["score"] = rng.choice(
        [0.0, 100.0], 120
    )  # heaps at both limits: no truncated normal has them
    frame["seen"] = 5.0
    frame["g"] = pd.Categorical(rng.choice(["a", "b", "c"], 120), ["a", "b", "c", "nobody"])
    frame["rare"] = np.where(np.arange(120) == 100, "yes", "no")
    for place, name in enumerate(["score", "seen", "g", "rare"]):
        frame.loc[place * 7 : place * 7 + 9, name] = np.nan
    equations = {
        "score": Equation("truncreg", limits=(0, 100)),
        "seen": "pmm",
        "g": "mlogit",
        "rare": "logit",
    }
    made = chained(frame, equations, m=3, burnin=2, seed=1)
    found = made.events_frame()
    rows = {(one.variable, one.event, one.names): (one.chains, one.n) for one in found.itertuples()}
    assert rows["one", "predicts_nothing", ()] == (3, 1)
    assert rows["g", "levels_left_out", ()] == (3, 1)
    assert rows["seen", "constant_imputed", ()] == (3, 10)
    assert rows["seen", "constant", ()] == (3, 6)
    assert rows["score", "pmm_in_place", ()] == (3, 6)
    assert rows["rare", "augmented", ()] == (3, 6)
    assert rows["score", "collinear_left_out", ("twice",)] == (3, 6)
    assert rows["g", "constant_left_out", ("seen",)] == (3, 6)
    assert len(found) == len(rows)
    by_chain = made.events_frame(by_chain=True)
    assert by_chain.columns.tolist() == ["variable", "event", "names", "chain", "n"]
    assert {*by_chain["event"]} <= {*HAPPENINGS}
    assert set(by_chain.query("event == 'augmented'")["chain"]) == {1, 2, 3}


def test_a_chain_that_fails_names_the_variable_and_the_method(monkeypatch):
    frame = parts().assign(k=lambda one: (one["a"] > 2).astype("boolean").mask(one["a"].isna()))
    done = []

    def fails(*_args) -> None:
        done.append(1)
        if len(done) not in (2, 4):  # the start of the first chain, and its sweep
            raise methods.NotConvergedError("no convergence")
        return real(*_args)

    real = methods.fit_logit
    from mothers_margins.imputation import draws

    monkeypatch.setitem(draws.LEVELLED_METHODS, "logit", (fails, methods.draw_logit))
    made = chained(frame, PARTS | {"k": "logit"}, m=2, burnin=1, seed=1)
    assert made.m == 1
    assert made.failed == {2: "ArithmeticError: 'k' (logit): no convergence, with pseudo-rows too"}
    last = made.events_frame().iloc[-1]
    assert (last["variable"], last["event"], last["names"]) == (
        "",
        "chain_failed",
        ("ArithmeticError",),
    )
    with pytest.raises(
        ArithmeticError, match=r"no chain could be finished: ArithmeticError: 'k' \(logit\)"
    ):
        chained(frame, PARTS | {"k": "logit"}, m=2, burnin=1, seed=1)
