"""Codes of a release in the words of the person who checks outputs."""

FINDINGS = {
    "small_change": "changed by few",
    "unsized_change": "changed, by how many cannot be told",
    "fallen_below": "printed before, now below the threshold; it cannot be recalled",
    "cannot_be_recalled": "printed before, now hidden; it cannot be recalled",
    "large_change": "changed by more",
    "form_changed": "printed in another form before",
    "withdrawn": "in the last release, not in this one",
}
STAYS_INTERNAL = {
    "bins": "numbers in bins: beside released means or bands they would tell single values",
    "internal_only": "not part of a declared table, or of a kind that is not released",
    "withheld_by_person": "withheld by a person",
    "not_compared_with_print": "its numbers were not all compared with the print",
}
# Why a number is withheld of results that leave.
WITHHELD = {
    "cells_not_given": "the counts behind the estimate were not saved, so it cannot be judged",
    "cells_unlike": "the counts behind the estimate are not those of the same participants",
    "class_not_steady": "a few participants more or fewer would change the class of p",
    "class_of_p": "p is shown as a class only",
    "enough_tables": "shown, as enough tables remain possible",
    "few_different_values": "a number of at most two values: its mean is a share in disguise",
    "few_events": "few events in the model",
    "few_for_quartiles": "too few participants for a quartile",
    "few_non_events": "few without the event in the model",
    "few_residual_df": "few residual degrees of freedom",
    "groups_not_planned": "the groups of its outcome are in no declared table",
    "hidden_base": "how many it is of is hidden, or they are few",
    "hidden_cell": "a cell of the variable is hidden",
    "hidden_in_base": "a small count of the groups, which is hidden, would be narrowed",
    "hidden_share": "one of its two shares is hidden",
    "merged": "other levels stand for it in what is released",
    "near_another_base": "its numbers differ from released ones by 1 to 9",
    "no_numbers": "nothing was estimated",
    "no_small_count": "shown, as no count is small",
    "not_counted": "too many tables are possible to count them",
    "not_inside_its_groups": "its counts are not inside the printed ones",
    "not_planned": "the variable is in no declared table of these groups",
    "not_printed": "the constant, which no table prints",
    "not_quoted": "the test beside Fisher's, which is not quoted",
    "one_decimal": "the odds ratio is shown with one decimal only",
    "pinned": "with what else is printed it would tell a small count",
    "refusal_tells": "that a finer form was refused would tell a small count",
    "small_base": "fewer participants than a mean needs",
    "small_cell_of_unlike_table": "a small count, and its table does not give the estimate again",
    "small_count_in_table": "the test of all levels would tell a small count",
    "small_level": "few with a level in the model",
    "small_mean_cell": "few in a cell of the imputed means, or of the complete cases",
    "small_step": "few at a step of the levels",
    "suppressed_before": "hidden before it came to the door",
    "told_by_another_method": "another method tells the same table already",
    "vetoed": "withheld by a person",
}
EVERY_NUMBER_OF_A_ROW = "the row"
ONLY = {"n": "n only", "estimate": "digits only"}  # what of a row is withheld, by its column
HIDDEN = {"others": "to protect others", "rule": "by rule"}
KINDS_OF_FORM = {
    "counts": "n (%)",
    "share_of_all": "n (% of all)",
    "percent": "whole %",
    "withheld": "nothing",
}


def in_words(words: dict[str, str], code: str) -> str:
    """A code in words; one without words as it is."""
    return words.get(code, code.replace("_", " "))
