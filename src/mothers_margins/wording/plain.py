"""Numbers as plain sentences, for people who are not researchers.

A number comes in as a count among so many, or as a share in 100; how it is said depends on how many
mothers stand behind it. No sentence has more than 20 words.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mothers_margins.rounding import rounded

TOO_FEW = "There were too few mothers for us to show a number."
HIDDEN = "too few to show"  # where a table or a picture has no room for a sentence
BY_CHANCE = "This gap could be down to chance."
MANY = 50  # from so many on, a share is said in 100
FEW = 20  # below, each mother is counted
LEAST_GAP = 10  # in 100: below it two shares are said to differ little or not
WITH, WITHOUT = "with social care involvement", "without"
WHEN = {1: "when the mother was in urgent mental health care", 2: "1 year after she left that care"}


@dataclass(frozen=True)
class Range:
    """Between which two numbers, in points of 100, a difference is likely to lie; low is not above
    high.
    """

    low: float
    high: float

    @property
    def holds_zero(self) -> bool:
        """Whether there may be no difference at all."""
        return self.low <= 0 <= self.high

    @property
    def width(self) -> float:
        """In points of 100."""
        return self.high - self.low


def whole(number: float) -> int:
    """A number without decimals; a half goes up."""
    return int(rounded(number, 0, "half_up"))


def how_many(yes: int, of: int, who: str = "mothers") -> str:
    """How many of a group, as the beginning of a sentence: 'About 4 in 10 mothers'.

    yes: how many of them; of: how many they are, at least 1. Below 20 they are counted ('7 of the
    11 mothers'), below 50 it is 'in 10', else 'in 10' in the middle and 'in 100' at the ends.
    """
    if of < FEW:
        return f"{yes} of the {of} {who}"
    share = yes / of
    if 0.45 <= share <= 0.55:
        return f"{'Half' if 2 * yes == of else 'About half'} of {who}"
    in_ten = of < MANY or 0.15 <= share <= 0.85
    return f"{_in_10(yes, of) if in_ten else _in_100(yes, of)} {who}"


def _in_10(yes: int, of: int) -> str:
    tenths = whole(10 * yes / of)
    if tenths == 0:
        return "Fewer than 1 in 10"
    if tenths == 10:
        return "More than 9 in 10"
    exact = 10 * yes == tenths * of
    return f"{tenths} in 10" if exact else f"About {tenths} in 10"


def _in_100(yes: int, of: int) -> str:
    exact = 100 * yes % of == 0
    said = in_100(100 * yes / of)
    if exact or not said[0].isdigit():
        return said[0].upper() + said[1:]
    return f"About {said}"


def in_100(percent: float) -> str:
    """A share in per cent as a whole number in 100: '36 in 100'. It is never 0 or 100 unless the
    share is.
    """
    if 0 < percent < 1:
        return "fewer than 1 in 100"
    if 99 < percent < 100:
        return "more than 99 in 100"
    return f"{whole(percent)} in 100"


def compared(percent_with: float, percent_without: float, phrase: str) -> str:
    """Mothers with involvement beside those without, on one base.

    phrase: what is true of them, in the past: 'had faced abuse by a partner'.
    """
    first = f"{in_100(percent_with)} mothers {WITH} {phrase}"
    first = first[0].upper() + first[1:]
    return f"{first}. This is compared with {in_100(percent_without)} mothers {WITHOUT}."


def gap(likely: Range) -> str:
    """How sure a difference is: down to chance, or between which two numbers it is likely to
    lie.
    """
    if likely.holds_zero:
        return BY_CHANCE
    least, most = sorted((abs(likely.low), abs(likely.high)))
    if whole(least) == 0:
        return f"The gap is likely to be at most {whole(most)} in every 100."
    return f"The gap is likely to be between {whole(least)} and {whole(most)} in every 100."


def adjusted(percent_with: float, percent_without: float, phrase: str, phrase_without: str) -> str:
    """Two shares with involvement if all else was alike. The phrases tell apart who is meant: 'told
    of abuse by a partner', 'told of no abuse by a partner'.
    """
    return (
        f"Look at mothers who {phrase}. The others {phrase_without}. "
        "Suppose everything else we measured was alike. "
        f"Then about {in_100(percent_with)} had social care involved, "
        f"compared with {in_100(percent_without)} others."
    )


def average_age(mean: float) -> str:
    """The mean age in years."""
    return f"Mothers were on average {whole(mean)} years old."


def most_between(mean: float, spread: float, of: int, share_inside: float) -> str:
    """Between which ages most were: a mean and its standard deviation, in years.

    of: how many mothers. share_inside: of them between the two. Empty where fewer than 50 are
    counted, or where it is not about two thirds.
    """
    if of < MANY or not 0.6 <= share_inside <= 0.75:
        return ""
    return f"Most were between {whole(mean - spread)} and {whole(mean + spread)}."


def not_known(unknown: int, of: int) -> str:
    """For how many there is no answer."""
    said = how_many(unknown, of)
    return f"We do not know this for {said[0].lower()}{said[1:]}."


def differs(likely: Range, difference: float) -> bool:
    """Whether a title may say that two shares differ: by 10 in 100 at least, and not by chance."""
    return not likely.holds_zero and abs(difference) >= LEAST_GAP


def banned(text: str, words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Words that the group does not want, found in a text, with what to say instead.

    words: by word or phrase what stands in its place. Found are whole words, in any capitals.
    """
    for word, instead in words.items():
        if re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE):
            yield word, instead
