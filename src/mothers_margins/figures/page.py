"""A sheet on which a figure is laid out, in inches from its upper left corner."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg

# never pyplot: it keeps figures of its own, which a notebook shows too
from matplotlib.figure import Figure as Drawing
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from mothers_margins.figures.figure import NARROW, Figure
from mothers_margins.figures.style import INK, POINTS, STYLE, BarLook
from mothers_margins.results.results import About
from mothers_margins.wording.head_and_foot import captioned, mark_of, origin

LINE = 0.15  # inches from line to line
EDGE = 0.1  # inches of white on every side
# of a bar as high as a line of text: how far it reaches above and below the baseline of the text
ABOVE, BELOW = 0.105, 0.02


@dataclass(frozen=True)
class Item:
    """A label at the left, how far it is indented, and the key of its row; a heading has no key."""

    label: str
    depth: int
    key: Hashable = None

    @property
    def is_block(self) -> bool:
        """Whether it is a heading over a block of rows."""
        return not self.depth and self.key is None


@dataclass(frozen=True)
class Stub:
    """The labels at the left as they stand: the baseline of each row by its key, and their end."""

    baselines: Mapping[Hashable, float]
    bottom: float


@dataclass(frozen=True)
class _Panel:
    """Axes and their place on the page."""

    axes: Axes
    x: float
    top: float
    width: float
    height: float


class Page:
    """A sheet measured in inches from its upper left corner, text line by line; its height is set
    when it ends. It bears the mark of the results that are drawn.
    """

    def __init__(self, width: float, about: About) -> None:
        self.width = width
        self.about = about
        self.mark = mark_of(about)
        self.figure = Drawing(figsize=(width, 1))
        self.sheet = self.figure.add_axes((0, 0, 1, 1))
        self.sheet.set_axis_off()
        self.panels: list[_Panel] = []
        self.top = EDGE + 0.12
        if self.mark:
            self.top = self.write(EDGE, self.top, self.mark, weight="bold") + 0.08

    @property
    def is_narrow(self) -> bool:
        """Whether labels have to stand above what they name, and panels below each other."""
        return self.width <= NARROW

    def write(
        self, x: float, y: float, text: str, width: float = 0, weight: str = "normal"
    ) -> float:
        """Text with its first baseline at y, no wider than given or the page; returns the baseline
        that follows.
        """
        for line in self.lines(text, width or self.width - x - EDGE, weight):
            self.sheet.text(x, y, line, fontproperties=_font(weight), color=INK, va="baseline")
            y += LINE
        return y

    def lines(self, text: str, width: float, weight: str = "normal") -> list[str]:
        """Text cut into lines no wider than given, unless one word is."""
        lines = [""]
        for word in text.split(" "):
            longer = f"{lines[-1]} {word}".strip()
            if self._width(longer, weight) <= width:
                lines[-1] = longer
            else:
                lines.append(word)
        return [line for line in lines if line]

    def _width(self, text: str, weight: str) -> float:
        """How wide a line of text is."""
        return _width_in_pixels(text, weight, self.figure.dpi) / self.figure.dpi

    def stub(self, items: Iterable[Item], y: float, width: float, high: float) -> Stub:
        """Labels at the left of the page, no wider than given; rows are at least so high.

        On a narrow page a label takes the whole width, and its row stands below it.
        """
        baselines: dict[Hashable, float] = {}
        for item in items:
            x = EDGE + 0.12 * item.depth
            first = y + (0.22 if item.is_block else 0.15)
            weight = "bold" if item.is_block else "normal"
            room = self.width - EDGE - x if self.is_narrow else width - x - 0.1
            following = self.write(x, first, item.label, room, weight)
            if item.key is None:
                y = following - 0.1
            elif self.is_narrow:
                baselines[item.key] = following + 0.02
                y = following + high - 0.07
            else:
                baselines[item.key] = first
                y = max(following - 0.1, y + high)
        return Stub(baselines, y)

    def panel(self, x: float, y: float, width: float, height: float) -> Axes:
        """Axes whose vertical places are the inches of the page."""
        axes = self.figure.add_axes((0, 0, 1, 1))
        axes.set(ylim=(y + height, y))
        axes.yaxis.set_visible(False)
        axes.patch.set_visible(False)  # it would hide what stands on the sheet
        axes.spines[["left", "right", "top"]].set_visible(False)
        self.panels.append(_Panel(axes, x, y, width, height))
        return axes

    def percent_panel(self, x: float, y: float, width: float, height: float, title: str) -> Axes:
        """A panel whose horizontal axis goes from 0 to 100."""
        axes = self.panel(x, y, width, height)
        axes.set(xlim=(0, 100), xticks=range(0, 101, 25), xlabel=title)
        return axes

    def legend(self, y: float, looks: Mapping[str, BarLook]) -> float:
        """A swatch and a text per line."""
        for text, look in looks.items():
            bar(self.sheet, EDGE, y, 0.25, look)
            y = self.write(EDGE + 0.35, y, text) + 0.02
        return y

    def end(self, y: float, notes: Iterable[str], name: str, alt: str, *, caption: str) -> Figure:
        """The figure, with notes under what is drawn; y: the baseline of the first."""
        for note in filter(None, notes):
            y = self.write(EDGE, y, note.strip()) + 0.03
        high = y - LINE + EDGE
        self.figure.set_size_inches(self.width, high)
        self.sheet.set(xlim=(0, self.width), ylim=(high, 0))
        for panel in self.panels:
            left, bottom = panel.x / self.width, 1 - (panel.top + panel.height) / high
            panel.axes.set_position((left, bottom, panel.width / self.width, panel.height / high))
        source = origin(self.about.study, self.about.source)
        about = self.about
        return Figure(
            name=name,
            drawn=self.figure,
            alt=alt,
            mark=self.mark,
            internal=about.internal,
            source=source,
            released=about.released,
            caption=captioned(about, caption),
        )


def on_both(width: float, about: About, draw: Callable[[Page], Figure]) -> Figure:
    """What is drawn on a sheet of this width, and once more on a narrow one, for small screens."""
    narrow = draw(Page(NARROW, about))
    return replace(draw(Page(width, about)), narrow=narrow.drawn)


def upright(axes: Axes, low: float, high: float, ticks: int) -> None:
    """A vertical axis with numbers, in place of the inches of the page."""
    axes.set_ylim(low, high)
    axes.yaxis.set_visible(True)
    axes.spines["left"].set_visible(True)
    axes.yaxis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 5, 10], min_n_ticks=2))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.4g}"))


def _font(weight: str) -> FontProperties:
    return FontProperties(family=str(STYLE["font.family"]), size=POINTS, weight=weight)


@cache
def _renderer(dots_per_inch: float) -> Any:  # matplotlib gives this class no types
    return RendererAgg(1, 1, dots_per_inch)  # type: ignore[no-untyped-call]


# the words of a project are few, and each is measured many times while its lines are broken
@lru_cache(maxsize=20_000)
def _width_in_pixels(text: str, weight: str, dots_per_inch: float) -> float:
    measured = _renderer(dots_per_inch).get_text_width_height_descent(text, _font(weight), False)
    return float(measured[0])


def bar(axes: Axes, x: float, baseline: float, width: float, look: BarLook) -> None:
    """A bar as high as a line of text, beside text with this baseline."""
    rectangle = Rectangle(
        (x, baseline - ABOVE),
        width,
        ABOVE + BELOW,
        clip_on=False,
        facecolor=look.fill,
        edgecolor=look.outline,
        hatch=look.hatch or None,
    )
    axes.add_patch(rectangle)
