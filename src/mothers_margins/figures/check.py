"""Whether a figure can be read: size, contrast, clipping, overlap, and its alt text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import to_hex

# never pyplot: it keeps figures of its own, which a notebook shows too
from matplotlib.figure import Figure as Drawing
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, Bbox, Transform
from matplotlib.typing import ColorType
from numpy.typing import ArrayLike

from mothers_margins.errors import expect
from mothers_margins.figures.figure import Figure
from mothers_margins.figures.style import PALETTE, PAPER, STYLE

# Contrast, by WCAG 2.2 (1.4.3, 1.4.11).
LEAST_OF_TEXT = 4.5
LEAST_OF_MARKS = 3
DECORATIVE = "decorative"  # the gid of what carries no meaning: its contrast does not matter
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
FILE_NAME = re.compile(r"\w\.(?:png|svg|pdf|jpe?g|csv|ipynb|html)\b", re.IGNORECASE)


LEAST_POINTS = 8.25  # 11 pixels on a screen


def check(figure: Figure, smallest: float = LEAST_POINTS) -> tuple[str, ...]:
    """What keeps a figure from being read, each fault in words with its place; empty if there is
    none. The drawing for narrow screens is looked at too.

    smallest: the least size of text, in points; what it would be if none is said is 11 pixels.
    Looked at is what is really drawn: size of text; contrast (WCAG) of at least 4.5 for text, and
    of 3 for marks whose gid is not `decorative`, to what lies behind; text that is cut off by the
    edge or covered; texts that overlap by more than 2 pixels; colours outside PALETTE; the alt text
    (20 to 350 characters, no file name, no number that is not drawn). Left out: images, ticks and
    grids, text that crosses a line.
    """
    expect(figure, Figure, "check", "a figure, as forest or group_bars return it")
    faults = _faults(figure.drawn, figure.alt, smallest)
    if figure.narrow is None:
        return tuple(faults)
    narrow = _faults(figure.narrow, figure.alt, smallest)
    return (*faults, *(f"for narrow screens: {fault}" for fault in narrow if fault not in faults))


def _faults(drawing: Drawing, alt: str, smallest: float) -> list[str]:
    """What keeps one drawing from being read, and the alt text from being its own."""
    drawn = _Drawn(drawing, smallest)
    with mpl.rc_context(STYLE):
        drawing.draw(drawn)
    for (text, box), (other_text, other_box) in combinations(drawn.texts, 2):
        if _overlap(box, other_box):
            drawn.fault(f"text '{text}' overlaps '{other_text}'", box)
    return [*drawn.faults, *_alt_faults(alt, {text for text, _ in drawn.texts})]


def _alt_faults(alt: str, texts: set[str]) -> Iterator[str]:
    if not 20 <= len(alt) <= 350:
        yield f"the alt text has {len(alt)} characters; it needs 20 to 350"
    if name := FILE_NAME.search(alt):
        yield f"the alt text holds a file name, near '{name[0]}'"
    shown = {number for text in texts for number in NUMBER.findall(text)}
    absent = dict.fromkeys(number for number in NUMBER.findall(alt) if number not in shown)
    yield from (f"the alt text says {number}, which is not drawn" for number in absent)


def _overlap(box: Bbox, other: Bbox) -> bool:
    shared = Bbox.intersection(box, other)
    # lines that touch by a pixel or two can still be read
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
        self.figure = figure
        self.smallest = smallest
        # Any: matplotlib gives this class no types
        self.measure: Any = RendererAgg(*figure.bbox.size, figure.dpi)  # type: ignore[no-untyped-call]
        self.papers = [figure.bbox, *(axes.bbox for axes in figure.axes)]
        self.open: list[_Artist] = []  # the outermost first
        self.fills: list[tuple[Bbox, str]] = []  # what lies behind, the latest last
        self.texts: list[tuple[str, Bbox]] = []
        self.faults: list[str] = []
        self.strange: set[str] = set()

    def fault(self, what: str, box: Bbox) -> None:
        # in inches, from the upper left corner as a page is laid out; pixels begin at the lower one
        left = box.x0 / self.figure.dpi
        top = (self.figure.bbox.y1 - box.y1) / self.figure.dpi
        self.faults.append(f"{what}: {left:.1f} in from the left, {top:.1f} in from the top")

    def flipy(self) -> bool:
        return False

    def get_canvas_width_height(self) -> tuple[float, float]:
        return self.figure.bbox.width, self.figure.bbox.height

    def points_to_pixels(self, points: ArrayLike) -> ArrayLike:
        pixels: ArrayLike = self.measure.points_to_pixels(points)
        return pixels

    def get_text_width_height_descent(
        self, s: str, prop: FontProperties, ismath: bool | Literal["TeX"]
    ) -> tuple[float, float, float]:
        width, height, descent = self.measure.get_text_width_height_descent(s, prop, ismath)
        return width, height, descent

    def open_group(self, s: str, gid: str | None = None) -> None:
        self.open.append(_Artist(s, gid))

    def close_group(self, s: str) -> None:
        artist = self.open.pop()
        # ticks and grids are parts of an axis; a text has a contrast and a limit of its own
        around = {outer.kind for outer in self.open}
        exempt = artist.gid == DECORATIVE or around & {"matplotlib.axis", "text"}
        if artist.box is not None and artist.contrast < LEAST_OF_MARKS and not exempt:
            wrong = f"a mark ({s}) has a contrast of {artist.contrast:.1f}"
            self.fault(f"{wrong}, less than {LEAST_OF_MARKS:g}", artist.box)

    def draw_path(
        self,
        gc: GraphicsContextBase,
        path: Path,
        transform: Transform,
        rgbFace: ColorType | None = None,  # noqa: N803 (matplotlib's name)
    ) -> None:
        box = transform.transform_path(path).get_extents()
        edge = gc.get_rgb() if gc.get_linewidth() else None
        # an outline too is set against what lies around it, not against its own filling
        for ground in self._grounds(box):
            self._draw(rgbFace, box, ground)
            self._draw(edge, box, ground)
        filled = self._seen(rgbFace, box)
        if filled and min(box.size) > 1:
            self.fills.append((box, filled))
            covered = [text for text, where in self.texts if _overlap(box, where)]
            for text in covered:
                self.fault(f"text '{text}' is covered", box)

    def _draw(self, colour: ColorType | None, box: Bbox, ground: str) -> None:
        """Note of the open artist where it is drawn, and its best contrast to what lies behind."""
        seen = self._seen(colour, box)
        if not seen:
            return
        artist = self.open[-1]
        corners = box.get_points()
        # the paper itself has no contrast to have
        is_paper = any(abs(corners - paper.get_points()).max() < 1 for paper in self.papers)
        artist.box = None if is_paper else box
        artist.contrast = max(artist.contrast, contrast(seen, ground))

    def draw_text(
        self,
        gc: GraphicsContextBase,
        x: float,
        y: float,
        s: str,
        prop: FontProperties,
        angle: float,
        ismath: bool | Literal["TeX"] = False,
        mtext: Text | None = None,
    ) -> None:
        box = self._box_of_text(x, y, s, prop, angle)
        seen = self._seen(gc.get_rgb(), box)
        if not (seen and s.strip()):
            return
        self.texts.append((s, box))
        for wrong in self._faults_of_text(box, prop.get_size_in_points(), seen):
            self.fault(f"text '{s}' {wrong}", box)

    def _box_of_text(self, x: float, y: float, s: str, prop: FontProperties, angle: float) -> Bbox:
        width, height, descent = self.get_text_width_height_descent(s, prop, False)
        flat = Bbox.from_bounds(0, -descent, width, height)
        turned = flat.transformed(Affine2D().rotate_deg(angle).translate(x, y))
        return Bbox(turned.get_points())

    def _faults_of_text(self, box: Bbox, size: float, colour: str) -> Iterator[str]:
        """What is wrong with a text in this box, of this size in points and this colour."""
        if size < self.smallest:
            yield f"has {size:g} points, fewer than {self.smallest:g}"
        # a text can begin on a bar and end on paper
        worst = min(contrast(colour, self._behind(box, share)) for share in (0, 0.5, 1))
        if worst < LEAST_OF_TEXT:
            yield f"has a contrast of {worst:.1f}, less than {LEAST_OF_TEXT:g}"
        edge = self.figure.bbox
        if min(box.x0, box.y0, edge.x1 - box.x1, edge.y1 - box.y1) < 0:
            yield "is cut off by the edge"

    def _grounds(self, box: Bbox) -> list[str]:
        """The colours behind a mark: in its middle; of a straight line also near its ends, because
        a marker can stand on the middle of an axis.
        """
        if min(box.size) >= 1:
            return [self._behind(box, 0.5)]
        start, end = box.get_points()
        places = [start + share * (end - start) for share in (0.1, 0.5, 0.9)]
        return [self._behind(Bbox([place, place]), 0.5) for place in places]

    def _behind(self, box: Bbox, share: float) -> str:
        """The colour behind the middle of a box, at this share of its width."""
        x = box.x0 + share * box.width
        y = (box.y0 + box.y1) / 2
        return next((colour for fill, colour in reversed(self.fills) if fill.contains(x, y)), PAPER)

    def _seen(self, colour: ColorType | None, box: Bbox) -> str:
        """A colour as #rrggbb, after a fault if it is strange; nothing if it cannot be seen."""
        if colour is None:
            return ""
        written = to_hex(colour)
        if len(colour) == 4:  # it has an opacity
            written = to_hex(colour, keep_alpha=True).removesuffix("ff")
        if written[7:] == "00":
            return ""
        if written not in PALETTE and written not in self.strange:
            self.strange.add(written)
            self.fault(f"colour {written} is not in the palette", box)
        return written[:7]
