"""Numbers beside their printed text: which of many values print as a text says.

Rounds as the tables do (`mothers_margins.rounding`, which this folder does not import): a half that
is blurred by the noise of its calculation is that half.
"""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Literal

import numpy as np

Rule = Literal["half_up", "half_even"]
SOUND_DIGITS = 13  # of a double, that the noise of a calculation leaves alone
P_CLASSES = (0.001, 0.01, 0.05)  # cuts of p values where decimals would tell too much


def in_units(values: np.ndarray, decimals: int, rule: Rule = "half_up") -> np.ndarray:
    """Values in units of their last printed decimal: 0.285 with two decimals is 29, half up.

    What is missing or infinite stays so.
    """
    scaled = np.abs(np.asarray(values, dtype=float)) * 10.0**decimals
    below = np.floor(scaled)
    with np.errstate(invalid="ignore"):  # what is infinite has no half
        is_half = np.abs(scaled - below - 0.5) <= _unit_of_last_sound_digit(scaled) / 2
        from_half = below + 1 if rule == "half_up" else below + below % 2
    # with so many digits before the point nothing behind it is sound
    is_half &= scaled < 10.0 ** (SOUND_DIGITS - 1)
    rounded = np.where(is_half, from_half, np.floor(scaled + 0.5))
    units: np.ndarray = np.sign(values) * rounded + 0.0  # no negative zero
    return units


def agrees(values: np.ndarray, text: str, rule: Rule = "half_up", within: int = 0) -> np.ndarray:
    """Which values print as the text, or differ from it by at most `within` units of its last
    decimal; one that is missing or infinite does not.

    Raises ValueError for a text that is no number.
    """
    units, decimals = _read(text)
    apart = np.abs(in_units(values, decimals, rule) - units)
    agreeing: np.ndarray = apart <= within
    return agreeing


def limits_of(text: str, within: int = 0) -> tuple[float, float]:
    """The least and the greatest value that can print as the text, both included. Raises ValueError
    for a text that is no number.
    """
    units, decimals = _read(text)
    unit = 1 / 10.0**decimals
    return (units - within - 0.5) * unit, (units + within + 0.5) * unit


def p_agrees(
    p_values: np.ndarray, text: str, rule: Rule = "half_up", cuts: Sequence[float] = ()
) -> np.ndarray:
    """Which p values print as the text: a number, `<0.05` or `>=0.05`.

    cuts: those of the classes from which the text was chosen; then `<0.05` says as well that p is
    not below the cut before 0.05. A p below the last decimal prints as `<`, so `0.001` is not said
    of 0.0007; a text of zeros is taken as it stands. Raises ValueError for any other text.
    """
    without = without_noise(p_values)
    if text.startswith("<"):
        cut = _limit(text.removeprefix("<"))
        cut_below = max((other for other in cuts if other < cut), default=0.0)
        return (without >= cut_below) & (without < cut)
    if text.startswith(">="):
        cut = _limit(text.removeprefix(">="))
        cut_above = min((other for other in cuts if other > cut), default=np.inf)
        return (without >= cut) & (without < cut_above)
    units, decimals = _read(text)
    return agrees(p_values, text, rule) & ((units == 0) | (without >= 1 / 10.0**decimals))


def p_in_units(p_values: np.ndarray, decimals: int, rule: Rule = "half_up") -> np.ndarray:
    """P values in units of their last printed decimal; 0 for one that is printed as below it."""
    below = without_noise(p_values) < 1 / 10.0**decimals
    return np.where(below, 0.0, in_units(p_values, decimals, rule))


def p_class(p_values: np.ndarray, cuts: Sequence[float] = P_CLASSES) -> np.ndarray:
    """The class of each p value: how many cuts it reaches. cuts: ascending."""
    return np.searchsorted(np.asarray(cuts), without_noise(p_values), side="right")


def p_class_text(p_value: float, cuts: Sequence[float] = P_CLASSES) -> str:
    """A p value as its class: `<0.01`, or `>=0.05` where it reaches every cut."""
    reached = int(p_class(np.array([p_value]), cuts)[0])
    return f"<{cuts[reached]}" if reached < len(cuts) else f">={cuts[-1]}"


def without_noise(values: np.ndarray) -> np.ndarray:
    """Values rounded to their sound digits."""
    unit = _unit_of_last_sound_digit(np.asarray(values, dtype=float))
    # a division by a power of ten is exact to the last digit, a multiplication by 1e-14 is not
    places = np.rint(-np.log10(unit))
    power = 10.0 ** np.abs(places)
    up = np.where(places > 0, power, 1.0)
    down = np.where(places > 0, 1.0, power)
    without: np.ndarray = np.rint(values * up / down) / up * down
    return without


def _unit_of_last_sound_digit(values: np.ndarray) -> np.ndarray:
    """What one is worth in the thirteenth digit of each value."""
    sizes = np.abs(values)
    # 1e-290: far from where powers of ten end; what is not finite has no digits
    sizes = np.where((sizes > 1e-290) & np.isfinite(sizes), sizes, 1e-290)
    return 10.0 ** (np.floor(np.log10(sizes)) - (SOUND_DIGITS - 1))


def _read(text: str) -> tuple[int, int]:
    """A printed number in units of its last decimal, and its decimals."""
    try:
        number = Decimal(text.replace("−", "-"))
        decimals = max(-int(number.as_tuple().exponent), 0)
        return int(number.scaleb(decimals)), decimals
    except (InvalidOperation, ValueError, OverflowError):
        raise ValueError("A printed number is digits with or without a point.") from None


def _limit(text: str) -> float:
    units, decimals = _read(text.strip())
    return units / 10.0**decimals
