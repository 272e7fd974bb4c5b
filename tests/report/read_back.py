"""Reports read back by programs that had no part in writing them, beside their tables."""

import io
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from docx import Document
from docx.oxml.ns import qn

from mothers_margins.report.final_report import Report
from mothers_margins.tables.table import Table

BLANKS = re.compile(r"[\s\u00a0\u2003\u2007\u2060]+")
CAPTION = re.compile(r"((?:Table|Figure) \d+)\. ")
TOKEN = re.compile(r"\[\[[0-9a-z_]+\]\]")


def bare(text: str) -> str:
    """A text without any blank, as no format keeps them alike."""
    return BLANKS.sub("", text)


def tables_of(report: Report) -> dict[str, Table]:
    """The tables of a report by their label."""
    return {one.label: one.made for one in report.exhibits if isinstance(one.made, Table)}


def cells_of(table: Table) -> Counter[str]:
    """Every cell of a table as it is printed, with its letter."""
    cells: Counter[str] = Counter()
    for section in table.sections:
        for row in section.rows:
            texts = [bare(table.print(cell) + cell.mark) for cell in row.cells]
            cells.update(text for text in texts if text and not TOKEN.search(text))
    return cells


def cells_in_word(file: bytes) -> dict[str, Counter[str]]:
    """Every cell of each table in a Word document, by what its caption begins with."""
    body = Document(io.BytesIO(file)).element.body
    found: dict[str, Counter[str]] = {}
    label = ""
    for node in body.iterchildren():
        text = "".join(letters.text or "" for letters in node.iter(qn("w:t")))
        begun = CAPTION.match(text)
        if node.tag == qn("w:p") and begun:
            label = begun[1]
        elif node.tag == qn("w:tbl"):
            cells = found.setdefault(label, Counter())
            for cell in node.iter(qn("w:tc")):
                letters = cell.iter(qn("w:t"))
                cells[bare("".join(letter.text or "" for letter in letters))] += 1
    return found


def absent(report: Report, file: bytes) -> list[str]:
    """Cells of the report's tables that a Word document does not hold as often as they do."""
    there = cells_in_word(file)
    return [
        f"{label}: {text}"
        for label, table in tables_of(report).items()
        for text in (cells_of(table) - there.get(label, Counter()))
    ]


def text_of_pdf(file: bytes, folder: Path) -> str:
    """All letters of a PDF, by poppler."""
    path = folder / "read.pdf"
    path.write_bytes(file)
    call = ["pdftotext", "-raw", str(path), "-"]
    return subprocess.run(call, capture_output=True, check=True).stdout.decode()


def pages_of_pdf(file: bytes, folder: Path) -> list[str]:
    """The text of each page of a PDF."""
    return text_of_pdf(file, folder).split("\f")[:-1]


def numbers_of(report: Report) -> Iterator[tuple[str, str]]:
    """Every number that is printed in a table, with its table."""
    for label, table in tables_of(report).items():
        for text in cells_of(table):
            yield label, text
