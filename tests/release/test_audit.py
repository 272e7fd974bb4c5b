"""The audit of finished files: planted numbers are found, as a stranger would find them."""

import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import mothers_margins as mm
from mothers_margins.cli import main
from mothers_margins.disclosure.ledger_file import begin_ledger
from mothers_margins.release.audit import audit
from mothers_margins.release.write_release import release


@pytest.fixture
def whole(internal, to) -> Path:
    release(internal, to)
    return to


def planted(folder: Path, old: str, new: str) -> None:
    """A number put into a table, by somebody who makes the manifest agree."""
    path = folder / "tables" / "people.csv"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"]["tables/people.csv"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


MARK = "SYNTHETIC DATA"


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (
            f"suppressed,{MARK},,smokes,No,left,n,,,,",
            f"shown,{MARK},,smokes,No,left,n,9.0,9,34,0",
            "count_below",
        ),
        (
            f"suppressed,{MARK},,smokes,No,left,n,,,,",
            f"suppressed,{MARK},,smokes,No,left,n,9.0,,,",
            "hidden_not_empty",
        ),
        (
            f"suppressed,{MARK},,smokes,Yes,left,n,,,,",
            f"shown,{MARK},,smokes,Yes,left,n,25.0,25,34,0",
            "left_by_others",
        ),
    ],
)
def test_a_number_that_should_be_hidden_is_found(whole, old, new, kind):
    assert audit(whole) == []
    planted(whole, old, new)
    assert {finding.kind for finding in audit(whole)} == {kind}
    assert {finding.kind for finding in audit(whole.parent)} == {kind}


def test_a_file_beside_the_release_is_found(whole):
    (whole / "tables" / "people.txt").write_text("/ho" + "me/somebody/rows.csv", encoding="utf-8")
    assert {finding.kind for finding in audit(whole)} == {"absolute_path", "not_a_release"}


# ---- the commands


def command(*arguments: str | Path):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_release_and_audit_are_commands(internal, to):
    run = internal.parents[1]
    told = command("release", "--out", run, "--study", "sixty", "--preview")
    assert told.exit_code == 0, told.output
    assert "people: 50% shown" in told.output
    assert not to.exists()
    told = command("release", "--out", run)
    assert told.exit_code == 0, told.output
    assert "sixty: 1 table" in told.output
    told = command("audit", run / "release")
    assert (told.exit_code, "Nothing was found." in told.output) == (0, True)
    (to / "more.csv").write_text("=1+1\n", encoding="utf-8")
    told = command("audit", run / "release")
    assert told.exit_code == 4
    assert "a cell that a spreadsheet program would compute" in told.output


def test_a_command_without_its_ledger_is_refused_with_what_to_do(sixty, monkeypatch, tmp_path):
    run = sixty.run(monkeypatch).parents[1]
    told = command("release", "--out", run)
    assert (told.exit_code, "--ledger DIR" in told.output) == (4, True)
    told = command("release", "--out", run, "--ledger", tmp_path / "none")
    assert (told.exit_code, "--begin-ledger" in told.output) == (4, True)
    told = command("release", "--out", run, "--ledger", tmp_path / "new", "--begin-ledger")
    assert told.exit_code == 0, told.output
    told = command("release", "--out", run, "--ledger", tmp_path / "new")
    assert told.exit_code == 0, told.output
    told = command("release", "--out", run, "--ledger", sixty.folder / "inside")
    assert told.exit_code == 2


def test_no_run_and_no_file_are_told(tmp_path, sixty):
    assert command("release", "--out", tmp_path / "none").exit_code == 2
    assert command("audit", tmp_path / "none").exit_code == 2


# ---- the preview


def test_a_preview_says_what_is_hidden_and_what_else_there_is(internal, to, tmp_path):
    ledger = begin_ledger(tmp_path / "beside")
    preview = mm.preview_release("sixty", ledger=ledger)
    shares = preview.shares.set_index("variable")
    whole, own = shares.loc[""], shares.loc["smokes"]
    assert whole["cells"] == whole["shown"] + whole["by_rule"] + whole["for_others"]
    assert (own["cells"], own["shown"], own["form"]) == (2, 1, "counts")
    assert "share_of_all" in own["other_ways"]
    assert preview.tables().loc["people"].sum() in (99, 100, 101)
    assert set(preview.variables("people").columns) >= {"form", "other_ways"}
    assert preview.rules().loc["threshold", "rule"] == "10"
    assert preview.released == ("people",)
    assert repr(preview).startswith("SYNTHETIC DATA")
    assert not to.exists()
    assert ledger.entries() == ()
