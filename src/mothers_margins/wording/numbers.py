"""Numbers as text: what stands in the place of one, whole ones, and how they are rounded."""

from math import isnan

from mothers_margins.errors import count
from mothers_margins.results.shown import Hidden, Value, is_hidden
from mothers_margins.rounding import IN_WORDS
from mothers_margins.study.study import Study
from mothers_margins.study.study_file import Rounding

SYMBOLS = {"suppressed": "[c]", "missing": "–"}  # a true zero prints 0


def symbol(*values: Value) -> str:
    """What stands in the place of values that cannot be printed: that of a hidden one if there is
    one.
    """
    return SYMBOLS["suppressed" if any(is_hidden(value) for value in values) else "missing"]


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
