"""Figures as they are read: a picture, its alt text made from the same numbers, and a check that both can be read."""

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import combinations
from typing import Any

import matplotlib as mpl
import matplotlib.figure as plain  # never pyplot: it keeps figures of its own that a notebook would show twice
from matplotlib.artist import Artist
from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import Collection
from matplotlib.colors import to_hex, to_rgba_array
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.path import Path
from matplotlib.transforms import Affine2D, Bbox, Transform

INK, FIRST, SECOND, GREY, GRID, PAPER = "#1f2a37", "#12436d", "#b45309", "#6b7280", "#d6cfbf", "#ffffff"
PALETTE = frozenset((INK, FIRST, SECOND, GREY, GRID, PAPER))
DECORATIVE = "decorative"  # the gid of what carries no meaning, so that its contrast does not matter
STYLE: dict[str, Any] = {
    "figure.dpi": 200,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "text.color": INK,
    "text.usetex": False,
    "xtick.color": GREY,
    "xtick.labelcolor": INK,
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "xtick.labelsize": 8.5,
    "hatch.color": "edge",
    "hatch.linewidth": 0.9,
}
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
FILE_NAME = re.compile(r"\w\.(?:png|svg|pdf|jpe?g|csv|ipynb|html)\b", re.IGNORECASE)


@dataclass(frozen=True, eq=False, repr=False)
class Figure:
    """A figure to be read. alt: what it shows, in words; mark: says that the rows are made up, where they are."""

    name: str
    drawn: plain.Figure
    alt: str
    mark: str

    def png(self) -> bytes:
        """The picture, the same bytes for the same drawing (no version or date inside)."""
        picture = BytesIO()
        with mpl.rc_context(STYLE):
            FigureCanvasAgg(self.drawn).print_png(picture, metadata={"Software": None})
        return picture.getvalue()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        """For Jupyter: the metadata carry the alt text into HTML, and the width in pixels at 96 to the inch."""
        data = {"image/png": b64encode(self.png()).decode("ascii"), "text/plain": self.alt}
        return data, {"image/png": {"alt": self.alt, "width": round(96 * self.drawn.get_figwidth())}}

    def __repr__(self) -> str:
        return self.alt


def check(figure: Figure, smallest: float = 8.0) -> tuple[str, ...]:
    """What keeps a figure from being read, each fault in words with its place; empty if there is none.

    smallest: the least size of text in points. Looked at is what is really drawn: size of text; contrast (WCAG) of at
    least 4.5 for text to what lies behind it, and of 3 for marks to their axes unless their gid is `decorative`; text
    cut off by the edge; texts that overlap by more than 2 pixels; colours outside PALETTE; the alt text (20 to 350
    characters, no file name, no number that is not drawn). Left out: images, and text that crosses a mark.
    """
    drawn = _Drawn(figure.drawn)
    with mpl.rc_context(STYLE):
        figure.drawn.draw(drawn)
    return (*drawn.text_faults(smallest), *drawn.mark_faults(), *drawn.colour_faults(), *_alt_faults(figure, drawn))


def contrast(one: str, other: str) -> float:
    """Contrast of two opaque colours, 1 to 21, by the formula of WCAG 2."""
    dark, light = sorted(_luminance(colour) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@dataclass(frozen=True)
class _Line:
    """One line of text as drawn: its size in points, its colour and what lies behind it."""

    text: str
    box: Bbox
    size: float
    colour: str
    ground: str


class _Drawn(RendererBase):
    """A renderer that notes what is drawn instead of drawing it; hidden artists never reach it."""

    def __init__(self, figure: plain.Figure) -> None:
        super().__init__()
        self.figure, self.measure = figure, FigureCanvasAgg(figure).get_renderer()
        self.lines: list[_Line] = []
        self.fills: list[tuple[Bbox, str]] = []
        self.colours: dict[str, Bbox] = {}  # each with the first place where it is used

    def flipy(self) -> bool:
        return False

    def get_canvas_width_height(self) -> tuple[float, float]:
        return self.figure.bbox.width, self.figure.bbox.height

    def points_to_pixels(self, points: Any) -> Any:
        return self.measure.points_to_pixels(points)

    def get_text_width_height_descent(self, s: str, prop: FontProperties, ismath: Any) -> tuple[float, float, float]:
        return self.measure.get_text_width_height_descent(s, prop, ismath)

    def draw_path(self, gc: GraphicsContextBase, path: Path, transform: Transform, rgbFace: Any = None) -> None:  # noqa: N803
        box = transform.transform_path(path).get_extents()
        if rgbFace is not None and (face := self._seen(rgbFace, box)):
            self.fills.append((box, face))
        if gc.get_linewidth():
            self._seen(gc.get_rgb(), box)

    def draw_text(
        self,
        gc: GraphicsContextBase,
        x: float,
        y: float,
        s: str,
        prop: FontProperties,
        angle: float,
        ismath: Any = False,
        mtext: Any = None,
    ) -> None:
        width, height, descent = self.get_text_width_height_descent(s, prop, ismath)
        flat = Bbox.from_bounds(0, -descent, width, height)
        box = flat.transformed(Affine2D().rotate_deg(angle).translate(x, y))
        centre = ((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)
        ground = next((colour for fill, colour in reversed(self.fills) if fill.contains(*centre)), PAPER)
        if s.strip() and (colour := self._seen(gc.get_rgb(), box)):
            self.lines.append(_Line(s, box, prop.get_size_in_points(), colour[:7], ground[:7]))

    def _seen(self, colour: Any, box: Bbox) -> str:
        """The colour in hexadecimal, with its alpha where it is not opaque; nothing where it cannot be seen."""
        written = to_hex(colour, keep_alpha=True)
        if written.endswith("00"):
            return ""
        self.colours.setdefault(written.removesuffix("ff") if len(written) == 9 else written, box)
        return written

    def place(self, box: Bbox) -> str:
        left, top = box.x0 / self.figure.dpi, (self.figure.bbox.height - box.y1) / self.figure.dpi
        return f"{left:.1f} in from the left, {top:.1f} in from the top"

    def text_faults(self, smallest: float) -> Iterator[str]:
        edges = self.figure.bbox
        for line in self.lines:
            what, where = f"text '{line.text}'", self.place(line.box)
            if line.size < smallest:
                yield f"{what} has {line.size:g} points, fewer than {smallest:g}: {where}"
            if (found := contrast(line.colour, line.ground)) < 4.5:
                yield f"{what} has a contrast of {found:.1f} to what is behind it, less than 4.5: {where}"
            if min(line.box.x0, line.box.y0, edges.x1 - line.box.x1, edges.y1 - line.box.y1) < -0.5:
                yield f"{what} is cut off by the edge: {where}"
        for one, other in combinations(self.lines, 2):
            shared = Bbox.intersection(one.box, other.box)
            if shared is not None and min(shared.width, shared.height) > 2:
                yield f"texts '{one.text}' and '{other.text}' overlap: {self.place(shared)}"

    def mark_faults(self) -> Iterator[str]:
        for axes in self.figure.axes if self.figure.get_visible() else ():
            ground = to_hex(axes.get_facecolor() if axes.axison else self.figure.get_facecolor())
            for mark in (*axes.lines, *axes.patches, *axes.collections):
                if axes.get_visible() and mark.get_visible() and mark.get_gid() != DECORATIVE:
                    seen = {to_hex(colour) for colour in _colours(mark) if colour[3]}
                    found = max((contrast(colour, ground) for colour in seen), default=1.0)
                    if found < 3:
                        where = self.place(mark.get_window_extent(self.measure))
                        yield f"a mark ({type(mark).__name__}) has a contrast of {found:.1f}, less than 3: {where}"

    def colour_faults(self) -> Iterator[str]:
        for colour, box in self.colours.items():
            if colour not in PALETTE:
                yield f"colour {colour} is not in the palette: {self.place(box)}"


def _colours(mark: Artist) -> Iterator[Any]:
    if isinstance(mark, Line2D):
        drawn = [mark.get_color()] if mark.get_linestyle() not in ("None", "none") else []
        markers = [mark.get_markerfacecolor(), mark.get_markeredgecolor()]
        yield from to_rgba_array([*drawn, *(markers if mark.get_marker() not in ("None", "none", "", " ") else [])])
    elif isinstance(mark, Patch):
        yield from to_rgba_array([mark.get_facecolor(), *([mark.get_edgecolor()] if mark.get_linewidth() else [])])
    elif isinstance(mark, Collection):
        yield from (*to_rgba_array(mark.get_facecolor()), *to_rgba_array(mark.get_edgecolor()))


def _alt_faults(figure: Figure, drawn: _Drawn) -> Iterator[str]:
    if not 20 <= len(figure.alt) <= 350:
        yield f"the alt text has {len(figure.alt)} characters; it needs 20 to 350"
    if name := FILE_NAME.search(figure.alt):
        yield f"the alt text holds a file name, near '{name[0]}'"
    shown = {number for line in drawn.lines for number in NUMBER.findall(line.text)}
    for number in dict.fromkeys(NUMBER.findall(figure.alt)):
        if number not in shown:
            yield f"the alt text says {number}, which is not drawn"
