"""The look of figures: colours, sizes, fonts; how a bar and a symbol are drawn."""

from dataclasses import dataclass
from typing import Any

INK = "#1f2a37"
FIRST = "#12436d"
SECOND = "#b45309"
GREY = "#6b7280"
GRID = "#d6cfbf"
PAPER = "#ffffff"
PALETTE = frozenset((INK, FIRST, SECOND, GREY, GRID, PAPER))

# Any: matplotlib's type of the keys is a list of all its settings by name.
STYLE: dict[Any, Any] = {
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
    "font.size": 8.5,
    "axes.labelsize": 8.5,
    "xtick.labelsize": 8.5,
    "ytick.color": GREY,
    "ytick.labelcolor": INK,
    "ytick.labelsize": 8.5,
    "hatch.color": "edge",
    "hatch.linewidth": 0.9,
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
