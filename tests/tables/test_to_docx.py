"""A table as Word, HTML and a frame: nothing is lost on the way, and nothing may leave too
early.
"""

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from zipfile import ZipFile

import pytest
from docx import Document

import mothers_margins as mm
from mothers_margins import places
from mothers_margins.release.leaks import leaks
from mothers_margins.results.results import About
from mothers_margins.study.study_file import Rounding
from mothers_margins.tables.table import Cell, Column, Row, Section, Table
from mothers_margins.wording.head_and_foot import INTERNAL, mark_of
from tests.planted import RESTRICTED, SYNTHETIC, complete
from tests.readable import BUILDERS, inputs
from tests.word_reader import alter, differences, part, plain

MAIN = (
    "Table 1 of 2019",
    "with tests",
    "odds ratios",
    "pooled odds ratios",
    "needs",
    "missing",
    "diagnostics",
    "themes",
)
DOCUMENT = "word/document.xml"
ROUNDING = Rounding(rule="half_up", percent=0, mean=1)


@cache
def built(name: str) -> mm.Table:
    table = BUILDERS[name][1](inputs())
    assert isinstance(table, mm.Table)
    return table


def restricted_table(esmi: mm.Study) -> mm.Table:
    return mm.odds_ratios(complete(esmi, source=RESTRICTED))


@pytest.mark.parametrize("name", MAIN)
def test_word_holds_every_cell_heading_letter_and_note(name, tmp_path):
    table = built(name)
    table.to_docx(tmp_path / "table.docx")
    assert differences(table, tmp_path / "table.docx") == []


FAULTS = {
    "a cell that is gone": ("1.37", "", "row"),
    "a digit that is another": (">1.37", ">1.38", "row"),
    "a letter that is not raised": ('<w:vertAlign w:val="superscript" />', "", "letters"),
    "headings that do not repeat": ('<w:tblHeader w:val="on" />', "", "repeated"),
    "a row that may part": ("<w:cantSplit />", "", "parted"),
    "a heading over too few": ('<w:gridSpan w:val="2" />', '<w:gridSpan w:val="1" />', "spans"),
    "a note that is gone": ("Logistic regression by maximum likelihood.", "", "foot"),
    "another caption": (
        '<w:t xml:space="preserve">Every estimate of associations with',
        "<w:t>Effects on",
        "caption",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_of_these_faults_is_noticed(fault, tmp_path):
    old, new, said = FAULTS[fault]
    table = built("pooled odds ratios")
    table.to_docx(tmp_path / "table.docx")
    altered = alter(tmp_path / "table.docx", DOCUMENT, lambda text: text.replace(old, new, 1))
    try:
        found = differences(table, altered)
    except ValueError:  # the rows no longer have one length
        found = ["spans"]
    assert any(said in one for one in found), found


def test_two_runs_make_the_same_bytes_whatever_the_day(tmp_path, monkeypatch):
    table = built("needs")
    table.to_docx(tmp_path / "one.docx")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    table.to_docx(tmp_path / "two.docx")
    assert (tmp_path / "one.docx").read_bytes() == (tmp_path / "two.docx").read_bytes()


def test_the_file_says_what_it_is_and_not_who_made_it(tmp_path):
    table = built("odds ratios")
    table.to_docx(tmp_path / "table.docx")
    said = Document(str(tmp_path / "table.docx")).core_properties
    assert said.title == f"SYNTHETIC DATA. {table.caption}"
    assert said.language == "en-GB"
    assert (said.author, said.last_modified_by) == ("", "")
    assert leaks(tmp_path / "table.docx") == []


def test_the_path_is_returned_as_it_may_be_printed(tmp_path):
    assert not built("themes").to_docx(str(tmp_path / "t.docx")).is_absolute()
    with pytest.raises(mm.UsageError, match=r"must end in \.docx"):
        built("themes").to_docx(tmp_path / "t.doc")


def test_restricted_results_stay_outside_the_project_and_of_what_is_released(esmi, tmp_path):
    table = restricted_table(esmi)
    assert table.internal
    with pytest.raises(mm.UsageError, match="stay outside the project"):
        table.to_docx(places.project() / "outputs" / "t.docx")
    with pytest.raises(mm.UsageError, match="not been through disclosure control"):
        table.to_docx(tmp_path / "release" / "esmi" / "t.docx")
    assert list(tmp_path.iterdir()) == []
    table.to_docx(tmp_path / "internal" / "t.docx")
    written = tmp_path / "internal" / "t.docx"
    assert written.stat().st_mode & 0o077 == 0
    assert INTERNAL in part(written, DOCUMENT)
    assert Document(str(written)).core_properties.title.startswith(INTERNAL)


def test_what_was_released_of_restricted_data_is_not_internal(esmi):
    given = About("estimates", esmi, RESTRICTED, {})
    released = About("estimates", esmi, RESTRICTED, {}, released=True)
    assert (given.internal, mark_of(given)) == (True, INTERNAL)
    assert (released.internal, mark_of(released)) == (False, "")
    assert mark_of(About("estimates", esmi, SYNTHETIC, {})) == "SYNTHETIC DATA"


# ---- HTML


def test_html_brings_its_style_and_headings_keep_their_spaces():
    html = built("Table 1 of 2019").to_html()
    assert html.startswith("<style>")
    assert "</style><table" in html
    assert not re.search(r"<(script|link|img)|https?:", html.replace("doi.org", ""))
    assert "B. HSSI mothers <br><span>n = 11</span>" in html
    assert html == built("Table 1 of 2019")._repr_html_()


def office() -> str:
    found = shutil.which("soffice")
    if not found:
        pytest.skip("LibreOffice (soffice) is not installed")
    return found


def converted(path: Path, to: str) -> Path:
    """A file as LibreOffice reads it, in another form."""
    home = path.parent / "office"
    form = f"{to}:MS Word 2007 XML" if to == "docx" else to
    reader = "--infilter=HTML (StarWriter)" if path.suffix == ".html" else "--nologo"
    call = [office(), f"-env:UserInstallation={home.as_uri()}", "--headless", reader]
    call += ["--convert-to", form, "--outdir", str(path.parent / "converted"), str(path)]
    subprocess.run(call, check=True, capture_output=True, timeout=180)
    return path.parent / "converted" / f"{path.stem}.{to}"


def test_letters_of_html_stay_raised_and_headings_apart_in_an_office_program(tmp_path):
    table = built("Table 1 of 2019")
    page = tmp_path / "pasted.html"
    page.write_text(f"<meta charset='utf-8'>{table.to_html()}", encoding="utf-8")
    document = Document(str(converted(page, "docx")))
    cells = [cell for row in document.tables[0].rows for cell in row.cells]
    assert {"B. HSSI mothers n = 11", "C. LSSI mothers n = 7"} <= {plain(one.text) for one in cells}
    runs = [run for cell in cells for one in cell.paragraphs for run in one.runs]
    # LibreOffice writes how far they are raised in place of "superscript"
    raised = [run for run in runs if run._r.xpath("w:rPr/w:position[@w:val > 0]")]
    letters = {run.text for run in raised}
    assert {"a", "b", "c"} <= letters


def test_an_office_program_opens_a_table_upright_and_a_wide_one_lying(tmp_path):
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler-utils) is not installed")
    for name, first in (("pooled odds ratios", "595"), ("needs", "841")):
        table = built(name)
        table.to_docx(tmp_path / "table.docx")
        pdf = converted(tmp_path / "table.docx", "pdf")
        said = subprocess.run(["pdfinfo", pdf], capture_output=True, text=True, check=True).stdout  # noqa: S607
        assert re.search(rf"Page size: +{first}", said)
        call = ["pdftotext", "-layout", str(pdf), "-"]
        text = subprocess.run(call, capture_output=True, text=True, check=True).stdout
        printed = plain(text)
        cells = [plain(table.print(cell)) for row in table._rows_of_cells() for cell in row.cells]
        assert [cell for cell in cells if cell not in printed] == []


# ---- a frame for spreadsheets


def test_a_frame_has_each_cell_with_its_row_its_column_and_its_mark():
    table = built("Table 1 of 2019")
    frame = table.to_frame()
    assert list(frame.columns) == [
        "section",
        "Characteristic",
        "A. Full sample from wider study (n = 52)",
        "Of these women: B. HSSI mothers (n = 11)",
        "Of these women: C. LSSI mothers (n = 7)",
        "note",
    ]
    printed = [[table.print(cell) for cell in row.cells] for row in table._rows_of_cells()]
    shown = [
        [cell.removesuffix(" a").removesuffix(" b") for cell in row[2:5]] for row in frame.values
    ]
    assert shown == printed
    assert frame["note"].str.startswith("SYNTHETIC ROWS").all()
    young = frame[frame["Characteristic"] == "≤ 25 years"].iloc[0]
    assert young.iloc[3] == "7 (64% of 11) a"
    assert " a: " in young["note"]
    assert "Specialist: Mother and baby unit" in set(frame["Characteristic"])


def test_no_text_of_a_frame_is_a_formula():
    row = Row("=label", (Cell("@text"), Cell("{n}", {"n": -3})), "v")
    columns = (Column("a", "+heading"), Column("b", "B"))
    table = Table("t", "T", "Stub", columns, (Section("-S", (row,)),), (), "", "", ROUNDING)
    frame = table.to_frame()
    assert frame.iloc[0].tolist() == ["'-S", "'=label", "'@text", "\u22123", ""]
    assert frame.columns[2] == "'+heading"


# ---- plain text


def test_print_shows_which_columns_share_a_heading():
    lines = repr(built("odds ratios")).splitlines()
    above, below = lines[1], lines[2]
    for spanner in (
        "Unadjusted (complete cases)",
        "Adjusted (complete cases)",
        "Adjusted (imputed)",
    ):
        begins = above.index(spanner)
        assert below[begins:].startswith("OR (95% CI)")
    assert below.count("OR (95% CI)") == 4
    assert len({line.index("0.894") for line in lines if "0.894" in line}) == 1


def test_a_shared_heading_longer_than_its_columns_pushes_the_next_ones():
    lines = repr(built("with tests")).splitlines()
    shared = "Involved at timepoint 1 compared with: Not involved at timepoint 1"
    begins = lines[1].index(shared)
    assert lines[2][begins:].startswith("Difference (95% CI)")


def test_nothing_half_written_is_left(tmp_path):
    target = tmp_path / "t.docx"
    target.mkdir()
    with pytest.raises(OSError, match=r"t\.docx"):
        built("themes").to_docx(target)
    assert [path.name for path in tmp_path.iterdir()] == ["t.docx"]
    with pytest.raises(IsADirectoryError):
        ZipFile(target)
