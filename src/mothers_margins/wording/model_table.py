"""The notes of a model table: short, because what they say stands at length in the annex table."""

from collections.abc import Iterable, Iterator, Sequence

from mothers_margins.results.results import Record
from mothers_margins.results.shown import Value
from mothers_margins.study.study import Study
from mothers_margins.wording.methods import SHORT_INTERVALS
from mothers_margins.wording.numbers import count_text
from mothers_margins.wording.sentences import capital

HOW_TO_READ = "OR: odds ratio; adjusted: given all other variables; associations, not effects."
UNADJUSTED = "OR: odds ratio; associations, not effects."
P_AS_CLASS = "p is a class where more digits would tell a small count."
IN_ANNEX = "More: annex table."
SAME_IN_SHORT = {"wald_t": "wald"}  # against which distribution is said in the annex
# Why Firth's estimates are shown; by the standing of an analysis that is not the planned one.
WHY_FIRTH = {
    "no_maximum": "Firth's method: the likelihood has no maximum.",
    "small_cells": "Firth's method: the study's rule for small cells.",
    "asked_for": "Firth's method: chosen by name.",
    "beside": "Firth's method: beside the primary estimates.",
}


def counts(*, imputed: bool) -> str:
    """What events and N are of."""
    means = "; means over imputations" if imputed else ""
    return f"Events/N: with the outcome, of all{means}."


def whose_p(model: str, used: str, *, joint: bool) -> str:
    """Which p is shown. joint: whether levels of a variable share one."""
    levels = "; levels together" if joint else ""
    return f"p: {model}, {used}{levels}."


def intervals(rows: Iterable[Record]) -> Iterator[str]:
    """By what the intervals are."""
    codes = [str(row["interval"]) for row in rows if row["interval"]]
    kinds = dict.fromkeys(SAME_IN_SHORT.get(code, code) for code in codes)
    if kinds:
        yield f"Intervals: {'; '.join(SHORT_INTERVALS[code] for code in kinds)}."


def small_cell(study: Study) -> str:
    """That few are behind an estimate, and where another method's stands."""
    rules = study.file.regression
    beside = "; by Firth's method: annex" if rules.below_minimum == "beside" else ""
    return f"Fewer than {rules.minimum_cell} in a cell{beside}."


def read_with_caution(used: str, per_parameter: str) -> str:
    """That an analysis has few events for its parameters."""
    return f"{capital(used)}: {per_parameter} events per parameter, so caution."


def clusters(study: Study, rows: Sequence[Record]) -> Iterator[str]:
    """Whether intervals allow for clusters; nothing where there are none."""
    if any(study.cluster(str(row["specification"])) for row in rows):
        yield "Intervals allow for clusters."
    elif study.file.regression.clustered_in:
        yield f"Clustering in {study.file.regression.clustered_in} is not accounted for."


def pooled(m: Value) -> str:
    """How many imputations are behind the estimates."""
    return f"{count_text(m)} imputations, Rubin's rules."


def too_much(rows: int, most_rows: int, words: int, most_words: int) -> str:
    """What of a table is more than fits a page, or is read under one; empty where nothing is."""
    parts: list[str] = []
    if rows > most_rows:
        parts.append(f"{rows} rows (at most {most_rows})")
    if words > most_words:
        parts.append(f"{words} words of notes (at most {most_words})")
    return ", ".join(parts)
