"""Names, codes and rules in words, each in one place: terms of models, methods, levels, reasons,
what happened.

Results hold codes; tables, figures and prose take their words from here. Labels of the study are
printed as they are declared, never in another case.
"""

from collections.abc import Sequence
from math import isnan

from mothers_margins.errors import count
from mothers_margins.results.results import NOT_LOCKED, About, Record, codes
from mothers_margins.results.shown import HELD_BACK, Hidden, Value, is_hidden, is_known, shown
from mothers_margins.rounding import IN_WORDS
from mothers_margins.study.analysis_plan import Coding
from mothers_margins.study.source import Source
from mothers_margins.study.study import Study
from mothers_margins.study.study_file import Rounding

SYMBOLS = {"suppressed": "[c]", "missing": "–"}  # a true zero prints 0
INTERNAL = "INTERNAL: restricted data, not yet through disclosure control"
YES_NO = ("Yes", "No")
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
    "asked_for": "in place of the study's rule, as was asked for",
    "beside": "beside the primary estimates",
}
EQUATIONS = {
    "logit": "logistic regression (logit)",
    "ologit": "ordered logistic regression (ologit)",
    "mlogit": "multinomial logistic regression (mlogit)",
    "pmm": "predictive mean matching (pmm)",
    "regress": "linear regression (regress)",
    "truncreg": "truncated linear regression (truncreg)",
}
POLICIES = {  # of disclosure, by their names in study.yaml
    "already_public": "what is published already is shown",
    "threshold_10": "no count below 10 is shown",
    "leag_slides": "that of slides for the LEAG",
}
PERCENT_ONLY = "percent_only"
ONE_DECIMAL = "one_decimal"
FROM_WHOLE_PERCENT = "from_whole_percent"
# A level of a released variable that holds also those who are not known: the code, and its words.
OR_NOT_KNOWN = "or_not_known"
OR_NOT_KNOWN_EITHER = ", or not known"
OR_NOT_KNOWN_MARKED = ", or not known where marked"
OR_DOES_NOT_APPLY = ", or not known, or does not apply"
RELEASED_AS = {  # of released counts: how a variable is printed in all its columns
    "share_of_all": "Per cent are of all in the column.",
    OR_NOT_KNOWN: "Those who are not known are counted here, too.",
    PERCENT_ONLY: "Whole per cent of those known; no counts are released.",
}
NOTES = {  # of estimates, predictions, comparisons and checks
    "between_timepoints": "recorded between the timepoints, after timepoint 1",
    "joint_test": "all levels together, Wald's test",
    "by_firth": "by Firth's method",
    "cluster_robust": "standard errors robust to clusters",
    "few_clusters": "few clusters, so that its standard error may be too small",
    "clusters_not_allowed_for": "does not allow for the clusters",
    "df_rubin": f"degrees of freedom by the rule of {DF_RULES['rubin']}",
    "df_barnard_rubin": f"degrees of freedom by the rule of {DF_RULES['barnard-rubin']}",
    "groups_made_from_it": "not tested: the groups are made from it or from part of it",
    "zero_by_definition": "not tested: zero by definition",
    "nothing_varies": "not tested: nothing varies",
    "no_value_in_a_group": "not tested: no value is known in a group",
    "too_few_values": "not tested: a group has fewer than two values, or nothing varies",
    "too_many_tables": "not computed: too many tables; put levels together",
    "small_expected_count": "quoted in place of chi-squared, by rule",
    "asked_for": "for every level, as was asked for",
    "not_fitted": "the estimates do not converge",
    "too_few_groups": "too few groups",
    "too_few_patterns": "no more patterns than coefficients",
    "too_few_for_interval": "no interval: fewer than two with, or without, the outcome",
    "decided_by_one": "a participant alone decides a coefficient",
    "knots_coincide": "two of the knots are the same value",
    ONE_DECIMAL: "with one decimal, so that small counts stay hidden",
    "shares_of_all": "of all in the column, who is not known counted with the rest",
    FROM_WHOLE_PERCENT: "from the whole per cent that are printed",
}
P_SIGNS = {
    "p_below": "<",
    "p_at_least": "≥",
}  # of a p that is released as a class: before its limit
MADE_FOR_RELEASE = "not compared: its levels are put together in what is released"
P_CLASSES = (
    "Where more digits of p would tell a small count, only its class is released: <0.001, <0.01, "
    "<0.05 or ≥0.05."
)
OF_MODEL = ("cluster_robust", "few_clusters")  # of NOTES, those that are true of a whole model
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
STATISTICS = {  # of checks
    "square": "Linktest: coefficient of the square",
    "hosmer_lemeshow": "Hosmer-Lemeshow chi-squared",
    "pearson": "Pearson chi-squared over patterns",
    "auc": "AUC",
    "brier": "Brier score",
    "spline": "spline terms, chi-squared",
    "levels_beside_step": "levels beside the step, chi-squared",
}
QUARTILES = {"lower_quartile": "lower quartile", "upper_quartile": "upper quartile"}


def symbol(*values: Value) -> str:
    """What stands in the place of values that cannot be printed: that of a hidden one if there is
    one.
    """
    return SYMBOLS["suppressed" if any(is_hidden(value) for value in values) else "missing"]


def label(study: Study, name: str) -> str:
    """A variable's title as declared; of a term that is no single variable its own text."""
    known = name in study.declared or name in study.set_titles
    return study.label(name) if known else name


def level(study: Study, variable: str, value: str) -> str:
    """A level as printed: the label that the dictionary gives its code, else the level itself."""
    field = study.fields.get(variable)
    for declared in field.categories if field else ():
        if declared.value == value:
            return declared.label or value
    return value


def shared_levels(study: Study, variables: tuple[str, ...]) -> list[str]:
    """The levels of variables that have the same ones, as printed."""
    first = variables[0]
    return [level(study, first, value) for value in study.levels(first)]


def named(study: Study, variable: str, value: str) -> str:
    """A level with its variable: 'Ethnicity: Black'; the title alone stands for the Yes."""
    title = label(study, variable)
    return title if value in ("", "Yes") else f"{title}: {level(study, variable, value)}"


def coding(study: Study, row: Record) -> Coding | None:
    """How the variable of an estimate entered its model; None for a formula."""
    model, variable = str(row["specification"]), str(row["variable"])
    known = model in study.file.models and variable in study.codings
    return study.coding(model, variable) if known else None


def unit(study: Study, row: Record) -> str:
    """What an estimate of a number is per: 'per 5 years'; empty for levels."""
    entered = coding(study, row)
    return entered.label if entered and not row["level"] else ""


def term(study: Study, row: Record) -> str:
    """A term of a model: 'Age, per 5 years'; 'Ethnicity: Black'; of Yes and No the title alone
    stands for the Yes.
    """
    name, per = named(study, str(row["variable"]), str(row["level"])), unit(study, row)
    return f"{name}, {per}" if per else name


def term_beside_reference(study: Study, row: Record) -> str:
    """A term with what it is compared with: 'Schizophrenia, compared with no such diagnosis
    recorded'.
    """
    name = term(study, row)
    compared = compared_with(study, row)
    return f"{name}, {compared}" if compared else name


def compared_with(study: Study, row: Record) -> str:
    """What a level is compared with, as the study words it, else its reference; empty for a
    number.
    """
    entered = coding(study, row)
    if not row["level"]:
        return ""
    if entered and entered.label and not entered.merged:
        return entered.label
    variable, reference = str(row["variable"]), str(row["reference"])
    if not reference or (row["level"], reference) == YES_NO:  # a title alone says both
        return ""
    return f"compared with {level(study, variable, reference)}"


def at(study: Study, row: Record) -> str:
    """The level of a prediction; of a number the value that all have: '62.5 (upper quartile)'."""
    side = QUARTILES.get(str(row["level"]))
    if side is None:
        return level(study, str(row["variable"]), str(row["level"]))
    value = shown(row, "at")
    return f"{value:.4g} ({side})" if is_known(value) else side


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


def specification(study: Study, name: str) -> str:
    """What a model is called; the first of the study needs no name."""
    models = study.file.models
    if name in models:
        return "" if name == next(iter(models)) else models[name].title
    return "By a formula"


def reason(code: str) -> str:
    """Why a value is missing: as the study labels it, or what made it missing."""
    return REASONS.get(code, code)


def note(row: Record, *without: str) -> str:
    """What the codes in a row's note say, as a sentence; empty if there is nothing to say. What is
    true of a whole model is said once, by `clusters`; on which side of a limit p lies is a sign.
    """
    unsaid = (*without, *OF_MODEL, *P_SIGNS, *HELD_BACK)
    words = [NOTES[code] for code in codes(row) if code not in unsaid]
    return sentence("; ".join(words)) if words else ""


def p_sign(row: Record) -> str:
    """What stands before the number in `p_value` where it is the limit of a class; empty where it
    is p.
    """
    return next((P_SIGNS[code] for code in codes(row) if code in P_SIGNS), "")


def ratio_decimals(study: Study, row: Record) -> int:
    """With how many decimals a row's odds ratio and its limits are printed."""
    usual = study.file.rounding.odds_ratio
    return min(usual, 1) if ONE_DECIMAL in codes(row) else usual


def released_as(row: Record) -> str:
    """How a count is printed that is released in another form than n of those known; else empty."""
    return " ".join(RELEASED_AS[code] for code in codes(row) if code in RELEASED_AS)


def held_back(study: Study) -> str:
    """What stands under a released table in which something is suppressed."""
    declared = study.file.disclosure
    policy = f" (policy: {POLICIES[declared.policy]})" if declared else ""
    symbol = SYMBOLS["suppressed"]
    why = f"held back, so that no small number of {study.file.unit.many} can be worked out"
    return f"{symbol}: {why}{policy}."


def sentence(words: str) -> str:
    """Words of ours as a sentence. Not for labels: they keep their case."""
    return f"{capital(words)}."


def capital(words: str) -> str:
    """Words of ours with a capital letter. Not for labels: they keep their case."""
    return words[:1].upper() + words[1:]


def in_sentence(words: str) -> str:
    """Words of ours inside a sentence. Not for labels: they keep their case."""
    return words[:1].lower() + words[1:]


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


def in_place_of_planned(row: Record) -> str:
    """Why an estimate is by another method than the planned one; empty where it is by that."""
    words = STANDINGS.get(str(row["standing"]), "")
    without, m = shown(row, "without_maximum"), shown(row, "m")
    if row["standing"] == "no_maximum" and not (is_hidden(m) or isnan(m)):
        words += f" in {count_text(without)} of {count_text(m)} completed data sets"
    return words


def lock_note(about: About) -> str:
    """What every estimate says where the agreed list was changed; empty else."""
    lock = about.study.file.lock
    return (
        f"The list agreed on {lock.locked_on} was changed."
        if lock and about.lock == "changed"
        else ""
    )


def unlocked(about: About) -> str:
    """The mark of estimates that no agreed list covers; empty for all others."""
    return NOT_LOCKED if about.lock == "open" else ""


def mark_of(about: About) -> str:
    """What everything that is read must say of itself: that rows are made up, or that numbers have
    not been through disclosure control; empty for what was released of restricted data.
    """
    return INTERNAL if about.internal else about.source.mark


def captioned(about: About, caption: str) -> str:
    """A caption, after the mark of estimates that no agreed list covers."""
    return f"{NOT_LOCKED}. {caption}" if about.lock == "open" else caption


def cited(study: Study) -> str:
    """Where the study is published, for the foot of a table."""
    return f"Study: {study.file.citation}"


def origin(study: Study, source: Source) -> str:
    """Where the rows come from, with what is supposed of them."""
    supposed = [
        f"Supposed here: {label(study, outcome)} is {level(study, outcome, value)} wherever it "
        "is not known."
        for outcome, value in source.supposed
    ]
    return " ".join([source.statement, *supposed])


def decimals(study: Study) -> str:
    """With how many decimals means and percentages are printed."""
    mean, percent = study.file.rounding.mean, study.file.rounding.percent
    if mean == percent:
        return "whole numbers" if mean == 0 else count(mean, "decimal")
    return f"{mean} and {percent} decimals"


def rounding_rule(rounding: Rounding) -> str:
    """The rule of rounding."""
    return IN_WORDS[rounding.rule]


def count_text(number: Value | float) -> str:
    """A whole number as text, or its symbol where it is hidden or missing."""
    if isinstance(number, Hidden):
        return SYMBOLS["suppressed"]
    return SYMBOLS["missing"] if isnan(number) else f"{number:.0f}"
