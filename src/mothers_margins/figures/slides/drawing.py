"""What charts of slides share: a sheet measured in inches, its texts, and two drawings of one
chart.
"""

from dataclasses import dataclass
from textwrap import wrap
from typing import Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.lines import Line2D

from mothers_margins.figures.check import DECORATIVE
from mothers_margins.figures.figure import Figure
from mothers_margins.figures.slides import tokens
from mothers_margins.figures.style import FIRST, GRID, INK, SECOND, STYLE

Side = Literal["left", "center", "right"]


@dataclass(frozen=True, eq=False)
class Chart:
    """One chart, drawn for a screen and for a phone. Both have one alt text, as `wide.alt`.

    said: its numbers as sentences, for the notes of who presents it.
    """

    wide: Figure
    narrow: Figure
    said: str


@dataclass(frozen=True, eq=False)
class Sheet:
    """A drawing whose places are inches from its upper left corner.

    smallest: the size of its texts in points; a line of text is a bit more than that.
    """

    drawn: Drawing
    axes: Axes
    smallest: float

    @property
    def line(self) -> float:
        """Height of a line of text, in inches."""
        return 1.25 * self.smallest / 72

    def text(
        self,
        x: float,
        y: float,
        said: str,
        *,
        side: Side = "left",
        colour: str = INK,
        size: float = 0,
        bold: bool = False,
    ) -> None:
        """Text whose middle line stands at y. side: which of its sides stands at x."""
        self.axes.text(
            x,
            y,
            said,
            ha=side,
            va="center",
            color=colour,
            fontsize=size or self.smallest,
            fontweight="bold" if bold else "normal",
            linespacing=1.1,
        )

    def rule(self, start: tuple[float, float], end: tuple[float, float], width: float) -> None:
        """A line that carries no meaning. width: in points."""
        line = Line2D(
            [start[0], end[0]],
            [start[1], end[1]],
            color=GRID,
            linewidth=width,
            solid_capstyle="butt",
            zorder=1,
        )
        line.set_gid(DECORATIVE)
        self.axes.add_line(line)

    def dot(self, x: float, y: float, *, involved: bool) -> None:
        """The mark of mothers with involvement (filled circle) or without (open diamond)."""
        size = self.smallest * (0.9 if involved else 0.75)
        self.axes.plot(
            [x],
            [y],
            marker="o" if involved else "D",
            markersize=size,
            markerfacecolor=FIRST if involved else "#ffffff",
            markeredgecolor=FIRST if involved else SECOND,
            markeredgewidth=0 if involved else self.smallest / 6,
            linestyle="none",
            zorder=3,
            clip_on=False,
        )


def sheet(width: float, height: float, smallest: float) -> Sheet:
    """An empty sheet, without a ground of its own, so that it stands on that of the slide."""
    with mpl.rc_context(STYLE):
        drawn = Drawing(figsize=(width, height), dpi=200, facecolor="none")
        axes = drawn.add_axes((0, 0, 1, 1), facecolor="none")
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.axis("off")
    return Sheet(drawn, axes, smallest)


def on_screen(height: float = tokens.PICTURE[1]) -> Sheet:
    """A sheet for a slide."""
    return sheet(tokens.PICTURE[0], height, tokens.SMALLEST)


def on_phone(height: float) -> Sheet:
    """A sheet for a phone."""
    return sheet(tokens.PHONE, height, tokens.SMALLEST_ON_PHONE)


def wrapped(said: str, characters: int) -> str:
    """Text in lines of at most so many characters."""
    return "\n".join(wrap(said, characters))


LONGEST_ALT = 350


def alt_of(kind: str, values: list[str], end: str = "") -> str:
    """Alt text: kind of chart, its values as far as they fit, and what is left out of the text."""
    for kept in range(len(values), -1, -1):
        rest = "" if kept == len(values) else " The other values stand in the notes."
        listed = f" {'; '.join(values[:kept])}." if kept else ""
        told = f"{kind}.{listed}{rest}{end}"
        if len(told) <= LONGEST_ALT:
            break
    return told
