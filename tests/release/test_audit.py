"""The audit of finished files: planted numbers are found, as a stranger would find them."""

import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import mothers_margins as mm
from mothers_margins.cli import main
from mothers_margins.disclosure.ledger_file import begin_ledger
from mothers_margins.disclosure.policy import Policy
from mothers_margins.disclosure.protect import protect
from mothers_margins.disclosure.request import Protected, Request
from mothers_margins.release import prepared, protected
from mothers_margins.release.audit import audit
from mothers_margins.release.plan import release_plan
from mothers_margins.release.preview_release import preview
from mothers_margins.release.quick_preview import quick_preview
from mothers_margins.release.run_folder import read_run
from mothers_margins.release.ways import ways_alone
from mothers_margins.release.write_release import release
from tests.release.small_release import STUDY


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
    assert "Each variable is protected alone here." in told.output
    assert not to.exists()
    told = command("release", "--out", run, "--study", "sixty", "--preview", "--whole")
    assert told.exit_code == 0, told.output
    assert "Would be written: people" in told.output
    assert not to.exists()
    assert command("release", "--out", run, "--whole").exit_code == 2
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


def everything(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.mark.parametrize("how", [("--preview",), ("--preview", "--whole")])
def test_a_preview_changes_no_byte_of_the_run_and_of_the_ledger(sixty, monkeypatch, tmp_path, how):
    run = sixty.run(monkeypatch).parents[1]
    beside = tmp_path / "beside"
    given = ("release", "--out", run, "--ledger", beside)
    assert command(*given, "--begin-ledger").exit_code == 0
    before = everything(run), everything(beside)
    told = command(*given, *how)
    assert told.exit_code == 0, told.output
    assert (everything(run), everything(beside)) == before
    # the same look at what does write finds it: what a person holds back is another release
    veto = "{table: people, variable: drives, who: A, when: 2026-11-27, why: told}"
    sixty.define(STUDY.rstrip() + f"\n  withhold:\n    - {veto}\n")
    told = command(*given)
    assert told.exit_code == 0, told.output
    assert everything(run) != before[0]
    assert everything(beside) != before[1]


def test_a_preview_begins_no_ledger(sixty, monkeypatch, tmp_path):
    run = sixty.run(monkeypatch).parents[1]
    new = tmp_path / "new"
    told = command("release", "--out", run, "--preview", "--ledger", new, "--begin-ledger")
    assert told.exit_code == 2
    assert not new.exists()


def test_the_quick_preview_is_that_of_variables_protected_alone(internal):
    """Those of this study hang together with no other one, so both previews say the same."""
    keys = ["table", "variable", "form", "cells", "shown", "by_rule", "for_others"]
    quick = quick_preview(internal)
    whole = mm.preview_release("sixty")
    assert quick.shares[keys].to_dict("records") == whole.shares[keys].to_dict("records")
    assert quick.mark == "SYNTHETIC DATA"


def test_the_share_of_another_way_is_what_the_door_shows_in_it(sixty, internal):
    """What the quick preview says of a form is what a whole preview shows when it is declared."""
    plan = release_plan(read_run(internal).results["joint_counts"])
    for name in ("smokes", "works", "house"):
        for way in ways_alone(plan, name).others:
            sixty.define(STUDY.rstrip() + f"\n  forms: {{{name}: {way.form}}}\n")
            shares = preview(internal, study=sixty.study).shares.set_index("variable")
            share = way.shares["people"]
            own = shares.loc[name]
            if way.at_most:
                assert own["shown"] <= share.shown
            else:
                assert (own["shown"], own["by_rule"]) == (share.shown, share.by_rule)


def test_a_whole_preview_protects_once_and_the_quick_one_makes_no_statistic(internal, monkeypatch):
    asked = []

    def counted(request: Request, policy: Policy) -> Protected:
        asked.append(request.block.name)
        return protect(request, policy)

    monkeypatch.setattr(protected, "protect", counted)
    with monkeypatch.context() as without:
        without.setattr(prepared, "released_results", None)
        assert len(quick_preview(internal).shares) > 1
    assert asked == []
    mm.write_release(preview(internal))
    assert len(asked) == len({*asked}) > 1
