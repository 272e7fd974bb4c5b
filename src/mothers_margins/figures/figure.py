"""A figure as it is read: a picture, and its alt text made from the same numbers."""

from base64 import b64encode
from collections.abc import Container, Iterable
from dataclasses import dataclass
from html import escape
from io import BytesIO
from pathlib import Path

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import (
    Figure as Drawing,
)  # never pyplot: it keeps figures of its own, which a notebook shows too

from mothers_margins import places
from mothers_margins.documents.word import word
from mothers_margins.errors import UsageError
from mothers_margins.figures.style import STYLE
from mothers_margins.results.results import About
from mothers_margins.results.shown import Value, is_hidden, is_known
from mothers_margins.results.writable import writable
from mothers_margins.wording.head_and_foot import mark_of
from mothers_margins.wording.numbers import SYMBOLS

# A page at 390 pixels has 355 between its margins: at this width text keeps its 8.5 points there.
NARROW = 3.7  # inches
PIXELS = 96  # to the inch, on a screen
MARGINS = 36  # pixels at both sides of a page


@dataclass(frozen=True, eq=False, repr=False)
class Figure:
    """A figure to be read. alt: what it shows, in words; mark: says that the rows are made up,
    where they are; internal: that it is for the research team only; source: where its rows come
    from; released: that its numbers have been through the door. narrow: the same, drawn for narrow
    screens; in print, in Word and elsewhere `drawn` is shown. caption: what stands under it on a
    page.
    """

    name: str
    drawn: Drawing
    alt: str
    mark: str
    internal: bool = False
    source: str = ""
    released: bool = False
    narrow: Drawing | None = None
    caption: str = ""

    @property
    def title(self) -> str:
        """What the file calls itself."""
        titled = self.caption or self.name.replace("_", " ").capitalize()
        return f"{self.mark}. {titled}" if self.mark else titled

    @property
    def width(self) -> int:
        """Its width on a screen, in pixels."""
        return round(PIXELS * self.drawn.get_figwidth())

    def png(self) -> bytes:
        """The picture, 200 dots to the inch, with title, alt text and source inside of the file;
        without version and date, so that the same drawing has the same bytes.
        """
        return self._png(self.drawn)

    def _png(self, drawn: Drawing) -> bytes:
        picture = BytesIO()
        said = {"Title": self.title, "Description": self.alt, "Source": self.source}
        with mpl.rc_context(STYLE):
            FigureCanvasAgg(drawn).print_png(
                picture, metadata={"Software": None, **said}, pil_kwargs={"compress_level": 3}
            )  # type: ignore[no-untyped-call]
        return picture.getvalue()

    def svg(self) -> bytes:
        """The picture in lines, with title, alt text and source inside of the file.

        Raises UsageError for what was not released: lines have all the digits of their numbers.
        """
        if not self.released:
            wrong = "svg: a drawing in lines holds its numbers with all their digits."
            remedy = "Write a .png, or draw what was released: mm.read_release(folder)."
            raise UsageError(wrong, (), remedy)
        picture = BytesIO()
        said = {"Title": self.title, "Description": self.alt, "Source": self.source}
        with mpl.rc_context(STYLE):
            canvas = FigureCanvasSVG(self.drawn)
            canvas.print_svg(picture, metadata={"Date": None, **said})  # type: ignore[no-untyped-call]
        # what a reader hears stands in <desc>, which matplotlib does not write
        title = f"<title>{escape(self.title, quote=False)}</title>"
        described = f"{title}<desc>{escape(self.alt, quote=False)}</desc>"
        return picture.getvalue().decode().replace(title, described, 1).encode()

    def save(self, path: str | Path) -> Path:
        """Write the picture as .png or .svg, by the ending of the path, with its mark, alt text and
        source.

        Returns the path as it may be printed. Raises UsageError for another ending, for an .svg of
        what was not released, and for restricted results that would land inside the project or a
        folder of what was released.
        """
        formats = {".png": self.png, ".svg": self.svg}
        ending = Path(path).suffix.lower()
        if ending not in formats:
            raise UsageError("save: the name of the file must end in .png or .svg.")
        target = writable(path, ending, internal=self.internal, who="save")
        picture = formats[ending]()
        places.write_whole(target, lambda part: part.write_bytes(picture), private=self.internal)
        return Path(places.shown(target))

    def markup(self) -> str:
        """The figure for a page: its picture, and its caption below."""
        if not self.caption:
            return self.picture()
        caption = f"<figcaption>{escape(self.caption)}</figcaption>"
        return f"<figure>{self.picture()}{caption}</figure>"

    def picture(self) -> str:
        """The picture for a page: the narrow one wherever the other would be made smaller, but not
        on paper. Its alt text stands there once.
        """
        image = f'<img src="{_address(self.png())}" alt="{escape(self.alt)}" width="{self.width}">'
        if self.narrow is None:
            return image
        media = f"screen and (max-width: {self.width + MARGINS - 1}px)"
        narrow = f'<source media="{media}" srcset="{_address(self._png(self.narrow))}" '
        width = round(PIXELS * self.narrow.get_figwidth())
        return f'<picture>{narrow}width="{width}">{image}</picture>'

    def _repr_mimebundle_(
        self, include: Container[str] | None = None, exclude: Container[str] | None = None
    ) -> tuple[dict[str, str], dict[str, dict[str, str | int]]]:
        """For Jupyter, which shows the page's picture; the plain one, of which nbconvert copies the
        alt text and the width, is for programs that show no HTML.
        """
        data = {
            "text/html": self.markup(),
            "image/png": b64encode(self.png()).decode("ascii"),
            "text/plain": self.alt,
        }
        return data, {"image/png": {"alt": self.alt, "width": self.width}}

    def __repr__(self) -> str:
        return self.alt

    def to_docx(self, path: str | Path) -> Path:
        """Write the picture as a Word document, with its alt text and its mark; A4 upright.

        Returns the path as it may be printed. Raises UsageError for a path that does not end in
        .docx, where pandoc is not installed, and for restricted results that would land inside the
        project or a folder of what was released.
        """
        target = writable(path, ".docx", internal=self.internal, who="to_docx")
        address = _address(self.png())
        picture = f"<p><img src='{address}' alt='{escape(self.alt)}' width='{self.width}'></p>"
        mark = f"<p><strong>{escape(self.mark)}</strong></p>" if self.mark else ""
        caption = f"<p>{escape(self.caption)}</p>" if self.caption else ""
        word(picture + caption + mark, target, self.title, private=self.internal)
        return Path(places.shown(target))


def _address(png: bytes) -> str:
    """A picture as an address that holds all of it."""
    return f"data:image/png;base64,{b64encode(png).decode('ascii')}"


LONGEST_ALT = 350


def alt_text(about: About, start: str, values: Iterable[tuple[float, str]], end: str) -> str:
    """Alt text: a start, the values in the order in which they are drawn, and what is left out.
    Where not all fit, those with the largest differences are told.
    """
    mark = mark_of(about)
    start = f"{mark}. {start}" if mark else start
    drawn = list(values)
    largest_first = sorted(range(len(drawn)), key=lambda place: -drawn[place][0])
    for kept in range(len(drawn), -1, -1):
        told = start
        texts = [drawn[place][1] for place in sorted(largest_first[:kept])]
        if kept:
            told += f" {'; '.join(texts)}."
        if kept < len(drawn):
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
