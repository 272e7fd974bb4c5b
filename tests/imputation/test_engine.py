"""Chained equations: conditional variables, and events; expected values from closed forms."""

import numpy as np
import pandas as pd
import pytest

from mothers_margins.imputation import Equation, Passive, chained, draws
from mothers_margins.imputation.equations import HAPPENINGS
from mothers_margins.imputation.logistic_regression import draw_logit, fit_logit
from mothers_margins.imputation.newton import NotConvergedError
from tests.imputable import PARTS, gated, parts, same

# ---- conditional variables


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
            raise NotConvergedError("no convergence")
        return fit_logit(*_args)

    monkeypatch.setitem(draws.LEVELLED_METHODS, "logit", (fails, draw_logit))
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
