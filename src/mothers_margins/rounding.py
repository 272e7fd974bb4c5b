"""Rounding by the rule that the study declares; used once, when a number becomes text."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

RULES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}
IN_WORDS = {"half_up": "a half goes up", "half_even": "a half goes to the even digit"}
# Digits of a double that a sum or a quotient of some hundred numbers does not blur.
SOUND_DIGITS = 13


def rounded(value: float, decimals: int, rule: str) -> str:
    """`value` as text with so many decimals. Rounds the number as it prints, so that 0.285 goes to
    0.29 half up.

    What differs from a half only behind the thirteenth digit is that half: the mean of 20.8, 29.0,
    17.3 and 25.1 is 23.05, though its double is a hair less. A mean of n numbers with d decimals
    that is no half differs from every half by 1 / (2 n 10^(d + decimals)) at least, which stands
    before the thirteenth digit for every n that this program sees.
    """
    exact = Decimal(repr(float(value)))
    without_noise = _without_noise(value)
    is_half = abs(without_noise.scaleb(decimals)) % 1 == Decimal("0.5")
    number = without_noise if is_half else exact
    text = str(number.quantize(Decimal(1).scaleb(-decimals), RULES[rule]))
    return text.removeprefix("-") if float(text) == 0 else text


def p_rounded(value: float, decimals: int, rule: str) -> str:
    """A p-value as text: below the last decimal it says so, and it never rounds to zero."""
    least = Decimal(1).scaleb(-decimals)
    return f"<{least}" if _without_noise(value) < least else rounded(value, decimals, rule)


def _without_noise(value: float) -> Decimal:
    return Decimal(f"{float(value):.{SOUND_DIGITS}g}")
