"""How wide the columns of a table are set, from what stands in them. Lengths in em of its text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

# Widths of letters of Arial; those that stand in none of these are as wide as a digit.
LETTERS = {
    0.222: "ijl|'",
    0.278: "ftI.,:;!/[] \u00a0",
    0.333: "()-r",
    0.5: "cksvxyzJ",
    0.584: "+−≥≤<=>",
    0.722: "wCDHNRU",
    0.833: "mM",
    0.944: "W%@",
    1.0: "\u2003",
}
WIDTHS = {letter: width for width, letters in LETTERS.items() for letter in letters}
DIGIT, CAPITAL = 0.556, 0.69
BOLD = 1.08  # times as wide: headings are bold
ONE_LINE = 14.0  # em: what is wider may take two lines of a heading
BREAKS = re.compile("[ \n\u2003]")  # where a line may end; not at a no-break space
PADDING = "\u2007"  # as wide as a digit: aligns numbers
LABELS = 11.0  # em that the labels of rows get, if they need them
# What stays in one line: numbers, and short texts with one; letters are counted, because what
# begins with a digit and is longer is a sentence.
FIGURES = re.compile(r"[<≥≤±−\[\d–].{0,33}|(?=.*\d).{1,16}")
SLACK = 0.5  # so that a text does not break where another font is a little wider


@dataclass(frozen=True)
class Wish:
    """How wide a column must be so that no word and no number breaks, and would like to be."""

    least: float
    whole: float


def width_of(text: str) -> float:
    """How wide a text is in one line."""
    return sum(WIDTHS.get(letter, CAPITAL if letter.isupper() else DIGIT) for letter in text)


def longest_word(text: str) -> float:
    """The width of what a line cannot be broken in."""
    return max((width_of(word) for word in BREAKS.split(text)), default=0.0)


def wish(headings: Sequence[str], cells: Sequence[str], *, labels: bool = False) -> Wish:
    """What a column needs; a long line of a heading may be broken once, numbers stay in one.

    labels: whether it is the first, with the labels of rows, which may break but not at each word.
    """
    least = [0.0]
    whole = [0.0]
    for line in (line for text in headings for line in text.split("\n")):
        word, all_words = BOLD * longest_word(line), BOLD * width_of(line)
        least.append(word)
        whole.append(all_words if all_words <= ONE_LINE else max(word, all_words / 2))
    for text in cells:
        is_figures = FIGURES.fullmatch(text.lstrip(PADDING))
        least.append(width_of(text) if is_figures else longest_word(text))
        whole.append(width_of(text))
    if labels:
        least.append(min(LABELS, max(whole)))
    return Wish(max(least) + SLACK, max(*whole, *least) + SLACK)


def shared(wishes: Sequence[Wish], room: float) -> list[float]:
    """`room` shared out: first what each column must have, then what it would like, then the rest
    by what each has. Where there is too little, each has the same part of what it must have.
    """
    least = [wish.least for wish in wishes]
    if sum(least) >= room:
        return [width * room / sum(least) for width in least]
    wanted = [wish.whole - wish.least for wish in wishes]
    spare = room - sum(least)
    if sum(wanted) >= spare:
        part = spare / sum(wanted)
        return [width + part * more for width, more in zip(least, wanted, strict=True)]
    whole = [wish.whole for wish in wishes]
    return [width * room / sum(whole) for width in whole]
