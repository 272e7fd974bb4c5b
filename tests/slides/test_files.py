"""PowerPoint and page: what is in them, what is not, and that equal decks are equal bytes."""

import re
from io import BytesIO
from itertools import combinations
from zipfile import ZipFile

import pytest
from nbformat import from_dict

from mothers_margins.errors import DisclosureError
from mothers_margins.figures.slides import tokens
from mothers_margins.slides.deck import deck_of
from mothers_margins.slides.exporters import LeagPageExporter, LeagPptxExporter
from mothers_margins.slides.page import page
from mothers_margins.slides.powerpoint import powerpoint
from tests.slides.made_decks import ALL, FOUND, LIST, altered, cells, code

pptx = pytest.importorskip("pptx")
EMU = 914400


@pytest.fixture(scope="module")
def deck():
    many = [altered(FOUND, title=f"Finding {name}") for name in "abc"]
    given = cells()
    given.insert(4, code(*many))
    return deck_of(given)


@pytest.fixture(scope="module")
def shown(deck):
    return pptx.Presentation(BytesIO(powerpoint(deck)))


def texts(page_of_deck):
    return [shape.text_frame.text for shape in page_of_deck.shapes if shape.has_text_frame]


def test_titles_stand_in_title_placeholders_and_are_unique(deck, shown):
    titles = [one.shapes.title.text_frame.text for one in shown.slides]
    assert titles == [one.title for one in deck.slides]
    assert len(set(titles)) == len(titles)


def test_text_and_tables_are_native_and_in_reading_order(shown):
    by_title = {one.shapes.title.text_frame.text: one for one in shown.slides}
    listed = by_title[LIST.title]
    kinds = ["table" if shape.has_table else "text" for shape in listed.shapes]
    assert kinds == ["text", "text", "table", "text"]  # title, lines, table, band
    table = next(shape.table for shape in listed.shapes if shape.has_table)
    assert table.first_row
    assert [table.cell(0, 0).text, table.cell(1, 1).text] == ["A", "d"]


def test_every_picture_has_its_alt_text_in_description(deck, shown):
    described = [
        shape._element.nvPicPr.cNvPr.get("descr")
        for one in shown.slides
        for shape in one.shapes
        if shape.shape_type == 13
    ]
    assert described == [one.alt for one in deck.slides if one.picture]
    assert described


def test_every_slide_has_its_notes_with_its_time(deck, shown):
    for one, made in zip(deck.slides, shown.slides, strict=True):
        notes = made.notes_slide.notes_text_frame.text
        assert notes.startswith("Time: ")
        assert all(note in notes for note in one.notes)


def test_every_slide_says_what_the_numbers_are(deck, shown):
    assert all(deck.meant.mark in texts(one)[-1] for one in shown.slides)


def test_the_reserve_is_hidden(deck, shown):
    hidden = [one._element.get("show") == "0" for one in shown.slides]
    assert hidden == [one.part == "reserve" for one in deck.slides]
    assert hidden[-1]


def test_text_is_large_english_and_in_one_font(shown):
    for one in shown.slides:
        for run in one._element.iter("{http://schemas.openxmlformats.org/drawingml/2006/main}rPr"):
            assert int(run.get("sz")) >= 100 * tokens.SMALLEST
            assert run.get("lang") == "en-GB"
    with ZipFile(BytesIO(powerpoint(deck_of(cells())))) as archive:
        theme = archive.read("ppt/theme/theme1.xml").decode()
    assert 'latin typeface="Arial"' in theme
    assert "Calibri" not in theme


def test_nothing_stands_outside_or_on_another(shown):
    for one in shown.slides:
        boxes = []
        for shape in one.shapes:
            left, top = shape.left / EMU, shape.top / EMU
            right, bottom = left + shape.width / EMU, top + shape.height / EMU
            assert left >= -0.01
            assert right <= tokens.WIDTH + 0.01
            assert bottom <= tokens.HEIGHT + 0.01
            boxes.append((left, top, right, bottom, shape.has_text_frame))
        for a, b in combinations(boxes, 2):
            across = min(a[2], b[2]) - max(a[0], b[0])
            down = min(a[3], b[3]) - max(a[1], b[1])
            body = a[4] and b[4]  # an empty part of a text box may reach under the next one
            assert body or across <= 0 or down <= 0.02, (one.shapes.title.text_frame.text, a, b)


def test_the_document_has_a_title_and_names_nobody(shown):
    about = shown.core_properties
    assert about.title == "REHEARSAL. Meeting 2: what we see"
    assert (about.author, about.last_modified_by) == ("", "")
    assert about.created.year == 2000


def test_the_same_deck_makes_the_same_bytes_and_holds_no_address(deck):
    file = powerpoint(deck)
    assert file == powerpoint(deck)
    assert len(file) < 5_000_000
    with ZipFile(BytesIO(file)) as archive:
        assert not [name for name in archive.namelist() if "thumb" in name or "printer" in name]
        for name in archive.namelist():
            if name.endswith(".rels"):
                assert b'TargetMode="External"' not in archive.read(name)


def test_the_page_holds_all_it_shows_and_no_notes(deck):
    text = page(deck)
    assert text == page(deck)
    assert len(text.encode()) < 1_500_000
    assert not re.search(r"<script|<link|url\(|@import|https?:", text)
    assert 'lang="en-GB"' in text
    assert "<title>REHEARSAL. Meeting 2: what we see</title>" in text
    assert text.count("<h1") == 1
    assert text.count("<h2") == len(deck.shown) - 1
    assert text.count(deck.meant.mark) == len(deck.shown)
    assert '<th scope="col">A</th>' in text
    for one in ALL:
        for note in one.notes:
            assert note not in text
    pictures = re.findall(r"<img[^>]*>", text)
    assert all(f'alt="{FOUND.alt}"' in picture for picture in pictures)
    assert len(pictures) == sum(one.picture is not None for one in deck.shown)


def test_sizes_of_the_page_at_1280():
    style = page(deck_of(cells())).split("@media (max-width")[0]
    sizes = [int(size) for size in re.findall(r"font-size: max\((\d+)px", style)]
    assert sizes
    assert min(sizes) >= 24


def test_exporters_check_and_answer_as_nbconvert_asks():
    book = from_dict({"cells": cells(), "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    text, told = LeagPageExporter().from_notebook_node(book)
    assert text == page(deck_of(cells()))
    assert told["output_extension"] == ".html"
    file, told = LeagPptxExporter().from_notebook_node(book)
    assert file == powerpoint(deck_of(cells()))
    assert told["output_extension"] == ".pptx"
    planted = cells(altered(FOUND, remember="7 of 279 mothers."))
    book = from_dict({"cells": planted, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    for exporter in (LeagPageExporter(), LeagPptxExporter()):
        with pytest.raises(DisclosureError):
            exporter.from_notebook_node(book)
