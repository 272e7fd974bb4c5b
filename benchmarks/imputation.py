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
from joblib import Parallel, delayed
from scipy.stats import norm

from mothers_margins.imputation import Pooled, chained

REFERENCE = Path(__file__).parents[1] / "tests" / "data" / "reference"
FURTHER = json.loads((REFERENCE / "parity_more.json").read_text(encoding="utf-8"))
FURTHER.pop("about")
# Parity, declared before it is run: m = 200 by each seed, all seeds of a data set put together.
SEEDS = range(1, 7)
IMPUTATIONS = 200
BAR = 3  # the least z that no coefficient of all seeds together may reach
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


def births(seed: int) -> pd.DataFrame:
    """The births with holes, pooled here by plain draws."""
    frame = pd.read_csv(REFERENCE / "birthwt_holes.csv", dtype={"ptlc": "str"})
    frame["race"] = pd.Categorical(frame["race"], ["white", "black", "other"])
    frame["ptlc"] = pd.Categorical(frame["ptlc"], ["0", "1", "2+"], ordered=True)
    equations = {"lwt": "regress", "race": "mlogit", "smoke": "logit", "ptlc": "ologit"}
    imputations = chained(frame, equations, m=IMPUTATIONS, burnin=20, seed=seed, draws="plain")
    return numbers_of(imputations.fit("low ~ age + lwt + race + smoke + ptlc + ht + ui"))


def births_by_mice() -> list[pd.DataFrame]:
    """Each stored run of mice 3.15.0 on the births, terms in our order."""
    stored = json.loads((REFERENCE / "imputation.json").read_text(encoding="utf-8"))
    runs = stored["mice_3_15_0"]["birthwt_norm_logreg_mlogitP_ologitP"]["runs"]
    names = {"estimate": "estimate", "std_error": "se", "mc_error": "mc_se_estimate"}
    return [pd.DataFrame({ours: run[theirs] for ours, theirs in names.items()}) for run in runs]


def further(name: str, seed: int) -> pd.DataFrame:
    """A data set of tests/parity/make_parity.R, pooled here by plain draws."""
    study = FURTHER[name]
    frame = pd.read_csv(REFERENCE / study["file"], dtype=dict.fromkeys(study["levels"], "str"))
    for column, levels in study["levels"].items():
        frame[column] = pd.Categorical(
            frame[column], levels, ordered=study["methods"].get(column) == "ologit"
        )
    outcome = study["formula"].split(" ~ ")[0]
    if study["model"] == "logit":
        frame[outcome] = frame[outcome].cat.codes.astype(float)
    imputations = chained(
        frame, study["methods"], m=IMPUTATIONS, burnin=20, seed=seed, draws="plain"
    )
    return numbers_of(imputations.fit(study["formula"], study["model"]))


def further_by_mice(name: str) -> list[pd.DataFrame]:
    """Each stored run of mice 3.15.0 on that data set, terms in our order."""
    columns = ["estimate", "std_error", "mc_error"]
    return [pd.DataFrame({key: run[key] for key in columns}) for run in FURTHER[name]["runs"]]


def numbers_of(pooled: Pooled) -> pd.DataFrame:
    """By coefficient: estimate, standard error and Monte Carlo error."""
    return pooled.to_frame()[["estimate", "std_error", "mc_error"]]


def together(runs: list[pd.DataFrame]) -> dict[str, np.ndarray]:
    """The mean of runs that differ in their seed only, with the Monte Carlo error of that mean."""
    estimates, std_errors, mc_errors = (
        np.array([run[column] for run in runs]) for column in ("estimate", "std_error", "mc_error")
    )
    return {
        "estimate": estimates.mean(axis=0),
        "std_error": std_errors.mean(axis=0),
        "mc_error": np.sqrt(np.square(mc_errors).sum(axis=0)) / len(runs),
    }


def compared(ours: list[pd.DataFrame], theirs: list[pd.DataFrame]) -> pd.DataFrame:
    """By coefficient: how far our runs together are from theirs in their standard errors and in
    Monte Carlo errors of the difference (z), and the ratio of standard errors.
    """
    here, there = together(ours), together(theirs)
    difference = np.abs(here["estimate"] - there["estimate"])
    return pd.DataFrame(
        {
            "apart": difference / there["std_error"],
            "z": difference / np.hypot(here["mc_error"], there["mc_error"]),
            "ratio": here["std_error"] / there["std_error"],
        },
        index=ours[0].index,
    )


def largest_by_chance(comparisons: int) -> str:
    """What the largest z of so many comparisons is if nothing differs.

    Were they independent; terms of one model are not quite, which makes it a little smaller.
    """
    median = norm.isf((1 - 0.5 ** (1 / comparisons)) / 2)
    beyond = 1 - (1 - 2 * norm.sf(BAR)) ** comparisons
    return (
        f"by chance alone the largest z of {comparisons} is {median:.1f} in the middle, "
        f"and {BAR} or more in {100 * beyond:.0f}% of benchmarks"
    )


def described(name: str, whose: str, found: pd.DataFrame) -> str:
    """One line: the largest distance and z, with their coefficients, and the ratios."""
    return (
        f"{name}, {whose}: at most {found['apart'].max():.3f} SE apart "
        f"({found['apart'].idxmax()}), z at most {found['z'].max():.2f} ({found['z'].idxmax()}), "
        f"SE ratios {found['ratio'].min():.3f} to {found['ratio'].max():.3f}"
    )


def parity() -> None:
    """Beside mice, as declared before it was run: all SEEDS together against all stored runs, one z
    for each coefficient, none of BAR or more. Single seeds are printed too, and decide nothing.
    """
    names = ["births", *FURTHER]
    work = [(name, seed) for name in names for seed in SEEDS]
    runs = Parallel(n_jobs=2)(
        delayed(births)(seed) if name == "births" else delayed(further)(name, seed)
        for name, seed in work
    )
    single, all_together = [], []
    for name in names:
        theirs = births_by_mice() if name == "births" else further_by_mice(name)
        ours = [run for (of, _), run in zip(work, runs, strict=True) if of == name]
        for seed, run in zip(SEEDS, ours, strict=True):
            single.append(compared([run], theirs))
            print(described(name, f"seed {seed}", single[-1]))
        all_together.append(compared(ours, theirs))
        print(described(name, f"seeds {SEEDS[0]} to {SEEDS[-1]} together", all_together[-1]))
    for what, found in (("together", all_together), ("single seeds", single)):
        z = pd.concat(found)["z"]
        print(
            f"{what}: {len(z)} comparisons, largest z {z.max():.2f}, {(z >= BAR).sum()} of {BAR} "
            f"or more, root mean square {np.sqrt(np.square(z).mean()):.2f} (1 if only chance); "
            f"{largest_by_chance(len(z))}"
        )


if __name__ == "__main__":
    for part in sys.argv[1:] or ("speed", "growth", "parity"):
        {"speed": speed, "growth": growth, "parity": parity}[part]()
