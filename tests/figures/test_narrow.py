"""Figures on a narrow screen: which drawing a page shows there, and how large its text is."""

import re
from base64 import b64decode
from html.parser import HTMLParser
from io import BytesIO

import pytest
from PIL import Image

from mothers_margins.figures.check import check
from mothers_margins.figures.figure import MARGINS, Figure
from mothers_margins.figures.page import Page
from mothers_margins.results.results import About
from mothers_margins.study.source import Source
from tests import readable

BETWEEN_MARGINS = 390 - 2 * 17  # pixels: page.css has 1 rem of 17 pixels at both sides
FIGURES = [
    name
    for name, (verb, _) in readable.BUILDERS.items()
    if verb
    in {
        "group_bars",
        "missing_bars",
        "flow_diagram",
        "forest",
        "traces",
        "imputed_bars",
        "fmi_by_m",
        "distributions",
    }
]


class Picture(HTMLParser):
    """What a page is given: the sources, and the image in their place."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def shown_at(self, width: int, medium: str = "screen") -> dict[str, str]:
        """The attributes of what a browser shows in a window this wide."""
        for tag, said in self.tags:
            if tag == "source" and applies(said["media"], width, medium):
                return said
        return dict(self.tags)["img"]


def applies(media: str, width: int, medium: str) -> bool:
    least = re.fullmatch(r"screen and \(max-width: (\d+)px\)", media)
    assert least
    return medium == "screen" and width <= int(least[1])


@pytest.fixture(scope="module")
def figures() -> dict[str, Figure]:
    drawn = {name: readable.BUILDERS[name][1](readable.inputs()) for name in FIGURES}
    assert all(isinstance(figure, Figure) for figure in drawn.values())
    return drawn


def sizes(drawing) -> set[float]:
    """The sizes of all texts that are seen, in points."""
    axes = [one for one in drawing.axes if one.axison]
    ticks = [label for one in axes for label in one.get_xticklabels()]
    return {text.get_fontsize() for one in drawing.axes for text in [*one.texts, *ticks]}


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("window", [390, 700, 1280])
def test_text_has_at_least_eleven_pixels(figures, name, window):
    figure = figures[name]
    shown = Picture(figure.markup()).shown_at(window)
    narrow = "srcset" in shown
    drawing = figure.narrow if narrow else figure.drawn
    points = min(sizes(drawing))
    room = window - 2 * 17
    scale = min(1, room / int(shown["width"]))  # page.css: never wider than its column
    assert points * 96 / 72 * scale >= 11
    assert narrow == (window < figure.width + MARGINS)


@pytest.mark.parametrize("name", FIGURES)
def test_the_narrow_drawing_says_all_that_the_other_says(figures, name):
    figure = figures[name]
    assert figure.narrow is not None
    assert figure.narrow.get_figwidth() * 96 <= BETWEEN_MARGINS
    assert check(figure) == ()
    wide, narrow = [
        {number for text in words_of(drawing) for number in re.findall(r"\d[\d.,]*", text)}
        for drawing in (figure.drawn, figure.narrow)
    ]
    # labels of rows that panels share stand in each panel where these stand below each other;
    # of lines with labels at their ends fewer are named where there is less room
    assert narrow == wide or name == "fmi by m"


def words_of(drawing) -> list[str]:
    """Words on the sheet; ticks of axes differ with their length."""
    return " ".join(text.get_text() for text in drawing.axes[0].texts).split()


def test_alt_text_is_said_once_and_paper_gets_the_wide_one(figures):
    figure = figures["group bars"]
    picture = Picture(figure.markup())
    assert [tag for tag, said in picture.tags if "alt" in said] == ["img"]
    assert dict(picture.tags)["img"]["alt"] == figure.alt
    assert int(picture.shown_at(390, "print")["width"]) == figure.width
    source = picture.shown_at(390)
    with Image.open(BytesIO(b64decode(source["srcset"].partition(",")[2]))) as narrow:
        assert narrow.width == pytest.approx(3.7 * 200, abs=1)
        assert narrow.text["Description"] == figure.alt
    data, _ = figure._repr_mimebundle_()
    assert data["text/html"] == figure.markup()


def test_a_label_stands_above_its_row_on_a_narrow_page_only(esmi):
    from mothers_margins.figures.page import Item

    about = About("summaries", esmi, Source("published", 0, ""), {})
    for width, above in ((3.7, True), (7.1, False)):
        stub = Page(width, about).stub([Item("One", 1, "a"), Item("Two", 1, "b")], 1.0, 2.0, 0.3)
        assert (stub.baselines["a"] > 1.15) == above
        assert stub.baselines["b"] > stub.baselines["a"] + 0.25
