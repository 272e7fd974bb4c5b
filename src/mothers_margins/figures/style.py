"""The look of figures: colours, sizes, fonts; how a bar and a symbol are drawn."""

from dataclasses import dataclass
from typing import Any

import seaborn

INK = "#1f2a37"
FIRST = "#12436d"
SECOND = "#b45309"
GREY = "#6b7280"
GRID = "#d6cfbf"
PAPER = "#ffffff"
GROUPS = seaborn.color_palette((FIRST, SECOND, INK)).as_hex()  # of groups, in their order
PALETTE = frozenset((*GROUPS, INK, FIRST, SECOND, GREY, GRID, PAPER))

# The theme and the sizes are seaborn's, for paper; what is ours stands below.
_OURS = {
    "figure.dpi": 200,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "text.color": INK,
    "text.usetex": False,
    "xtick.color": GREY,
    "xtick.labelcolor": INK,
    "font.family": "DejaVu Sans",  # ships with matplotlib, so a figure is the same everywhere
    "ytick.color": GREY,
    "ytick.labelcolor": INK,
    "hatch.color": "edge",
    "hatch.linewidth": 0.9,
    "svg.hashsalt": "mothers_margins",  # the same drawing has the same bytes
}
POINTS = 8.5  # of all text
_SIZES = dict.fromkeys(
    ("font.size", "axes.labelsize", "xtick.labelsize", "ytick.labelsize"), POINTS
)
_LINES = {"axes.linewidth": 0.8, "xtick.major.width": 0.8, "ytick.major.width": 0.8}
_TICKS = {"xtick.major.size": 3.5, "ytick.major.size": 3.5}
# Any: matplotlib's type of the keys is a list of all its settings by name.
STYLE: dict[Any, Any] = {
    **seaborn.axes_style("ticks", rc=_OURS),
    **_OURS,  # seaborn leaves out what it does not know
    **seaborn.plotting_context("paper", rc=_SIZES | _LINES | _TICKS),
}


@dataclass(frozen=True)
class BarLook:
    """How a bar is drawn: what it is filled with, its outline, and a pattern."""

    fill: str
    outline: str
    hatch: str = ""


@dataclass(frozen=True)
class SymbolLook:
    """How a symbol is drawn: its shape, its outline, and what it is filled with."""

    marker: str
    outline: str
    fill: str
