"""Every cell of every table of every page: in its print on A4, in its Word document, and within
reach in a window of 390 pixels. And what a page offers a reader: a first result within one screen,
contents, a print that is short.
"""

import pytest

from mothers_margins.batch.word_page import write_word
from tests.pages.reading import CELLS_OUT_OF_REACH, printed, rows_of, squashed, word_rows

SHEETS_OF_00 = 8
SCREEN = {"width": 1280, "height": 800}
FIRST_RESULT = """() => document.querySelector(
  'main table, main img, main .output_markdown').getBoundingClientRect().top"""
HIDDEN_COLUMN = "@media print { main .mm-table.mm-table td:nth-child(3) { display: none } }"
WIDE_COLUMN = "main .mm-table.mm-table td:nth-child(2) { min-width: 60em !important }"


@pytest.fixture(scope="session")
def pages(demo_run):
    """The pages of the demo run's notebooks."""
    demo_run.said()
    found = sorted(demo_run.out.glob("notebooks/*.html"))
    assert len(found) > 15
    return found


def test_every_row_is_in_the_print(browser, pages, tmp_path):
    lost = {}
    for page in pages:
        seen = printed(browser, page, tmp_path / "page.pdf")
        assert seen.upright, page.name
        if missing := [row for row in rows_of(page, in_print=True) if row not in seen.text]:
            lost[page.name] = missing
    assert lost == {}


@pytest.mark.parametrize("fault", [HIDDEN_COLUMN, WIDE_COLUMN])
def test_a_column_that_is_hidden_or_beyond_the_sheet_is_found(browser, pages, tmp_path, fault):
    (page,) = [page for page in pages if page.stem == "03_descriptives_t1"]
    seen = printed(browser, page, tmp_path / "page.pdf", fault)
    assert [row for row in rows_of(page, in_print=True) if row not in seen.text]


def test_every_row_is_in_the_word_document(pages, tmp_path):
    lost = {}
    for page in pages:
        target = tmp_path / f"{page.stem}.docx"
        write_word(page.with_suffix(".ipynb"), target, page.stem, "MARK", internal=False)
        seen = {*word_rows(target)}
        if missing := [row for row in rows_of(page) if row and row not in seen]:
            lost[page.name] = missing
    assert lost == {}


def test_every_cell_is_within_reach_at_390_pixels(browser, pages):
    tab = browser.new_page(viewport={"width": 390, "height": 844})
    faults = {}
    for page in pages:
        tab.goto(page.as_uri())
        if found := tab.evaluate(CELLS_OUT_OF_REACH):
            faults[page.name] = found
    tab.close()
    assert faults == {}


def test_a_box_scrolls_by_keyboard(browser, pages):
    (page,) = [page for page in pages if page.stem == "05_regression_t1"]
    tab = browser.new_page(viewport={"width": 390, "height": 844})
    tab.goto(page.as_uri())
    wide = "document.querySelector('.scroll:has(.mm-wide)')"
    tab.evaluate(f"{wide}.focus()")
    for _ in range(3):
        tab.keyboard.press("ArrowRight")
    tab.wait_for_function(f"{wide}.scrollLeft > 0", timeout=5000)
    tab.close()


@pytest.mark.parametrize(
    "fault",
    ["td:nth-child(3) { display: none }", ".scroll { overflow: hidden; max-width: 200px }"],
)
def test_a_cell_that_is_hidden_or_cut_at_390_pixels_is_found(browser, pages, fault):
    (page,) = [page for page in pages if page.stem == "03_descriptives_t1"]
    tab = browser.new_page(viewport={"width": 390, "height": 844})
    tab.goto(page.as_uri())
    tab.add_style_tag(content=fault)
    assert tab.evaluate(CELLS_OUT_OF_REACH)
    tab.close()


def test_the_first_result_begins_within_one_screen(browser, pages):
    tab = browser.new_page(viewport=SCREEN)
    low = {}
    for page in pages:
        if page.name.startswith("08_"):
            continue  # what a facilitator reads before a deck: its results are slides
        tab.goto(page.as_uri())
        top = tab.evaluate(FIRST_RESULT)
        if top > SCREEN["height"]:
            low[page.name] = top
    tab.close()
    assert low == {}


def test_contents_lead_to_every_part_and_are_printed(browser, pages, tmp_path):
    tab = browser.new_page()
    for page in pages:
        tab.goto(page.as_uri())
        headings = tab.evaluate(
            "[...document.querySelectorAll('h2')].map(h => [h.id, h.innerText])"
        )
        links = tab.evaluate(
            "[...document.querySelectorAll('nav.contents a')].map(a => [a.hash.slice(1), a.text])"
        )
        assert links == headings, page.name
        assert len({address for address, _ in links}) == len(links)
        seen = printed(browser, page, tmp_path / "page.pdf")
        listed = [f"{at}.{squashed(title)}" for at, (_, title) in enumerate(headings, 1)]
        assert [title for title in listed if title not in seen.text] == []
    tab.close()


def test_the_study_at_a_glance_is_short_and_names_every_variable(browser, pages, tmp_path, esmi):
    (page,) = [page for page in pages if page.stem == "00_study_esmi"]
    seen = printed(browser, page, tmp_path / "page.pdf")
    assert seen.sheets <= SHEETS_OF_00
    recorded = [field.title for field in esmi.schema.fields if field.role in ("group", "variable")]
    made = [variable.title for variable in esmi.file.derived]
    scores = [score.title for tool in esmi.schema.instruments for score in tool.scores]
    assert len(recorded) > 40
    assert [
        title for title in (*recorded, *made, *scores) if squashed(title) not in seen.text
    ] == []
