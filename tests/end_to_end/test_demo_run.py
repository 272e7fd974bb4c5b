"""The command itself, on the real notebooks."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

import mothers_margins as mm
from mothers_margins import places
from mothers_margins.batch.plan import declared_parameters, read_run_list
from mothers_margins.cli import main
from mothers_margins.release.audit import audit
from tests.conftest import REPOSITORY
from tests.demo_run import call, environment, run_by_defaults


def test_the_demo_runs_and_a_second_run_does_nothing(demo_run):
    out, text = demo_run.out, demo_run.said()
    assert f"{len(read_run_list())} done" in text
    assert text.splitlines()[-1] == f"Open {out / 'index.html'}"
    again = subprocess.run(
        call("run", "--demo", "--out", str(out)),
        env=environment(),
        text=True,
        stdout=subprocess.PIPE,
        check=True,
    )
    assert "Nothing to do" in again.stdout
    for name in ("table_1", "table_2", "custody_paragraph", "table_1_check"):
        assert (out / "internal" / "hscc_2019" / f"{name}.csv").is_file()
    for name in ("flow", "missingness", "scores_by_rule"):
        assert (out / "internal" / "esmi" / f"{name}.csv").is_file()
    for study in ("esmi", "hscc_2019"):
        assert mm.read_release(out / "release" / study).names
    assert audit(out / "release") == []
    result = CliRunner().invoke(main, ["verify", str(out)])
    assert (result.exit_code, result.output) == (0, "Every file is as the run made it.\n")


def test_a_notebook_runs_by_papermill_alone_from_any_folder(tmp_path):
    notebook = REPOSITORY / "notebooks" / "02_characteristics_2019.ipynb"
    call = [
        sys.executable,
        "-m",
        "papermill",
        str(notebook),
        "out.ipynb",
        "-p",
        "percent",
        "True",
        "--no-progress-bar",
    ]
    subprocess.run(call, cwd=tmp_path, check=True, capture_output=True)
    text = (tmp_path / "out.ipynb").read_text(encoding="utf-8")
    assert "7 (64%)" in text
    assert "Of 138 published numbers, 138 agree." in text
    assert (
        tmp_path / "out" / "internal" / "hscc_2019" / "table_1.csv"
    ).is_file()  # where conftest lets results go


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["run"], 2, "Say either --demo"),
        (["run", "--demo", "--data", "x.csv"], 2, "Say either --demo"),
        (["run", "--demo", "02.percent"], 2, "no entry '02.percent'"),
        (["run", "--demo", "-p", "02.precent=true"], 2, "did you mean 'percent'?"),
        (["run", "--nonsense"], 2, "No such option"),
        (["check", "nowhere.csv"], 3, "there is no such file"),
        (["verify", "."], 2, "holds no manifest.json"),
        (["run", "--demo", "--out", "a_file/inside"], 2, "Not a directory"),
    ],
)
def test_a_command_that_cannot_be_carried_out_says_why(
    tmp_path, monkeypatch, arguments, code, said
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a_file").write_text("x", encoding="utf-8")
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == code
    assert said in result.output


def test_check_says_that_a_file_matches(study):
    result = CliRunner().invoke(main, ["check", str(study.folder / study.file.data.demo)])
    assert result.exit_code == 0
    assert (
        result.output
        == "The file matches hscc_2019: 52 women.\n  other_children_in_care: 50 missing cells\n"
    )


def test_status_and_dry_run_say_what_would_run_and_run_nothing(tmp_path):
    for arguments in (["status", "--out"], ["run", "--demo", "--dry-run", "--out"]):
        result = CliRunner().invoke(main, [*arguments, str(tmp_path / "out")])
        assert result.exit_code == 0
        assert "02_characteristics_2019: would run (never run)" in result.output
        assert not (tmp_path / "out").exists()


def test_the_demonstration_file_can_be_made_anew(altered_study, monkeypatch):
    folder = altered_study("study.yaml", "name: hscc_2019", "name: hscc_2019")
    (folder.parent / "data_dictionary").mkdir()
    folder.rename(folder.parent / "data_dictionary" / "hscc_2019")
    file = folder.parent / "data_dictionary" / "hscc_2019" / "women_reconstructed.csv"
    before = file.read_bytes()
    file.write_bytes(b"damaged")
    monkeypatch.setattr(places, "project", lambda: folder.parent)
    result = CliRunner().invoke(main, ["demo-data", "hscc_2019"])
    assert result.exit_code == 0
    assert file.read_bytes() == before


def test_doctor_says_what_it_found():
    result = CliRunner().invoke(main, ["doctor"])
    assert "the kernel 'python3' is this Python" in result.output
    assert "versions as tested" in result.output


def test_notebooks_that_pytest_does_not_execute_ran_with_their_default_parameters(demo_run):
    """The plugin executes the others: conftest.py of the project."""
    demo_run.said()
    made = json.loads((demo_run.out / "manifest.json").read_text(encoding="utf-8"))["entries"]
    parameters = {entry["name"]: entry["parameters"] for entry in made}
    found = run_by_defaults()
    assert len(found) >= 7
    for notebook, entry in found.items():
        path = REPOSITORY / "notebooks" / f"{notebook}.ipynb"
        declared = declared_parameters(json.loads(path.read_text(encoding="utf-8")), path.name)
        decided = {name: one.default for name, one in declared.items() if one.default != ""}
        assert parameters[entry].keys() == declared.keys()
        assert decided.items() <= parameters[entry].items()
