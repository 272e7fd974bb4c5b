"""Runs on restricted data: who can read the files, what a failure keeps, how kernels are started,
where the key lies.
"""

import errno
import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

import mothers_margins as mm
from mothers_margins import places
from mothers_margins.batch import cache_key
from mothers_margins.cli import main
from tests.small_project import REPOSITORY, SAVE

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
READ = (
    "import mothers_margins as mm\nc = mm.open_cohort(mm.read_study('hscc_2019'))\nid = "
    "c.data['woman_id'].iloc[0]"
)
CANARY = "ZQCANARY"


@pytest.fixture
def own(tmp_path, unmarked) -> Path:
    """A restricted file in a folder of its own, whose ids can be looked for."""
    file = tmp_path / "secure drive" / "women.csv"
    file.parent.mkdir()
    file.write_text(unmarked().replace("\nW", f"\n{CANARY}"), encoding="utf-8")
    return file


@pytest.fixture
def wide_umask():
    """The usual umask, whatever the one of this machine is."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def too_wide(folder: Path) -> dict[str, str]:
    """Files and folders that others may look into."""
    paths = [folder, *folder.rglob("*")]
    modes = {path.relative_to(folder).as_posix(): path.stat().st_mode for path in paths}
    return {name: oct(stat.S_IMODE(mode)) for name, mode in modes.items() if mode & 0o077}


# ---- a: modes


@POSIX
@pytest.mark.parametrize("ends", ["done", "failed"])
def test_a_run_on_restricted_data_is_for_its_owner_alone(project, own, tmp_path, wide_umask, ends):
    project.out = tmp_path / "results"
    look = f"""import os, stat
from pathlib import Path
paths = [Path({str(project.out)!r}), *Path({str(project.out)!r}).rglob("*")]
assert not [path for path in paths if path.stat().st_mode & 0o077]
Path({str(project.out)!r}, ".stage/one/internal/hscc_2019/by_library.txt.part").write_text("x")"""
    save = "mm.save(mm.list_themes(mm.read_study('hscc_2019')), 'first')"
    project.notebook("one", "# One", READ, save, look, "1 / 0" if ends == "failed" else "")
    call = ["run", "--data", str(own), "--out", str(project.out), "--study", "hscc_2019"]
    result = CliRunner().invoke(main, call)
    assert result.exit_code == (1 if ends == "failed" else 0), result.output
    assert (project.out / "run.log").is_file()
    assert (project.out / ".lock").is_file()
    if ends == "done":
        assert (project.out / "internal" / "hscc_2019" / "by_library.txt").is_file()
    assert too_wide(project.out) == {}
    assert own.with_name("women.csv.key").stat().st_mode & 0o777 == 0o600
    assert os.umask(0o022) == 0o022  # as it was before


@POSIX
def test_a_folder_that_is_there_is_closed_to_others(project, own, tmp_path, wide_umask):
    project.out = tmp_path / "results"
    old = project.out / "internal" / "hscc_2019" / "old.csv"
    old.parent.mkdir(parents=True)
    old.write_text("x", encoding="utf-8")
    beside = project.out / "notes.txt"
    beside.write_text("x", encoding="utf-8")
    project.notebook("one", "# One")
    assert project.run(data=own) == (0, {"one": "done"})
    assert too_wide(project.out) == {
        "notes.txt": "0o644"
    }  # not of the run; nobody can enter the folder


@POSIX
def test_no_file_of_a_run_is_wider_than_the_umask(project, monkeypatch):
    project.notebook("one", "# One", SAVE.format(name="first"))
    before = os.umask(0o077)
    try:
        assert project.run(own_pool=True) == (0, {"one": "done"})
    finally:
        os.umask(before)
    assert too_wide(project.out) == {}


@POSIX
def test_a_file_that_is_being_written_is_never_wider_than_it_will_be(tmp_path, wide_umask):
    def modes(private: bool) -> list[int]:
        path = tmp_path / str(private) / "inner" / "file.csv"
        during = []
        places.write_whole(
            path,
            lambda part: during.append(stat.S_IMODE(part.stat().st_mode)),
            private=private,
        )
        after = [stat.S_IMODE(own.stat().st_mode) for own in (path, path.parent, path.parents[1])]
        return [*during, *after]

    assert modes(True) == [0o600, 0o600, 0o700, 0o700]
    assert modes(False) == [0o644, 0o644, 0o755, 0o755]


@POSIX
@pytest.mark.parametrize("kind", ["restricted", "reconstructed"])
def test_saved_results_of_restricted_rows_are_for_their_owner(table_1, tmp_path, wide_umask, kind):
    results = table_1.copy()
    results.about = replace(table_1.about, source=mm.Source(kind, 52, "Own."))
    mm.save(results, "table_1")
    names = {"table_1.csv", "table_1.json"}
    wide = {Path(name).name for name in too_wide(tmp_path / "out")}
    assert wide & names == (set() if kind == "restricted" else names)
    assert ("hscc_2019" in wide) == (kind != "restricted")


@POSIX
def test_imputations_of_restricted_rows_are_for_their_owner(demo, tmp_path, wide_umask):
    pytest.importorskip("pyreadstat")
    own = replace(demo, source=mm.Source("restricted", len(demo), "Own."))
    imputed = mm.impute(own, "involved_t1", m=1, burnin=1, keep=True, progress=False)
    mm.to_stata(imputed, "own")
    written = {path.suffix for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert written == {".npz", ".dta", ".do"}
    assert too_wide(tmp_path / "out") == {}


# ---- b: what a failure keeps

# the cell that fails, under its name
FAILURES = {
    "a_key_error": "raise KeyError(id)",
    "our_error_in_the_cell": "raise mm.DataError(id, [id], id)",
    "a_program": """
import subprocess
subprocess.run(["sh", "-c", f"echo {id}; echo {id} >&2; exit 1"], check=True)""",
    "a_program_with_its_command": """
import subprocess
subprocess.run(["false", id], check=True)""",
    "chained": """
try:
    raise KeyError(id)
except KeyError as error:
    raise RuntimeError(id) from error""",
    "during_handling": """
try:
    raise KeyError(id)
except KeyError:
    mm.read_study("nonsense")""",
    "a_class_named_after_an_id": "raise type(id, (Exception,), {})(id)",
    "a_class_of_our_name": "raise type('DataError', (Exception,), {})(id)",
    "system_exit": "raise SystemExit(f'{id} was not found')",
    "an_exit_of_zero": """
print(id)
import sys
sys.exit(0)""",
    "a_group_with_notes": """
error = ExceptionGroup(id, [ValueError(id)])
error.add_note(id)
raise error""",
    "our_error_with_a_note": """
try:
    mm.read_study("nonsense")
except mm.UsageError as error:
    error.add_note(id)
    raise""",
    "warnings_and_printed_tracebacks": """
import traceback, warnings
warnings.warn(id)
try:
    raise KeyError(id)
except KeyError:
    traceback.print_exc()
    get_ipython().showtraceback()
1 / 0""",
    "descriptors": """
import os, sys
os.write(1, id.encode())
os.write(2, id.encode())
print(id, file=sys.__stderr__, flush=True)
os.system(f"echo {id}; echo {id} >&2")
print(id)
display(id)
1 / 0""",
    "a_kernel_that_dies": """
import os
os.write(2, id.encode())
os.write(1, id.encode())
os.kill(os.getpid(), 9)""",
    "a_worker_that_dies": """
import os, time
print(id, flush=True)
time.sleep(1)
os.kill(os.getppid(), 9)
time.sleep(30)""",
    "a_place_in_a_message": """
from pathlib import Path
raise mm.DataError(f"File {Path(mm.__file__).parent}/{id}.py:77, in f")""",
    "a_thread": """
import threading
thread = threading.Thread(target=lambda: {}[id])
thread.start()
thread.join()
1 / 0""",
    "the_path_of_the_data": """
import os
open(os.environ["MOTHERS_MARGINS_DATA"] + id)""",
    "a_task_that_nobody_awaits": """
import asyncio, gc
async def fail():
    raise KeyError(id)
asyncio.ensure_future(fail())
await asyncio.sleep(0.1)
gc.collect()
1 / 0""",
    "an_error_that_was_let_pass": "raise KeyError(id)",
    "a_library_with_our_name": "import pandas as pd\nraise pd.errors.DataError(id)",
    "an_id_that_was_passed_on": "mm.summarise(c, list(c.data['woman_id'][:2]))",
    "a_program_in_an_earlier_cell": "!echo {id}; echo {id} >&2",
    "an_exit": "print(id)\nexit()",
}
AFTER = {"a_program_in_an_earlier_cell": "1 / 0"}
TAGS = {"an_error_that_was_let_pass": ("raises-exception",)}
RUN = """
import sys
from pathlib import Path
from mothers_margins import places
places.project = lambda: Path(sys.argv[1])
from mothers_margins.cli import main
main(sys.argv[2:])
"""


@POSIX
def test_no_value_id_or_path_of_restricted_data_outlives_a_failure(project, own, tmp_path):
    """The real command in a process of its own; all that it writes anywhere is searched."""
    project.out = tmp_path / "results"
    for name, cell in FAILURES.items():
        cells = [READ, "## Here", cell, *([AFTER[name]] if name in AFTER else [])]
        project.notebook(name, f"# {name}", *cells, tags=TAGS.get(name, ()))
    call = [
        "run",
        "--keep-going",
        "--data",
        str(own),
        "--out",
        str(project.out),
        "--study",
        "hscc_2019",
    ]
    call = [sys.executable, "-c", RUN, str(project.folder), *call]
    ended = subprocess.run(call, capture_output=True, text=True, check=False, cwd=REPOSITORY)
    files = [path for path in project.out.rglob("*") if path.is_file()]
    texts = {path.relative_to(project.out).as_posix(): path.read_bytes() for path in files}
    texts |= {"stdout": ended.stdout.encode(), "stderr": ended.stderr.encode()}
    secrets = [CANARY.encode(), str(own.parent).encode(), b"secure drive", b"secure%20drive"]
    leaks = [
        name for name, text in texts.items() if any(one in name.encode() + text for one in secrets)
    ]
    assert leaks == []
    entries = {entry["name"]: entry for entry in project.manifest()["entries"]}
    assert {name for name, entry in entries.items() if entry["status"] != "failed"} == set()
    assert set(entries) == set(FAILURES)
    assert ended.returncode == 3
    # and yet every failure says where it was, and what can be said
    headings = {name: entry["failure"]["heading"] for name, entry in entries.items()}
    assert set(headings.values()) == {"Here"}, headings
    errors = {name: entry["failure"]["error"] for name, entry in entries.items()}
    assert errors["a_key_error"] == "KeyError"
    assert errors["a_class_named_after_an_id"] == "an error of another library"
    assert errors["a_kernel_that_dies"] == "DeadKernelError"
    assert errors["a_worker_that_dies"] == "Worker lost"
    assert (
        entries["during_handling"]["failure"]["message"]
        == "data_dictionary: a study that it does not have."
    )
    assert "Traceback" not in ended.stdout + ended.stderr


def test_a_failed_notebook_keeps_its_code_and_what_earlier_cells_showed(project, own, tmp_path):
    project.out = tmp_path / "results"
    project.notebook(
        "one",
        "# One",
        READ,
        "len(c)",
        "print('a line')",
        "display(1)\nraise ValueError(id)",
        "2 + 2",
    )
    assert project.run(data=own) == (1, {"one": "failed"})
    notebook = json.loads(
        (project.out / "notebooks" / "one.failed.ipynb").read_text(encoding="utf-8")
    )
    cells = {"".join(cell["source"]): cell for cell in notebook["cells"]}
    assert cells["len(c)"]["outputs"][0]["data"]["text/plain"] == ["52"]
    assert cells["len(c)"]["execution_count"] == 4
    assert cells["print('a line')"]["outputs"] == []
    (error,) = cells["display(1)\nraise ValueError(id)"]["outputs"]
    assert error["ename"] == "ValueError"
    assert error["evalue"] == "not shown, because it could hold participants' values"
    assert error["traceback"] == []
    assert cells["2 + 2"]["execution_count"] is None


def test_the_same_failure_on_made_up_rows_says_everything(project):
    project.notebook(
        "one", "# One", "print('a line')", "class Own(Exception): pass\nraise Own('said')"
    )
    assert project.run() == (1, {"one": "failed"})
    failure = project.failure("one")
    assert (failure["error"], failure["message"], failure["where"]) == (
        "Own",
        "said",
        "line 2 of the cell",
    )
    text = (project.out / "notebooks" / "one.failed.ipynb").read_text(encoding="utf-8")
    assert "a line" in text
    assert "Traceback" in text


def test_a_failed_notebook_that_cannot_be_cleaned_is_not_kept(tmp_path):
    from mothers_margins.batch.failure import clean

    for text in ("", "{", "[]", '{"cells": [1], "metadata": {}}', '{"cells": [], "metadata": []}'):
        (tmp_path / "one.ipynb").write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=r"Error|Expecting"):
            clean(tmp_path / "one.ipynb", failed=True, restricted=True)


# ---- c: JupyterLab


@pytest.fixture
def lab_kernel(tmp_path, monkeypatch):
    """A kernel started by the server's manager, with the settings of `mothers-margins lab`; runs
    code, gives its output.
    """
    import asyncio

    from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
    from traitlets.config.loader import PyFileConfigLoader

    own = tmp_path / "ipython" / "profile_default"
    own.mkdir(parents=True)
    (own / "ipython_kernel_config.py").write_text(
        "get_config().InteractiveShell.ast_node_interactivity = 'all'"
    )
    monkeypatch.setenv(
        "IPYTHONDIR", str(own.parent)
    )  # where a history would be, and the user's other settings are
    settings = PyFileConfigLoader(
        "jupyter_config.py", str(REPOSITORY / "src/mothers_margins/templates")
    ).load_config()

    async def executed(*cells: str) -> tuple[str, bytes | None]:
        manager = AsyncMappingKernelManager(config=settings, root_dir=str(tmp_path))
        kernel = manager.get_kernel(await manager.start_kernel(kernel_name="python3"))
        client = kernel.client()
        client.start_channels()
        told = []
        try:
            await client.wait_for_ready(timeout=600)
            for cell in cells:
                await client.execute_interactive(
                    cell,
                    store_history=True,
                    timeout=600,
                    output_hook=lambda message: told.append(message["content"].get("text", "")),
                )
            return "".join(told), client.curve_publickey
        finally:
            client.stop_channels()
            await manager.shutdown_all(now=True)

    return lambda *cells: asyncio.run(executed(*cells))


@pytest.mark.filterwarnings("ignore")  # of the server's libraries
def test_kernels_of_the_lab_are_encrypted_and_keep_no_history(lab_kernel, tmp_path):
    ask = (
        "h = get_ipython().history_manager\nprint(h.enabled, h.hist_file, "
        "get_ipython().ast_node_interactivity)"
    )
    text, public_key = lab_kernel("'W01 was typed here'", ask, "print('W01'[:1])")
    assert text.split()[:3] == ["False", ":memory:", "all"]
    assert public_key
    left = [
        path
        for path in tmp_path.rglob("*")
        if path.is_file() and b"W01 was typed" in path.read_bytes()
    ]
    assert left == []
    assert list(tmp_path.rglob("history.sqlite*")) == []


def test_the_lab_starts_with_these_settings(monkeypatch):
    started = []
    monkeypatch.setattr(
        subprocess,
        "run",
        lambda call, **_: started.extend(call) or subprocess.CompletedProcess(call, 0),
    )
    assert CliRunner().invoke(main, ["lab"]).exit_code == 0
    (config,) = [part.partition("=")[2] for part in started if part.startswith("--config=")]
    text = Path(config).read_text(encoding="utf-8")
    assert 'transport_encryption = "required"' in text
    assert "LabKernelManager" in text


# ---- d: where the key lies


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_data_in_a_folder_that_cannot_be_written_to_can_be_run(
    project, own, tmp_path, monkeypatch, number
):
    whole = places.write_whole

    def write_whole(path, write, **how):
        if path.parent == own.parent:
            raise OSError(number, os.strerror(number), str(path))
        return whole(path, write, **how)

    monkeypatch.setattr(places, "write_whole", write_whole)
    project.out = tmp_path / "results"
    project.notebook("one", "# One")
    with pytest.raises(mm.UsageError) as raised:
        project.run(data=own)
    assert os.strerror(number) in raised.value.summary
    assert "MOTHERS_MARGINS_KEY" in raised.value.remedy
    assert str(own.parent) not in str(raised.value)
    assert not project.out.exists()
    key_file = tmp_path / "keys" / "own.key"
    monkeypatch.setenv("MOTHERS_MARGINS_KEY", str(key_file))
    assert project.run(data=own) == (0, {"one": "done"})
    assert sorted(path.name for path in own.parent.iterdir()) == ["women.csv"]
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert project.run(data=own) == (0, {"one": "unchanged"})
    text = key_file.read_text(encoding="ascii")
    for path in project.out.rglob("*"):
        assert not path.is_file() or text not in path.read_text(encoding="utf-8")


def test_the_key_decides_the_fingerprint(own, tmp_path, monkeypatch):
    monkeypatch.setenv("MOTHERS_MARGINS_KEY", str(tmp_path / "a.key"))
    first = cache_key.data_fingerprint(own, restricted=True)
    assert cache_key.data_fingerprint(own, restricted=True) == first
    monkeypatch.setenv("MOTHERS_MARGINS_KEY", str(tmp_path / "b.key"))
    assert cache_key.data_fingerprint(own, restricted=True) != first
    assert cache_key.data_fingerprint(own, restricted=True, make_key=False) != ""


@pytest.mark.parametrize("place", ["{project}/own.key", "{folder}"])
def test_the_key_lies_outside_the_project(project, own, tmp_path, monkeypatch, place):
    monkeypatch.setenv("MOTHERS_MARGINS_KEY", place.format(project=project.folder, folder=tmp_path))
    with pytest.raises(
        mm.UsageError, match="MOTHERS_MARGINS_KEY must name a file outside the project"
    ):
        cache_key.data_fingerprint(own, restricted=True)


def test_the_place_of_the_key_is_documented():
    for name in ("README.md", "docs/your_files.md"):
        assert "MOTHERS_MARGINS_KEY" in (REPOSITORY / name).read_text(encoding="utf-8")
