"""Lines of a log in words: what was done to values, rows and models, and why a value is missing."""

from collections.abc import Sequence

from mothers_margins.results.results import Record, codes
from mothers_margins.results.shown import is_known, shown
from mothers_margins.study.study import Study
from mothers_margins.wording.sentences import capital, sentence
from mothers_margins.wording.terms import label, level

EQUATIONS = {
    "logit": "logistic regression (logit)",
    "ologit": "ordered logistic regression (ologit)",
    "mlogit": "multinomial logistic regression (mlogit)",
    "pmm": "predictive mean matching (pmm)",
    "regress": "linear regression (regress)",
    "truncreg": "truncated linear regression (truncreg)",
}
REASONS = {  # why a value is missing, where the study has no label of its own
    "too_few_items": "too few items answered",
    "no_item": "no item answered",
    "only_score_supplied": "only the score was supplied",
    "no_row_in_table": "no row in the table that holds it",
    "not_held": "not held in these files",
    "sources_not_known": "not known from what it is made of",
    "outside_bands": "outside every declared band",
    "in_no_level": "in none of the declared levels",
    "not_concerned": "not among those whom the outcome concerns",
}
RULES_OF_SCORES = {
    "complete": "complete",
    "prorated": "prorated",
    "items_imputed_singly": "items imputed singly",
    "sum_of_answered": "sum of the answered",
    "counted_among_answered": "counted among the answered",
    "supplied": "supplied",
    "not_supplied": "not supplied",
    "not_applicable": "not applicable",
}
STEPS = {
    "in_file": "In the file",
    "outcome_not_known": "Outcome not known",
    "outcome_known": "Outcome known",
    "complete_case": "Every explanatory variable known (complete case)",
    "term_not_known": "An explanatory variable not known",
}
SETTINGS = {"imputations": "Imputations", "sweeps": "Sweeps of each chain", "seed": "Seed"}
DONE_TO_ROWS = {  # engine imputation
    "outcome_not_known": "outcome not known: not in this run",
    "not_concerned": "not among those whom the outcome concerns: not in this run",
    "predicting_outcome_not_known": "left out, because this outcome, which predicts, is not known",
    "average_in_place": "as predictor at the share of those known, because it is not known",
    "auxiliary_left_out": "auxiliary variable left out: recorded after the outcome, or part of it",
    "missing_as_no": "not known, taken for a no",
    "shift_without_effect": "a shift without effect: no value is missing",
}
IN_CHAINS = {  # engine chains; those with names are followed by them
    "augmented": "augmented",
    "constant": "one value among the rows of its equation: that one imputed",
    "constant_imputed": "one value where it is observed: that one imputed",
    "collinear_left_out": "collinear, left out",
    "constant_left_out": "does not vary, left out",
    "few_rows": "no more observed rows than predictors",
    "pmm_in_place": "not converged: predictive mean matching in its place",
    "few_donors": "too few donors inside what the answers allow: drawn between the limits",
    "shift_stopped": "shift stopped at what the answers allow",
    "stayed_missing": "stayed missing",
    "no_place": "no place among the levels of the data: at the base",
    "predicts_nothing": "complete and constant: predicts nothing",
    "gate_missing_kept": "observed where its gate is missing: kept",
    "levels_left_out": "declared levels that no row has: left out",
    "alphabetical_order": "shifted along its levels in alphabetical order, as it is held as text",
    "chain_failed": "chain failed",
}


def reason(code: str) -> str:
    """Why a value is missing: as the study labels it, or what made it missing."""
    return REASONS.get(code, code)


def happened(study: Study, row: Record) -> str:
    """One line of a log in words; the variable that it is about is left to the line's heading."""
    return _HAPPENED[str(row["engine"])](study, row)


def _data(study: Study, row: Record) -> str:
    return "known" if row["event"] == "known" else reason(str(row["reason"]))


def _scoring(study: Study, row: Record) -> str:
    rule = str(row["event"])
    return RULES_OF_SCORES.get(rule) or reason(rule)


def _check(study: Study, row: Record) -> str:
    names = str(row["variables"]).split("; ")
    first, why = names[0], str(row["reason"])
    if row["event"] == "level_of_group":
        return f"{label(study, first)}: {level(study, first, str(row['level']))} ({why})"
    if row["event"] == "behind_closed_gate":
        return f"{study.instruments[first].title}: answered ({why})"
    if row["event"] == "behind_open_gate":
        return f"{study.instruments[first].title}: does not apply, though it was asked"
    if row["event"] == "not_the_sum":
        return f"{label(study, first)}: not the sum of its parts"
    return f"{' and '.join(label(study, name) for name in names)}: {why}"


def _sources(study: Study, row: Record) -> str:
    table = f"table {row['level']}"
    if row["event"] == "no_row_in_table":
        return f"{study.file.unit.one} without a row in {table}"
    return f"row left out of {table}: its id is not in the first table"


def _corrections(study: Study, row: Record) -> str:
    return "cell corrected"


def _pattern(study: Study, row: Record) -> str:
    if row["event"] == "all_known":
        return "all known"
    return _labels(study, row)


def _run(study: Study, row: Record) -> str:
    return SETTINGS[str(row["event"])]


def _imputation(study: Study, row: Record) -> str:
    if row["event"] == "imputed":
        shift = shown(row, "setting")
        by = f"imputed by {EQUATIONS[str(row['method'])]}"
        return f"{by}, shifted by {shift:g}" if is_known(shift) else by
    if row["event"] == "made_from_parts":
        return f"made from its parts: {_labels(study, row)}"
    return DONE_TO_ROWS[str(row["event"])]


def _chains(study: Study, row: Record) -> str:
    what = IN_CHAINS[str(row["event"])]
    about = _labels(study, row) or str(row["reason"])
    return f"{what}: {about}" if about else what


def _cells(study: Study, row: Record) -> str:
    return level(study, str(row["variable"]), str(row["level"]))


def _model(study: Study, row: Record) -> str:
    words = capital(done_to_model(study, str(row["event"])))
    value = str(row["level"])
    return f"{words}: {level(study, str(row['variable']), value)}" if value else words


def _labels(study: Study, row: Record) -> str:
    names = str(row["variables"])
    return "; ".join(label(study, name) for name in names.split("; ")) if names else ""


_HAPPENED = {
    "data": _data,
    "scoring": _scoring,
    "check": _check,
    "sources": _sources,
    "corrections": _corrections,
    "pattern": _pattern,
    "run": _run,
    "imputation": _imputation,
    "chains": _chains,
    "cells": _cells,
    "model": _model,
}


def done_to_model(study: Study, event: str) -> str:
    """What was done to a model, without the variable and level that it was done to."""
    rules = study.file.regression
    below = {
        "beside": "Firth's estimates stand beside those of maximum likelihood",
        "replace": "Firth's estimates stand in the place of those of maximum likelihood",
        "stop": "the model stops",
    }
    return {
        "term_not_known": "left out: participants with an explanatory variable not known",
        "not_concerned": "left out: participants whom an explanatory variable does not concern",
        "put_together": "levels put together",
        "small_cell": f"fewer than {rules.minimum_cell} in a cell, where "
        f"{below[rules.below_minimum]}",
        "nobody_has_level": "left out, because nobody has the level",
        "separated": "separated, so that maximum likelihood has no estimate of it and all of the "
        "analysis are Firth's",
        "clustered": "standard errors robust to clusters",
        "cluster_not_known": "left out: participants whose cluster is not known",
        "clusters_not_recorded": "standard errors do not allow for clusters: "
        f"{study.file.unit.many} come from {study.file.regression.clustered_in}, and from which "
        "is not recorded or not used, so intervals may be too narrow",
    }[event]


def clusters(study: Study, rows: Sequence[Record]) -> list[str]:
    """What is said under a table of how standard errors treat clusters: nothing where there are
    none.
    """
    models = dict.fromkeys(str(row["specification"]) for row in rows)
    by_model = {model: study.cluster(model) for model in models}
    words = [
        f"Standard errors are robust to clusters ({label(study, name)}; factor G/(G − 1), as in "
        "Stata's vce(cluster))."
        for name in dict.fromkeys(filter(None, by_model.values()))
    ]
    if any("few_clusters" in codes(row) for row in rows):
        words.append(
            f"There are fewer than {study.file.regression.few_clusters} clusters, so robust "
            "standard errors may be too small."
        )
    if study.file.regression.clustered_in and not all(by_model.values()):
        words.append(sentence(done_to_model(study, "clusters_not_recorded")))
    return words
