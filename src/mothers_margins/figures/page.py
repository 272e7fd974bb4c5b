"""A sheet on which a figure is laid out, in inches from its upper left corner."""

from collections.abc import Hashable, Iterable
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import (
    Figure as Drawing,
)  # never pyplot: it keeps figures of its own, which a notebook shows too
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle

from mothers_margins.figures.figure import Figure
from mothers_margins.figures.style import INK, STYLE

PT, LINE, EDGE = (
    8.5,
    0.15,
    0.1,
)  # points of text; inches from line to line; inches of white on every side
Item = tuple[
    str, int, Hashable
]  # a label at the left, how far it is indented, and the key of its row or None


class Page:
    """A sheet measured in inches from its upper left corner, text line by line; its height is set
    when it ends.
    """

    def __init__(self, width: float, mark: str) -> None:
        self.width, self.mark = width, mark
        self.figure = Drawing(figsize=(width, 1))
        self.measure: Any = RendererAgg(1, 1, self.figure.dpi)  # type: ignore[no-untyped-call]
        self.sheet = self.figure.add_axes((0, 0, 1, 1))
        self.sheet.set_axis_off()
        self.panels: list[tuple[Axes, float, float, float, float]] = []
        self.top = EDGE + 0.12
        if mark:
            self.top = self.write(EDGE, self.top, mark, weight="bold") + 0.08

    def write(
        self, x: float, y: float, text: str, width: float = 0, weight: str = "normal"
    ) -> float:
        """Text with its first baseline at y, no wider than given or the page; returns the baseline
        that follows.
        """
        for line in self.lines(text, width or self.width - x - EDGE, weight):
            font = FontProperties(family=STYLE["font.family"], size=PT, weight=weight)
            self.sheet.text(x, y, line, fontproperties=font, color=INK, va="baseline")
            y += LINE
        return y

    def lines(self, text: str, width: float, weight: str = "normal") -> list[str]:
        """Text cut into lines no wider than given, unless one word is."""
        font = FontProperties(family=STYLE["font.family"], size=PT, weight=weight)
        lines = [""]
        for word in text.split(" "):
            longer = f"{lines[-1]} {word}".strip()
            wide = (
                self.measure.get_text_width_height_descent(longer, font, False)[0] / self.figure.dpi
            )
            lines[-1:] = [longer] if wide <= width else [lines[-1], word]
        return [line for line in lines if line]

    def stub(
        self, items: Iterable[Item], y: float, width: float, high: float
    ) -> tuple[dict[Hashable, float], float]:
        """Labels at the left; returns the baseline of each row that has a key, and where the last
        one ends.
        """
        places: dict[Hashable, float] = {}
        for label, depth, key in items:
            x = EDGE + 0.12 * depth
            first = y + (0.15 if depth or key else 0.22)
            weight = "normal" if depth or key else "bold"
            y = max(
                self.write(x, first, label, width - x - 0.1, weight) - 0.1, y + high if key else 0
            )
            if key:
                places[key] = first
        return places, y

    def panel(self, x: float, y: float, width: float, height: float, **axis: Any) -> Axes:
        """Axes whose vertical places are the inches of the page."""
        axes = self.figure.add_axes((0, 0, 1, 1))
        axes.set(ylim=(y + height, y), **axis)
        axes.yaxis.set_visible(False)
        axes.patch.set_visible(False)  # it would hide what stands on the sheet
        axes.spines[["left", "right", "top"]].set_visible(False)
        self.panels.append((axes, x, y, width, height))
        return axes

    def legend(self, y: float, looks: Iterable[tuple[str, dict[str, Any]]]) -> float:
        """A swatch and a text per line."""
        for text, look in looks:
            bar(self.sheet, EDGE, y, 0.25, look)
            y = self.write(EDGE + 0.35, y, text) + 0.02
        return y

    def end(self, y: float, notes: Iterable[str], name: str, alt: str) -> Figure:
        """The figure, with notes under what is drawn; y: the baseline of the first."""
        for note in filter(None, notes):
            y = self.write(EDGE, y, note.strip()) + 0.03
        high = y - LINE + EDGE
        self.figure.set_size_inches(self.width, high)
        self.sheet.set(xlim=(0, self.width), ylim=(high, 0))
        for axes, x, top, width, height in self.panels:
            axes.set_position(
                (x / self.width, 1 - (top + height) / high, width / self.width, height / high)
            )
        return Figure(name, self.figure, alt, self.mark)


def bar(axes: Axes, x: float, baseline: float, width: float, look: dict[str, Any]) -> None:
    """A bar as high as a line of text, beside text with this baseline."""
    axes.add_patch(Rectangle((x, baseline - 0.105), width, 0.125, clip_on=False, **look))
