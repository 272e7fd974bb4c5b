"""The births with holes imputed and pooled here, beside the tables of other programs.

    python tests/parity/pooled_table.py [--imputations 200] [--burnin 20] [--seed 20211118]
        [--out FOLDER] [CSV ...]

Writes pooled_mothers_margins.csv and prints, for each CSV given (pooled_mice.csv,
pooled_stata.csv), how far its estimates are from ours in our standard errors, and the ratio of its
standard errors to ours. Same imputation and analysis model as impute_birthwt.R and
impute_birthwt.do.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mothers_margins.imputation import Pooled, chained

HOLES = Path(__file__).parents[1] / "data" / "reference" / "birthwt_holes.csv"
EQUATIONS = {"lwt": "regress", "race": "mlogit", "smoke": "logit", "ptlc": "ologit"}
COMPLETE = ("low", "age", "ht", "ui", "ftv")
FORMULA = "low ~ age + lwt + race + smoke + ptlc + ht + ui"
M, BURNIN, SEED = 200, 20, 20211118
TERMS = (
    "Intercept",
    "age",
    "lwt",
    "race_black",
    "race_other",
    "smoke",
    "ptlc_1",
    "ptlc_2plus",
    "ht",
    "ui",
)
COLUMNS = ("estimate", "std_error", "df", "p_value", "conf_low", "conf_high", "fmi", "mc_error")


def births() -> pd.DataFrame:
    """The 189 births with holes in lwt, race, smoke and ptlc."""
    frame = pd.read_csv(HOLES, dtype={"ptlc": "str"})
    frame["race"] = pd.Categorical(frame["race"], ["white", "black", "other"])
    frame["ptlc"] = pd.Categorical(frame["ptlc"], ["0", "1", "2+"], ordered=True)
    return frame[[*COMPLETE, *EQUATIONS]]


def pooled(m: int = M, burnin: int = BURNIN, seed: int = SEED) -> Pooled:
    """The model on m completed data sets, with large-sample degrees of freedom."""
    plain = chained(births(), EQUATIONS, m=m, burnin=burnin, seed=seed, draws="plain")
    return plain.fit(FORMULA)


def table(found: Pooled) -> pd.DataFrame:
    """The columns that all three programs write, by term."""
    return found.to_frame()[list(COLUMNS)].set_axis(pd.Index(TERMS, name="term"))


def beside(ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """Estimates and standard errors of two tables, the difference in our standard errors and the
    ratio of theirs.
    """
    theirs = theirs.loc[ours.index]
    return pd.DataFrame(
        {
            "ours": ours["estimate"],
            "theirs": theirs["estimate"],
            "apart_in_se": (theirs["estimate"] - ours["estimate"]) / ours["std_error"],
            "se": ours["std_error"],
            "their_se": theirs["std_error"],
            "se_ratio": theirs["std_error"] / ours["std_error"],
        }
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description="Births with holes: pooled table, beside those of other programs"
    )
    parser.add_argument("others", nargs="*", metavar="CSV")
    parser.add_argument("--imputations", type=int, default=M)
    parser.add_argument("--burnin", type=int, default=BURNIN)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", default=".")
    asked = parser.parse_args(arguments)
    ours = table(pooled(asked.imputations, asked.burnin, asked.seed))
    ours.to_csv(Path(asked.out) / "pooled_mothers_margins.csv")
    print(ours.round(4).to_string())
    for other in asked.others:
        compared = beside(ours, pd.read_csv(other, index_col="term"))
        print(f"\n{Path(other).name}\n{compared.round(3).to_string()}")
        apart, ratio = compared["apart_in_se"].abs().max(), compared["se_ratio"]
        print(f"at most {apart:.3f} SE apart, SE ratios {ratio.min():.3f} to {ratio.max():.3f}")


if __name__ == "__main__":
    main()
