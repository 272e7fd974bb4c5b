"""What stands on a page, read by other ways than it was made: rows of its tables from the HTML,
text of its print by poppler, rows of its Word document by python-docx.

poppler's `pdftotext` reads the print: `.ci/pages` installs it beside the office program, it leaves
out what lies beyond the edge of the sheet (pypdf gives that too, and so would miss a lost column),
and with `-raw` it reads cell by cell, as the page was drawn.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
from docx import Document
from docx.oxml.ns import qn

CELLS_OUT_OF_REACH = """() => {
  const faults = [];
  for (const cell of document.querySelectorAll('td, th')) {
    if (!cell.textContent.trim()) continue;
    const at = cell.getBoundingClientRect();
    const style = getComputedStyle(cell);
    const text = cell.textContent.trim().slice(0, 60);
    if (!at.width || !at.height || style.visibility === 'hidden') {
      faults.push('hidden: ' + text);
      continue;
    }
    const box = cell.closest('.scroll');
    if (!box) { faults.push('in no box that scrolls: ' + text); continue; }
    if (box.tabIndex !== 0 || !box.getAttribute('aria-label')) {
      faults.push('not reached by keyboard: ' + text);
    }
    const outer = box.getBoundingClientRect();
    const right = at.right - outer.left + box.scrollLeft;
    const scrolls = ['auto', 'scroll'].includes(getComputedStyle(box).overflowX);
    if (right > (scrolls ? box.scrollWidth : box.clientWidth) + 1) faults.push('cut: ' + text);
    if (outer.left < 0 || outer.right > window.innerWidth + 1) faults.push('beyond: ' + text);
  }
  return faults;
}"""


def squashed(text: str) -> str:
    """A text without blanks and breaks, which differ between a page and its print."""
    return re.sub(r"\s+", "", text)


class _Rows(HTMLParser):
    def __init__(self, *, in_print: bool) -> None:
        super().__init__()
        self.in_print = in_print
        self.rows: list[str] = []
        self.inside = 0
        self.before = ""  # the next text, in print

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append("")
        self.inside += tag in ("td", "th")
        heading = dict(attrs).get("data-heading")
        self.before = f"{heading}: " if heading and self.in_print else ""

    def handle_endtag(self, tag: str) -> None:
        self.inside -= tag in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1] += self.before + data
            self.before = ""


# In print these stand before each text of the rows, which are blocks there.
CODEBOOK_HEAD = re.compile(
    r"(<table class=['\"][^'\"]*mm-codebook[^>]*>\s*<caption>.*?</caption>)\s*<thead>.*?</thead>"
)


def rows_of(page: Path, *, in_print: bool = False) -> list[str]:
    """Each row of each table of a page: the texts of its cells, one behind the other.

    in_print: as paper has them: in a codebook the heading of a column before each text.
    """
    reader = _Rows(in_print=in_print)
    text = page.read_text(encoding="utf-8")
    reader.feed(CODEBOOK_HEAD.sub(r"\1", text) if in_print else text)
    return [squashed(row) for row in reader.rows]


@dataclass(frozen=True)
class Print:
    """A printed page: all of its text, and how many sheets it has."""

    text: str
    sheets: int
    upright: bool  # whether its first sheet is A4, upright


def printed(browser, page: Path, to: Path, style: str = "") -> Print:
    """A page printed to PDF, as it asks to be, and read back. style: a planted fault."""
    if shutil.which("pdftotext") is None:
        pytest.skip("tests of printed pages need poppler: .ci/pages installs and runs them")
    tab = browser.new_page()
    tab.goto(page.as_uri())
    if style:
        tab.add_style_tag(content=style)
    tab.pdf(path=str(to), prefer_css_page_size=True)
    tab.close()
    text = _poppler("pdftotext", "-raw", str(to), "-")
    about = _poppler("pdfinfo", str(to))
    sheets = re.search(r"Pages: +(\d+)", about)
    size = re.search(r"Page size: +([\d.]+) x ([\d.]+)", about)
    assert sheets
    assert size
    is_upright = (round(float(size[1])), round(float(size[2]))) == (595, 842)
    return Print(squashed(text), int(sheets[1]), is_upright)


def _poppler(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def word_rows(document: Path) -> list[str]:
    """Each row of each table of a Word document, like `rows_of`."""
    rows = Document(str(document)).element.body.iter(qn("w:tr"))
    return [squashed("".join(text.text or "" for text in row.iter(qn("w:t")))) for row in rows]
