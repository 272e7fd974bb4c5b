"""Whether the imputations were enough, and how many are needed, in a sentence."""

from mothers_margins.absent import not_there
from mothers_margins.imputation import imputations_needed
from mothers_margins.results.results import Record, Results, checked, codes
from mothers_margins.results.shown import combined, is_known, shown
from mothers_margins.rounding import rounded
from mothers_margins.study.study import Study
from mothers_margins.wording.head_and_foot import unlocked
from mothers_margins.wording.methods import is_imputed
from mothers_margins.wording.numbers import count_text, symbol
from mothers_margins.wording.prose import Prose
from mothers_margins.wording.terms import term


def enough_imputations(results: Results) -> Prose:
    """Whether m imputations are enough for the reported adjusted coefficients: the one with the
    largest fraction of missing information decides.

    results: pooled estimates; of several m the largest. Needed are 100 FMI, and 1 + (u/0.05)²/2 at
    the upper 95% limit u of the FMI (see `imputation.imputations_needed`). Raises UsageError for
    results without pooled adjusted estimates.
    """
    about = checked(results, "enough_imputations", "estimates")
    study = about.study
    rows = _largest_m([row for row in results.to_dict("records") if _is_reported(row)])
    if not rows:
        raise not_there("nothing_pooled")
    marks = [f"{mark}." for mark in (unlocked(about), about.source.mark) if mark]
    known = [row for row in rows if is_known(shown(row, "fmi"))]
    sentence = _in_words(study, known) if known else _without_fmi(rows)
    return Prose(" ".join([sentence, *marks]))


def _without_fmi(rows: list[Record]) -> str:
    """How many imputations there are, and why no fraction of missing information is known."""
    number = count_text(shown(rows[0], "m"))
    absent = symbol(*(shown(row, "fmi") for row in rows))
    return f"{number} imputations; the largest fraction of missing information: {absent}."


def _in_words(study: Study, rows: list[Record]) -> str:
    """How many imputations the largest fraction of missing information needs, and whether they are
    there.
    """
    decides = max(rows, key=lambda row: float(shown(row, "fmi")))
    fmi, m = shown(decides, "fmi"), shown(decides, "m")
    percent = rounded(100 * float(fmi), 0, study.file.rounding.rule)
    needed = combined(lambda lost, number: imputations_needed(lost, int(number)), fmi, m)
    start = (
        f"The largest fraction of missing information is {percent}% ({term(study, decides)}): "
        f"{count_text(needed)} imputations are needed, and there are {count_text(m)}."
    )
    is_enough = is_known(needed) and needed <= m
    end = (
        "They are enough."
        if is_enough
        else f"They are too few. Run this notebook with m = {count_text(needed)}: chains are "
        "added, and those that there are stay as they are."
    )
    return f"{start} {end}"


def _is_reported(row: Record) -> bool:
    """Whether a row is a pooled adjusted coefficient of an explanatory variable."""
    is_adjusted = row["model"] == "adjusted" and row["variable"] != ""
    return is_adjusted and is_imputed(str(row["method"])) and "joint_test" not in codes(row)


def _largest_m(rows: list[Record]) -> list[Record]:
    """The rows of the largest number of imputations, or of a hidden one."""
    numbers = [float(m) for m in (shown(row, "m") for row in rows) if is_known(m)]
    return [
        row
        for row in rows
        if not is_known(shown(row, "m")) or float(shown(row, "m")) == max(numbers)
    ]
