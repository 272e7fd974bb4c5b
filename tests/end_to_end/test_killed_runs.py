"""A run of the real notebooks that is killed leaves nothing that looks finished."""

import signal
import subprocess
import sys
import time

import pytest

from tests.demo_run import call, environment


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("kind", "code"), [(signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_a_killed_run_leaves_no_file_that_looks_finished(tmp_path, kind, code):
    out = tmp_path / "out"
    run = subprocess.Popen(
        call("run", "02", "--demo", "--out", str(out)),
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not list(out.glob("notebooks/02*.part.ipynb")):  # until the notebook is being executed
        assert run.poll() is None, "it ended before it began"
        time.sleep(0.05)
    run.send_signal(kind)
    assert run.wait() == code
    finished = [
        path for path in out.rglob("*") if path.is_file() and path.suffix in (".csv", ".html")
    ]
    finished += [path for path in out.rglob("*.ipynb") if ".part." not in path.name]
    assert finished == []
    assert not (out / "manifest.json").exists()
