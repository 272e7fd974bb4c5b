"""Rows whose truth is known, with holes, and what several files about imputation do with them."""

import json

import numpy as np
import pandas as pd

from mothers_margins.imputation import Passive, chained
from tests.small_project import REPOSITORY

FOLDER = REPOSITORY / "tests" / "data" / "reference"
R = json.loads((FOLDER / "imputation.json").read_text(encoding="utf-8"))
BIRTHWT = pd.read_csv(FOLDER / "birthwt.csv", dtype={"ptlc": "str"})
ITEMS = [f"i{place}" for place in range(10)]
APART = Passive(("a", "b"), lambda part: (part["a"] - part["b"]).abs())
PARTS = {"a": "pmm", "b": "pmm", "y": "regress"}


def design() -> np.ndarray:
    columns = [BIRTHWT[name] for name in ("age", "lwt", "smoke", "low")]
    return np.column_stack([np.ones(len(BIRTHWT)), *columns]).astype(float)


def hessian(function, at: np.ndarray, step: float = 1e-4) -> np.ndarray:
    """By differences, in steps relative to the parameters."""
    moves = np.diag(step * np.maximum(np.abs(at), 1))
    signs = ((1, 1), (1, -1), (-1, 1), (-1, -1))
    differences = [
        [sum(a * b * function(at + a * i + b * j) for a, b in signs) for j in moves] for i in moves
    ]
    return np.array(differences) / (4 * np.outer(np.diag(moves), np.diag(moves)))


def planted(n: int = 300, seed: int = 17) -> tuple[np.ndarray, np.random.Generator]:
    rng = np.random.default_rng(seed)
    return np.column_stack([np.ones(n), rng.standard_normal(n), rng.integers(0, 2, n)]), rng


def is_covariance(drawn: np.ndarray, expected: np.ndarray, error: float = 4.5) -> bool:
    """Whether all variances and covariances of draws are within `error` Monte Carlo SE: (s_ij² +
    s_ii s_jj) / k.
    """
    spread = np.diag(expected)
    errors = np.sqrt((expected**2 + np.outer(spread, spread)) / len(drawn))
    return bool((np.abs(np.cov(drawn.T) - expected) < error * errors).all())


def numbers(n: int = 40, p: int = 3, seed: int = 1) -> pd.DataFrame:
    return pd.DataFrame(
        np.random.default_rng(seed).standard_normal((n, p)), columns=[f"x{k}" for k in range(p)]
    )


def imputed_once(frame: pd.DataFrame, equations, **more) -> pd.DataFrame:
    return chained(frame, equations, m=1, burnin=2, seed=1, **more).complete(1)


def same(first, second) -> None:
    """Two runs, bit for bit."""
    assert first.m == second.m
    for i in range(1, first.m + 1):
        pd.testing.assert_frame_equal(first.complete(i), second.complete(i), check_exact=True)


def parts(n: int = 300, seed: int = 1) -> pd.DataFrame:
    """Two incomplete items, a complete number, and an outcome that follows the sum of the items."""
    rng = np.random.default_rng(seed)
    items = rng.integers(0, 5, (n, 2)).astype(float)
    frame = pd.DataFrame({"a": items[:, 0], "b": items[:, 1], "z": rng.standard_normal(n)})
    frame["y"] = (frame["a"] - frame["b"]).abs() * 3 + 0.1 * rng.standard_normal(n)
    for name, share in (("a", 0.2), ("b", 0.1), ("y", 0.4)):
        frame[name] = frame[name].mask(rng.random(n) < share)
    return frame


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


def scale(n: int = 400, seed: int = 1, blanks: tuple[int, ...] = tuple(range(11))):
    """Ten items of 0 to 4 that share a cause with x; some rows leave some of them unanswered. Their
    score is missing where one item is. Also the truth.
    """
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(n)
    cause = 0.6 * x + 0.8 * rng.standard_normal(n)
    strength = cause[:, None] * 0.7 + 0.7 * rng.standard_normal((n, 10))
    whole = pd.DataFrame(np.digitize(strength, [-0.5, 0.2, 0.9, 1.6]).astype(float), columns=ITEMS)
    answers = whole.copy()
    left_open = np.full(n, 0)
    for row in range(0, n, 4):
        left_open[row] = blanks[(row // 4) % len(blanks)]
        places = rng.choice(10, left_open[row], replace=False)
        answers.iloc[row, places] = np.nan
    frame = pd.DataFrame({"x": x, "score": answers.sum(axis=1, skipna=False)})
    return frame, answers, whole


def bounds(answers: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    low = answers.fillna(0.0).sum(axis=1)
    return low, low + 4.0 * answers.isna().sum(axis=1)


def completed(frame, equations, m=5, **more) -> list[pd.DataFrame]:
    imputations = chained(frame, equations, m=m, burnin=3, seed=3, **more)
    return [imputations.complete(i) for i in range(1, m + 1)]
