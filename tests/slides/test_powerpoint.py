"""The PowerPoint file of a deck: native text, tables and notes, alt texts, one language, no person;
the same bytes twice.
"""

from base64 import b64encode
from io import BytesIO
from itertools import pairwise

import pytest
from nbformat import from_dict

from mothers_margins.documents.parts import unpacked
from mothers_margins.figures.slides import tokens
from mothers_margins.figures.slides.icons import Grid, icon_array
from mothers_margins.release.audit import audit
from mothers_margins.slides.exporters import LeagPageExporter, LeagPptxExporter
from mothers_margins.slides.page import page
from mothers_margins.slides.powerpoint import powerpoint
from mothers_margins.slides.slide import Slide, picture_of
from tests.slides.by_hand import a_deck, closing, code, finding, opening

pptx = pytest.importorskip("pptx")
ALT = "Grid of 100 figures. 36 of 100 mothers had social care involved."


def deck():
    """A deck with every kind of content."""
    chart = icon_array("one", Grid(36, "mothers"), "had social care involved", "SYNTHETIC DATA")
    table = (("You said", "We did"), ("Look again", "Done"))
    return a_deck(
        finding("With a picture", lines=(), picture=picture_of(chart)),
        Slide("said_did", "With a table", ("Example.",), table, notes=("Read it.",)),
        *(finding(f"Finding {place}") for place in range(9)),
    )


@pytest.fixture(scope="module")
def file() -> bytes:
    return powerpoint(deck())


@pytest.fixture(scope="module")
def shown(file):
    return pptx.Presentation(BytesIO(file))


def test_the_same_deck_makes_the_same_bytes(file):
    assert powerpoint(deck()) == file
    assert page(deck()) == page(deck())
    assert b64encode(file) != b64encode(powerpoint(a_deck()))


def test_every_slide_has_a_unique_title_in_its_placeholder_and_notes(shown):
    titles = [slide.shapes.title.text_frame.text for slide in shown.slides]
    assert titles == [one.title for one in deck().slides]
    assert len(titles) == len({*titles})
    for slide, one in zip(shown.slides, deck().slides, strict=True):
        notes = slide.notes_slide.notes_text_frame.text
        assert all(note in notes for note in one.notes)


def test_pictures_have_their_alt_text_and_nothing_else_is_a_picture(shown):
    pictures = [shape for slide in shown.slides for shape in slide.shapes if shape.shape_type == 13]
    (described,) = [shape._element.nvPicPr.cNvPr.get("descr") for shape in pictures]
    assert described == ALT
    assert not any(shape.has_chart for slide in shown.slides for shape in slide.shapes)


def test_reading_order_is_title_content_remember_band(shown):
    first = shown.slides[2]
    texts = [shape.text_frame.text if shape.has_text_frame else "picture" for shape in first.shapes]
    assert texts[:3] == ["With a picture", "picture", "Linked is not caused."]
    assert texts[3].startswith("REHEARSAL.")


def test_tables_are_native_with_a_header_row(shown):
    tables = [shape.table for shape in shown.slides[3].shapes if shape.has_table]
    assert [table.first_row for table in tables] == [True]
    assert tables[0].cell(1, 0).text == "Look again"


def frames(slide):
    """Every frame of text on a slide, those of tables too."""
    for shape in slide.shapes:
        if shape.has_text_frame:
            yield shape.text_frame
        elif shape.has_table:
            yield from (cell.text_frame for cell in shape.table.iter_cells())


def runs_of(frame):
    return [run for paragraph in frame.paragraphs for run in paragraph.runs]


def test_text_is_large_in_one_font_and_one_language(shown):
    runs = [run for slide in shown.slides for frame in frames(slide) for run in runs_of(frame)]
    assert len(runs) > 40
    assert "Look again" in [run.text for run in runs]  # tables are among them
    assert min(run.font.size.pt for run in runs) >= 18
    assert {run.font.name for run in runs} == {tokens.FONT}
    assert {run._r.rPr.get("lang") for run in runs} == {"en-GB"}


def test_every_shape_lies_on_the_slide_and_none_on_another(shown):
    for slide in shown.slides:
        boxes = sorted((shape.top, shape.top + shape.height) for shape in slide.shapes)
        assert boxes[0][0] >= 0
        assert boxes[-1][1] <= shown.slide_height
        for (_, end), (start, _) in pairwise(boxes):
            assert start >= end - 100, slide.shapes.title.text_frame.text


def test_the_reserve_is_hidden_and_the_rest_is_not(shown):
    hidden = [slide._element.get("show") for slide in shown.slides]
    assert hidden == ["0" if one.part == "reserve" else None for one in deck().slides]
    assert hidden.count("0") == 1


def test_the_document_says_what_it_is_and_not_who_made_it(shown, file):
    about = shown.core_properties
    assert about.title == "REHEARSAL. A meeting"
    assert (about.author, about.last_modified_by, about.language) == ("", "", "en-GB")
    for slide in shown.slides:
        assert any(
            "REHEARSAL." in shape.text_frame.text for shape in slide.shapes if shape.has_text_frame
        )
    parts = unpacked(file)
    assert not any(b'TargetMode="External"' in content for content in parts.values())
    assert not any(name.endswith((".xlsx", ".jpeg", ".bin")) for name in parts)
    assert len(file) < 5_000_000


def test_a_print_reaches_neither_file_and_notes_reach_no_page():
    planted = {"cell_type": "code", "source": "", "metadata": {}, "execution_count": 1}
    printed = {"output_type": "stream", "name": "stdout", "text": "row 17: planted"}
    wrong = {"output_type": "error", "ename": "E", "evalue": "planted", "traceback": ["planted"]}
    cells = [*opening(), {**planted, "outputs": [printed, wrong]}, code(finding()), *closing()]
    notebook = from_dict({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})
    file, said = LeagPptxExporter().from_notebook_node(notebook)
    text, of_page = LeagPageExporter().from_notebook_node(notebook)
    assert (said["output_extension"], of_page["output_extension"]) == (".pptx", ".html")
    assert not any(b"planted" in content for content in unpacked(file).values())
    assert "planted" not in text
    assert any(b"Pause." in content for content in unpacked(file).values())
    assert "Pause." not in text
    assert "Linked is not caused." in text


def test_the_search_for_leaks_finds_nothing_but_the_reserve_which_is_meant(file, tmp_path):
    for folder, found in (("leag_1", []), ("elsewhere", ["hidden_slide"])):
        (tmp_path / f"{folder}_run" / folder).mkdir(parents=True)
        (tmp_path / f"{folder}_run" / folder / "deck.pptx").write_bytes(file)
        assert [one.kind for one in audit(tmp_path / f"{folder}_run")] == found
