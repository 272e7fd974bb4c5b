"""How well intervals do on data whose truth is known: full data, complete cases and multiple
imputation side by side.

    python -m benchmarks.simulation --data-sets 1000 --imputations 20 --jobs 2

Performance measures and their Monte Carlo errors are those of Morris, White and Crowther 2019 (Stat
Med 38:2074).
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import optimize
from scipy.special import expit

from mothers_margins.imputation.engine import chained
from mothers_margins.imputation.equations import Equations
from mothers_margins.imputation.fit_each import fit_each
from mothers_margins.imputation.pooling import DfRule, Pooled

ANALYSES = ("full data", "complete case", "imputed")
# which part of the score has many holes (van Buuren 2018, §3.2.4)
SCORES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "right": lambda score: score,
    "left": lambda score: -score,
    "mid": lambda score: -np.abs(score),
    "tail": lambda score: np.abs(score),
}


@dataclass(frozen=True, eq=False)
class Design:
    """One simulation.

    draw: a whole data set from a generator. ampute: the same with holes. equations: as `chained`
    takes them; every column of the data is a predictor. formula, method, df_rule: the analysis, as
    `fit_each` takes it. truth: the value of each coefficient that is judged, by name. level: of the
    intervals.
    """

    draw: Callable[[np.random.Generator], pd.DataFrame]
    ampute: Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]
    equations: Equations
    formula: str
    truth: Mapping[str, float]
    method: Literal["logit", "firth", "regress"] = "logit"
    df_rule: DfRule = "rubin"
    level: float = 0.95


def ampute(
    whole: pd.DataFrame,
    shares: Mapping[str, float],
    on: Mapping[str, float],
    rng: np.random.Generator,
    kind: Literal["right", "left", "mid", "tail"] = "right",
) -> pd.DataFrame:
    """A copy with about the given share of each named column missing, cell by cell.

    on: columns that holes depend on, with the change in log-odds of a hole per standard deviation;
    none: missing completely at random. Columns that stay whole make holes at random; one that is in
    `shares` too, not at random. kind: whether high, low, middling or extreme scores have the holes.
    Logistic, as van Buuren 2018 (§3.2.4) does it; the intercept is solved for, so that the mean
    probability over the rows is the share. Raises ValueError for a share that is not between 0 and
    1, and for a column of `on` that is no complete number.
    """
    wrong = [name for name, share in shares.items() if not 0 < share < 1]
    if wrong:
        raise ValueError(f"ampute: the share of {', '.join(wrong)} is not between 0 and 1.")
    wrong = [
        name
        for name in on
        if not pd.api.types.is_numeric_dtype(whole[name]) or whole[name].isna().any()
    ]
    if wrong:
        raise ValueError(f"ampute: {', '.join(wrong)} is no number that is known in every row.")
    score = np.zeros(len(whole))
    for name, weight in on.items():
        values = whole[name].to_numpy(dtype=float)
        score += weight * (values - values.mean()) / (values.std() or 1.0)
    score = SCORES[kind](score)
    with_holes = whole.copy()
    reach = np.abs(score).max() + 40
    for name, share in shares.items():
        start = optimize.brentq(
            lambda at, share=share: expit(at + score).mean() - share, -reach, reach
        )
        with_holes[name] = with_holes[name].mask(rng.random(len(whole)) < expit(start + score))
    return with_holes


def simulate(
    design: Design,
    *,
    data_sets: int,
    m: int,
    burnin: int = 10,
    seed: int,
    n_jobs: int = 1,
    progress: Callable[[int], object] | None = None,
) -> pd.DataFrame:
    """Draw data sets, make holes, analyse them three ways and say how well each does; one row per
    analysis and term.

    Columns: analysis, term, truth; n: data sets with an answer; failed: those without one, as when
    complete cases are separated, and reason: the first failure in words; bias, empirical_se (the
    spread of the estimates), model_se (root of the mean square of their standard errors), coverage,
    each with its Monte Carlo error (…_mcse); and width, the mean width of the intervals. Every data
    set draws from its own child of the seed: the table is the same for any n_jobs, and the first k
    data sets are those of a run of k. progress: called with the number of data sets that are done.
    No backend of joblib is named, so `with joblib.parallel_config(backend="dask"): simulate(...)`
    uses a Dask cluster (workers with one thread each; n_jobs is then the cluster's own matter).
    Raises ValueError if the truth names a coefficient that the formula does not have.
    """
    from joblib import Parallel, delayed

    seeds = np.random.SeedSequence(seed).spawn(data_sets)
    parts = Parallel(n_jobs=n_jobs, return_as="generator")(
        delayed(_one)(design, its_seed, m, burnin) for its_seed in seeds
    )
    found: dict[str, list[np.ndarray | str]] = {name: [] for name in ANALYSES}
    for number, part in enumerate(parts, 1):
        for name, answer in part.items():
            found[name].append(answer)
        if progress:
            progress(number)
    return pd.concat(
        [_performance(name, answers, design.truth) for name, answers in found.items()],
        ignore_index=True,
    )


def _one(
    design: Design, seed: np.random.SeedSequence, m: int, burnin: int
) -> dict[str, np.ndarray | str]:
    """For each analysis of one data set 4 x k: estimates, standard errors, lower and upper limits;
    or why not.
    """
    from joblib import parallel_config
    from threadpoolctl import threadpool_limits

    of_data, of_chains = np.random.SeedSequence(seed.entropy, spawn_key=seed.spawn_key).spawn(2)
    rng = np.random.default_rng(of_data)
    # inside a worker nothing is handed out again; sums in another order would differ in the last
    # digits
    with threadpool_limits(1), parallel_config(backend="sequential"):
        whole = design.draw(rng)
        frame = design.ampute(whole, rng)

        def imputed() -> Iterator[pd.DataFrame]:
            number = int(of_chains.generate_state(1, np.uint64)[0])
            imputations = chained(frame, design.equations, m=m, burnin=burnin, seed=number, batch=m)
            return (imputations.complete(i) for i in range(1, imputations.m + 1))

        asked = (lambda: iter([whole]), lambda: iter([frame.dropna()]), imputed)
        return {name: _answer(design, data) for name, data in zip(ANALYSES, asked, strict=True)}


def _answer(design: Design, data: Callable[[], Iterator[pd.DataFrame]]) -> np.ndarray | str:
    try:
        fit: Pooled = fit_each(data(), design.formula, design.method, design.df_rule)
    except (ArithmeticError, np.linalg.LinAlgError) as error:
        return str(error)
    except ValueError as error:
        if "no row has all variables" not in str(error):
            raise
        return str(error)  # no complete case is a failure of that analysis alone
    terms = list(design.truth)
    unknown = [name for name in terms if name not in fit.names]
    if unknown:
        raise ValueError(
            f"simulate: no coefficient {', '.join(unknown)}; there are {', '.join(fit.names)}"
        )
    limits = fit.conf_int(1 - design.level)
    return np.stack(
        [part[terms].to_numpy(dtype=float) for part in (fit.params, fit.bse, limits[0], limits[1])]
    )


def _performance(
    name: str, answers: Sequence[np.ndarray | str], truth: Mapping[str, float]
) -> pd.DataFrame:
    """Measures of one analysis by term, with the Monte Carlo errors of Morris and others 2019,
    table 6.
    """
    reasons = [answer for answer in answers if isinstance(answer, str)]
    known = [answer for answer in answers if not isinstance(answer, str)]
    n, true = len(known), np.array(list(truth.values()), dtype=float)
    blank = np.full((4, len(true)), np.nan)
    estimate, error, low, high = np.stack(known or [blank], axis=1)
    spread = estimate.std(axis=0, ddof=1) if n > 1 else blank[0]
    model = np.sqrt((error**2).mean(axis=0))
    doubt = (error**2).var(axis=0, ddof=1) if n > 1 else blank[0]
    coverage = ((low <= true) & (true <= high)).mean(axis=0) if n else blank[0]
    times = max(n, 1)
    columns: dict[str, Any] = {
        "analysis": name,
        "term": list(truth),
        "truth": true,
        "n": n,
        "failed": len(reasons),
    }
    columns |= {"bias": estimate.mean(axis=0) - true, "bias_mcse": spread / np.sqrt(times)}
    columns |= {"empirical_se": spread, "empirical_se_mcse": spread / np.sqrt(2 * max(n - 1, 1))}
    columns |= {"model_se": model, "model_se_mcse": np.sqrt(doubt / (4 * times * model**2))}
    columns |= {"coverage": coverage, "coverage_mcse": np.sqrt(coverage * (1 - coverage) / times)}
    columns |= {"width": (high - low).mean(axis=0), "reason": reasons[0] if reasons else ""}
    return pd.DataFrame(columns)


# ---- the design of the command: a logistic model with every kind of incomplete variable


TRUTH = {
    "Intercept": -0.9,
    "x1": 0.5,
    "x2": -0.3,
    "b[T.yes]": 0.7,
    "o[T.mid]": 0.3,
    "o[T.high]": 0.6,
    "g[T.p]": -0.4,
    "g[T.q]": 0.5,
}


def draw_mixed(rng: np.random.Generator, rows: int = 279) -> pd.DataFrame:
    """Rows of the model: numbers x1 and x2, two levels b, ordered o, unordered g; `aux` goes with
    x1, y is binary.
    """
    x1 = rng.standard_normal(rows)
    x2 = 0.4 * x1 + rng.standard_normal(rows)
    aux = 0.7 * x1 + rng.standard_normal(rows)
    b = rng.random(rows) < expit(-0.5 + 0.5 * x1)
    o = np.digitize(0.6 * x2 + rng.logistic(size=rows), [0.3, 1.6])
    weight = np.exp(np.column_stack([np.zeros(rows), -0.6 + 0.4 * x1, -0.9 - 0.3 * x2]))
    share = np.cumsum(weight / weight.sum(axis=1, keepdims=True), axis=1)
    g = (rng.random(rows)[:, None] > share[:, :-1]).sum(axis=1)
    linear = TRUTH["Intercept"] + TRUTH["x1"] * x1 + TRUTH["x2"] * x2 + TRUTH["b[T.yes]"] * b
    linear = linear + np.array([0, TRUTH["o[T.mid]"], TRUTH["o[T.high]"]])[o]
    linear = linear + np.array([0, TRUTH["g[T.p]"], TRUTH["g[T.q]"]])[g]
    columns: dict[str, Any] = {
        "y": (rng.random(rows) < expit(linear)).astype(float),
        "x1": x1,
        "x2": x2,
    }
    for name, codes, levels in (
        ("b", b.astype(int), ["no", "yes"]),
        ("o", o, ["low", "mid", "high"]),
        ("g", g, "npq"),
    ):
        columns[name] = pd.Categorical(
            np.array(list(levels))[codes], list(levels), ordered=name == "o"
        )
    return pd.DataFrame(columns | {"aux": aux})


def ampute_mixed(whole: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """An eighth to a sixth of each variable missing at random, more with the outcome and with a
    high `aux`.
    """
    return ampute(
        whole,
        {"x1": 0.13, "x2": 0.17, "b": 0.15, "o": 0.14, "g": 0.13},
        {"y": 0.35, "aux": 0.6},
        rng,
    )


MIXED = Design(
    draw=draw_mixed,
    ampute=ampute_mixed,
    equations={"x1": "regress", "x2": "pmm", "b": "logit", "o": "ologit", "g": "mlogit"},
    formula="y ~ x1 + x2 + b + o + g",
    truth=TRUTH,
)


# ---- the command


def report(found: pd.DataFrame) -> str:
    """The table in words and columns: each measure by term and analysis, and what the simulation
    itself leaves open.
    """
    measures = ["bias", "empirical_se", "model_se", "coverage", "width"]
    by_analysis = {
        name: part.set_index("term")[measures]
        for name, part in found.groupby("analysis", sort=False)
    }
    lines = [pd.concat(by_analysis, axis=1).round(3).to_string(), ""]
    for name, part in found.groupby("analysis", sort=False):
        worst = part[["bias_mcse", "coverage_mcse"]].max()
        counts = f"{part['n'].iloc[0]} data sets, {part['failed'].iloc[0]} without an answer"
        reason = f" ({part['reason'].iloc[0]})" if part["failed"].iloc[0] else ""
        errors = (
            f"Monte Carlo error of bias at most {worst.iloc[0]:.3f}, of coverage "
            f"{worst.iloc[1]:.3f}"
        )
        lines.append(f"{name}: {counts}{reason}; {errors}")
    return "\n".join(lines)


@contextmanager
def _shown(total: int) -> Iterator[Callable[[int], object]]:
    """A progress bar on a terminal, and ten lines elsewhere."""
    if not sys.stdout.isatty():
        step = max(total // 10, 1)
        yield (
            lambda done: (
                print(f"{done} of {total} data sets", flush=True) if done % step == 0 else None
            )
        )
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    with Progress(
        TextColumn("data sets"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    ) as bar:
        task = bar.add_task("", total=total)
        yield lambda done: bar.update(task, completed=done)


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate the mixed design and print what was found."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.simulation", description=main.__doc__
    )
    parser.add_argument("--data-sets", type=int, default=1000)
    parser.add_argument("--imputations", type=int, default=20)
    parser.add_argument("--burnin", type=int, default=10, help="sweeps of each chain (10)")
    parser.add_argument("--seed", type=int, default=20211118)
    parser.add_argument("--jobs", type=int, default=1, help="processes (1)")
    parser.add_argument(
        "--scheduler", help="address of a Dask scheduler, in place of processes here"
    )
    parser.add_argument("--csv", help="write the table to this file too")
    asked = parser.parse_args(arguments)
    place: Any = nullcontext()
    if asked.scheduler:
        try:
            from dask.distributed import Client
        except ImportError:
            parser.error("--scheduler needs Dask: pip install distributed")
        from joblib import parallel_config

        client = Client(asked.scheduler)  # joblib finds it as the current one
        place = parallel_config(backend="dask")
        print(f"Dask: {sum(client.ncores().values())} threads at {asked.scheduler}")
    with place, _shown(asked.data_sets) as progress:
        found = simulate(
            MIXED,
            data_sets=asked.data_sets,
            m=asked.imputations,
            burnin=asked.burnin,
            seed=asked.seed,
            n_jobs=asked.jobs,
            progress=progress,
        )
    print(report(found))
    if asked.csv:
        found.to_csv(asked.csv, index=False)


if __name__ == "__main__":
    # by its own name, so that workers find the functions in it
    from benchmarks import simulation

    simulation.main()
