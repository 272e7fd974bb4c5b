"""Imputation: how long 279 dyads x 25 variables take, how cost and memory grow with rows, and parity with R mice."""

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from mothers_margins.imputation import chained, pool_estimates

REFERENCE = Path(__file__).parents[1] / "tests" / "data" / "reference"
KINDS = ["logit"] * 9 + ["ologit"] * 4 + ["mlogit"] * 3 + ["pmm"] * 7


def mixed(rows: int, seed: int, kinds: list[str] = KINDS, complete: int = 2) -> tuple[pd.DataFrame, dict[str, str]]:
    """Correlated variables of four kinds with 3 to 18% missing, and complete ones."""
    rng = np.random.default_rng(seed)
    common = rng.standard_normal(rows)
    made: dict[str, pd.Series] = {f"c{k}": pd.Series(rng.standard_normal(rows) + common) for k in range(complete)}
    equations = {}
    for place, kind in enumerate(kinds):
        latent = 0.6 * common + rng.standard_normal(rows)
        name = f"{kind}_{place}"
        if kind == "pmm":
            values = pd.Series(np.round(latent * 10 + 40))
        else:
            cuts = np.quantile(latent, {"logit": [0.7], "ologit": [0.4, 0.7, 0.9], "mlogit": [0.4, 0.7]}[kind])
            codes = np.digitize(latent if kind != "mlogit" else rng.permutation(latent), cuts)
            values = pd.Series(pd.Categorical.from_codes(codes, [f"l{c}" for c in range(len(cuts) + 1)]))
        made[name] = values.mask(rng.random(rows) < 0.03 + 0.15 * rng.random())
        equations[name] = kind
    return pd.DataFrame(made), equations


def speed() -> None:
    frame, equations = mixed(279, 1)
    chained(frame, equations, m=1, burnin=2, seed=1)
    start = time.process_time()
    made = chained(frame, equations, m=50, burnin=20, seed=20211118)
    taken = time.process_time() - start
    augmented = len({one.variable for chain in made.chains for one in chain.events})
    print(
        f"279 x {frame.shape[1]}, {len(equations)} incomplete, m = 50 x 20 sweeps: "
        f"{taken:5.1f} s of CPU ({augmented} augmented)"
    )


def growth() -> None:
    for rows in (1_000, 10_000, 100_000):
        frame, equations = mixed(rows, 2, ["logit"] * 16 + ["pmm"] * 18 + ["ologit"] * 3 + ["mlogit"] * 3, 10)
        start = time.process_time()
        chained(frame, equations, m=2, burnin=2, seed=1)
        taken = time.process_time() - start
        unit = 1024 if sys.platform == "linux" else 1024 * 1024
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
        per = 1e6 * taken / rows / 4
        print(
            f"{rows:>7} x {frame.shape[1]}, m = 2 x 2 sweeps: {taken:6.1f} s "
            f"({per:5.1f} us a row and sweep), {most:5.0f} MB at most"
        )


def births(seed: int, m: int = 200, burnin: int = 20) -> pd.DataFrame:
    """Pooled estimates of the births with holes beside those of mice 3.15.0: difference in SE, ratio of SE."""
    from statsmodels.discrete.discrete_model import Logit

    frame = pd.read_csv(REFERENCE / "birthwt_holes.csv", dtype={"ptlc": "str"})
    frame["race"] = pd.Categorical(frame["race"], ["white", "black", "other"])
    frame["ptlc"] = pd.Categorical(frame["ptlc"], ["0", "1", "2+"], ordered=True)
    equations = {"lwt": "regress", "race": "mlogit", "smoke": "logit", "ptlc": "ologit"}
    made = chained(frame, equations, m=m, burnin=burnin, seed=seed)
    params, covariances = [], []
    for i in range(1, made.m + 1):
        one = made.complete(i)
        levels = [one["race"] == "black", one["race"] == "other"]
        more = [one["ptlc"] == "1", one["ptlc"] == "2+", one["ht"], one["ui"]]
        design = np.column_stack([np.ones(len(one)), one["age"], one["lwt"], *levels, one["smoke"], *more])
        fit = Logit(one["low"].to_numpy(float), design.astype(float)).fit(disp=False)
        params.append(fit.params)
        covariances.append(fit.cov_params())
    pooled = pool_estimates(params, covariances)
    runs = json.loads((REFERENCE / "imputation.json").read_text(encoding="utf-8"))["mice_3_15_0"]
    runs = runs["birthwt_norm_logreg_mlogitP_ologitP"]["runs"]
    theirs = np.mean([run["estimate"] for run in runs], axis=0)
    errors = np.mean([run["se"] for run in runs], axis=0)
    found = {"term": runs[0]["terms"], "apart": (pooled.params.to_numpy() - theirs) / errors}
    return pd.DataFrame(found | {"ratio": pooled.bse.to_numpy() / errors})


def parity() -> None:
    for seed in (1, 2):
        found = births(seed)
        apart, low, high = found["apart"].abs().max(), found["ratio"].min(), found["ratio"].max()
        print(f"births, seed {seed}: at most {apart:.3f} SE apart from mice, SE ratios {low:.3f} to {high:.3f}")


if __name__ == "__main__":
    for part in sys.argv[1:] or ("speed", "growth", "parity"):
        {"speed": speed, "growth": growth, "parity": parity}[part]()
