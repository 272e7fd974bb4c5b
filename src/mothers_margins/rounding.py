"""Rounding by the rule that the study declares; used once, when a number becomes text."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

RULES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}
IN_WORDS = {"half_up": "a half goes up", "half_even": "a half goes to the even digit"}


def rounded(value: float, decimals: int, rule: str) -> str:
    """`value` as text with so many decimals. Rounds the number as it prints, so that 0.285 goes to
    0.29 half up.
    """
    text = str(Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), RULES[rule]))
    return text.removeprefix("-") if float(text) == 0 else text


def p_rounded(value: float, decimals: int, rule: str) -> str:
    """A p-value as text: below the last decimal it says so, and it never rounds to zero."""
    least = Decimal(1).scaleb(-decimals)
    return f"<{least}" if value < least else rounded(value, decimals, rule)
