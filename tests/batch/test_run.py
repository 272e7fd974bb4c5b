"""Running notebooks: what is skipped, what is deleted, what a failure says, and that nothing
half-done looks done.
"""

import json
import os
import sys
from dataclasses import replace
from html import escape

import pytest
from click.testing import CliRunner
from filelock import FileLock

import mothers_margins as mm
from mothers_margins import places
from mothers_margins.batch import cache_key, manifest, worker
from mothers_margins.batch.plan import plan, read_run_list
from mothers_margins.batch.prepare import prepare
from mothers_margins.cli import main
from tests.conftest import REPOSITORY
from tests.small_project import SAVE, SAVE_RESULTS

BAD_DATA = "12345 is a participant's value"


def test_results_appear_are_kept_and_disappear_with_their_notebook(project):
    project.notebook("one", "# One", SAVE_RESULTS.format(name="first"))
    project.notebook("two", "# Two", "1 + 1", needs="one")
    assert project.run() == (0, {"one": "done", "two": "done"})
    one = {
        "notebooks/one.ipynb",
        "notebooks/one.html",
        "internal/hscc_2019/first.csv",
        "internal/hscc_2019/first.json",
    }
    two = {"notebooks/two.ipynb", "notebooks/two.html"}
    assert project.files() == one | two | {"manifest.json", "index.html"}

    assert project.run() == (0, {"one": "unchanged", "two": "unchanged"})

    # another cell: both run again, because two reads what one makes, and what one no longer makes
    # is gone
    project.notebook("one", "# One", SAVE.format(name="second"))
    assert project.run() == (0, {"one": "done", "two": "done"})
    assert "internal/hscc_2019/first.csv" not in project.files()
    assert "internal/hscc_2019/second.csv" in project.files()

    # a result that was edited by hand is made again
    assert manifest.verify(project.out) == []
    (project.out / "internal" / "hscc_2019" / "second.csv").write_text("edited", encoding="utf-8")
    assert manifest.verify(project.out) == [
        "one: internal/hscc_2019/second.csv is gone or was changed"
    ]
    batch = prepare(plan(read_run_list()), None, project.out)
    assert batch.reasons_to_run("one") == ["internal/hscc_2019/second.csv is gone or was changed"]
    assert project.run("one") == (0, {"one": "done"})
    assert manifest.verify(project.out) == []

    # an entry that leaves the run list takes its files along
    project.lines = [line for line in project.lines if "name: two" not in line]
    project.write_list()
    assert project.run() == (0, {"one": "unchanged"})
    assert not project.files() & two
    assert manifest.verify(project.out) == []
    assert "two.html" not in (project.out / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "change", ["parameters", "dictionary", "code", "data", "packages", "notebook"]
)
def test_every_part_of_the_key_is_noticed(project, monkeypatch, change):
    project.notebook("one", "# One")
    step = plan(read_run_list())["one"]
    before = prepare({"one": step}, None, project.out).key(step)
    if change == "parameters":
        step = plan(read_run_list(), settings=["one.n=2"])["one"]
    if change == "notebook":
        project.notebook("one", "# Another")
        step = plan(read_run_list())["one"]
    if change == "dictionary":
        path = project.folder / "data_dictionary" / "hscc_2019" / "themes.yaml"
        path.write_text(path.read_text(encoding="utf-8") + "# a comment\n", encoding="utf-8")
    if change == "data":
        path = project.folder / "data_dictionary" / "hscc_2019" / "women_reconstructed.csv"
        path.write_text(
            path.read_text(encoding="utf-8").replace("SYN52", "SYN53"), encoding="utf-8"
        )
    if change == "packages":
        monkeypatch.setattr(cache_key, "packages", lambda: {"pandas": "0.1"})
    if change == "code":
        monkeypatch.setattr(
            cache_key, "__file__", str(project.folder / "notebooks" / "run_list.yaml")
        )
    after = prepare({"one": step}, None, project.out).key(step)
    expected = {"data": ["data", "dictionary"]}.get(change, [change])
    assert list(cache_key.changed(before, after)) == expected


def test_a_failure_names_notebook_cell_heading_and_our_line_and_leaves_no_result(project):
    project.notebook("good", "# Good", SAVE.format(name="good"))
    project.notebook(
        "bad",
        "# Top",
        SAVE_RESULTS.format(name="bad"),
        "## Which study?",
        'mm.read_study("hscc_2018")',
    )
    project.notebook("after", "# After", needs="bad")
    code, states = project.run(keep_going=True)
    assert code == 1
    assert states == {"good": "done", "bad": "failed", "after": "not run"}
    failure = project.failure("bad")
    # the parameters cell, the heading, the saving cell, the second heading, and the cell that fails
    assert (failure["notebook"], failure["cell"], failure["heading"]) == (
        "bad.ipynb",
        5,
        "Which study?",
    )
    assert failure["code_cell"] == 3
    assert failure["error"] == "UsageError"
    assert "no study 'hscc_2018'" in failure["message"]
    source = (
        (REPOSITORY / "src" / "mothers_margins" / "study" / "read_study.py")
        .read_text(encoding="utf-8")
        .splitlines()
    )
    line = next(i for i, text in enumerate(source, 1) if 'raise unknown("study"' in text)
    assert (
        failure["where"]
        == f"line 1 of the cell; src/mothers_margins/study/read_study.py, line {line}"
    )
    assert {name for name in project.files() if "bad" in name} == {"notebooks/bad.failed.ipynb"}
    assert "after" not in " ".join(project.files())
    assert manifest.verify(project.out) == ["bad: failed"]
    # mended, it runs, and the failed copy goes
    project.notebook("bad", "# Top")
    assert project.run() == (0, {"good": "unchanged", "bad": "done", "after": "done"})
    assert "notebooks/bad.failed.ipynb" not in project.files()


def test_after_a_failure_nothing_else_is_started_unless_asked(project):
    project.notebook("bad", "# Bad", "1 / 0")
    project.notebook("other", "# Other", "1 + 1")
    assert project.run(jobs=1) == (1, {"bad": "failed", "other": "not run"})
    assert project.run(jobs=1, keep_going=True) == (1, {"bad": "failed", "other": "done"})


def test_what_was_made_of_a_failed_entrys_results_does_not_outlive_them(project):
    project.notebook("one", "# One", SAVE.format(name="first"))
    project.notebook("two", "# Two", SAVE.format(name="second"), needs="one")
    project.run()
    project.notebook("one", "# One", "1 / 0")
    assert project.run(keep_going=True) == (1, {"one": "failed", "two": "not run"})
    assert project.files() == {"notebooks/one.failed.ipynb", "manifest.json", "index.html"}


def test_a_page_that_cannot_be_made_is_one_failed_entry(project):
    project.notebook("bad", "# Bad\n![x](attachment:none.png)")
    project.notebook("good", "# Good")
    assert project.run(keep_going=True) == (1, {"bad": "failed", "good": "done"})


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_worker_that_is_ended_from_outside_is_one_failed_entry(project):
    kill = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nimport time; time.sleep(30)"
    project.notebook("bad", "# Bad", "1 + 1", "## Here", kill)
    code, states = project.run(own_pool=True)
    assert (code, states) == (1, {"bad": "failed"})
    failure = project.failure("bad")
    assert (failure["error"], failure["heading"], failure["cell"]) == ("Worker lost", "Here", 5)
    assert str(project.folder) not in (project.out / "notebooks" / "bad.failed.ipynb").read_text(
        encoding="utf-8"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_kernel_that_dies_is_one_failed_entry_with_its_cell(project):
    kill = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    project.notebook("bad", "# Bad", "1 + 1", "## Here", kill, "## After", "2 + 2")
    assert project.run()[0] == 1
    failure = project.failure("bad")
    assert (failure["error"], failure["heading"], failure["cell"]) == ("DeadKernelError", "Here", 5)


def test_a_run_that_is_killed_while_files_are_put_in_place_is_cleared_away(project, monkeypatch):
    from mothers_margins.batch import accept

    project.notebook("one", "# One", SAVE.format(name="first"))
    project.notebook("other", "# Other")

    class Killed(BaseException):
        pass

    calls = []

    def record(batch, *, finished):
        original(batch, finished=finished)
        calls.append(finished)
        if batch.records.get("one") and batch.records["one"].status == "done":
            manifest.write_manifest(
                batch.out, [replace(batch.records["one"], status="unfinished")], finished=False
            )
            raise Killed

    original = accept._record
    monkeypatch.setattr(accept, "_record", record)
    with pytest.raises(Killed):
        project.run("one")
    assert "internal/hscc_2019/first.csv" in project.files()
    monkeypatch.setattr(accept, "_record", original)
    assert "one: unfinished" in manifest.verify(project.out)
    assert "This run has not finished" in (project.out / "index.html").read_text(encoding="utf-8")
    assert project.run("other") == (0, {"other": "done"})
    assert "internal/hscc_2019/first.csv" not in project.files()
    assert manifest.verify(project.out) == []


@pytest.mark.parametrize("name", ["with space", "br{x}ace", "br{}ace", "o{n}", "ünï & %s 'q'"])
def test_a_folder_may_have_any_name(project, tmp_path, name):
    project.out = tmp_path / name
    project.notebook("one", "# One")
    assert project.run() == (0, {"one": "done"})
    assert (project.out / "notebooks" / "one.ipynb").is_file()


@pytest.mark.parametrize("out", [".", "notebooks", "src"])
def test_results_never_land_among_the_sources(project, out):
    project.notebook("one", "# One")
    with pytest.raises(
        mm.UsageError, match="--out must name a folder in outputs/, or one outside the project"
    ):
        prepare(plan(read_run_list()), None, project.folder / out)


def test_verify_knows_every_file_and_only_its_own_manifest(project):
    project.notebook("one", "# One")
    project.run()
    extra = project.out / "internal" / "hscc_2019" / "extra.csv"
    extra.parent.mkdir(parents=True)
    extra.write_text("x", encoding="utf-8")
    assert manifest.verify(project.out) == ["internal/hscc_2019/extra.csv was not made by this run"]
    extra.unlink()
    index = project.out / "index.html"
    index.write_text(
        index.read_text(encoding="utf-8").replace("SYNTHETIC", "REAL"), encoding="utf-8"
    )
    assert manifest.verify(project.out) == ["index.html is gone or was changed"]
    assert project.run() == (0, {"one": "unchanged"})
    assert manifest.verify(project.out) == []
    path = project.out / "manifest.json"
    for broken in ("[]", "{", "{}", "null"):
        path.write_text(broken, encoding="utf-8")
        with pytest.raises(mm.UsageError, match="was not written by this version"):
            manifest.verify(project.out)


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        # a checkout that bears the package's name holds the libraries too
        ("{checkout}/.venv/pandas/frame.py:2, in f", ""),
        ("{checkout}/src/mothers_margins/study.py:2, in f", "study.py"),
        ("{checkout}/src/mothers_margins/batch/cache_key.py:2, in f", "batch/cache_key.py"),
        ("{checkout}/src/mothers_margins/none.py:2, in f", ""),  # a message can look like a place
        ("{checkout}/src/mothers_margins/study.py:12345, in f", ""),
    ],
)
@pytest.mark.parametrize("checkout", ["mothers_margins", "my work"])
def test_our_line_is_one_of_this_package(monkeypatch, tmp_path, checkout, frame, said):
    from mothers_margins.batch import failure

    package = tmp_path / checkout / "src" / "mothers_margins"
    for name in ("study.py", "batch/cache_key.py"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text("1\n2\n3\n", encoding="utf-8")
    monkeypatch.setattr(failure.errors, "__file__", f"{package}/errors.py")
    told = f"File {frame.format(checkout=tmp_path / checkout)}"
    output = {
        "ename": "DataError",
        "evalue": "x",
        "traceback": ["Cell In[3], line 4", told, "DataError: x"],
    }
    where, _ = failure._where(output, "1\n2\n3\n4\n5\n")
    expected = (
        f"line 4 of the cell; src/mothers_margins/{said}, line 2" if said else "line 4 of the cell"
    )
    assert where == expected


def test_an_earlier_result_does_not_outlive_a_failure(project):
    project.notebook("one", "# One", SAVE.format(name="first"))
    project.run()
    project.notebook("one", "# One", SAVE.format(name="first"), "1 / 0")
    assert project.run()[0] == 1
    assert project.files() == {"notebooks/one.failed.ipynb", "manifest.json", "index.html"}


@pytest.mark.parametrize(
    ("error", "code"), [("DataError", 3), ("DisclosureError", 4), ("UsageError", 1)]
)
def test_the_exit_code_tells_the_kind_of_failure(project, error, code):
    project.notebook(
        "bad", "# Bad", f"import mothers_margins as mm\nraise mm.{error}('said by us')"
    )
    assert project.run()[0] == code
    assert project.failure("bad")["message"] == "said by us"


def test_a_result_may_have_one_maker(project):
    project.notebook("one", "# One", SAVE.format(name="same"))
    project.notebook("two", "# Two", SAVE.format(name="same"), needs="one")
    code, states = project.run()
    assert (code, states) == (1, {"one": "done", "two": "failed"})
    assert "internal/hscc_2019/same.csv is made by one as well" in project.failure("two")["message"]
    assert manifest.read_records(project.out)["one"].outputs["internal/hscc_2019/same.csv"]


def test_restricted_data_leave_no_value_and_no_path(project, tmp_path, unmarked):
    own = tmp_path / "secure drive" / "women.csv"
    own.parent.mkdir()
    own.write_text(unmarked(), encoding="utf-8")
    project.out = tmp_path / "results"
    read = (
        "import mothers_margins as mm\nc = mm.open_cohort(mm.read_study('hscc_2019'))\nassert "
        "c.source.mark == ''"
    )
    project.notebook("one", "# One", read, f"raise ValueError({BAD_DATA!r})")
    code, _ = project.run(data=own)
    failure = project.failure("one")
    assert code == 1
    assert failure["error"] == "ValueError"  # the rows were read, or it would be an AssertionError
    assert failure["message"] == "not shown, because it could hold participants' values"
    written = (project.out / "manifest.json").read_text(encoding="utf-8")
    assert "secure drive" not in written
    assert BAD_DATA not in written
    assert str(tmp_path) not in written
    rows = json.loads(written)["data"]["hscc_2019"]
    assert rows["kind"] == "restricted"
    assert rows["fingerprint"] != cache_key.file_digest(own)
    assert rows["fingerprint"] == cache_key.data_fingerprint(own, restricted=True)
    assert (own.parent / "women.csv.key").stat().st_mode & 0o077 == 0
    # an error of another library that bears one of our names, and an id that an analyst passed on
    project.notebook(
        "two", "# Two", read, f"import pandas as pd\nraise pd.errors.DataError({BAD_DATA!r})"
    )
    project.notebook("three", "# Three", read, "mm.summarise(c, list(c.data['woman_id'][:2]))")
    assert project.run("two", "three", data=own, keep_going=True)[0] > 0
    written = (project.out / "manifest.json").read_text(encoding="utf-8")
    assert BAD_DATA not in written
    assert "W01" not in written
    assert (
        project.failure("three")["message"] == "study hscc_2019: a variable that it does not have."
    )
    # the demo does not come into the same folder, nor the reverse
    with pytest.raises(mm.UsageError, match="a folder with results of restricted data"):
        project.run()


def test_a_dry_run_on_restricted_data_leaves_no_trace(project, tmp_path, unmarked):
    project.notebook("one", "# One")
    project.notebook("two", "# Two", needs="one")
    (tmp_path / "own.csv").write_text(unmarked(), encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    batch = prepare(plan(read_run_list()), tmp_path / "own.csv", tmp_path / "results", dry=True)
    assert batch.would_run(force=False) == {"one": ["never run"], "two": ["never run"]}
    assert sorted(tmp_path.rglob("*")) == before


def test_what_reads_a_result_that_is_made_anew_would_run_as_well(project):
    project.notebook("one", "# One", SAVE.format(name="first"))
    project.notebook("two", "# Two", needs="one")
    project.run()
    project.notebook("one", "# One", "1 + 1", SAVE.format(name="first"))
    batch = prepare(plan(read_run_list()), None, project.out, dry=True)
    assert batch.would_run(force=False) == {"one": ["notebook"], "two": ["after one"]}
    assert prepare(plan(read_run_list(), ["two"]), None, project.out).would_run(force=True)[
        "two"
    ] == ["after one"]


def test_results_of_other_rows_are_cleared_away(project, tmp_path, unmarked):
    project.out = tmp_path / "results"
    project.notebook("one", "# One", SAVE.format(name="first"))
    project.notebook("two", "# Two")
    text = unmarked()
    for name, rows in (("a.csv", text), ("b.csv", text.replace("Arab", "Asian"))):
        (tmp_path / name).write_text(rows, encoding="utf-8")
    assert project.run(data=tmp_path / "a.csv")[0] == 0
    assert project.run("two", data=tmp_path / "b.csv") == (0, {"two": "done"})
    assert "internal/hscc_2019/first.csv" not in project.files()  # made from a.csv


@pytest.mark.parametrize(
    ("data", "out", "said"),
    [
        ("inside.csv", "../results", "--data names a file inside the project's folder"),
        ("../own.csv", None, "--out must name a folder outside the project's"),
        ("../own.csv", "outputs", "--out must name a folder outside the project's"),
    ],
)
def test_restricted_data_and_results_stay_outside_the_project(project, data, out, said):
    project.notebook("one", "# One")
    with pytest.raises(mm.UsageError) as raised:
        prepare(plan(read_run_list()), project.folder / data, project.folder / out if out else None)
    assert said in raised.value.problems


def test_a_bad_data_file_is_refused_before_a_kernel_starts(project, tmp_path):
    project.notebook("one", "# One")
    (tmp_path / "own.csv").write_text("woman_id\nx\n", encoding="utf-8")
    arguments = ["run", "--data", str(tmp_path / "own.csv"), "--out", str(tmp_path / "results")]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 3
    assert "column 'ethnicity' is missing" in result.output
    assert not (tmp_path / "results").exists()


def test_one_run_at_a_time_writes_to_a_folder(project):
    project.notebook("one", "# One")
    project.out.mkdir(parents=True)
    with (
        FileLock(project.out / ".lock"),
        pytest.raises(mm.UsageError, match="Another run is writing"),
    ):
        project.run()


def test_what_a_killed_run_left_is_cleared_away(project):
    project.notebook("one", "# One")
    for name in (".stage/one/internal/first.csv.part", "notebooks/one.part.ipynb"):
        (project.out / name).parent.mkdir(parents=True, exist_ok=True)
        (project.out / name).write_text("half", encoding="utf-8")
    assert project.run() == (0, {"one": "done"})
    assert not [name for name in project.files() if "part" in name]


def test_the_manifest_and_the_executed_notebook_name_no_person_machine_or_place(project):
    project.notebook("one", "# One", "1 + 1")
    project.run()
    texts = [(project.out / name).read_text(encoding="utf-8") for name in project.files()]
    for text in texts:
        assert str(project.folder) not in text
        assert str(REPOSITORY) not in text
        assert os.uname().nodename not in text
    content = json.loads((project.out / "manifest.json").read_text(encoding="utf-8"))
    assert content["state"] == "finished"
    assert content["packages"]["pandas"]
    assert content["data"]["hscc_2019"]["rows"] == 52
    assert content["entries"][0]["parameters"] == {"n": 1}


def test_pages_need_no_network_and_no_script(project):
    project.notebook(
        "one", "# One & only", "import mothers_margins as mm\nmm.demo_cohort('hscc_2019')"
    )
    project.run()
    page = (project.out / "notebooks" / "one.html").read_text(encoding="utf-8")
    index = (project.out / "index.html").read_text(encoding="utf-8")
    for text in (page, index):
        assert "<script" not in text
        assert "http" not in text.replace("http-equiv", "")
        assert "SYNTHETIC" in text
    assert "<title>One &amp; only</title>" in page
    assert "href='notebooks/one.html'>One &amp; only</a>" in index
    title = escape(mm.read_study("hscc_2019").title)
    assert f"<h2>{title}</h2>" in index  # one notebook can serve two studies


@pytest.mark.parametrize(("starts", "ends"), [(1, "done"), (2, "failed")])
def test_a_kernel_that_did_not_start_is_started_once_more(tmp_path, monkeypatch, starts, ends):
    """Two kernels that start at one moment can take one port."""

    calls = []

    def execute(job):
        calls.append(job.name)
        if len(calls) <= starts:
            raise RuntimeError("Kernel didn't respond in 60 seconds")
        job.part.write_text(
            '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', encoding="utf-8"
        )

    monkeypatch.setattr(worker, "_execute", execute)
    monkeypatch.setenv(places.STAGE, str(tmp_path / "stage"))
    found = worker.run_job(worker.Job("one", "one.ipynb", "One", {}, str(tmp_path), places.DEMO))
    assert len(calls) == 2
    assert (found.failure is None) == (ends == "done")
