"""Executed notebooks as Word documents: what is read, no code, and restricted ones kept inside."""

from dataclasses import replace

import pytest
from click.testing import CliRunner
from docx import Document

import mothers_margins as mm
from mothers_margins.batch import word_page
from mothers_margins.batch.manifest import read_records
from mothers_margins.batch.word_page import word_of_run
from mothers_margins.cli import main
from tests.word_reader import grid, part

CELLS = (
    "# Who took part?",
    "import mothers_margins as mm\nstudy = mm.read_study('hscc_2019')\ncohort = "
    "mm.derive(mm.demo_cohort('hscc_2019'))\ncohort",
    "## How *old* were they?",
    "plan = study.plan('table_1')\nresults = mm.summarise(cohort, plan.variables, plan.groups)\n"
    "mm.characteristics(results, 'table_1')",
)


@pytest.fixture
def run_of_two(project):
    project.notebook("01_who", *CELLS)
    project.notebook("02_themes", "# Themes", "import mothers_margins as mm\n'nothing'")
    project.run()
    return project


def test_a_page_is_its_words_tables_and_mark_without_code(run_of_two, tmp_path):
    written = CliRunner().invoke(
        main, ["word", "01", "--out", str(run_of_two.out), "--to", str(tmp_path / "w")]
    )
    assert written.exit_code == 0, written.output
    assert [path.name for path in (tmp_path / "w").iterdir()] == ["01_who.docx"]
    document = Document(str(tmp_path / "w" / "01_who.docx"))
    texts = [(one.style.name, one.text) for one in document.paragraphs]
    assert texts[0][1] == "SYNTHETIC ROWS, reconstructed from published totals"
    assert ("Heading 1", "Who took part?") in texts
    assert ("Heading 2", "How old were they?") in texts
    assert document.core_properties.title.endswith("Who took part?")
    at = [text for _, text in texts].index("Contents")
    assert texts[at - 1] == ("Heading 1", "Who took part?")
    (address,) = [link.address or link.fragment for link in document.paragraphs[at + 1].hyperlinks]
    assert document.paragraphs[at + 1].text == "How old were they?"
    written = part(tmp_path / "w" / "01_who.docx", "word/document.xml")
    assert f'w:name="{address}"' in written
    (table,) = document.tables
    assert ["Mean age", "32 years", "28 years", "30 years"] in grid(table)
    assert "import" not in part(tmp_path / "w" / "01_who.docx", "word/document.xml")


def test_all_that_is_done_is_written_if_none_is_named(run_of_two, tmp_path):
    word_of_run(run_of_two.out, (), tmp_path / "w")
    assert sorted(path.name for path in (tmp_path / "w").iterdir()) == [
        "01_who.docx",
        "02_themes.docx",
    ]


def test_an_unknown_or_a_changed_entry_is_refused(run_of_two, tmp_path):
    with pytest.raises(mm.UsageError, match="no entry '03'"):
        word_of_run(run_of_two.out, ("03",), tmp_path / "w")
    (run_of_two.out / "notebooks" / "01_who.ipynb").write_text("{}", encoding="utf-8")
    with pytest.raises(mm.UsageError, match="mothers-margins run 01_who"):
        word_of_run(run_of_two.out, ("01",), tmp_path / "w")
    assert not (tmp_path / "w").exists()


def test_pages_of_restricted_data_stay_outside_and_private(run_of_two, tmp_path, monkeypatch):
    def restricted(out):
        known = {"kind": "restricted", "mark": "RESTRICTED DATA"}
        return {
            name: replace(
                record, data={study: replace(rows, **known) for study, rows in record.data.items()}
            )
            for name, record in read_records(out).items()
        }

    monkeypatch.setattr(word_page, "read_records", restricted)
    for folder in (run_of_two.folder / "outputs" / "w", tmp_path / "release" / "hscc_2019"):
        with pytest.raises(mm.UsageError):
            word_of_run(run_of_two.out, ("01",), folder)
        assert not folder.exists()
    word_of_run(run_of_two.out, ("01",), tmp_path / "w")
    (written,) = (tmp_path / "w").iterdir()
    assert written.stat().st_mode & 0o077 == 0
    assert Document(str(written)).paragraphs[0].text == "RESTRICTED DATA"
