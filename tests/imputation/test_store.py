"""Imputed cells in a file: what is written comes back, and a file that is not theirs counts as not
there.
"""

import json
import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import mothers_margins as mm
from mothers_margins import places
from mothers_margins.imputation import Equation, Imputations, chained, read_cells, write_cells
from mothers_margins.imputation import engine as engine_module

EQUATIONS = {
    "asked": "logit",
    "points": Equation("pmm", applies=("asked", "yes")),
    "size": "regress",
}


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    """60 rows; `points` apply where `asked` is yes, and are imputed where both are missing too
    (rows 0 to 5).
    """
    rng = np.random.default_rng(3)
    asked = pd.Series(np.where(rng.random(60) < 0.5, "yes", "no"), dtype=object)
    points = pd.Series(np.round(rng.normal(10, 3, 60)), dtype="Float64").mask(asked == "no")
    size = pd.Series(rng.normal(0, 1, 60))
    asked[:6], points[:6], points[8:10], size[3:9] = None, pd.NA, pd.NA, np.nan
    levels = pd.Categorical(asked, ["no", "yes"])
    return pd.DataFrame(
        {"asked": levels, "points": points, "size": size, "y": rng.integers(0, 2, 60)}
    )


@pytest.fixture(scope="module")
def made(data) -> Imputations:
    return chained(data, EQUATIONS, m=4, burnin=3, seed=5)


@pytest.fixture
def path(tmp_path, made):
    write_cells(tmp_path / "cells.npz", made)
    return tmp_path / "cells.npz"


def test_what_was_written_comes_back(path, data, made):
    read = read_cells(path, data, EQUATIONS, 4)
    assert read.m == 4
    assert read.failed == {}
    for i in range(1, 5):
        assert_frame_equal(read.complete(i), made.complete(i))
    assert_frame_equal(read.trace(), made.trace())
    assert_frame_equal(read.events_frame(by_chain=True), made.events_frame(by_chain=True))
    assert read.rhat().equals(made.rhat())


def test_a_closed_gate_stays_closed(path, data, made):
    """nan among the imputed cells says that the question did not apply in that chain."""
    shut = np.array([np.isnan(chain.imputed["points"]) for chain in made.chains])
    assert shut.any()
    assert not shut.all()
    read = read_cells(path, data, EQUATIONS, 4)
    assert [np.isnan(chain.imputed["points"]).tolist() for chain in read.chains] == shut.tolist()
    whole = read.complete(1)
    assert whole.loc[whole["asked"] == "no", "points"].isna().all()
    assert whole.loc[whole["asked"] == "yes", "points"].notna().all()


def test_the_first_chains_are_a_smaller_run_and_more_are_not_there(path, data):
    few = read_cells(path, data, EQUATIONS, 2)
    assert few.m == 2
    assert_frame_equal(few.complete(2), chained(data, EQUATIONS, m=2, burnin=3, seed=5).complete(2))
    assert read_cells(path, data, EQUATIONS, 5) is None


def test_a_chain_that_failed_is_remembered_and_counts(tmp_path, data, monkeypatch):
    """The second of four fails: three come back with its reason, of m = 2 one, and five are not
    there.
    """
    run, calls = engine_module._Sweeps.run, []

    def fails_once(self, burnin):
        calls.append(1)
        if len(calls) == 2:
            raise ArithmeticError("planted")
        return run(self, burnin)

    monkeypatch.setattr(engine_module._Sweeps, "run", fails_once)
    three = chained(data, EQUATIONS, m=4, burnin=2, seed=5)
    write_cells(tmp_path / "c.npz", three)
    read = read_cells(tmp_path / "c.npz", data, EQUATIONS, 4)
    assert (read.m, read.failed) == (3, {2: "ArithmeticError: planted"})
    assert_frame_equal(read.complete(3), three.complete(3))
    failed = read.events_frame().set_index("event").loc["chain_failed"]
    assert (failed["variable"], failed["names"], failed["n"]) == ("", ("ArithmeticError",), 1)
    two = read_cells(tmp_path / "c.npz", data, EQUATIONS, 2)
    assert (two.m, two.failed) == (1, {2: "ArithmeticError: planted"})
    assert read_cells(tmp_path / "c.npz", data, EQUATIONS, 1).failed == {}
    assert read_cells(tmp_path / "c.npz", data, EQUATIONS, 5) is None


def test_only_failed_chains_are_none(path, data, made):
    write_cells(path, replace(made, chains=made.chains[1:], failed={1: "planted"}))
    assert read_cells(path, data, EQUATIONS, 1) is None
    assert read_cells(path, data, EQUATIONS, 2).m == 1


def test_the_same_cells_are_the_same_bytes_and_nothing_is_pickled(path, tmp_path, data):
    again = tmp_path / "again.npz"
    write_cells(again, chained(data, EQUATIONS, m=4, burnin=3, seed=5, n_jobs=2))
    assert again.read_bytes() == path.read_bytes()
    with np.load(path, allow_pickle=False) as file:
        assert {*file.files} == {
            "said",
            *(f"{p}/{n}" for p in ("imputed", "means", "spreads", "expected") for n in EQUATIONS),
        }
        assert all(file[name].dtype.kind in "fu" for name in file.files)
        sizes = {name: file[f"imputed/{name}"].shape for name in EQUATIONS}
    # 6 rows without `asked`; of `points` those 6, and 8 and 9 where they are asked; 6 of `size`
    two_more = int((data["asked"][8:10] == "yes").sum())
    assert sizes == {"asked": (4, 6), "points": (4, 6 + two_more), "size": (4, 6)}


def test_the_file_says_nothing_else(path):
    with np.load(path) as file:
        assert {*json.loads(file["said"].tobytes().decode())} == {"events", "failed"}


SPOILED = {
    "empty": lambda good: b"",
    "text": lambda good: b"name,value\na,1\n",
    "half of it": lambda good: good[: len(good) // 2],
    "all but its end": lambda good: good[:-30],
    "a byte changed inside": lambda good: good[:200] + bytes([good[200] ^ 255]) + good[201:],
    "a pickle": lambda good: pickle.dumps({"said": 1}),
}


@pytest.mark.parametrize("how", SPOILED)
def test_a_file_that_cannot_be_read_counts_as_not_there(path, data, how):
    path.write_bytes(SPOILED[how](path.read_bytes()))
    assert read_cells(path, data, EQUATIONS, 2) is None


def said(**more) -> np.ndarray:
    return np.frombuffer(
        json.dumps({"events": [[]] * 4, "failed": {}} | more).encode(), dtype=np.uint8
    )


FOREIGN = {
    "another program's arrays": lambda: {"a": np.zeros(3)},
    "no json": lambda: {"said": np.frombuffer(b"{", dtype=np.uint8)},
    "json of another form": lambda: {"said": np.frombuffer(b"[1, 2]", dtype=np.uint8)},
    "no cells": lambda: {"said": said()},
    "a part of another name": lambda: {"said": said(), "other/asked": np.zeros((4, 6))},
    "objects": lambda: {"said": said(), "imputed/asked": np.array([{}, []], dtype=object)},
    "fewer chains than it says": lambda: cells(4, rows=1),
    "cells of other rows": lambda: cells(7),
    "an event of another form": lambda: cells(6) | {"said": said(events=[[{"what": 1}]] * 4)},
}


def cells(n: int, rows: int = 4) -> dict[str, np.ndarray]:
    """Cells of every variable, n each; with n = 6 as many as are missing, but for `points`."""
    found = {f"imputed/{name}": np.zeros((rows, n)) for name in EQUATIONS}
    courses = {
        f"{part}/{name}": np.zeros((rows, 3)) for part in ("means", "spreads") for name in EQUATIONS
    }
    return {"said": said()} | found | courses


@pytest.mark.parametrize("what", FOREIGN)
def test_a_file_of_something_else_counts_as_not_there(tmp_path, data, what):
    with (tmp_path / "f.npz").open("wb") as file:
        np.savez(file, **FOREIGN[what]())
    assert read_cells(tmp_path / "f.npz", data, EQUATIONS, 2) is None


def test_a_single_array_or_a_folder_counts_as_not_there(tmp_path, data):
    np.save(tmp_path / "one.npy", np.zeros(3))
    assert read_cells(tmp_path / "one.npy", data, EQUATIONS, 1) is None
    assert read_cells(tmp_path, data, EQUATIONS, 1) is None
    assert read_cells(tmp_path / "absent.npz", data, EQUATIONS, 1) is None


def test_a_spoiled_file_in_the_runs_folder_is_made_again(demo):
    """impute reads what it kept; what it cannot read it makes again, with the same values, and
    keeps.
    """
    few = {"m": 2, "burnin": 1, "progress": False}
    first = mm.impute(demo, "cpp_t1", "exploratory", keep=True, **few)
    (kept,) = (places.out_folder() / "internal" / "esmi").glob("imputed_cpp_t1_*.npz")
    good = kept.read_bytes()
    kept.write_bytes(good[:300])
    again = mm.impute(demo, "cpp_t1", "exploratory", keep=True, **few)
    assert kept.read_bytes() == good
    assert_frame_equal(again.made.complete(2), first.made.complete(2))
    read = mm.impute(demo, "cpp_t1", "exploratory", **few)
    assert_frame_equal(read.complete(2).data, first.complete(2).data)
