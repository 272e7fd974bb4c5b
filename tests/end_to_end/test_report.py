"""The report of the demo run: every released cell in Word and PDF, and what must not be in it."""

import re
from pathlib import Path
from shutil import which

import pytest

import mothers_margins as mm
from mothers_margins.release.audit import audit
from mothers_margins.report.final_report import Report
from mothers_margins.report.summaries import smog_of, words_in
from tests.report.read_back import (
    absent,
    bare,
    cells_of,
    pages_of_pdf,
    tables_of,
    text_of_pdf,
)

NEEDED = {  # of slides_report_design §8.1
    *("Executive summary", "Plain summary", "Background", "Aims and research questions"),
    *("Methods", "Findings", "Discussion", "References", "Missing data", "Models in full"),
    *("STROBE checklist for cohort studies", "GRIPP2 short form", "Reproducibility"),
}

LONG = 100  # letters of a cell


@pytest.fixture(scope="module")
def folder(demo_run) -> Path:
    demo_run.said()
    return demo_run.out / "release"


@pytest.fixture(scope="module")
def report(folder) -> Report:
    return mm.final_report(mm.read_release(folder / "esmi"))


@pytest.fixture(scope="module")
def pdf(folder) -> bytes:
    return (folder / "report" / "report.pdf").read_bytes()


def test_the_run_has_made_what_is_made_again_here(folder, report):
    """So the three files are the same in two processes, too."""
    for name, content in report.files().items():
        assert (folder / "report" / name).read_bytes() == content, name


def test_every_part_is_there(report):
    titles = {told.title for told in report.chapters}
    assert titles >= NEEDED
    assert "Key findings" not in titles  # the rows are made up


def test_word_holds_every_cell_of_every_table(folder, report):
    assert absent(report, (folder / "report" / "report.docx").read_bytes()) == []
    assert len(tables_of(report)) > 40


def test_pdf_holds_every_cell_of_every_table(report, pdf, tmp_path):
    if not which("pdftotext"):
        pytest.skip("pdftotext is not installed: .ci/pages installs it")
    text = bare(text_of_pdf(pdf, tmp_path))
    lost = [
        f"{label}: {cell}"
        for label, table in tables_of(report).items()
        for cell in cells_of(table)
        # a long list may go on overleaf, after the page's head: each thing listed is there
        if cell not in text
        and not (len(cell) > LONG and all(part in text for part in cell.split(",")))
    ]
    assert lost == []


def test_the_summary_has_two_pages_at_most_and_the_mark_stands_on_each(report, pdf, tmp_path):
    if not which("pdftotext"):
        pytest.skip("pdftotext is not installed: .ci/pages installs it")
    pages = pages_of_pdf(pdf, tmp_path)
    assert all(report.front.mark in page for page in pages)
    begins = [
        next(place for place, page in enumerate(pages) if re.search(rf"^{title}$", page, re.M))
        for title in ("Executive summary", "Plain summary")
    ]
    assert begins[1] - begins[0] <= 2


def test_every_number_of_the_summary_stands_in_a_table(report):
    (summary,) = [told for told in report.chapters if told.chapter.kind == "summary"]
    tables = {one.name: one.made for one in report.exhibits}
    assert len(summary.quoted) > 20
    for quote in summary.quoted:
        table = tables[quote.exhibit]
        sizes = {str(table.size(column.key)) for column in table.columns}
        printed = " ".join([*cells_of(table), *sizes])
        assert bare(quote.text).rstrip("%") in printed, quote


def test_the_plain_summary_is_plain(report):
    (plain,) = [told for told in report.chapters if told.chapter.kind == "plain_summary"]
    assert 400 <= words_in(plain) <= 850
    assert smog_of(plain) <= 11


def test_nobody_is_named_in_a_rehearsal(folder, report):
    page = (folder / "report" / "report.html").read_text(encoding="utf-8")
    assert report.front.title == "Rehearsal on made-up data"
    for credit in report.material.written.file.credits:
        assert credit.who not in page


def test_nothing_leaves_with_it(folder):
    assert audit(folder / "report") == []


def test_a_departure_stands_beside_the_planned_estimate_of_what_it_replaces(report):
    table, model = report.exhibit("departures_run"), report.exhibit("model_t1")
    assert table.quote("dv_any_7", "planned", "Yes") == model.quote("dv_any", "adjusted", "Yes")
    replaced = model.quote("substance_misuse", "adjusted", "Yes")
    assert table.quote("substance_misuse_honos_1", "planned", "Yes") == replaced
    # a variable that the departure adds has nothing beside it
    assert table.quote("readmitted_1y", "planned", "Yes") == ""


def test_the_flow_says_the_released_sizes(report):
    """Its alt text has room for the first outcome; the sizes of the second head their table."""
    said = report.exhibit("flow").alt
    for column in report.exhibit("mothers_t1").columns[:3]:
        assert str(report.exhibit("mothers_t1").size(column.key)) in said


def test_answers_that_are_not_known_are_as_released(report):
    """CTQ totals of timepoint 1: those in the body table and those not known make the group."""
    table, body = report.exhibit("missing_answers"), report.exhibit("mothers_t1")
    known = body.quote("ctq_total", "all_t1").split(" of ")[1]
    assert int(known) + int(table.quote("ctq_total", "0")) == body.size("all_t1")
