"""A deck: the slides of an executed notebook, in order. Nothing else of the notebook reaches it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mothers_margins.errors import UsageError
from mothers_margins.slides.slide import MIME, TALK, Kind, Meant, Slide, slide_of

MOST_CONTENT, MOST_CHARTS, MOST_NUMBERS = 9, 3, 12
WHOLE = 90  # minutes of a meeting
MINUTES = re.compile(r"minutes:(\d+(?:\.\d+)?)")
OPTION = re.compile(r"option:([a-z_]+)")
KINDS: dict[str, Kind] = {
    "talk": "prompt",
    "vote": "vote",
    "break": "break",
    "finding": "finding",
}
REMEMBER = "> "  # a line of Markdown that begins so is the sentence to remember
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
CELLS_BORDER = re.compile(r"(?=.*-)[\s:|-]+")


@dataclass(frozen=True)
class Deck:
    """A deck. meant: what its first slide says of it."""

    slides: tuple[Slide, ...]
    meant: Meant

    @property
    def shown(self) -> tuple[Slide, ...]:
        """The slides that a meeting goes through: without the reserve."""
        return tuple(one for one in self.slides if one.part != "reserve")

    @property
    def numbers(self) -> frozenset[str]:
        """Released numbers that it says."""
        facts = [fact for one in self.slides for fact in one.says]
        return frozenset(NUMBER.findall(" ".join(facts)))


def deck_of(cells: Iterable[Mapping[str, Any]]) -> Deck:
    """The deck of an executed notebook's cells.

    A Markdown cell of slide type `slide` is a slide of words, an output that is a `Slide` is one,
    a Markdown cell of slide type `notes` belongs to the slide before it. Tags say the rest:
    `minutes:5`, `talk`, `vote`, `break`, `finding`, `option:labels`. Raises UsageError
    if the first slide does not say what the deck is.
    """
    slides = list(_slides(cells))
    if not slides or slides[0].meant is None:
        remedy = "Let the first slide be the one that meeting.welcome() makes."
        raise UsageError("The notebook shows no deck: its first slide opens none.", (), remedy)
    meant = slides[0].meant
    chosen = [one for one in slides if one.option in ("", *meant.options)]
    kept = _within_limits(_until_gate(chosen))
    return Deck(tuple(_with_time(_in_order(kept))), meant)


def _slides(cells: Iterable[Mapping[str, Any]]) -> Iterator[Slide]:
    """Every slide with its notes. What a notebook prints, and its warnings, are passed over."""
    waiting: list[Slide] = []
    for cell in cells:
        kind = cell.get("metadata", {}).get("slideshow", {}).get("slide_type", "")
        tags = cell.get("metadata", {}).get("tags", [])
        source = "".join(cell.get("source", ""))
        if cell["cell_type"] == "markdown" and kind == "notes" and waiting:
            waiting[-1] = waiting[-1].with_notes(*_paragraphs(source))
        elif cell["cell_type"] == "markdown" and kind == "slide":
            yield from waiting
            waiting = [_tagged(_of_words(source, tags), tags)]
        elif cell["cell_type"] == "code":
            found = [_tagged(one, tags) for one in _shown(cell)]
            if found:
                yield from waiting
                waiting = found
    yield from waiting


def _shown(cell: Mapping[str, Any]) -> Iterator[Slide]:
    """The slides that a code cell shows."""
    for output in cell.get("outputs", []):
        written = output.get("data", {}).get(MIME)
        if written is not None:
            yield slide_of(written)


def _paragraphs(source: str) -> list[str]:
    return [" ".join(part.split()) for part in source.split("\n\n") if part.strip()]


def _tagged(one: Slide, tags: Iterable[str]) -> Slide:
    """A slide with what the tags of its cell say."""
    for tag in tags:
        if found := MINUTES.fullmatch(tag):
            one = replace(one, minutes=float(found[1]))
        if OPTION.fullmatch(tag):
            one = replace(one, part="optional", option=tag.removeprefix("option:"))
    return one


def _of_words(source: str, tags: Iterable[str]) -> Slide:
    """A slide from Markdown: a heading, bullets or sentences, a table, a sentence to remember."""
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    title = lines[0].lstrip("# ") if lines else ""
    rows = [line for line in lines[1:] if line.startswith("|")]
    remember = " ".join(line[2:] for line in lines[1:] if line.startswith(REMEMBER))
    told = [line.removeprefix("- ") for line in lines[1:] if line[:1] not in ("|", ">")]
    table = [
        tuple(cell.strip() for cell in row.strip("|").split("|"))
        for row in rows
        if not CELLS_BORDER.fullmatch(row)
    ]
    kind: Kind = next((KINDS[tag] for tag in tags if tag in KINDS), "words")
    counted = len(NUMBER.findall(" ".join(told))) if kind == "finding" else 0
    return Slide(kind, title, tuple(told), tuple(table), remember=remember, counted=counted)


def _until_gate(slides: list[Slide]) -> list[Slide]:
    """Where no list is locked, the deck ends with the slide that says so, and the closing."""
    gates = [place for place, one in enumerate(slides) if one.gate]
    if not gates:
        return slides
    end = gates[0] + 1
    return [*slides[:end], *(one for one in slides[end:] if one.kind == "closing")]


def _within_limits(slides: list[Slide]) -> Iterator[Slide]:
    """Content slides beyond what a meeting can hold go to the reserve, the later ones first."""
    content = charts = numbers = 0
    for one in slides:
        if not one.is_content or one.part != "body":
            yield one
            continue
        more = (content + 1, charts + bool(one.picture), numbers + one.counted)
        if more[0] > MOST_CONTENT or more[1] > MOST_CHARTS or more[2] > MOST_NUMBERS:
            yield replace(one, part="reserve")
            continue
        content, charts, numbers = more
        yield one


def _in_order(slides: Iterable[Slide]) -> list[Slide]:
    """The body, the optional block before the closing, then the closing, the reserve last."""
    given = list(slides)
    body = [one for one in given if one.part == "body" and one.kind != "closing"]
    optional = [one for one in given if one.part == "optional"]
    closing = [one for one in given if one.part == "body" and one.kind == "closing"]
    reserve = [one for one in given if one.part == "reserve"]
    return [*body, *optional, *closing, *reserve]


def _with_time(slides: list[Slide]) -> list[Slide]:
    """The minutes that are left of the meeting go to the talk, the last one getting the rest."""
    shown = [one for one in slides if one.part != "reserve"]
    left = WHOLE - sum(one.minutes for one in shown)
    talks = [place for place, one in enumerate(slides) if one in shown and one.kind in TALK]
    if left <= 0 or not talks or any(one.gate for one in slides):
        return slides
    each = left // len(talks)
    given = list(slides)
    for place in talks:
        given[place] = replace(given[place], minutes=given[place].minutes + each)
    last = talks[-1]
    rest = left - each * len(talks)
    given[last] = replace(given[last], minutes=given[last].minutes + rest)
    return given


def talk_minutes(deck: Deck) -> float:
    """Minutes in which the group talks."""
    return sum(one.minutes for one in deck.shown if one.kind in TALK)
