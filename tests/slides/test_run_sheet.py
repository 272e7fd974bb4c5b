"""What lies beside a deck: run sheet, handout, form for feedback."""

import subprocess
from dataclasses import replace
from io import BytesIO
from shutil import which

import openpyxl
import pytest

from mothers_margins.slides.feedback import COLUMNS
from mothers_margins.slides.run_sheet import feedback_form, handout, run_sheet
from tests.slides.by_hand import a_deck, finding

pytest.importorskip("typst")


def text_of(pdf: bytes, tmp_path) -> str:
    """What a reader of the PDF file finds."""
    if not which("pdftotext"):
        pytest.skip("pdftotext is not installed")
    (tmp_path / "a.pdf").write_bytes(pdf)
    call = ["pdftotext", "-layout", str(tmp_path / "a.pdf"), "-"]
    return subprocess.run(call, capture_output=True, check=True, text=True).stdout


def test_the_same_deck_makes_the_same_bytes():
    made = a_deck(finding())
    for write in (handout, run_sheet, feedback_form):
        assert write(made) == write(made)


def test_a_handout_says_that_it_is_tagged_and_accessible():
    made = handout(a_deck(finding()))
    assert b"pdfuaid" in made
    assert b"/StructTreeRoot" in made
    assert b"/Lang" in made


def test_a_handout_holds_the_slides_without_notes(tmp_path):
    said = text_of(handout(a_deck(finding())), tmp_path)
    assert "36 in 100 mothers." in said
    assert "Pause" not in said
    assert "Not to be sent." in said
    assert "How are you leaving?" in said  # whom to call stands there
    real = text_of(handout(a_deck(finding(), rehearsal=False, mark="Real numbers.")), tmp_path)
    assert "Not to be sent." not in real


def test_an_announced_block_is_not_sent(tmp_path):
    """It is read where somebody is there, and can be stepped out of."""
    alone = replace(finding("Babies"), part="optional", option="most_serious")
    assert "Babies" in text_of(handout(a_deck(finding("Babies"))), tmp_path)
    assert "Babies" not in text_of(handout(a_deck(finding(), alone)), tmp_path)


def test_a_run_sheet_says_when_each_slide_begins_and_ends_at_ninety(tmp_path):
    said = text_of(run_sheet(a_deck(finding(), study_words=("involved",))), tmp_path)
    lines = [line.split() for line in said.splitlines()]
    assert ["10", "5", "2.", "Before", "we", "start"] in lines
    assert ["15", "3", "3.", "What", "we", "saw"] in lines
    assert ["90", "End"] in lines
    assert "involved." in said


def test_a_form_has_the_columns_that_are_read_back():
    book = openpyxl.load_workbook(BytesIO(feedback_form(a_deck())))
    sheet = book["meeting_1"]
    header = next(sheet.iter_rows(values_only=True))
    assert header == COLUMNS
    allowed = [one.formula1 for one in sheet.data_validations.dataValidation]
    assert sorted(allowed) == ['"room,chat,call,written"', '"variable,word,reading,output,process"']
    assert not {"name", "who"} & {*header}
    assert not book.properties.creator
    assert book.properties.language == "en-GB"
