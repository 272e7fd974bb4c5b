"""Codes in the notes of results in words, each in one place: of estimates, comparisons, checks and
released counts.
"""

from mothers_margins.results.results import Record, codes
from mothers_margins.results.shown import HELD_BACK
from mothers_margins.study.study import Study
from mothers_margins.wording.methods import DF_RULES
from mothers_margins.wording.sentences import sentence

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
    "small_expected_count": "in place of chi-squared by the study's rule",
    "asked_for": "as for all levels of this comparison",
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
STATISTICS = {  # of checks
    "square": "Linktest: coefficient of the square",
    "hosmer_lemeshow": "Hosmer-Lemeshow chi-squared",
    "pearson": "Pearson chi-squared over patterns",
    "auc": "AUC",
    "brier": "Brier score",
    "spline": "spline terms, chi-squared",
    "levels_beside_step": "levels beside the step, chi-squared",
}


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
