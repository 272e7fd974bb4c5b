"""Planted results of imputation, with numbers that can be worked by hand."""

from math import log, nan

import pandas as pd

import mothers_margins as mm
from mothers_margins.analysis.missing_data.imputed import ALL
from mothers_margins.results.results import About, Lock, Results, tidy
from mothers_margins.study.source import Source

SYNTHETIC = Source("synthetic", 279, "Made up.")


RESTRICTED = Source("restricted", 279, "For the team.")


def event(engine: str, variable: str, code: str, n: float = nan, of: float = nan, **more) -> dict:
    row = {
        "engine": engine,
        "variable": variable,
        "event": code,
        "group": "all",
        "n": n,
        "denominator": of,
    }
    return row | more


def events(study: mm.Study, *rows: dict, source: Source = SYNTHETIC) -> Results:
    return tidy(list(rows), About("events", study, source, ALL), 1)


def run(study: mm.Study, source: Source = SYNTHETIC, **more) -> Results:
    """A run of 200 of 205 dyads, with 8 chains."""
    return events(
        study,
        event("run", "", "imputations", setting=8),
        event("run", "", "sweeps", setting=12),
        event("run", "", "seed", setting=7),
        event("imputation", "involved_t1", "outcome_not_known", 5, 205),
        event("imputation", "readmitted_1y", "auxiliary_left_out"),
        event("imputation", "ctq_total", "imputed", 31, 200, method="pmm", setting=5, **more),
        event("imputation", "learning_difficulties", "imputed", 9, 200, method="logit"),
        event("imputation", "dv_any", "made_from_parts", 12, 200, variables="ctq_total"),
        event("chains", "learning_difficulties", "augmented", chains=6, chains_in_all=8),
        event("chains", "ctq_total", "augmented", chains=2, chains_in_all=8),
        source=source,
    )


def one(variable: str, level: str, estimate: float, error: float, **more) -> dict:
    usual = {
        "outcome": "involved_t1",
        "model": "adjusted",
        "method": "imputed",
        "specification": "protocol",
    }
    usual |= dict.fromkeys(("df", "profile_low", "profile_high", "profile_p"), nan)
    usual |= {
        "term": f"{variable}[{level}]",
        "variable": variable,
        "level": level,
        "reference": "No" if level else "",
    }
    usual |= {"interval": "wald_t", "standing": "planned", "without_maximum": 0}
    usual |= {
        "estimate": estimate,
        "std_error": error,
        "p_value": 0.04,
        "n": 200,
        "n_events": 80,
        "m": 8,
    }
    return (
        usual
        | {"conf_low": estimate - 0.5, "conf_high": estimate + 0.5, "fmi": 0.1}
        | {"mc_error": 0.01, "mc_low": 0.02, "mc_high": 0.03, "mc_p": 0.004}
        | more
    )


def estimates(study: mm.Study, *rows: dict, source: Source = SYNTHETIC, lock: Lock = "") -> Results:
    return tidy(list(rows), About("estimates", study, source, {}, lock), 1)


CASES = {
    "method": "complete_case",
    "interval": "wald",
    "n": 150,
    "n_events": 51,
    "m": pd.NA,
    "fmi": nan,
    **dict.fromkeys(("mc_error", "mc_low", "mc_high", "mc_p"), nan),
}


def complete(study: mm.Study, source: Source = SYNTHETIC, **more) -> Results:
    rows = (
        one("dv_any", "Yes", log(2), 0.4, **CASES | more),
        one("ctq_total", "", log(1.285), 0.1, **CASES | more),
    )
    return estimates(study, *rows, source=source)


def filled(study: mm.Study, source: Source = SYNTHETIC, lock: Lock = "", **more) -> Results:
    rows = (
        one("dv_any", "Yes", log(2.5), 0.3, fmi=0.245, mc_error=0.03, **more),
        one("ctq_total", "", log(1.2), 0.08, mc_error=0.002, **more),
    )
    return estimates(study, *rows, source=source, lock=lock)


def unknown(study: mm.Study, **more) -> Results:
    return events(
        study,
        event("data", "ctq_total", "known", 172, 205),
        event("data", "ctq_total", "missing", 30, 205, reason="form not completed", **more),
        event("data", "ctq_total", "missing", 3, 205, reason="too_few_items"),
        event("data", "learning_difficulties", "known", 196, 205),
        event("data", "learning_difficulties", "missing", 9, 205, reason="not known"),
        event("data", "schizophrenia", "known", 205, 205),
        event("data", "other_children_csc", "known", 100, 205),
        event("data", "other_children_csc", "not_applicable", 105, 205, reason="does not apply"),
    )
