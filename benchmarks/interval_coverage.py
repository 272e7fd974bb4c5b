"""Coverage of pooled intervals: data sets drawn from a known model, holes that depend on what is seen, and the answers
of the full data, of the complete cases and of multiple imputation.

    python benchmarks/interval_coverage.py [data sets] [imputations] [processes]
"""

import sys

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from scipy import special

from mothers_margins.imputation import chained, fit_each

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
EQUATIONS = {"x1": "regress", "x2": "pmm", "b": "logit", "o": "ologit", "g": "mlogit"}
FORMULA = "y ~ x1 + x2 + b + o + g"
ROWS = 279


def drawn(rng: np.random.Generator) -> pd.DataFrame:
    """279 rows of the model; `aux` goes with x1 and with what is missing."""
    x1 = rng.standard_normal(ROWS)
    x2 = 0.4 * x1 + rng.standard_normal(ROWS)
    aux = 0.7 * x1 + rng.standard_normal(ROWS)
    b = rng.random(ROWS) < special.expit(-0.5 + 0.5 * x1)
    o = np.digitize(0.6 * x2 + rng.logistic(size=ROWS), [0.3, 1.6])
    weight = np.exp(np.column_stack([np.zeros(ROWS), -0.6 + 0.4 * x1, -0.9 - 0.3 * x2]))
    share = np.cumsum(weight / weight.sum(axis=1, keepdims=True), axis=1)
    g = (rng.random(ROWS)[:, None] > share[:, :-1]).sum(axis=1)
    linear = TRUTH["Intercept"] + TRUTH["x1"] * x1 + TRUTH["x2"] * x2 + TRUTH["b[T.yes]"] * b
    linear = linear + np.array([0, TRUTH["o[T.mid]"], TRUTH["o[T.high]"]])[o]
    linear = linear + np.array([0, TRUTH["g[T.p]"], TRUTH["g[T.q]"]])[g]
    y = (rng.random(ROWS) < special.expit(linear)).astype(float)
    return pd.DataFrame(
        {
            "y": y,
            "x1": x1,
            "x2": x2,
            "b": pd.Categorical.from_codes(b.astype(int), ["no", "yes"]),
            "o": pd.Categorical.from_codes(o, ["low", "mid", "high"], ordered=True),
            "g": pd.Categorical.from_codes(g, ["n", "p", "q"]),
            "aux": aux,
        }
    )


def holes(whole: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """About a tenth to a fifth of each variable missing, more often with the outcome and with a high `aux`."""
    frame = whole.copy()
    for name, level in {"x1": -2.4, "x2": -2.0, "b": -2.2, "o": -2.3, "g": -2.4}.items():
        frame.loc[rng.random(ROWS) < special.expit(level + 0.7 * whole["y"] + 0.5 * whole["aux"]), name] = np.nan
    return frame


def one(seed: int, m: int) -> dict[str, pd.DataFrame]:
    """Estimate and whether the interval holds the truth, for the three analyses of one data set."""
    rng = np.random.default_rng(seed)
    whole = drawn(rng)
    frame = holes(whole, rng)
    made = chained(frame, EQUATIONS, m=m, burnin=10, seed=seed)
    found = {}
    for name, completed in {
        "full data": [whole],
        "complete case": [frame.dropna()],
        "imputed": [made.complete(i) for i in range(1, m + 1)],
    }.items():
        try:
            fit = fit_each(completed, FORMULA)
        except ArithmeticError:  # the complete cases can be separated
            continue
        limits = fit.conf_int()
        truth = pd.Series(TRUTH)
        covered = (limits[0] <= truth) & (truth <= limits[1])
        found[name] = pd.DataFrame({"estimate": fit.params, "covered": covered, "wide": limits[1] - limits[0]})
    return found


def main() -> None:
    times, m, processes = (int(given) for given in (sys.argv[1:] + ["1000", "20", "2"][len(sys.argv) - 1 :]))
    made = Parallel(n_jobs=processes, verbose=1)(delayed(one)(seed, m) for seed in range(times))
    table = {}
    for name in ("full data", "complete case", "imputed"):
        parts = [part[name] for part in made if name in part]
        table[name, "n"] = len(parts)
        table[name, "bias"] = sum(part["estimate"] for part in parts) / len(parts) - pd.Series(TRUTH)
        table[name, "coverage"] = sum(part["covered"].astype(float) for part in parts) / len(parts)
        table[name, "width"] = sum(part["wide"] for part in parts) / len(parts)
    print(pd.DataFrame(table).round(3).to_string())
    print(f"Monte Carlo error of a coverage of .95: {np.sqrt(0.95 * 0.05 / times):.3f}")


if __name__ == "__main__":
    main()
