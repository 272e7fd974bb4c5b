"""The page of a deck: one heading a slide, nothing from elsewhere, large text."""

import re
from html.parser import HTMLParser

import pytest

from mothers_margins.figures.slides.icons import Grid, icon_array
from mothers_margins.slides.page import page
from mothers_margins.slides.slide import Slide, picture_of
from mothers_margins.wording.leag import FACTORS
from tests.slides.by_hand import a_deck, finding


class Elements(HTMLParser):
    """Every element with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def all(self, *tags):
        return [attributes for tag, attributes in self.found if tag in tags]


@pytest.fixture(scope="module")
def text() -> str:
    chart = icon_array("one", Grid(36, "mothers"), "had social care involved", "SYNTHETIC DATA")
    table = (("You said", "We did"), ("Look again", "Done"))
    return page(
        a_deck(
            finding("With a picture", lines=(), picture=picture_of(chart)),
            Slide("said_did", "With a table", ("Example.",), table, notes=("Read it.",)),
            finding("<b>Escaped</b>"),
            *(finding(f"Finding {place}") for place in range(9)),
        )
    )


def test_one_heading_a_slide_the_first_of_the_whole(text):
    found = Elements(text)
    assert len(found.all("h1")) == 1
    assert len(found.all("h1", "h2")) == len(found.all("section"))
    assert "&lt;b&gt;Escaped" in text
    assert found.all("html") == [{"lang": "en-GB"}]
    assert "<title>REHEARSAL. A meeting</title>" in text


def test_nothing_comes_from_elsewhere(text):
    found = Elements(text)
    assert not found.all("script", "link", "iframe")
    outside = re.compile(r"(?:src|href|srcset)=\"(?!data:)|url\(|@import|https?:")
    assert not outside.search(text)
    assert outside.search('<img src="https://example.org/a.png">')
    assert len(text.encode()) < 1_500_000


def test_every_picture_has_its_alt_text_and_a_drawing_for_a_phone(text):
    found = Elements(text)
    assert [one["alt"][:18] for one in found.all("img")] == ["Grid of 100 figure"]
    (narrow,) = found.all("source")
    assert narrow["media"] == "(max-width: 700px)"
    assert narrow["srcset"] != found.all("img")[0]["src"]


def test_header_cells_say_their_scope(text):
    assert {one["scope"] for one in Elements(text).all("th")} == {"col", "row"}


def test_the_band_stands_on_every_slide_and_the_reserve_is_left_out(text):
    shown = len(Elements(text).all("section"))
    assert text.count("REHEARSAL. <span>") == shown
    assert f"{shown} of {shown}" in text
    assert "Finding 6" in text
    assert "Finding 7" not in text


def test_a_list_in_two_columns_is_read_down_one_after_the_other():
    table = (FACTORS, ("age", "abuse"), ("home", ""))
    text = page(a_deck(Slide("list", "The list", (), table, notes=("Ask.",))))
    assert '<ul class="factors"><li>age</li><li>home</li><li>abuse</li></ul>' in text


def test_on_a_phone_every_cell_says_its_column_and_an_empty_one_is_a_box():
    said = (("You said", "We did"), ("Look again", "Done"))
    vote = (("Output", "Yes", "No"), ("A film", "", ""))
    write = (("Workers", "Mothers"), ("", ""), ("", ""))
    slides = [
        Slide("words", f"Table {place}", (), table, notes=("Read it.",))
        for place, table in enumerate((said, vote, write))
    ]
    found = Elements(page(a_deck(*slides)))
    columns = [one.get("data-column") for one in found.all("th", "td") if one.get("scope") != "col"]
    assert [one for one in columns if one] == ["You said:", "We did:"]
    boxes = [one["data-box"] for one in found.all("td") if "data-box" in one]
    assert boxes == ["Yes", "No", "Workers", "Mothers", "Workers", "Mothers"]
    assert [one.get("class") for one in found.all("tr")].count("to-fill") == 2


def test_text_is_at_least_24_pixels_on_a_laptop(text):
    wide = text.split("@media", maxsplit=1)[0]
    sizes = [float(size) for size in re.findall(r"font-size: max\((\d+)px", wide)]
    assert len(sizes) >= 4
    assert min(sizes) >= 24
    phone = text.split("@media (max-width: 700px)")[1].split("@media")[0]
    assert min(float(size) for size in re.findall(r"font-size: (\d+)px", phone)) >= 14
