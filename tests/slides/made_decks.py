"""Decks made by hand for tests: cells of an executed notebook, as papermill leaves them."""

from dataclasses import replace
from typing import Any

from mothers_margins.figures.slides.icons import Grid, icon_array
from mothers_margins.slides.slide import MIME, Meant, Slide, picture_of
from mothers_margins.wording import leag as words

CHART = icon_array("one", Grid(36, "mothers"), "had social care involved", "SYNTHETIC DATA")
MEANT = Meant(
    meeting=2,
    title="Meeting 2: what we see",
    mark=words.REHEARSAL,
    rehearsal=True,
    locked=True,
    banned={"sample": "mothers in the study"},
    study_words=("involvement",),
    allowed=("2", "1"),
    options=(),
)
TITLE = Slide("title", MEANT.title, ("We show.",), notes=("Welcome.",), minutes=10, meant=MEANT)
BEFORE = Slide("words", words.BEFORE, words.BEFORE_LINES, notes=("Read it.",), minutes=5)
LIST = Slide("list", words.NO_LIST, ("Agreed.",), (("A", "B"), ("c", "d")), notes=("Ask.",))
FOUND = Slide(
    "finding",
    "Who the numbers are about",
    picture=picture_of(CHART),
    remember="About 4 in 10 mothers had social care.",
    notes=("99 of 278.", CHART.said, words.PAUSE),
    minutes=3,
    numbers=("36", "4", "99", "278"),
    counted=1,
    by_factor=True,
)
TALK = Slide("prompt", "Talk: does this match?", ("What fits?",), notes=("Wait.",), minutes=28)
BREAK = Slide("break", "A break", ("Rest.",), notes=("Stay.",), minutes=10)
CLOSING = Slide("closing", words.CLOSING, ("One word.",), notes=("Thank them.",), minutes=10)
ALL = (TITLE, BEFORE, LIST, FOUND, TALK, BREAK, CLOSING)


def code(*slides: Slide, more: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """A code cell that shows slides, after other outputs."""
    outputs = [
        {"output_type": "display_data", "metadata": {}, "data": one._repr_mimebundle_()}
        for one in slides
    ]
    return {
        "cell_type": "code",
        "source": "x",
        "metadata": {},
        "outputs": [*(more or []), *outputs],
    }


def markdown(source: str, kind: str = "", *tags: str) -> dict[str, Any]:
    """A Markdown cell of a slide type, with tags."""
    metadata: dict[str, Any] = {"tags": list(tags)}
    if kind:
        metadata["slideshow"] = {"slide_type": kind}
    return {"cell_type": "markdown", "source": source, "metadata": metadata}


def cells(*changed: Slide) -> list[dict[str, Any]]:
    """Cells of a deck that may be written; slides given here stand in the place of those with their
    kind.
    """
    instead = {one.kind: one for one in changed}
    return [code(instead.get(one.kind, one)) for one in ALL]


def altered(one: Slide, **values: object) -> Slide:
    """A slide with other values."""
    return replace(one, **values)  # type: ignore[arg-type]


assert MIME in code(TITLE)["outputs"][0]["data"]
