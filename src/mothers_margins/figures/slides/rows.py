"""Rows of shares in 100: two groups on one line, one group as bars, and answers that are not
there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.patches import Rectangle

from mothers_margins.errors import UsageError
from mothers_margins.figures.figure import Figure
from mothers_margins.figures.slides.drawing import (
    Chart,
    Sheet,
    alt_of,
    on_phone,
    on_screen,
    wrapped,
)
from mothers_margins.figures.style import FIRST, GREY, SECOND

MOST_PAIRS, MOST_BARS = 6, 8
CLOSE = 6  # points: nearer marks would touch, so they stand one above the other


@dataclass(frozen=True)
class Pair:
    """A row of two shares in 100. first: of the group drawn as filled circles."""

    label: str
    first: int
    second: int

    @property
    def gap(self) -> int:
        """How far apart they are."""
        return abs(self.first - self.second)


@dataclass(frozen=True)
class Bar:
    """A row of one share in 100."""

    label: str
    share: int


@dataclass(frozen=True)
class Scale:
    """Where 0 and 100 stand on a sheet, in inches."""

    zero: float
    hundred: float

    def at(self, share: float) -> float:
        """Where a share in 100 stands."""
        return self.zero + (self.hundred - self.zero) * share / 100


def dumbbell(name: str, pairs: Sequence[Pair], groups: tuple[str, str], mark: str) -> Chart:
    """Two groups on one line a row, from 0 to 100, the widest gap first.

    groups: what filled circles and open diamonds are. Raises UsageError for no row or more than 6.
    """
    _expect(pairs, MOST_PAIRS, "dumbbell")
    ordered = sorted(pairs, key=lambda pair: -pair.gap)
    values = [f"{pair.label}: {pair.first} and {pair.second} in 100" for pair in ordered]
    kind = f"Two dots a row: {groups[0]}, then {groups[1]}"
    said = f"First {groups[0]}, then {groups[1]}. {'. '.join(values)}."
    wide = on_screen()
    scale = Scale(5.3, 10.9)
    _legend(wide, groups, 0.25, (0.3, 6.0))
    pitch = 3.5 / max(len(ordered), 3)
    _ends(wide, scale, 0.8 + pitch * len(ordered))
    for place, pair in enumerate(ordered):
        y = 0.65 + pitch * (place + 0.5)
        wide.text(0.05, y, wrapped(pair.label, 30))
        _pair(wide, scale, pair, y)
    step = 1.0
    narrow = on_phone(1.0 + step * len(ordered) + 0.4)
    below = Scale(0.5, 3.65)
    _legend_below(narrow, groups)
    _ends(narrow, below, 1.0 + step * len(ordered) + 0.15)
    for place, pair in enumerate(ordered):
        y = 1.0 + step * place
        narrow.text(0.05, y + 0.1, wrapped(pair.label, 36))
        _pair(narrow, below, pair, y + 0.6)
    return _chart(name, wide, narrow, alt_of(kind, values), mark, said)


def paired_dots(name: str, pairs: Sequence[Pair], mark: str) -> Chart:
    """Two ways to treat gaps in the answers, on one line a row."""
    groups = ("gaps filled in", "full answers only")
    return dumbbell(name, pairs, groups, mark)


def bar_list(name: str, bars: Sequence[Bar], who: str, mark: str) -> Chart:
    """One group, a bar a row, the longest first, its number at its end.

    who: of whom the shares are. Raises UsageError for no row or more than 8.
    """
    _expect(bars, MOST_BARS, "bar_list")
    ordered = sorted(bars, key=lambda bar: -bar.share)
    values = [f"{bar.label}: {bar.share} in 100" for bar in ordered]
    said = f"Of {who}. {'. '.join(values)}."
    wide, narrow = _bars(ordered, missing=False)
    return _chart(name, wide, narrow, alt_of(f"Bars, {who}", values), mark, said)


def missing_bars(name: str, bars: Sequence[Bar], who: str, mark: str) -> Chart:
    """Answers that are there (solid) and that are not (striped), a bar a row.

    bars: the share of answers that are not there. Raises UsageError for no row or more than 8.
    """
    _expect(bars, MOST_BARS, "missing_bars")
    ordered = sorted(bars, key=lambda bar: -bar.share)
    values = [f"{bar.label}: {bar.share} in 100" for bar in ordered]
    said = f"Answers we do not have, of {who}. {'. '.join(values)}."
    wide, narrow = _bars(ordered, missing=True)
    kind = f"Bars of answers we do not have, {who}"
    return _chart(name, wide, narrow, alt_of(kind, values), mark, said)


def _expect(rows: Sequence[Pair] | Sequence[Bar], most: int, who: str) -> None:
    if not 1 <= len(rows) <= most:
        raise UsageError(f"{who}: needs 1 to {most} rows; it was given {len(rows)}.")


def _chart(name: str, wide: Sheet, narrow: Sheet, alt: str, mark: str, said: str) -> Chart:
    on_a_phone = Figure(f"{name}_phone", narrow.drawn, alt, mark)
    return Chart(Figure(name, wide.drawn, alt, mark), on_a_phone, said)


def _bars(ordered: Sequence[Bar], *, missing: bool) -> tuple[Sheet, Sheet]:
    """The bars for a screen, where labels stand beside them, and for a phone, where they stand
    above.
    """
    wide = on_screen()
    pitch = 4.4 / max(len(ordered), 5)
    scale = Scale(5.2, 10.0)
    for place, bar in enumerate(ordered):
        y = 0.05 + pitch * (place + 0.5)
        wide.text(0.05, y, wrapped(bar.label, 32))
        _bar(wide, scale, bar, y, missing=missing)
    step = 0.85
    narrow = on_phone(0.1 + step * len(ordered))
    for place, bar in enumerate(ordered):
        y = 0.1 + step * place
        narrow.text(0.05, y + 0.12, wrapped(bar.label, 36))
        _bar(narrow, Scale(0.05, 3.0), bar, y + 0.5, missing=missing)
    return wide, narrow


def _bar(sheet: Sheet, scale: Scale, bar: Bar, y: float, *, missing: bool) -> None:
    height = 1.1 * sheet.line
    filled = 100 - bar.share if missing else bar.share
    top = y - height / 2
    end = scale.at(filled)
    if filled:
        solid = Rectangle((scale.zero, top), end - scale.zero, height, facecolor=FIRST)
        sheet.axes.add_patch(solid)
    if missing and bar.share:
        rest = Rectangle(
            (end, top),
            scale.hundred - end,
            height,
            facecolor="none",
            edgecolor=GREY,
            hatch="///",
            linewidth=1,
        )
        sheet.axes.add_patch(rest)
    end = scale.hundred if missing else end
    sheet.text(end + 0.12, y, f"{bar.share} in 100", bold=True)


def _legend(sheet: Sheet, groups: tuple[str, str], y: float, lefts: tuple[float, float]) -> None:
    for place, (group, left) in enumerate(zip(groups, lefts, strict=True)):
        sheet.dot(left, y, involved=place == 0)
        colour = FIRST if place == 0 else SECOND
        sheet.text(left + 0.3, y, group, colour=colour, bold=True)


def _legend_below(sheet: Sheet, groups: tuple[str, str]) -> None:
    """The two groups, one below the other."""
    for place, group in enumerate(groups):
        y = 0.2 + 0.3 * place
        sheet.dot(0.15, y, involved=place == 0)
        colour = FIRST if place == 0 else SECOND
        sheet.text(0.35, y, group, colour=colour, bold=True)


def _ends(sheet: Sheet, scale: Scale, y: float) -> None:
    """What the ends of the scale are."""
    sheet.text(scale.zero, y, "0", side="center", colour=GREY)
    sheet.text(scale.hundred, y, "100", side="center", colour=GREY)


def _pair(sheet: Sheet, scale: Scale, pair: Pair, y: float) -> None:
    """One row: a line from 0 to 100, two marks, and their numbers on the outer sides."""
    sheet.rule((scale.zero, y), (scale.hundred, y), 1)
    apart = sheet.smallest / 90 if pair.gap < CLOSE else 0.0
    first, second = scale.at(pair.first), scale.at(pair.second)
    away = 0.75 * sheet.smallest / 72
    is_first_left = pair.first <= pair.second
    for share, x, involved in ((pair.first, first, True), (pair.second, second, False)):
        level = y - apart if involved else y + apart
        on_left = involved == is_first_left
        sheet.dot(x, level, involved=involved)
        sheet.text(
            x - away if on_left else x + away,
            level,
            str(share),
            side="right" if on_left else "left",
            colour=FIRST if involved else SECOND,
            bold=True,
        )
