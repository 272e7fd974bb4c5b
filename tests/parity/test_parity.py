"""The scripts of tests/parity ask Stata, R and us for the same thing, and our table can be read
back.
"""

import json
import re

import numpy as np
import pandas as pd
import pytest

from mothers_margins.imputation import chained
from tests.conftest import REPOSITORY
from tests.parity import pooled_table

FOLDER = REPOSITORY / "tests" / "parity"
STATA = (FOLDER / "impute_birthwt.do").read_text(encoding="utf-8")
R = (FOLDER / "impute_birthwt.R").read_text(encoding="utf-8")
DRAWS = (FOLDER / "proper_draws.R").read_text(encoding="utf-8")
IN_MICE = {"regress": "norm", "mlogit": "mlogitP", "logit": "logreg", "ologit": "ologitP"}


def one(pattern: str, text: str) -> str:
    found = re.findall(pattern, text)
    assert len(found) == 1, pattern
    return str(found[0])


def quoted(text: str) -> list[str]:
    return re.findall(r'"([^"]*)"', text)


def test_the_imputation_models_are_the_same():
    stata = one(r"mi impute chained (.*?) = `complete_columns'", STATA)
    assert dict(re.findall(r"\((\w+)\) (\w+)", stata)) == {
        v: k for k, v in pooled_table.EQUATIONS.items()
    }
    mice = dict(re.findall(r'(\w+) = "(\w+)"', one(r"method <- c\((.*)\)", R)))
    assert mice == {name: IN_MICE[method] for name, method in pooled_table.EQUATIONS.items()}
    assert one(r"mi register imputed (.*)", STATA).split() == list(pooled_table.EQUATIONS)
    assert one(r"local complete_columns (.*)", STATA).split() == list(pooled_table.COMPLETE)
    assert quoted(one(r"complete_columns <- c\((.*)\)", R)) == list(pooled_table.COMPLETE)


def test_imputations_sweeps_and_seed_are_the_same():
    ours = [pooled_table.M, pooled_table.BURNIN, pooled_table.SEED]
    assert [int(one(rf"local {name} = (\d+)", STATA)) for name in ("m", "burnin", "seed")] == ours
    patterns = (r"m <- if .* else (\d+)", r"\nburnin <- (\d+)", r"seed <- if .* else (\d+)")
    assert [int(one(pattern, R)) for pattern in patterns] == ours
    assert "add(`m') burnin(`burnin') rseed(`seed')" in STATA
    assert "m = m, maxit = burnin" in R


def test_the_analysis_models_and_levels_are_the_same():
    outcome, right = pooled_table.FORMULA.split(" ~ ")
    stata = one(r"mi estimate, mcerror: logit (.*)", STATA).replace("i.", "").split()
    assert stata == [outcome, *right.split(" + ")]
    assert one(r"formula <- (.*)", R) == pooled_table.FORMULA
    frame = pooled_table.births()
    for name in ("race", "ptlc"):
        levels = list(frame[name].cat.categories)
        assert quoted(one(rf"label define {name}_levels (.*)", STATA)) == levels
        assert quoted(one(rf"data\${name} <- factor\(data\${name}, c\((.*?)\)", R)) == levels


def test_the_tables_have_the_same_rows_and_columns():
    header = ",".join(["term", *pooled_table.COLUMNS])
    assert f'"{header}"' in STATA
    made = DRAWS.split("data.frame(", 1)[1]
    assert re.findall(r"(\w+) = ", made.split("row.names")[0]) == header.split(",")
    assert quoted(one(r"terms <- c\((.*)\)", R)) == list(pooled_table.TERMS)
    # Stata has the constant last
    assert one(r"local terms (.*)", STATA).split() == [
        *pooled_table.TERMS[1:],
        pooled_table.TERMS[0],
    ]


def test_r_refuses_the_versions_that_draw_wrongly():
    assert 'packageVersion("mice") >= "3.19.8"' in DRAWS
    assert 'source(file.path(here, "proper_draws.R"))' in R


@pytest.fixture
def ours(tmp_path):
    pooled_table.main(["--imputations", "3", "--burnin", "2", "--out", str(tmp_path)])
    return tmp_path / "pooled_mothers_margins.csv"


def test_our_table_reads_back(ours, capsys):
    found = pd.read_csv(ours, index_col="term")
    assert list(found.columns) == list(pooled_table.COLUMNS)
    assert list(found.index) == list(pooled_table.TERMS)
    assert found.notna().all().all()
    expected = pooled_table.pooled(3, 2, pooled_table.SEED)
    assert found["estimate"].to_numpy() == pytest.approx(expected.params.to_numpy(), rel=1e-12)
    assert list(expected.names) == [
        *("Intercept", "age", "lwt", "race[T.black]", "race[T.other]", "smoke"),
        *("ptlc[T.1]", "ptlc[T.2+]", "ht", "ui"),
    ]


def test_other_tables_are_set_beside_it_by_term(ours, capsys):
    found = pd.read_csv(ours, index_col="term")
    moved = found.assign(
        estimate=found["estimate"] + 0.5 * found["std_error"], std_error=2 * found["std_error"]
    )
    compared = pooled_table.beside(found, moved[::-1])
    assert compared["apart_in_se"].to_numpy() == pytest.approx(np.full(10, 0.5))
    assert compared["se_ratio"].to_numpy() == pytest.approx(np.full(10, 2.0))
    moved.to_csv(ours.with_name("pooled_stata.csv"))
    pooled_table.main(
        [
            str(ours.with_name("pooled_stata.csv")),
            "--imputations",
            "3",
            "--burnin",
            "2",
            "--out",
            str(ours.parent),
        ]
    )
    assert "at most 0.500 SE apart, SE ratios 2.000 to 2.000" in capsys.readouterr().out


def test_women_with_real_missing_values_are_pooled_as_mice_does():
    """Pima (pmm and regress; logistic model), m = 200, one seed; more data sets in
    benchmarks/imputation.py.
    """
    study = json.loads(
        (REPOSITORY / "tests/data/reference/parity_more.json").read_text(encoding="utf-8")
    )["pima"]
    frame = pd.read_csv(REPOSITORY / "tests/data/reference/pima.csv")
    frame["type"] = frame["type"].eq("Yes").astype(float)
    found = chained(frame, study["methods"], m=200, burnin=4, seed=1, batch=200, draws="plain").fit(
        study["formula"]
    )
    theirs, errors = (
        np.mean([run[key] for run in study["runs"]], axis=0) for key in ("estimate", "std_error")
    )
    assert np.abs((found.params.to_numpy() - theirs) / errors).max() < 0.10
    assert found.bse.to_numpy() / errors == pytest.approx(np.ones(len(errors)), abs=0.05)
