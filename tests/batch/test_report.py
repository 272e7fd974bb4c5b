"""The report as an entry: what it is known by, and copies of its files."""

import json

import pandas as pd
import pytest
from click.testing import CliRunner

from mothers_margins.batch.cache_key import feedback_digests, files_of
from mothers_margins.batch.plan import plan, read_run_list
from mothers_margins.batch.report import copied, formats_of, is_report
from mothers_margins.cli import main
from mothers_margins.errors import UsageError
from mothers_margins.places import project
from mothers_margins.slides.feedback import FOLDER


def test_a_report_is_known_by_its_notebook():
    assert is_report("/a/notebooks/09_final_report.ipynb")
    assert not is_report("/a/09_x/08_1_getting_started.ipynb")


def test_formats_are_those_that_there_are():
    assert formats_of("docx, pdf") == ("docx", "pdf")
    for wrong in ("", "odt", "html,odt"):
        with pytest.raises(UsageError, match="html, docx, pdf"):
            formats_of(wrong)


def test_a_copy_needs_the_file(tmp_path):
    with pytest.raises(UsageError, match=r"holds no report\.pdf"):
        copied(tmp_path, ("pdf",), tmp_path / "to")
    folder = tmp_path / "release" / "report"
    folder.mkdir(parents=True)
    (folder / "report.pdf").write_bytes(b"x")
    (made,) = copied(tmp_path, ("pdf",), tmp_path / "to")
    assert made.read_bytes() == b"x"


def test_prose_belongs_to_the_entry_of_the_report_and_to_no_other():
    """A corrected comma makes the report again, and never imputes again."""
    steps = plan(read_run_list(), ["09_report"])
    prose = project() / "data_dictionary" / "esmi" / "report" / "10_background.md"
    data = {"esmi": []}
    for name, step in steps.items():
        files = files_of(step, data)
        assert prose not in files["dictionary"]
        assert (prose in files["inputs"]) == (name == "09_report")


def test_what_the_group_says_makes_the_report_again(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER, str(tmp_path))
    (tmp_path / "meeting_4.csv").write_text("a", encoding="utf-8")
    before = feedback_digests("09_final_report", make_key=True)
    (tmp_path / "meeting_4.csv").write_text("b", encoding="utf-8")
    assert before != feedback_digests("09_final_report") != {}
    assert feedback_digests("05_regression") == {}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "odt"], "say one or several of html, docx, pdf"),
        (["--status", "almost"], "'almost' is not one of"),
        (["--feedback", str(project() / "docs")], "it lies outside"),
    ],
)
def test_what_the_command_refuses(arguments, said):
    answer = CliRunner().invoke(main, ["report", *arguments])
    assert answer.exit_code == 2
    assert said in answer.output


def test_of_restricted_rows_it_is_made_only_when_asked_for(tmp_path):
    shipped = project() / "data_dictionary" / "esmi" / "dyads_synthetic.csv"
    rows = pd.read_csv(shipped, dtype=str, keep_default_na=False).drop(columns="data_status")
    rows["dyad_id"] = rows["dyad_id"].str.replace("SYN", "R")
    rows.to_csv(tmp_path / "rows.csv", index=False)
    call = ["run", "--data", str(tmp_path / "rows.csv"), "--study", "esmi", "--dry-run"]
    call += ["--out", str(tmp_path / "out")]
    assert "09_report" not in CliRunner().invoke(main, call).output
    asked = CliRunner().invoke(main, [*call, "09_report"]).output
    assert "09_report: would run" in asked


def test_the_notebook_declares_what_the_command_sets():
    notebook = json.loads((project() / "notebooks" / "09_final_report.ipynb").read_text())
    source = "".join(notebook["cells"][1]["source"])
    assert [line.split(":")[0] for line in source.splitlines()] == [
        "study_name",
        "status",
        "formats",
    ]
