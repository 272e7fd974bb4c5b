"""Imputation: how long 279 dyads x 25 variables take, how cost and memory grow with rows, and
parity with R mice.
"""

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from mothers_margins.imputation import Pooled, chained

REFERENCE = Path(__file__).parents[1] / "tests" / "data" / "reference"
KINDS = ["logit"] * 9 + ["ologit"] * 4 + ["mlogit"] * 3 + ["pmm"] * 7


def mixed(
    rows: int, seed: int, kinds: list[str] = KINDS, complete: int = 2
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Correlated variables of four kinds with 3 to 18% missing, and complete ones."""
    rng = np.random.default_rng(seed)
    common = rng.standard_normal(rows)
    columns: dict[str, pd.Series] = {
        f"c{k}": pd.Series(rng.standard_normal(rows) + common) for k in range(complete)
    }
    equations = {}
    for place, kind in enumerate(kinds):
        latent = 0.6 * common + rng.standard_normal(rows)
        name = f"{kind}_{place}"
        if kind == "pmm":
            values = pd.Series(np.round(latent * 10 + 40))
        else:
            cuts = np.quantile(
                latent, {"logit": [0.7], "ologit": [0.4, 0.7, 0.9], "mlogit": [0.4, 0.7]}[kind]
            )
            codes = np.digitize(latent if kind != "mlogit" else rng.permutation(latent), cuts)
            levels = [f"l{code}" for code in range(len(cuts) + 1)]
            values = pd.Series(pd.Categorical.from_codes(codes, levels, ordered=kind == "ologit"))
        columns[name] = values.mask(rng.random(rows) < 0.03 + 0.15 * rng.random())
        equations[name] = kind
    return pd.DataFrame(columns), equations


def speed() -> None:
    frame, equations = mixed(279, 1)
    chained(frame, equations, m=1, burnin=2, seed=1)
    start = time.process_time()
    imputations = chained(frame, equations, m=50, burnin=20, seed=20211118)
    taken = time.process_time() - start
    events = imputations.events_frame()
    augmented = events["variable"][events["event"] == "augmented"].nunique()
    print(
        f"279 x {frame.shape[1]}, {len(equations)} incomplete, m = 50 x 20 sweeps: "
        f"{taken:5.1f} s of CPU ({augmented} augmented)"
    )
    print(mice_speed(frame, equations, taken))


IN_MICE = {"logit": "logreg", "ologit": "polr", "mlogit": "polyreg", "pmm": "pmm"}
SPEED_IN_R = """
suppressPackageStartupMessages(library(mice))
given <- commandArgs(TRUE)
data <- read.csv(given[1], stringsAsFactors = TRUE, na.strings = "")
method <- setNames(strsplit(given[2], ",")[[1]], names(data))
for (name in names(data)[method == "polr"]) data[[name]] <- factor(data[[name]], ordered = TRUE)
method[method == "none"] <- ""
taken <- system.time(mice(data, m = 2, maxit = 5, method = method, seed = 1, printFlag = FALSE))
cat(as.character(packageVersion("mice")), taken[["user.self"]] + taken[["sys.self"]])
"""


def mice_speed(frame: pd.DataFrame, equations: dict[str, str], ours: float) -> str:
    """CPU seconds of R mice on the same frame with its own methods: m = 2 x 5 sweeps, scaled to 50
    x 20.
    """
    program = shutil.which("Rscript")
    if program is None:
        return "R is not there: no figure for mice"
    methods = ",".join(IN_MICE.get(equations.get(name, ""), "none") for name in frame)
    with tempfile.TemporaryDirectory() as folder:
        file, script = Path(folder) / "mixed.csv", Path(folder) / "speed.R"
        frame.to_csv(file, index=False)
        script.write_text(SPEED_IN_R, encoding="utf-8")
        ended = subprocess.run(
            [program, script, file, methods], capture_output=True, text=True, check=False
        )
    if ended.returncode:
        return f"R is there without a mice that runs: {ended.stderr.strip().splitlines()[-1]}"
    version, taken = ended.stdout.split()
    whole = float(taken) * (50 * 20) / (2 * 5)
    return (
        f"the same with mice {version} ({taken} s for m = 2 x 5 sweeps): {whole:.0f} s of "
        f"CPU, {whole / ours:.0f} times"
    )


def growth() -> None:
    for rows in (1_000, 10_000, 100_000):
        frame, equations = mixed(
            rows, 2, ["logit"] * 16 + ["pmm"] * 18 + ["ologit"] * 3 + ["mlogit"] * 3, 10
        )
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


def births(seed: int) -> tuple[Pooled, list[dict[str, list[float]]]]:
    """The births with holes, pooled here, by plain draws, and by mice 3.15.0 twice."""
    frame = pd.read_csv(REFERENCE / "birthwt_holes.csv", dtype={"ptlc": "str"})
    frame["race"] = pd.Categorical(frame["race"], ["white", "black", "other"])
    frame["ptlc"] = pd.Categorical(frame["ptlc"], ["0", "1", "2+"], ordered=True)
    equations = {"lwt": "regress", "race": "mlogit", "smoke": "logit", "ptlc": "ologit"}
    imputations = chained(frame, equations, m=200, burnin=20, seed=seed, draws="plain")
    runs = json.loads((REFERENCE / "imputation.json").read_text(encoding="utf-8"))["mice_3_15_0"]
    runs = runs["birthwt_norm_logreg_mlogitP_ologitP"]["runs"]
    theirs = [
        {"estimate": run["estimate"], "std_error": run["se"], "mc_error": run["mc_se_estimate"]}
        for run in runs
    ]
    return imputations.fit("low ~ age + lwt + race + smoke + ptlc + ht + ui"), theirs


def further(name: str, seed: int, m: int = 200) -> tuple[Pooled, list[dict[str, list[float]]]]:
    """A data set of tests/parity/make_parity.R, pooled here, by plain draws, and by mice 3.15.0
    twice.
    """
    study = json.loads((REFERENCE / "parity_more.json").read_text(encoding="utf-8"))[name]
    frame = pd.read_csv(REFERENCE / study["file"], dtype=dict.fromkeys(study["levels"], "str"))
    for column, levels in study["levels"].items():
        frame[column] = pd.Categorical(
            frame[column], levels, ordered=study["methods"].get(column) == "ologit"
        )
    outcome = study["formula"].split(" ~ ")[0]
    if study["model"] == "logit":
        frame[outcome] = frame[outcome].cat.codes.astype(float)
    imputations = chained(frame, study["methods"], m=m, burnin=20, seed=seed, draws="plain")
    return imputations.fit(study["formula"], study["model"]), study["runs"]


def compared(ours: Pooled, runs: list[dict[str, list[float]]]) -> pd.DataFrame:
    """By coefficient: difference from the mean of the runs in their SE, in Monte Carlo errors, and
    ratio of SE.
    """
    theirs, errors = (
        np.mean([run[key] for run in runs], axis=0) for key in ("estimate", "std_error")
    )
    doubt = np.sqrt(
        ours.mc_error.to_numpy() ** 2
        + np.mean([np.square(run["mc_error"]) for run in runs], axis=0) / len(runs)
    )
    difference = (ours.params - theirs).abs()
    return pd.DataFrame(
        {"apart": difference / errors, "in_mc": difference / doubt, "ratio": ours.bse / errors}
    )


def parity() -> None:
    more = json.loads((REFERENCE / "parity_more.json").read_text(encoding="utf-8"))
    for name in ("births", *(key for key in more if key != "about")):
        for seed in (1, 2):
            beside = compared(*(births(seed) if name == "births" else further(name, seed)))
            worst = beside["apart"].idxmax()
            print(
                f"{name}, seed {seed}: at most {beside['apart'].max():.3f} SE apart from mice "
                f"({worst}; largest "
                f"{beside['in_mc'].max():.1f} Monte Carlo errors), "
                f"SE ratios {beside['ratio'].min():.3f} to {beside['ratio'].max():.3f}"
            )


if __name__ == "__main__":
    for part in sys.argv[1:] or ("speed", "growth", "parity"):
        {"speed": speed, "growth": growth, "parity": parity}[part]()
