"""A meeting in the batch: its files, where they go, what its key covers, and the command."""

import json
import subprocess
import tomllib
from importlib import import_module
from shutil import which

import pandas as pd
import pytest
from click.testing import CliRunner

import mothers_margins as mm
from mothers_margins import places
from mothers_margins.batch.cache_key import feedback_digests, file_digest
from mothers_margins.batch.decks import (
    files_of_meeting,
    is_meeting,
    numbers_of_run,
    pictures_of_meeting,
    write_meeting,
)
from mothers_margins.cli import main
from mothers_margins.slides.feedback import FOLDER
from tests.slides.by_hand import closing, code, finding, opening

pytest.importorskip("pptx")
pytest.importorskip("typst")
# of a meeting that is not the last
NAMES = ("deck.html", "deck.pptx", "feedback.xlsx", "handout.pdf", "run_sheet.pdf")


def notebook(*cells):
    return {"cells": [*opening(allowed=("5",)), *cells, *closing()], "metadata": {}}


@pytest.fixture
def run(tmp_path):
    """A run's folder with one meeting."""
    (tmp_path / "notebooks").mkdir()
    text = json.dumps(notebook(code(finding())))
    executed = tmp_path / "notebooks" / "08_1_leag.ipynb"
    executed.write_text(text, encoding="utf-8")
    for name, content in files_of_meeting(json.loads(text)).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


def test_five_files_of_a_meeting_wait_for_its_notebook_to_finish(run, tmp_path):
    stage = tmp_path / "stage"
    write_meeting(run / "notebooks" / "08_1_leag.ipynb", stage)
    waiting = sorted(path.name for path in (stage / "release" / "leag_1").iterdir())
    assert waiting == [f"{name}{places.PART}" for name in NAMES]


def test_the_last_deck_has_the_involvement_table_and_gripp2_beside_it():
    first = opening(involvement=(("a", "1", "b", "c", "d", "e"),), gripp2=(("1 Aim", "f"),))
    files = files_of_meeting({"cells": [*first, code(finding()), *closing()], "metadata": {}})
    made = files["release/leag_1/involvement.pdf"]
    assert b"pdfuaid" in made
    assert (
        made
        == files_of_meeting({"cells": [*first, code(finding()), *closing()], "metadata": {}})[
            "release/leag_1/involvement.pdf"
        ]
    )
    assert "release/leag_1/involvement.pdf" not in files_of_meeting(notebook(code(finding())))


def test_a_deck_that_says_what_was_not_released_makes_no_file(run, tmp_path):
    planted = json.dumps(notebook(code(finding(lines=("7 of 279 mothers.",)))))
    (run / "planted.ipynb").write_text(planted, encoding="utf-8")
    with pytest.raises(mm.DisclosureError):
        write_meeting(run / "planted.ipynb", tmp_path / "stage")
    assert not (tmp_path / "stage").exists()


def test_which_notebooks_are_meetings():
    assert is_meeting("/a/notebooks/08_2_early_findings.ipynb")
    assert not is_meeting("/a/08_2/notebooks/07_release.ipynb")


def test_the_key_of_a_meeting_covers_what_the_group_has_said(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER, str(tmp_path))
    names = ["contacts.txt", "meeting_1.csv", "quotes.csv"]
    for name in names:
        (tmp_path / name).write_text("a", encoding="utf-8")
    notebook = "08_1_getting_started"
    assert {*feedback_digests(notebook).values()} == {""}  # to look leaves no key behind
    before = feedback_digests(notebook, make_key=True)
    assert [*before] == names
    assert feedback_digests("07_release", make_key=True) == {}
    for name in names:
        (tmp_path / name).write_text("b", encoding="utf-8")
        assert feedback_digests(notebook)[name] != before[name]
    monkeypatch.delenv(FOLDER)
    assert feedback_digests(notebook) == {}


def test_hashes_of_feedback_cannot_be_guessed_without_its_key(tmp_path, monkeypatch):
    found = []
    for place in ("one", "other"):
        folder = tmp_path / place
        folder.mkdir()
        (folder / "contacts.txt").write_text("Call 020 7946 0018", encoding="utf-8")
        monkeypatch.setenv(FOLDER, str(folder))
        found.append(feedback_digests("08_1_getting_started", make_key=True)["contacts.txt"])
        assert (folder / "data.key").stat().st_mode & 0o077 == 0
        assert found[-1] != file_digest(folder / "contacts.txt")
    assert found[0] != found[1]


def test_the_numbers_of_a_run_are_those_of_its_decks(run, tmp_path):
    assert numbers_of_run(run) == {"36", "100", "5"}
    with pytest.raises(mm.UsageError, match="holds no deck"):
        numbers_of_run(tmp_path / "stage")


def test_an_edited_deck_is_audited_by_the_command(run):
    file = run / "release" / "leag_1" / "deck.pptx"
    whole = CliRunner().invoke(main, ["audit", str(file), "--out", str(run)])
    assert (whole.exit_code, whole.output) == (0, "Nothing was found.\n")
    more = files_of_meeting(notebook(code(finding(lines=("37 in 100.",), says=("37 in 100",)))))
    file.write_bytes(more["release/leag_1/deck.pptx"])
    edited = CliRunner().invoke(main, ["audit", str(file), "--out", str(run)])
    assert edited.exit_code == 4
    assert "slide 3 says 37, which was not released" in edited.output


@pytest.mark.skipif(not which("soffice"), reason="LibreOffice is not installed: .ci/pages")
def test_a_notes_page_has_the_picture_of_its_slide_and_its_notes(run, tmp_path):
    (made,) = pictures_of_meeting(run, 1, tmp_path / "to", ("pdf",))
    assert made.name == "REHEARSAL_leag_1_notes.pdf"
    call = ["pdftotext", "-layout", str(made), "-"]
    pages = subprocess.run(call, capture_output=True, check=True, text=True).stdout.split("\f")
    titles = ["A meeting", "Before we start", "What we saw", "Break", "What do you see?"]
    assert [page.split("\n")[0].strip() for page in pages][:5] == titles
    assert "Pause." in pages[2]
    assert "36 in 100 mothers" not in pages[2]  # the slide is a picture there
    call = ["pdfimages", "-list", str(made)]
    pictures = subprocess.run(call, capture_output=True, check=True, text=True).stdout
    assert {line.split()[0] for line in pictures.splitlines()[2:]} == {"1", "2", "3", "4", "5", "6"}
    assert b"/Alt" in made.read_bytes()
    with pytest.raises(mm.UsageError, match="no deck of meeting 2"):
        pictures_of_meeting(run, 2, tmp_path / "to", ("pdf",))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--format", "svg"], "svg is none of png, pdf"),
        (["--format", "png"], "--to DIR"),
        (["--feedback", str(places.project() / "docs")], "inside the project"),
    ],
)
def test_the_command_refuses_what_it_cannot_do(more, said):
    answer = CliRunner().invoke(main, ["leag", "--meeting", "1", *more])
    assert answer.exit_code == 2
    assert said in answer.output


def test_restricted_rows_have_their_meetings_after_the_release_by_a_command_of_its_own(tmp_path):
    shipped = places.project() / "data_dictionary" / "esmi" / "dyads_synthetic.csv"
    rows = pd.read_csv(shipped, dtype=str, keep_default_na=False).drop(columns="data_status")
    rows["dyad_id"] = rows["dyad_id"].str.replace("SYN", "R")
    rows.to_csv(tmp_path / "file.csv", index=False)
    call = ["run", "--data", str(tmp_path / "file.csv"), "--study", "esmi", "--dry-run"]
    call += ["--out", str(tmp_path / "out")]
    said = CliRunner().invoke(main, call).output
    assert "07_release_esmi: would run" in said
    assert "08_" not in said
    asked = CliRunner().invoke(main, [*call, "08_1"]).output
    assert "08_1_leag: would run" in asked


def test_nbconvert_finds_both_exporters_by_their_names():
    project = tomllib.loads((places.project() / "pyproject.toml").read_text(encoding="utf-8"))
    declared = project["project"]["entry-points"]["nbconvert.exporters"]
    assert [*declared] == ["leag_page", "leag_pptx"]
    ends = {}
    for name, where in declared.items():
        module, _, one = where.partition(":")
        ends[name] = getattr(import_module(module), one)().file_extension
    assert ends == {"leag_page": ".html", "leag_pptx": ".pptx"}
