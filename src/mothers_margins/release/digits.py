"""Numbers with no more digits than are printed, still as numbers.

An odds ratio is kept as the logarithm of the rounded ratio, because columns hold log-odds: the
exponential prints as the rounded ratio, and nothing finer can be taken from it. A p value below the
last decimal is 0, which prints as below it. The class of a p value is its limit, and a note says on
which side of it p lies.
"""

from math import exp, inf, isfinite, log, nan

import numpy as np

from mothers_margins.disclosure.printed_text import P_CLASSES, Rule, p_class, p_in_units
from mothers_margins.rounding import rounded

ONE_DECIMAL = "one_decimal"  # note: the odds ratio and its limits have one decimal
P_BELOW = "p_below"  # note: p is below the number in p_value, and not below the limit before it
P_AT_LEAST = "p_at_least"  # note: p is the number in p_value, or more
LARGEST = 1e12  # a larger odds ratio is kept as this one


def to_decimals(value: float, decimals: int, rule: str) -> float:
    """A number with so many decimals; what is missing or infinite stays so."""
    return float(rounded(value, decimals, rule)) if isfinite(value) else value


def log_of_ratio(value: float, decimals: int, rule: str) -> float:
    """The logarithm of an odds ratio with so many decimals, from the log-odds."""
    if not isfinite(value):
        return value
    ratio = to_decimals(min(exp(min(value, log(LARGEST))), LARGEST), decimals, rule)
    return log(ratio) if ratio > 0 else -inf


def p_to_decimals(value: float, decimals: int, rule: Rule) -> float:
    """A p value with so many decimals; 0 if it is below the last of them."""
    if not isfinite(value):
        return nan
    units = float(p_in_units(np.array([value]), decimals, rule)[0])
    return to_decimals(units / 10**decimals, decimals, rule)


def p_as_class(value: float) -> tuple[float, str]:
    """The class of a p value: its limit, and the note that says which side of it."""
    reached = int(p_class(np.array([value]))[0])
    return limit_of_class(reached)


def limit_of_class(reached: int) -> tuple[float, str]:
    """The limit and the note of a class, by how many limits p reaches."""
    if reached < len(P_CLASSES):
        return P_CLASSES[reached], P_BELOW
    return P_CLASSES[-1], P_AT_LEAST
