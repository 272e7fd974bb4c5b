"""A run of the real notebooks that is killed leaves nothing that looks finished."""

import signal
import subprocess
import sys
import time

import pytest

from tests.end_to_end.test_demo_run import command


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("kind", "code"), [(signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_a_killed_run_leaves_no_file_that_looks_finished(tmp_path, kind, code):
    out = tmp_path / "out"
    run = command(
        "run",
        "02",
        "--demo",
        "--out",
        str(out),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not list(out.glob("notebooks/02*.part.ipynb")):  # the notebook is being executed
        assert time.monotonic() < deadline
        time.sleep(0.05)
    run.send_signal(kind)
    assert run.wait(timeout=60) == code
    finished = [
        path for path in out.rglob("*") if path.is_file() and path.suffix in (".csv", ".html")
    ]
    finished += [path for path in out.rglob("*.ipynb") if ".part." not in path.name]
    assert finished == []
    assert not (out / "manifest.json").exists()
