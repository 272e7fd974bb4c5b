"""Names of methods: by which estimates are made, what their intervals are, why another than the
planned one; and of what a plan test measures of them.
"""

from math import isnan

from mothers_margins.results.results import Record
from mothers_margins.results.shown import is_hidden, shown
from mothers_margins.wording.numbers import count_text

METHODS = {
    "complete_case": "complete cases",
    "firth": "complete cases, Firth",
    "imputed": "imputed",
    "imputed_firth": "imputed, Firth",
    "available_case": "each on all known",
    "unknown_as_no": "unknown outcomes as no",
    "unknown_as_yes": "unknown outcomes as yes",
}
MEASURES = {  # of a plan test
    "not_imputed": "cohorts that could not be imputed",
    "share_off": "imputed less true, in percentage points",
    "mean_off": "imputed less true, in standard deviations",
    "log_odds_off": "log odds ratio less that of the full data",
    "coverage": "share of intervals that hold the truth",
    "width_beside_complete_cases": "width of intervals, of that of complete cases",
    "mean_coverage": "share of intervals that hold the truth, mean over terms",
}
TRIED = {"full_data": "full data", "full_data_firth": "full data, Firth"}  # and METHODS
HOLDS = {1.0: "yes", 0.0: "NO"}
VARIANTS = {
    "direct": "composites imputed as they are",
    "missing_as_no": "missing composites as no",
    "shifted": "shifted, not at random",
}
MODELS = {"adjusted": "Adjusted", "unadjusted": "Unadjusted"}
DF_RULES = {
    "rubin": "Rubin (1987), as in Stata for a logistic regression",
    "barnard-rubin": "Barnard and Rubin (1999)",
}
INTERVALS = {  # by what the primary interval and p of estimates are
    "wald": "Wald's, as Stata has them",
    "wald_t": "Wald's, against t, as Stata has them",
    "profile": "those of the penalised profile likelihood",
    "clip": "those of the penalised profile likelihoods, pooled by CLIP (Heinze, Ploner and Beyea "
    "2013)",
}
SHORT_INTERVALS = {
    "wald": "Wald's",
    "wald_t": "Wald's",
    "profile": "by profile likelihood",
    "clip": "by profile likelihood, pooled by CLIP",
}
STANDINGS = {  # why estimates are by another method than the planned one
    "no_maximum": "in place of maximum likelihood, because the likelihood has no maximum",
    "small_cells": "in place of maximum likelihood, as the study says where cells are small",
    "asked_for": "in place of the study's rule, because it was chosen by name",
    "beside": "beside the primary estimates",
}


def method(code: str) -> str:
    """A method of estimates, with what a sensitivity run did otherwise."""
    base, variant = _parts(code)
    return f"{METHODS[base]}; {VARIANTS[variant]}" if variant else METHODS[base]


def _parts(code: str) -> tuple[str, str]:
    """A method's base and its variant, which is empty for none."""
    for variant in VARIANTS:
        if code.endswith(f"_{variant}"):
            return code.removesuffix(f"_{variant}"), variant
    return code, ""


def variant(code: str) -> str:
    """What a sensitivity run did otherwise, as a code; empty for a main run."""
    return _parts(code)[1]


def is_imputed(code: str) -> bool:
    """Whether a method pools estimates of imputed data."""
    return _parts(code)[0] in ("imputed", "imputed_firth")


def is_firth(code: str) -> bool:
    """Whether a method is Firth's."""
    return _parts(code)[0] in ("firth", "imputed_firth")


def base(code: str) -> str:
    """On whose rows a method's estimates are: the method itself, with Firth's taken for that of
    maximum likelihood.
    """
    method_alone, other = _parts(code)
    rows = {"firth": "complete_case", "imputed_firth": "imputed"}.get(method_alone, method_alone)
    return f"{rows}_{other}" if other else rows


def in_place_of_planned(row: Record) -> str:
    """Why an estimate is by another method than the planned one; empty where it is by that."""
    words = STANDINGS.get(str(row["standing"]), "")
    without, m = shown(row, "without_maximum"), shown(row, "m")
    if row["standing"] == "no_maximum" and not (is_hidden(m) or isnan(m)):
        words += f" in {count_text(without)} of {count_text(m)} completed data sets"
    return words
