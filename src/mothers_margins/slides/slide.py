"""One slide as a value: what it says, its picture, its notes, and which released numbers it may
print.
"""

from base64 import b64decode, b64encode
from collections.abc import Container, Mapping
from dataclasses import asdict, dataclass, field, replace
from html import escape
from typing import Any, Literal

from mothers_margins.errors import UsageError
from mothers_margins.figures.slides.drawing import Chart

MIME = "application/vnd.mothers-margins.slide+json"
Kind = Literal[
    "title", "words", "prompt", "finding", "list", "vote", "said_did", "break", "closing"
]
TALK = ("prompt", "vote")
Part = Literal["body", "optional", "reserve"]


@dataclass(frozen=True)
class Picture:
    """A chart as it lies in a deck: PNG for a screen and for a phone, and its alt text."""

    wide: str  # base64, as JSON holds no bytes
    narrow: str
    alt: str
    width: float  # inches, of the wide one
    height: float

    @property
    def png(self) -> bytes:
        """The picture for a screen."""
        return b64decode(self.wide)


@dataclass(frozen=True)
class Meant:
    """What a deck says of itself, on its first slide.

    mark: what every slide says of the numbers. rehearsal: of made-up rows, never sent. banned,
    study_words, allowed: from leag.yaml. options: the optional slides that are shown. missing: what
    is still to be filled in before the deck can be used. quotes: lines that may stand as
    quotations, because they have a source and permission. involvement, gripp2: rows of two tables
    for the report, which lie beside the deck of the last meeting.
    """

    meeting: int
    title: str
    mark: str
    rehearsal: bool
    locked: bool
    banned: Mapping[str, str] = field(default_factory=dict)
    study_words: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    involvement: tuple[tuple[str, ...], ...] = ()
    gripp2: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Slide:
    """One slide.

    title: its message, unique in the deck. lines: bullets. table: rows, the first one the header.
    remember: one sentence to remember, of a slide with a number. notes: what the facilitator reads.
    says: each released fact that it says, as it says it; no number stands elsewhere on it. counted:
    how many numbers it shows. by_factor: it says how something goes together with involvement.
    part: in the body, in the optional block, or in the reserve, which is hidden. gate: nothing
    follows but the closing, because no list is locked.
    """

    kind: Kind
    title: str
    lines: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()
    picture: Picture | None = None
    remember: str = ""
    notes: tuple[str, ...] = ()
    minutes: float = 0
    says: tuple[str, ...] = ()
    counted: int = 0
    by_factor: bool = False
    part: Part = "body"
    option: str = ""
    gate: bool = False
    meant: Meant | None = None

    @property
    def is_content(self) -> bool:
        """Whether it carries a finding or a number."""
        return self.kind == "finding" or self.counted > 0

    @property
    def seen(self) -> tuple[str, ...]:
        """Every text on the slide, in reading order."""
        cells = (cell for row in self.table for cell in row if cell)
        return tuple(filter(None, (self.title, *self.lines, *cells, self.remember)))

    @property
    def alt(self) -> str:
        """Alt text of its picture; empty without one."""
        return self.picture.alt if self.picture else ""

    def with_notes(self, *notes: str) -> "Slide":
        """The slide with further notes."""
        return replace(self, notes=(*self.notes, *notes))

    def to_json(self) -> dict[str, Any]:
        """As JSON holds it."""
        written: dict[str, Any] = asdict(self)
        return written

    def _repr_mimebundle_(
        self, include: Container[str] | None = None, exclude: Container[str] | None = None
    ) -> dict[str, str | dict[str, Any]]:
        """For Jupyter: the slide itself, which exporters read, and a preview as HTML."""
        return {MIME: self.to_json(), "text/html": self._preview(), "text/plain": self.title}

    def _preview(self) -> str:
        """The slide with its notes below, as a person sees it in a notebook."""
        items = "".join(f"<li>{escape(line)}</li>" for line in self.lines)
        rows = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in self.table
        )
        # no heading: a preview stands wherever its notebook shows it
        parts = [f"<p><strong>{escape(self.title)}</strong></p>"]
        parts.append(f"<ul>{items}</ul>" if items else "")
        parts.append(f"<table>{rows}</table>" if rows else "")
        if self.picture:
            source = f"data:image/png;base64,{self.picture.wide}"
            parts.append(f'<img src="{source}" alt="{escape(self.picture.alt)}" width="800">')
        parts.append(f"<p><strong>{escape(self.remember)}</strong></p>" if self.remember else "")
        if self.notes:
            parts.append(f"<p><em>Notes:</em> {escape(' '.join(self.notes))}</p>")
        return f"<section>{''.join(parts)}</section>"


def slide_of(written: Mapping[str, Any]) -> Slide:
    """A slide from its JSON. Raises UsageError for anything else."""
    try:
        given = dict(written)
        picture = Picture(**given["picture"]) if given["picture"] else None
        meant = given["meant"]
        if meant:
            meant = Meant(**{name: _tuples(value) for name, value in meant.items()})
        changed = {"picture": picture, "meant": meant}
        return Slide(**{name: _tuples(value) for name, value in {**given, **changed}.items()})
    except (KeyError, TypeError, ValueError):
        raise UsageError("A slide in the notebook is not as this program writes it.") from None


def _tuples(value: Any) -> Any:
    """Lists as tuples, also those inside; all else as it is."""
    return tuple(_tuples(one) for one in value) if isinstance(value, list) else value


def picture_of(chart: Chart) -> Picture:
    """A chart as it lies in a deck."""
    width, height = chart.wide.drawn.get_size_inches()
    wide, narrow = (b64encode(one.png()).decode() for one in (chart.wide, chart.narrow))
    return Picture(wide, narrow, chart.wide.alt, float(width), float(height))
