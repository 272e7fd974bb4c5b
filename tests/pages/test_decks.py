"""The four decks in a browser and in an office program: nothing is lost, nothing lies on anything
else.
"""

import re
import subprocess
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from shutil import which

import pytest

from mothers_margins.documents.parts import packed, unpacked
from mothers_margins.slides.check_deck import check_deck
from mothers_margins.slides.deck import Deck, deck_of
from mothers_margins.slides.page import page as page_of
from mothers_margins.slides.powerpoint import powerpoint
from mothers_margins.slides.run_sheet import handout, involvement, run_sheet
from mothers_margins.slides.slide import Slide
from tests.pages.test_accessible import faults, sideways
from tests.slides.by_hand import cells_of, executed, released

WINDOWS = ((1280, 720), (390, 844), (320, 640), (640, 360))
WORD = re.compile(r'<word xMin="[\d.]+" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">([^<]*)<')
PAGE = re.compile(r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', re.DOTALL)


@pytest.fixture(scope="module")
def decks() -> list[Deck]:
    with pytest.MonkeyPatch.context() as patch:
        return [
            check_deck(deck_of(executed(cells_of(number), released(), patch)))
            for number in (1, 2, 3, 4)
        ]


@pytest.fixture
def pages(decks, tmp_path) -> list[Path]:
    written = []
    for deck in decks:
        path = tmp_path / f"deck_{deck.meant.meeting}.html"
        path.write_text(page_of(deck), encoding="utf-8")
        written.append(path)
    return written


@pytest.mark.parametrize(("width", "height"), WINDOWS)
def test_every_deck_can_be_used(browser, axe, pages, width, height):
    context = browser.new_context(viewport={"width": width, "height": height}, bypass_csp=True)
    asked: list[str] = []
    for path in pages:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        assert faults(page, axe) == []
        assert sideways(page) <= 0
        page.close()
    context.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def test_text_in_drawings_for_a_phone_is_14_pixels_where_390_are_shown(browser, pages):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    for path in pages:
        page.goto(path.as_uri())
        widths = page.evaluate("[...document.images].map(one => one.getBoundingClientRect().width)")
        # a drawing is 4.2 inches wide and its smallest text has 12 points: 72 make an inch
        assert all(12 / 72 / 4.2 * width >= 14 for width in widths), widths
    page.close()


def test_no_slide_crosses_its_band_on_a_laptop(browser, pages):
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    for path in pages:
        page.goto(path.as_uri())
        overlaps = page.evaluate(
            "[...document.querySelectorAll('section')].filter(one => one.querySelector('.slide')"
            ".getBoundingClientRect().bottom > one.querySelector('.band')"
            ".getBoundingClientRect().top).map(one => one.innerText)"
        )
        assert overlaps == []
    page.close()


def test_paper_has_a_page_for_each_slide(browser, pages, decks, tmp_path):
    if not which("pdfinfo"):
        pytest.skip("pdfinfo is not installed: .ci/pages installs it")
    page = browser.new_page()
    for path, deck in zip(pages, decks, strict=True):
        page.goto(path.as_uri())
        page.pdf(path=tmp_path / "paper.pdf", prefer_css_page_size=True)
        assert pages_in(tmp_path / "paper.pdf") == len(deck.shown)
        call = ["pdftotext", str(tmp_path / "paper.pdf"), "-"]
        said = subprocess.run(call, capture_output=True, check=True).stdout.decode()
        for one in deck.shown:
            if one.remember:
                assert " ".join(one.remember.split()) in " ".join(said.split())
    page.close()


def pages_in(pdf: Path) -> int:
    """How many pages a PDF file has."""
    call = ["pdfinfo", str(pdf)]
    told = subprocess.run(call, capture_output=True, check=True).stdout.decode()
    return int(re.search(r"Pages:\s+(\d+)", told)[1])


def test_libreoffice_opens_each_deck_and_no_text_leaves_its_place(decks, tmp_path):
    if not which("soffice") or not which("pdftotext"):
        pytest.skip("LibreOffice is not installed: .ci/pages installs it")
    for deck in decks:
        name = f"deck_{deck.meant.meeting}"
        (tmp_path / f"{name}.pptx").write_bytes(powerpoint(deck))
        call = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless"]
        call += ["--convert-to", "pdf", "--outdir", str(tmp_path), str(tmp_path / f"{name}.pptx")]
        subprocess.run(call, check=True, capture_output=True, timeout=300)
        assert pages_in(tmp_path / f"{name}.pdf") == len(deck.shown)
        assert crossing(tmp_path / f"{name}.pdf") == []


def crossing(pdf: Path) -> list[str]:
    """Words that stand below the band, beside it, or outside the page."""
    call = ["pdftotext", "-bbox", str(pdf), "-"]
    told = subprocess.run(call, capture_output=True, check=True).stdout.decode()
    wrong = []
    for width, height, inside in PAGE.findall(told):
        words = [
            (float(top), float(right), float(end), text)
            for top, right, end, text in WORD.findall(inside)
        ]
        (band,) = [word for word in words if word[3] == "REHEARSAL."]
        for top, right, end, text in words:
            is_band = abs(top - band[0]) < 1
            if right > float(width) or end > float(height) or (end > band[0] and not is_band):
                wrong.append(text)
    return wrong


def test_a_deck_is_as_the_open_xml_standard_has_it(decks, tmp_path):
    if find_spec("openxml_audit") is None:
        pytest.skip("openxml-audit is not installed: .ci/pages installs it")
    for deck in decks:
        path = tmp_path / "deck.pptx"
        path.write_bytes(powerpoint(deck))
        assert _open_xml_faults(path) == []


def _open_xml_faults(path: Path) -> list[str]:
    from openxml_audit import validate_pptx

    return [str(fault) for fault in validate_pptx(str(path)).errors]


def test_documents_beside_a_deck_are_pdf_ua_1(decks, tmp_path):
    if find_spec("page") is None:
        pytest.skip("page-validation is not installed: .ci/pages installs it")
    from page import validate_pdf_bytes

    for deck in decks:
        for write in (handout, run_sheet):
            assert validate_pdf_bytes(write(deck), profile="ua1").is_compliant
    assert validate_pdf_bytes(involvement(decks[3]), profile="ua1").is_compliant
    # an alt text that is taken away is found
    made = handout(decks[0])
    assert made.count(b"/Alt") > 0
    assert not validate_pdf_bytes(made.replace(b"/Alt", b"/Xlt"), profile="ua1").is_compliant


def test_a_planted_fault_is_found(decks, tmp_path):
    """A table that is too long for its slide, and an element that the standard does not know."""
    rows = (("A", "B"), *((f"row {letter}", "text") for letter in "abcdefghijklmnop"))
    long = Slide("words", "Too long", (), rows, notes=("No.",))
    first, *rest = decks[0].slides
    file = powerpoint(replace(decks[0], slides=(first, long, *rest)))
    if which("soffice") and which("pdftotext"):
        (tmp_path / "long.pptx").write_bytes(file)
        call = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless"]
        call += ["--convert-to", "pdf", "--outdir", str(tmp_path), str(tmp_path / "long.pptx")]
        subprocess.run(call, check=True, capture_output=True, timeout=300)
        assert crossing(tmp_path / "long.pdf") != []
    if find_spec("openxml_audit"):
        parts = unpacked(file)
        slide = parts["ppt/slides/slide1.xml"].replace(b"<p:cSld>", b"<p:planted/><p:cSld>")
        (tmp_path / "bad.pptx").write_bytes(packed({**parts, "ppt/slides/slide1.xml": slide}))
        assert _open_xml_faults(tmp_path / "bad.pptx") != []
