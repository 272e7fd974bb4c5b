"""An edited deck: what a facilitator types is named if it is a number that was not released."""

from io import BytesIO

import pytest

import mothers_margins as mm
from mothers_margins.slides.audit_deck import audit_deck
from mothers_margins.slides.powerpoint import powerpoint
from tests.slides.by_hand import a_deck, finding

pptx = pytest.importorskip("pptx")


@pytest.fixture
def shown():
    return pptx.Presentation(BytesIO(powerpoint(a_deck(finding()))))


def audited(shown, tmp_path, allowed=("36",)):
    shown.save(tmp_path / "edited.pptx")
    return audit_deck(tmp_path / "edited.pptx", allowed)


def test_a_deck_as_it_was_made_has_nothing(shown, tmp_path):
    assert audited(shown, tmp_path) == []
    assert audited(shown, tmp_path, allowed=()) == ["slide 3 says 36, which was not released"]


def test_numbers_typed_into_slides_notes_and_alt_texts_are_named(shown, tmp_path):
    slide = shown.slides[2]
    slide.placeholders[1].text_frame.text = "7 of the 279 mothers"
    slide.notes_slide.notes_text_frame.text = "In truth it is 8."
    slide.shapes[0]._element.nvSpPr.cNvPr.set("descr", "A share of 41 in 100")
    assert audited(shown, tmp_path) == [
        "notes of slide 3 says 8, which was not released",
        "slide 3 says 7, which was not released",
        "slide 3 says 279, which was not released",
        "slide 3 says 41, which was not released",
    ]


def test_a_chart_with_its_workbook_is_named(shown, tmp_path):
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE

    data = CategoryChartData()
    data.categories = ["a", "b"]
    data.add_series("s", (36, 36))
    place = (0, 0, 3_000_000, 3_000_000)
    shown.slides[2].shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *place, data)
    assert any("nobody has checked" in fault for fault in audited(shown, tmp_path))


def test_another_file_is_refused(tmp_path):
    (tmp_path / "a.pptx").write_text("no deck")
    with pytest.raises(mm.UsageError, match=r"a\.pptx is no PowerPoint file"):
        audit_deck(tmp_path / "a.pptx", ())
