"""A figure as it is read: a picture, and its alt text made from the same numbers."""

from base64 import b64encode
from collections.abc import Container, Iterable
from dataclasses import dataclass
from html import escape
from io import BytesIO
from pathlib import Path

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import (
    Figure as Drawing,
)  # never pyplot: it keeps figures of its own, which a notebook shows too

from mothers_margins import places
from mothers_margins.documents.word import word
from mothers_margins.figures.style import STYLE
from mothers_margins.results.results import About
from mothers_margins.results.shown import Value, is_hidden, is_known
from mothers_margins.results.writable import writable
from mothers_margins.wording.terms import SYMBOLS, mark_of


@dataclass(frozen=True, eq=False, repr=False)
class Figure:
    """A figure to be read. alt: what it shows, in words; mark: says that the rows are made up,
    where they are; internal: that it is for the research team only.
    """

    name: str
    drawn: Drawing
    alt: str
    mark: str
    internal: bool = False

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
        self, include: Container[str] | None = None, exclude: Container[str] | None = None
    ) -> tuple[dict[str, str], dict[str, dict[str, str | int]]]:
        """For Jupyter: nbconvert copies the alt text and the width (96 pixels to the inch) into its
        HTML.
        """
        data = {"image/png": b64encode(self.png()).decode("ascii"), "text/plain": self.alt}
        width = round(96 * self.drawn.get_figwidth())
        return data, {"image/png": {"alt": self.alt, "width": width}}

    def __repr__(self) -> str:
        return self.alt

    def to_docx(self, path: str | Path) -> Path:
        """Write the picture as a Word document, with its alt text and its mark; A4 upright.

        Returns the path as it may be printed. Raises UsageError for a path that does not end in
        .docx, where pandoc is not installed, and for restricted results that would land inside the
        project or a folder of what was released.
        """
        target = writable(path, ".docx", internal=self.internal, who="to_docx")
        data, said = self._repr_mimebundle_()
        width = said["image/png"]["width"]
        picture = (
            f"<p><img src='data:image/png;base64,{data['image/png']}' alt='{escape(self.alt)}' "
            f"width='{width}'></p>"
        )
        mark = f"<p><strong>{escape(self.mark)}</strong></p>" if self.mark else ""
        titled = self.name.replace("_", " ").capitalize()
        title = f"{self.mark}. {titled}" if self.mark else titled
        word(picture + mark, target, title, private=self.internal)
        return Path(places.shown(target))


LONGEST_ALT = 350


def alt_text(about: About, start: str, values: Iterable[tuple[float, str]], end: str) -> str:
    """Alt text: a start, the values as far as they fit, the largest difference first, and what is
    left out.
    """
    mark = mark_of(about)
    start = f"{mark}. {start}" if mark else start
    texts = [
        text for _, text in sorted(values, key=lambda value: -value[0])
    ]  # equal ones stay as they are drawn
    for kept in range(len(texts), -1, -1):
        told = start
        if kept:
            told += f" {'; '.join(texts[:kept])}."
        if kept < len(texts):
            told += (
                " The other values stand in the table."
                if kept
                else " The values stand in the table."
            )
        told += end
        if len(told) <= LONGEST_ALT:
            break
    return told


def left_out(values: Iterable[Value]) -> str:
    """What is left out of a chart, as a sentence that follows another, so it begins with a blank;
    empty if nothing is left out.
    """
    hidden = missing = False
    for value in values:
        hidden = hidden or is_hidden(value)
        missing = missing or not (is_hidden(value) or is_known(value))
    states = [state for state, there in (("suppressed", hidden), ("missing", missing)) if there]
    said = " and ".join(f"{state} values ({SYMBOLS[state]})" for state in states)
    return f" Left out: {said}." if said else ""
