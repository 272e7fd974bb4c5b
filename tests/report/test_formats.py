"""The three formats of the small report, read back: every cell, captions and references that Word
counts, contents, alt texts, bytes.
"""

import io
import re
from dataclasses import replace
from shutil import which
from zipfile import ZipFile

import pytest
from docx import Document
from docx.oxml.ns import qn

from mothers_margins.report.final_report import final_report
from tests.report.read_back import absent, bare, cells_in_word, cells_of, tables_of, text_of_pdf
from tests.report.small_report import Small


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        small = Small(tmp_path_factory.mktemp("small"), patch)
        yield final_report(small.released())


@pytest.fixture(scope="module")
def docx(report) -> bytes:
    return report.docx()


def part(file: bytes, name: str) -> str:
    with ZipFile(io.BytesIO(file)) as archive:
        return archive.read(name).decode()


def instructions(file: bytes) -> list[str]:
    """The fields of a document."""
    root = Document(io.BytesIO(file)).element.body
    return [(node.text or "").strip() for node in root.iter(qn("w:instrText"))]


def test_word_holds_every_cell(report, docx):
    assert absent(report, docx) == []
    assert {*cells_in_word(docx)} == {*tables_of(report)}


def test_a_changed_number_is_caught(report, docx):
    """The same document, compared with tables of which one number is another."""
    (people, *_) = [one for one in report.exhibits if one.name == "people"]
    section, *rest = people.made.sections
    row, *rows = section.rows
    other = replace(row.cells[0], numbers={**row.cells[0].numbers, "mean": 99.9})
    changed = replace(section, rows=(replace(row, cells=(other, *row.cells[1:])), *rows))
    table = replace(people.made, sections=(changed, *rest))
    told = [
        replace(
            chapter,
            parts=tuple(
                replace(piece, exhibit=replace(people, made=table))
                if piece.exhibit is people
                else piece
                for piece in chapter.parts
            ),
        )
        for chapter in report.chapters
    ]
    mutated = replace(report, chapters=tuple(told))
    assert any("99.9" in fault for fault in absent(mutated, docx))


def test_pdf_holds_every_cell(report, tmp_path):
    if not which("pdftotext"):
        pytest.skip("pdftotext is not installed: .ci/pages installs it")
    text = bare(text_of_pdf(report.pdf(), tmp_path))
    for table in tables_of(report).values():
        for cell in cells_of(table):
            assert cell in text, cell


def test_html_holds_every_cell_and_nothing_from_outside(report):
    page = report.html().decode()
    text = bare(re.sub(r"<[^>]+>", "", page))
    for table in tables_of(report).values():
        for cell in cells_of(table):
            assert cell in text.replace("&#x27;", "'"), cell
    assert "<script" not in page
    assert not re.search(
        r"(?:src|href)=[\"']https?:", page.replace('href="https://example.org', "")
    )
    assert 'lang="en-GB"' in page
    identities = re.findall(r'\bid="([^"]+)"', page)
    assert len(identities) == len({*identities})
    links = re.findall(r'href="#([^"]+)"', page)
    assert {*links} <= {*identities}


def test_word_numbers_captions_and_refers_to_them(report, docx):
    fields = instructions(docx)
    tables = tables_of(report)
    assert fields.count(r"SEQ Table \* ARABIC") == len(tables)
    assert any(field.startswith("REF table_people") for field in fields)
    text = part(docx, "word/document.xml")
    marks = re.findall(r'w:bookmarkStart w:id="(\d+)" w:name="([^"]+)"', text)
    assert len({identity for identity, _ in marks}) == len(marks)
    assert {f"table_{one.name}" for one in report.exhibits} <= {name for _, name in marks}
    assert text.count('fldCharType="begin"') == text.count('fldCharType="end"')


def test_word_has_contents_and_lists_with_their_results(report, docx):
    fields = instructions(docx)
    assert r'TOC \o "1-2" \h \z \u' in fields
    assert r'TOC \h \z \c "Table"' in fields
    paragraphs = Document(io.BytesIO(docx)).element.body.iter(qn("w:p"))
    listed = [
        "".join(letters.text or "" for letters in node.iter(qn("w:t")))
        for node in paragraphs
        if (style := node.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")) is not None
        and style.get(qn("w:val")) in ("Toc1", "Toc2", "TableOfFigures")
    ]
    assert "1. Findings" in listed
    assert "Who" in listed
    assert f"Table 1. {report.exhibit('people').caption}" in listed


def test_word_asks_for_no_update_and_says_what_it_is(report, docx):
    settings = part(docx, "word/settings.xml")
    assert "updateFields" not in settings
    assert 'w:dirty="' not in part(docx, "word/document.xml")
    core = Document(io.BytesIO(docx)).core_properties
    assert (core.title, core.language, core.author) == (report.front.title, "en-GB", "")


def test_each_page_of_word_has_the_mark(report, docx):
    assert report.front.mark in part(docx, "word/header1.xml")
    text = part(docx, "word/document.xml")
    assert text.count("w:headerReference") == text.count("<w:sectPr")


def test_each_heading_names_its_file(report, docx):
    text = part(docx, "word/document.xml")
    for told in report.chapters:
        assert f"Text of this part: {told.chapter.file}" in text
        assert f'w:name="file_{told.chapter.name}_1"' in text


def test_tables_of_word_are_real(docx):
    for table in Document(io.BytesIO(docx)).element.body.iter(qn("w:tbl")):
        rows = table.findall(qn("w:tr"))
        switches = [row.find(qn("w:trPr")) for row in rows]
        heading = [one is not None and one.find(qn("w:tblHeader")) is not None for one in switches]
        assert heading[0]
        assert any(one is not None and one.find(qn("w:cantSplit")) is not None for one in switches)


def test_the_same_report_has_the_same_bytes(report, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1600000000")
    first = report.files()
    assert report.files() == first


def test_the_pdf_says_that_it_is_accessible(report):
    file = report.pdf()
    assert b"/Lang (en-GB)" in file or b"/Lang(en-GB)" in file
    assert b"/MarkInfo" in file
    assert b"<pdfuaid:part>1</pdfuaid:part>" in file
