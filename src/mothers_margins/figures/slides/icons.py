"""Grids of 100 figures: how many in 100, once or for two groups side by side."""

from dataclasses import dataclass

from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.transforms import Affine2D

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

IN_A_ROW = 10
PITCH = 1.22  # of rows to columns, so that rows of ten are read first


@dataclass(frozen=True)
class Grid:
    """One grid: how many of its 100 figures are filled, and of whom. involved: which of the two
    groups they are of, or of all.
    """

    filled: int
    heading: str
    involved: bool = True


def _person() -> Path:
    """A figure of a person, 0.62 wide and 1 high, from its upper left corner: a head over a
    rounded body.
    """
    head = Path.circle((0.31, 0.19), 0.17)
    corners = [
        (0.04, 0.66), (0.04, 0.42), (0.14, 0.42), (0.31, 0.42),
        (0.48, 0.42), (0.58, 0.42), (0.58, 0.66),
        (0.58, 0.98), (0.04, 0.98), (0.04, 0.66),
    ]  # fmt: skip
    steps = [Path.MOVETO, *[Path.CURVE4] * 6, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    return Path.make_compound_path(head, Path(corners, steps))


PERSON = _person()


def icon_array(name: str, grid: Grid, phrase: str, mark: str) -> Chart:
    """One share as a grid of 100 figures, filled from the upper left, its number beside it.

    phrase: what is true of the filled ones ('had social care involved').
    """
    alt = alt_of("Grid of 100 figures", [f"{grid.filled} of 100 {grid.heading} {phrase}"])
    said = f"{grid.filled} in 100 {grid.heading} {phrase}."
    wide = on_screen()
    _grid(wide, grid, 0.6, 0.1, 0.345)
    _number(wide, grid, 5.2, 1.5, 66)
    wide.text(5.2, 3.15, wrapped(f"{grid.heading} {phrase}", 38), size=22)
    narrow = on_phone(5.8)
    _number(narrow, grid, 0.1, 0.4, 34)
    narrow.text(0.1, 1.3, wrapped(f"{grid.heading} {phrase}", 34))
    _grid(narrow, grid, 0.1, 1.75, 0.32)
    return _chart(name, wide, narrow, alt, mark, said)


def icon_pair(name: str, grids: tuple[Grid, Grid], phrase: str, mark: str) -> Chart:
    """Two shares as two grids of 100 figures, the group with involvement first."""
    values = [f"{grid.filled} of 100 {grid.heading} {phrase}" for grid in grids]
    alt = alt_of("Two grids of 100 figures", values)
    said = " ".join(f"{grid.filled} in 100 {grid.heading} {phrase}." for grid in grids)
    wide = on_screen()
    for grid, left in zip(grids, (0.1, 6.0), strict=True):
        wide.text(left, 0.2, grid.heading, bold=True, size=20)
        _grid(wide, grid, left, 0.55, 0.315)
        _number(wide, grid, left + 3.45, 1.6, 60)
    narrow = on_phone(4.55)
    for grid, left in zip(grids, (0.05, 2.15), strict=True):
        narrow.text(left, 0.5, wrapped(grid.heading, 16), bold=True)
        _number(narrow, grid, left, 1.25, 28)
        _grid(narrow, grid, left, 2.1, 0.19)
    return _chart(name, wide, narrow, alt, mark, said)


def _chart(name: str, wide: Sheet, narrow: Sheet, alt: str, mark: str, said: str) -> Chart:
    on_a_phone = Figure(f"{name}_phone", narrow.drawn, alt, mark)
    return Chart(Figure(name, wide.drawn, alt, mark), on_a_phone, said)


def _number(sheet: Sheet, grid: Grid, x: float, y: float, size: float) -> None:
    """The number of a grid, large, above what it is out of."""
    colour = FIRST if grid.involved else SECOND
    sheet.text(x, y, str(grid.filled), colour=colour, size=size, bold=True)
    sheet.text(x, y + 0.75 * size / 72 + sheet.line / 2, "out of 100")


def _grid(sheet: Sheet, grid: Grid, left: float, top: float, pitch: float) -> None:
    """100 figures in rows of ten, the first ones filled. pitch: from one to the next, in inches."""
    colour = FIRST if grid.involved else SECOND
    for place in range(IN_A_ROW * IN_A_ROW):
        row, column = divmod(place, IN_A_ROW)
        is_filled = place < grid.filled
        to = (
            Affine2D()
            .scale(0.98 * pitch)
            .translate(left + column * pitch, top + row * pitch * PITCH)
        )
        person = PathPatch(
            PERSON.transformed(to),
            facecolor=colour if is_filled else "none",
            edgecolor=colour if is_filled else GREY,
            linewidth=0.4 if is_filled else 1.0,
        )
        sheet.axes.add_patch(person)
