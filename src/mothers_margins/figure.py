"""Figures as they are read: a picture, its alt text made from the same numbers, and a check that
both can be read.
"""

import re
from base64 import b64encode
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import combinations
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.colors import to_hex
from matplotlib.figure import (
    Figure as Drawing,
)  # never pyplot: it keeps figures of its own, which a notebook shows too
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.transforms import Affine2D, Bbox

from mothers_margins.errors import expect

INK, FIRST, SECOND, GREY, GRID, PAPER = (
    "#1f2a37",
    "#12436d",
    "#b45309",
    "#6b7280",
    "#d6cfbf",
    "#ffffff",
)
PALETTE = frozenset((INK, FIRST, SECOND, GREY, GRID, PAPER))
DECORATIVE = "decorative"  # the gid of what carries no meaning: its contrast does not matter
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
PT, LINE, EDGE = (
    8.5,
    0.15,
    0.1,
)  # points of text; inches from line to line; inches of white on every side
Item = tuple[
    str, int, Hashable
]  # a label at the left, how far it is indented, and the key of its row or None
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
FILE_NAME = re.compile(r"\w\.(?:png|svg|pdf|jpe?g|csv|ipynb|html)\b", re.IGNORECASE)


@dataclass(frozen=True, eq=False, repr=False)
class Figure:
    """A figure to be read. alt: what it shows, in words; mark: says that the rows are made up,
    where they are.
    """

    name: str
    drawn: Drawing
    alt: str
    mark: str

    def png(self) -> bytes:
        """The picture, 200 dots to the inch; without version and date, so that the same drawing has
        the same bytes.
        """
        picture = BytesIO()
        with mpl.rc_context(STYLE):
            FigureCanvasAgg(self.drawn).print_png(
                picture, metadata={"Software": None}, pil_kwargs={"compress_level": 3}
            )  # type: ignore[no-untyped-call]
        return picture.getvalue()

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        """For Jupyter: nbconvert copies the alt text and the width (96 pixels to the inch) into its
        HTML.
        """
        data = {"image/png": b64encode(self.png()).decode("ascii"), "text/plain": self.alt}
        return data, {
            "image/png": {"alt": self.alt, "width": round(96 * self.drawn.get_figwidth())}
        }

    def __repr__(self) -> str:
        return self.alt


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


def check(figure: Figure, smallest: float = 8.0) -> tuple[str, ...]:
    """What keeps a figure from being read, each fault in words with its place; empty if there is
    none.

    smallest: the least size of text, in points. Looked at is what is really drawn: size of text;
    contrast (WCAG) of at least 4.5 for text, and of 3 for marks whose gid is not `decorative`, to
    what lies behind; text that is cut off by the edge or covered; texts that overlap by more than 2
    pixels; colours outside PALETTE; the alt text (20 to 350 characters, no file name, no number
    that is not drawn). Left out: images, ticks and grids, text that crosses a line.
    """
    expect(figure, Figure, "check", "a figure, as forest or group_bars return it")
    drawn = _Drawn(figure.drawn, smallest)
    with mpl.rc_context(STYLE):
        figure.drawn.draw(drawn)
    for (one, here), (other, there) in combinations(drawn.texts, 2):
        if _overlap(here, there):
            drawn.fault(f"text '{one}' overlaps '{other}'", here)
    return (*drawn.faults, *_alt_faults(figure.alt, {text for text, _ in drawn.texts}))


def _alt_faults(alt: str, texts: set[str]) -> Iterator[str]:
    if not 20 <= len(alt) <= 350:
        yield f"the alt text has {len(alt)} characters; it needs 20 to 350"
    if name := FILE_NAME.search(alt):
        yield f"the alt text holds a file name, near '{name[0]}'"
    shown = {number for text in texts for number in NUMBER.findall(text)}
    absent = dict.fromkeys(number for number in NUMBER.findall(alt) if number not in shown)
    yield from (f"the alt text says {number}, which is not drawn" for number in absent)


def _overlap(one: Bbox, other: Bbox) -> bool:
    shared = Bbox.intersection(one, other)
    return shared is not None and min(shared.size) > 2


def contrast(one: str, other: str) -> float:
    """Contrast of two opaque colours (#rrggbb), from 1 to 21, by the formula of WCAG 2."""
    dark, light = sorted(_luminance(colour) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@dataclass
class _Artist:
    """What is being drawn: where, and its best contrast to what lies behind it."""

    kind: str
    gid: str | None
    box: Bbox | None = None
    contrast: float = 1.0


class _Drawn(RendererBase):
    """A renderer that looks at what is drawn instead of drawing it; what is hidden never reaches
    it.
    """

    def __init__(self, figure: Drawing, smallest: float) -> None:
        super().__init__()
        self.figure, self.smallest = figure, smallest
        self.measure: Any = RendererAgg(*figure.bbox.size, figure.dpi)  # type: ignore[no-untyped-call]
        self.papers = [figure.bbox, *(axes.bbox for axes in figure.axes)]
        self.open: list[_Artist] = []  # the outermost first
        self.fills: list[tuple[Bbox, str]] = []  # what lies behind, the latest last
        self.texts: list[tuple[str, Bbox]] = []
        self.faults: list[str] = []
        self.strange: set[str] = set()

    def fault(self, what: str, box: Bbox) -> None:
        left, top = box.x0 / self.figure.dpi, (self.figure.bbox.y1 - box.y1) / self.figure.dpi
        self.faults.append(f"{what}: {left:.1f} in from the left, {top:.1f} in from the top")

    def flipy(self) -> bool:
        return False

    def get_canvas_width_height(self) -> tuple[float, float]:
        return self.figure.bbox.width, self.figure.bbox.height

    def points_to_pixels(self, points: Any) -> Any:
        return self.measure.points_to_pixels(points)

    def get_text_width_height_descent(
        self, s: str, prop: Any, ismath: Any
    ) -> tuple[float, float, float]:
        width, height, descent = self.measure.get_text_width_height_descent(s, prop, ismath)
        return width, height, descent

    def open_group(self, s: str, gid: str | None = None) -> None:
        self.open.append(_Artist(s, gid))

    def close_group(self, s: str) -> None:
        mark = self.open.pop()
        exempt = mark.gid == DECORATIVE or {"matplotlib.axis", "text"} & {
            outer.kind for outer in self.open
        }
        if mark.box is not None and mark.contrast < 3 and not exempt:
            self.fault(f"a mark ({s}) has a contrast of {mark.contrast:.1f}, less than 3", mark.box)

    def draw_path(self, gc: Any, path: Any, transform: Any, rgbFace: Any = None) -> None:  # noqa: N803
        box = transform.transform_path(path).get_extents()
        ground, artist = self._behind(box, 0.5), self.open[-1]
        paper = any(abs(box.get_points() - each.get_points()).max() < 1 for each in self.papers)
        for colour in (rgbFace, gc.get_rgb() if gc.get_linewidth() else None):
            if colour is not None and (seen := self._seen(colour, box)):
                artist.box = None if paper else box
                artist.contrast = max(artist.contrast, contrast(seen, ground))
                if colour is rgbFace and min(box.size) > 1:
                    self.fills.append((box, seen))
                    for text in (text for text, where in self.texts if _overlap(box, where)):
                        self.fault(f"text '{text}' is covered", box)

    def draw_text(
        self, gc: Any, x: float, y: float, s: str, prop: Any, angle: float, *rest: Any, **more: Any
    ) -> None:
        width, height, descent = self.get_text_width_height_descent(s, prop, False)
        flat = Bbox.from_bounds(0, -descent, width, height)
        box, edge = flat.transformed(Affine2D().rotate_deg(angle).translate(x, y)), self.figure.bbox
        seen, size = self._seen(gc.get_rgb(), box), prop.get_size_in_points()
        if not (seen and s.strip()):
            return
        self.texts.append((s, box))
        if size < self.smallest:
            self.fault(f"text '{s}' has {size:g} points, fewer than {self.smallest:g}", box)
        if (found := min(contrast(seen, self._behind(box, share)) for share in (0, 0.5, 1))) < 4.5:
            self.fault(f"text '{s}' has a contrast of {found:.1f}, less than 4.5", box)
        if min(box.x0, box.y0, edge.x1 - box.x1, edge.y1 - box.y1) < 0:
            self.fault(f"text '{s}' is cut off by the edge", box)

    def _behind(self, box: Bbox, share: float) -> str:
        """The colour behind the middle of a box, at this share of its width."""
        x, y = box.x0 + share * box.width, (box.y0 + box.y1) / 2
        return next((colour for fill, colour in reversed(self.fills) if fill.contains(x, y)), PAPER)

    def _seen(self, colour: Any, box: Bbox) -> str:
        """A colour as #rrggbb, after a fault if it is strange; nothing if it cannot be seen."""
        written = (
            to_hex(colour, keep_alpha=True).removesuffix("ff")
            if len(colour) == 4
            else to_hex(colour)
        )
        if written[7:] == "00":
            return ""
        if written not in PALETTE and written not in self.strange:
            self.strange.add(written)
            self.fault(f"colour {written} is not in the palette", box)
        return written[:7]
