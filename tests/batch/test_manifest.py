"""The manifest tells the truth: planted faults in the run's folder, its sources, its disk and its
workers.
"""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

import mothers_margins as mm
from mothers_margins import places
from mothers_margins.batch import cache_key, manifest
from mothers_margins.cli import main
from tests.small_project import REPOSITORY, SAVE, Project

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals and mounts of POSIX")
PUT_BACK = """from pathlib import Path
path = Path({path!r})
before = path.read_bytes()
path.write_bytes(before + b"\\n")
path.write_bytes(before)"""


class Killed(BaseException):
    """The end of the process that runs the batch."""


# ---- a: what changes while a run is going on


@pytest.fixture
def sources(project, monkeypatch) -> dict[str, Path]:
    """A file of each kind that a run reads; the code is a folder of the project, which nobody else
    writes to.
    """
    code = project.folder / "src" / "package" / "batch" / "key.py"
    code.parent.mkdir(parents=True)
    code.write_text("# code\n", encoding="utf-8")
    monkeypatch.setattr(cache_key, "__file__", str(code))
    prose = project.folder / "prose.md"
    prose.write_text("prose", encoding="utf-8")
    dictionary = project.folder / "data_dictionary" / "hscc_2019"
    return {
        "notebook": project.path("one"),
        "data": dictionary / "women_reconstructed.csv",
        "dictionary": dictionary / "themes.yaml",
        "code": code,
        "inputs": prose,
    }


@pytest.mark.parametrize("part", ["notebook", "data", "dictionary", "code", "inputs"])
def test_what_was_changed_and_put_back_during_a_run_fails_the_entry(project, sources, part):
    more = ", inputs: [prose.md]" if part == "inputs" else ""
    change = PUT_BACK.format(path=str(sources[part]))
    project.notebook("one", "# One", SAVE.format(name="first"), change, more=more)
    assert project.run() == (1, {"one": "failed"})
    failure = project.failure("one")
    assert failure["error"] == "Changed during the run"
    assert part in failure["message"].partition(" changed")[0].split(" and ")
    assert not [name for name in project.files() if name.startswith("internal/")]


def test_a_change_that_stays_is_found_too_and_the_next_run_is_right(project, sources):
    change = f"from pathlib import Path\npath = Path({str(sources['dictionary'])!r})\n"
    project.notebook(
        "one", "# One", change + 'path.write_text(path.read_text("utf-8") + "# more\\n", "utf-8")'
    )
    assert project.run() == (1, {"one": "failed"})
    assert "dictionary" in project.failure("one")["message"]
    project.notebook("one", "# One")
    assert project.run() == (0, {"one": "done"})


@pytest.mark.parametrize("how", ["added", "deleted"])
def test_a_file_that_comes_or_goes_during_a_run_fails_the_entry(project, sources, how):
    path = sources["dictionary"].with_name("notes.txt")
    if how == "deleted":
        path.touch()
    act = "touch" if how == "added" else "unlink"
    project.notebook("one", "# One", f"from pathlib import Path\nPath({str(path)!r}).{act}()")
    assert project.run() == (1, {"one": "failed"})
    assert "dictionary" in project.failure("one")["message"]


def test_a_change_before_a_later_entry_starts_counts(project):
    project.notebook("one", "# One", PUT_BACK.format(path=str(project.path("two"))))
    project.notebook("two", "# Two", SAVE.format(name="second"), needs="one")
    assert project.run() == (1, {"one": "done", "two": "failed"})
    assert "notebook changed" in project.failure("two")["message"]


def test_a_change_between_the_plan_and_the_start_counts(project):
    from rich.console import Console

    from mothers_margins.batch.progress import Progress
    from mothers_margins.batch.run import run_batch

    project.notebook("one", "# One", SAVE.format(name="first"))
    batch = project.prepared()
    project.write("one", "# Another")
    with Progress(Console(quiet=True)) as progress:
        code = run_batch(
            batch, jobs=1, force=False, keep_going=False, progress=progress, executor=project.pool
        )
    assert (code, batch.states) == (1, {"one": "failed"})
    assert project.failure("one")["error"] == "Changed during the run"


def test_a_result_that_is_changed_while_it_is_read_fails_what_reads_it(project):
    project.notebook("one", "# One", SAVE.format(name="first"))
    read = f"from pathlib import Path\npath = next(Path({str(project.out)!r}).rglob('first.csv'))\n"
    project.notebook(
        "two", "# Two", read + "text = path.read_bytes()\npath.write_bytes(text)", needs="one"
    )
    assert project.run() == (1, {"one": "done", "two": "failed"})
    assert "results it reads" in project.failure("two")["message"]


# ---- b: nothing is deleted outside the folder


@pytest.mark.parametrize(
    "name", ["../victim.csv", "internal/../../victim.csv", "{absolute}", "internal/link/victim.csv"]
)
def test_a_manifest_deletes_nothing_outside_the_folder(project, name):
    victim = project.out.parent / "victim.csv"
    project.notebook("one", "# One", SAVE.format(name="first"))
    project.run()
    victim.write_text("precious", encoding="utf-8")
    (project.out / "internal" / "link").symlink_to(victim.parent, target_is_directory=True)
    content = project.manifest()
    content["entries"][0]["outputs"][name.format(absolute=victim)] = cache_key.file_digest(victim)
    (project.out / "manifest.json").write_text(json.dumps(content), encoding="utf-8")
    project.notebook("one", "# Another")
    with suppress(mm.UsageError):  # it may be refused as a whole
        project.run()
    assert victim.read_text(encoding="utf-8") == "precious"


def test_a_folder_of_the_run_that_is_a_link_is_refused(project, tmp_path):
    project.notebook("one", "# One", SAVE.format(name="first"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / ".own-abcdef12.part").write_text("precious", encoding="utf-8")
    project.out.mkdir(parents=True)
    (project.out / "internal").symlink_to(elsewhere, target_is_directory=True)
    with pytest.raises(mm.UsageError, match="internal is a link"):
        project.run()
    assert [path.name for path in elsewhere.iterdir()] == [".own-abcdef12.part"]


def test_a_result_is_not_written_through_a_link(project, tmp_path):
    project.notebook("one", "# One", SAVE.format(name="first"))
    (project.out / "internal").mkdir(parents=True)
    (project.out / "internal" / "hscc_2019").symlink_to(tmp_path, target_is_directory=True)
    assert project.run() == (1, {"one": "failed"})
    assert project.failure("one")["error"] == "Result outside the folder"
    assert not (tmp_path / "first.csv").exists()


# ---- c, d: kills


def test_a_kill_while_an_entry_is_forgotten_leaves_no_result_behind(project, monkeypatch):
    project.notebook("one", "# One", SAVE.format(name="first"))
    project.notebook("other", "# Other")
    project.run()
    project.notebook("one", "# Another")
    unlink = Path.unlink

    def killed(path, missing_ok=False):
        if path.name == "first.csv":
            raise Killed
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", killed)
    with pytest.raises(Killed):
        project.run("one")
    monkeypatch.setattr(Path, "unlink", unlink)
    assert project.run("other") == (0, {"other": "unchanged"})
    assert not [name for name in project.files() if "first" in name]
    assert manifest.verify(project.out) == []


def test_what_killed_writes_left_is_said_and_cleared_by_the_next_run(project):
    project.notebook("one", "# One", SAVE.format(name="first"))
    project.run()
    names = [
        ".manifest-abcdef12.part",
        "notebooks/.one-0a1b2c3d.part",
        "internal/hscc_2019/.first-a_b_c_d_.part",
    ]
    for name in names:
        (project.out / name).parent.mkdir(parents=True, exist_ok=True)
        (project.out / name).write_text("half", encoding="utf-8")
    own = project.out / "download.part"  # somebody else's: it is said, and stays
    own.write_text("own", encoding="utf-8")
    said = manifest.verify(project.out)
    for name in names:
        assert f"{name} was left by a run that was killed; the next run deletes it" in said
    assert "download.part was not made by this run" in said
    assert project.run() == (0, {"one": "unchanged"})
    assert manifest.verify(project.out) == ["download.part was not made by this run"]


def test_a_file_that_was_being_written_is_no_result(project):
    half = "from mothers_margins import places\npath = places.staged('internal/hscc_2019/x.csv')\n"
    half += "path.parent.mkdir(parents=True)\npath.with_name('.x-abcdef12.part').write_text('half')"
    project.notebook("one", "# One", half)
    assert project.run() == (0, {"one": "done"})
    assert not [name for name in project.files() if name.startswith("internal/")]


# ---- e: a manifest of another kind


def without(content: dict, *path: str | int) -> dict:
    inner = content
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return content


def with_value(content: dict, value: object, *path: str | int) -> dict:
    inner = content
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return content


DAMAGED = {
    "null": lambda content: None,
    "a list": lambda content: [],
    "no entries": lambda content: without(content, "entries"),
    "entries null": lambda content: with_value(content, None, "entries"),
    "an entry null": lambda content: with_value(content, None, "entries", 0),
    "outputs null": lambda content: with_value(content, None, "entries", 0, "outputs"),
    "an output null": lambda content: with_value(
        content, {"internal/x.csv": None}, "entries", 0, "outputs"
    ),
    "no key": lambda content: without(content, "entries", 0, "key"),
    "a key without parts": lambda content: with_value(content, {}, "entries", 0, "key"),
    "data null": lambda content: with_value(content, None, "entries", 0, "data"),
    "data without a kind": lambda content: without(
        content, "entries", 0, "data", "hscc_2019", "kind"
    ),
    "failed without a failure": lambda content: with_value(
        content, "failed", "entries", 0, "status"
    ),
    "another status": lambda content: with_value(content, "fine", "entries", 0, "status"),
    "a failure that is a text": lambda content: with_value(content, "x", "entries", 0, "failure"),
    "one entry twice": lambda content: with_value(content, content["entries"] * 2, "entries"),
    "schema null": lambda content: with_value(content, None, "schema"),
    "state null": lambda content: with_value(content, None, "state"),
    "packages null": lambda content: with_value(content, None, "packages"),
    "a newer schema": lambda content: with_value(content, manifest.SCHEMA + 1, "schema"),
    "a newer schema of another form": lambda content: {"schema": manifest.SCHEMA + 1, "runs": []},
    "an older schema": lambda content: with_value(content, manifest.SCHEMA - 1, "schema"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory, pool) -> Path:
    """A folder with one entry that was run."""
    made = Project(tmp_path_factory.mktemp("made") / "project", pool)
    made.notebook("one", "# One")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(places, "project", lambda: made.folder)
        assert made.run() == (0, {"one": "done"})
    return made.out


@pytest.fixture
def folder(project, made) -> Path:
    """A copy of it, for a test to damage."""
    project.notebook("one", "# One")
    shutil.copytree(made, project.out)
    return project.out


def test_the_folder_that_is_damaged_below_is_whole(folder):
    assert CliRunner().invoke(main, ["verify", str(folder)]).exit_code == 0


@pytest.mark.parametrize("command", ["run", "status", "verify"])
@pytest.mark.parametrize("damage", DAMAGED)
def test_a_manifest_of_another_kind_ends_in_a_message_and_is_not_overwritten(
    folder, damage, command
):
    path = folder / "manifest.json"
    written = json.dumps(DAMAGED[damage](json.loads(path.read_text(encoding="utf-8"))))
    path.write_text(written, encoding="utf-8")
    arguments = {
        "run": ["run", "--demo", "--out", str(folder)],
        "status": ["status", "--out", str(folder)],
        "verify": ["verify", str(folder)],
    }
    result = CliRunner().invoke(main, arguments[command])
    assert (result.exit_code, result.exception.__class__) == (2, SystemExit), result.output
    assert "name another" in result.output
    assert "--out" in result.output
    assert str(folder) not in result.output
    newer, older = "newer" in damage, "older" in damage
    assert ("newer version" in result.output) == newer
    assert ("earlier version" in result.output) == older
    assert path.read_text(encoding="utf-8") == written
    assert (folder / "notebooks" / "one.ipynb").is_file()


@pytest.mark.parametrize(
    "written", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"nul", b'{"schema": 3}']
)
def test_a_manifest_that_is_no_json_ends_in_a_message(folder, written):
    (folder / "manifest.json").write_bytes(written)
    for arguments in (["run", "--demo", "--out", str(folder)], ["verify", str(folder)]):
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 2, result.output
        assert "was not written by this version" in result.output
        assert "Delete the folder, or name another with --out" in result.output


def test_what_is_wrong_with_a_manifest_is_said_with_its_place(folder):
    content = with_value(
        json.loads((folder / "manifest.json").read_text(encoding="utf-8")),
        None,
        "entries",
        0,
        "outputs",
    )
    (folder / "manifest.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(mm.UsageError) as raised:
        manifest.read_manifest(folder)
    assert any(problem.startswith("entries.0.outputs: ") for problem in raised.value.problems)


# ---- f: a full disk, and workers that are killed


def full(path: Path) -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


@pytest.fixture
def no_room(monkeypatch):
    """A disk that is full for files of one name, from one moment on and for a number of writes."""
    plan = {"name": "", "after": 0, "times": 0, "failed": 0}
    whole, replace = places.write_whole, Path.replace

    def refuse(path: Path) -> None:
        if path.name != plan["name"]:
            return
        plan["after"] -= 1
        if plan["after"] < 0 and plan["failed"] < plan["times"]:
            plan["failed"] += 1
            raise full(path)

    def write_whole(path, write, **how):
        refuse(path)
        return whole(path, write, **how)

    def moved(path, target):
        refuse(Path(target)) if plan["name"].endswith(".csv") else None
        return replace(path, target)

    monkeypatch.setattr(places, "write_whole", write_whole)
    monkeypatch.setattr(Path, "replace", moved)
    return plan


@pytest.mark.parametrize("name", ["manifest.json", "index.html", "one.part.ipynb", "first.csv"])
@pytest.mark.parametrize("keep_going", [True, False])
def test_a_full_disk_ends_the_entry_and_not_the_batch(project, no_room, name, keep_going):
    project.notebook("one", "# One", SAVE.format(name="first"))
    project.notebook("two", "# Two", SAVE.format(name="second"))
    no_room |= {"name": name, "times": 2}
    code, states = project.run(jobs=1, keep_going=keep_going)
    assert no_room["failed"] >= 1
    assert (code, states) == (1, {"one": "failed", "two": "done" if keep_going else "not run"})
    assert project.failure("one")["error"] == "Result not written"
    assert "No space left on device" in project.failure("one")["message"]
    assert not [path for path in project.files() if "first" in path]
    assert project.manifest()["state"] == "finished"
    assert set(manifest.verify(project.out)) == {"one: failed"}
    no_room["times"] = 0
    assert project.run()[0] == 0


def test_a_manifest_that_could_not_be_written_at_all_is_said_and_made_up_for(project, no_room):
    project.notebook("one", "# One", SAVE.format(name="first"))
    no_room |= {"name": "manifest.json", "times": 1000}
    assert project.run() == (1, {"one": "failed"})
    assert not (project.out / "manifest.json").exists()
    assert project.files() <= {"index.html"}
    no_room["times"] = 0
    assert project.run() == (0, {"one": "done"})
    assert manifest.verify(project.out) == []


def test_the_last_write_of_the_manifest_that_fails_is_made_by_the_next_run(project, no_room):
    project.notebook("one", "# One")
    no_room |= {
        "name": "manifest.json",
        "times": 1000,
        "after": 2,
    }  # unfinished and done are written
    assert project.run() == (1, {"one": "done"})
    no_room["times"] = 0
    assert project.run() == (0, {"one": "unchanged"})
    assert manifest.verify(project.out) == []


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 400 kB; skipped where none can be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    call = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder)]
    try:
        subprocess.run(call, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True, capture_output=True)  # noqa: S607


LARGE_RESULT = """from mothers_margins import places
large = places.staged("internal/hscc_2019/large.csv")
places.write_whole(large, lambda part: part.write_bytes(b"x" * 1_000_000))"""
FILL = """from pathlib import Path
try:
    Path({filler!r}).write_bytes(b"x" * 1_000_000)
except OSError:
    pass"""


@pytest.mark.parametrize(
    "kind", ["a large result", "a large output", "a disk that another program fills"]
)
def test_on_a_disk_that_is_full_the_other_entries_are_done(project, small_disk, kind):
    project.out = small_disk / "out"
    cells = {
        "a large result": LARGE_RESULT,
        "a large output": "print('x' * 1_000_000)",
        "a disk that another program fills": FILL.format(filler=str(small_disk / "filler")),
    }
    project.notebook("bad", "# Bad", cells[kind], "1 + 1")
    free = f"from pathlib import Path\nPath({str(small_disk / 'filler')!r}).unlink(missing_ok=True)"
    project.notebook("good", "# Good", free)
    code, states = project.run(jobs=1, keep_going=True)
    if kind.startswith(
        "a disk"
    ):  # nothing can be written until somebody makes room: both end, and so does the batch
        assert (code, states["bad"]) == (1, "failed")
        (small_disk / "filler").unlink(missing_ok=True)
    else:
        assert (code, states) == (1, {"bad": "failed", "good": "done"})
        assert project.failure("bad")
    project.notebook("bad", "# Bad")
    assert project.run()[0] == 0
    assert manifest.verify(project.out) == []


@POSIX
def test_a_worker_killed_while_its_notebook_is_being_written_ends_its_entry(project):
    kill = f"""import os, signal
from pathlib import Path
Path({str(project.out)!r}, "notebooks", "bad.part.ipynb").write_text('{{"cells": [')
os.kill(os.getppid(), signal.SIGKILL)
import time; time.sleep(30)"""
    project.notebook("bad", "# Bad", kill)
    project.notebook("good", "# Good")
    assert project.run(own_pool=True, jobs=1, keep_going=True) == (
        1,
        {"bad": "failed", "good": "done"},
    )
    assert project.failure("bad")["error"] == "Worker lost"
    assert not [name for name in project.files() if "bad" in name]
    assert set(manifest.verify(project.out)) == {"bad: failed"}


@POSIX
def test_a_worker_that_is_killed_takes_only_its_own_entry_with_it(project):
    begun, killed = project.folder / "begun", project.folder / "killed"
    wait = "import os, signal, time\nfrom pathlib import Path\n"
    until = "while not Path({!r}).exists(): time.sleep(0.05)\n"
    kill = f"Path({str(killed)!r}).touch()\nos.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(30)"
    project.notebook("bad", "# Bad", wait + until.format(str(begun)) + kill)
    beside = f"Path({str(begun)!r}).touch()\n{until.format(str(killed))}time.sleep(1)"
    project.notebook("beside", "# Beside", wait + beside, SAVE.format(name="first"))
    project.notebook("later", "# Later")
    states = {"bad": "failed", "beside": "done", "later": "done"}
    assert project.run(own_pool=True, keep_going=True) == (1, states)
    assert project.failure("bad")["error"] == "Worker lost"


@POSIX
def test_a_worker_that_is_killed_while_it_waits_is_replaced():
    from mothers_margins.batch.pools import SingleProcesses

    with SingleProcesses(1) as pool:
        first = pool.submit(os.getpid).result()
        os.kill(first, signal.SIGKILL)
        while not pool._slots[0].pool._broken:  # until the pool has noticed
            time.sleep(0.05)
        assert pool.submit(os.getpid).result() != first


IN_THREADS = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from mothers_margins import places
from tests.small_project import Project
with ThreadPoolExecutor(3) as threads:
    project = Project.__new__(Project)
    project.folder, project.out = Path(sys.argv[1]), Path(sys.argv[2])
    places.project = lambda: project.folder
    print(json.dumps(project.run(jobs=3, executor=threads)))
"""


def test_any_executor_will_do_also_one_of_threads(project):
    """In a process of its own: threads that ran notebooks leave event loops open."""
    names = ("one", "two", "three")
    for name in names:
        project.notebook(name, f"# {name}", "import time; time.sleep(1)", SAVE.format(name=name))
    call = [sys.executable, "-c", IN_THREADS, str(project.folder), str(project.out)]
    ended = subprocess.run(call, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert json.loads(ended.stdout) == [0, dict.fromkeys(names, "done")], ended.stderr
    for entry in project.manifest()[
        "entries"
    ]:  # each has its own results: no thread took another's folder
        results = {path for path in entry["outputs"] if path.endswith(".csv")}
        assert results == {f"internal/hscc_2019/{entry['name']}.csv"}


# ---- g: notebooks that only look finished


@pytest.mark.parametrize(
    ("cells", "tags", "heading"),
    [
        (("# Here", "import sys; sys.exit(0)", "# After", "1 + 1"), (), "Here"),
        (("# Here", "raise SystemExit", "# After", "1 + 1"), (), "Here"),
        (("# Here", "1 + 1\nexit()", "# After", "1 + 1"), (), "Here"),
        (("# Top", "1 + 1", "# Here", "quit()"), (), "Here"),
        (("# Top", "1 + 1", "# Here", "import sys; sys.exit(0)"), (), "Here"),
        (("# Top", "1 + 1", "# Here", "1 / 0"), ("raises-exception",), "Here"),
        (("# Top", "1 + 1", "# Here", "1 + 1"), ("skip-execution",), "Here"),
    ],
)
def test_a_notebook_that_only_looks_finished_has_failed(project, cells, tags, heading):
    project.notebook("one", SAVE.format(name="first"), *cells, tags=tags)
    assert project.run() == (1, {"one": "failed"})
    assert project.failure("one")["heading"] == heading
    assert project.files() == {"notebooks/one.failed.ipynb", "manifest.json", "index.html"}


def test_an_empty_cell_is_no_fault(project):
    project.notebook("one", "# One", "", "  \n")
    assert project.run() == (0, {"one": "done"})
