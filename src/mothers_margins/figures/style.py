"""The look of figures: colours, sizes, fonts."""

from typing import Any

INK, FIRST, SECOND, GREY, GRID, PAPER = (
    "#1f2a37",
    "#12436d",
    "#b45309",
    "#6b7280",
    "#d6cfbf",
    "#ffffff",
)
PALETTE = frozenset((INK, FIRST, SECOND, GREY, GRID, PAPER))
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
