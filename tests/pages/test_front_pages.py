"""Both front pages as a reader uses them: with all that is folded opened, at three windows, on
paper, and where a table is wider than its box.
"""

import pytest

from tests.pages.reading import CELLS_OUT_OF_REACH, printed, rows_of
from tests.pages.test_accessible import WINDOWS, faults, sideways

OPENED = "document.querySelectorAll('details').forEach(one => { one.open = true; })"
SHEETS = 32
# Of every box whether it is wider inside, and whether the line says so.
SIGNS = """() => [...document.querySelectorAll('.scroll:has(> table)')].map(box => {
  const line = getComputedStyle(box, '::before');
  const wider = box.scrollWidth > box.clientWidth;
  return [wider, parseFloat(line.maxHeight) > 5 && line.opacity === '1'];
})"""
WIDE = "document.querySelector('#esmi_table_A3 .scroll')"


@pytest.fixture(scope="module", params=["index.html", "release/index.html"])
def page(request, demo_run):
    demo_run.said()
    return demo_run.out / request.param


@pytest.fixture(scope="module")
def for_readers(demo_run):
    demo_run.said()
    return demo_run.out / "release" / "index.html"


@pytest.mark.parametrize(("width", "height"), WINDOWS)
def test_what_is_folded_can_be_used_once_opened(browser, axe, page, width, height):
    context = browser.new_context(viewport={"width": width, "height": height}, bypass_csp=True)
    tab = context.new_page()
    tab.goto(page.as_uri())
    tab.evaluate(OPENED)
    assert faults(tab, axe) == []
    assert sideways(tab) <= 0
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_a_line_says_that_a_table_continues_where_it_does(browser, for_readers, width):
    tab = browser.new_page(viewport={"width": width, "height": 844})
    tab.goto(for_readers.as_uri())
    tab.evaluate(OPENED)
    signs = tab.evaluate(SIGNS)
    assert len(signs) > 10
    assert all(wider == said for wider, said in signs)
    assert {wider for wider, _ in signs} == ({True, False} if width == 390 else {False})
    tab.close()


def test_the_line_goes_at_the_end_of_the_table(browser, for_readers):
    tab = browser.new_page(viewport={"width": 390, "height": 844})
    tab.goto(for_readers.as_uri())
    tab.evaluate(OPENED)
    seen = f"getComputedStyle({WIDE}, '::before').opacity"
    assert tab.evaluate(seen) == "1"
    tab.evaluate(f"{WIDE}.scrollLeft = {WIDE}.scrollWidth")
    tab.wait_for_function(f"{seen} === '0'", timeout=5000)
    tab.close()


def test_every_cell_is_within_reach_at_390_pixels(browser, for_readers):
    tab = browser.new_page(viewport={"width": 390, "height": 844})
    tab.goto(for_readers.as_uri())
    tab.evaluate(OPENED)
    assert tab.evaluate(CELLS_OUT_OF_REACH) == []
    tab.close()


def test_a_title_is_read_once_on_the_screen_and_stands_on_paper(browser, for_readers):
    """A folded table is called by what opens it, and printed with its caption."""
    tab = browser.new_page()
    tab.goto(for_readers.as_uri())
    tab.evaluate(OPENED)
    caption = "getComputedStyle(document.querySelector('#esmi_table_1 caption')).clipPath"
    summary = "getComputedStyle(document.querySelector('#esmi_table_1 summary')).display"
    assert tab.evaluate(caption) == "inset(50%)"
    assert tab.evaluate(summary) != "none"
    tab.emulate_media(media="print")
    assert tab.evaluate(caption) == "none"
    assert tab.evaluate(summary) == "none"
    tab.close()


def test_every_row_is_in_the_print_folded_or_not(browser, for_readers, tmp_path):
    seen = printed(browser, for_readers, tmp_path / "page.pdf")
    assert [row for row in rows_of(for_readers) if row not in seen.text] == []
    assert seen.sheets <= SHEETS
