"""The demo run, made once in a session of pytest, whichever of its workers asks.

It runs in a process of its own while other tests go on; who needs it waits for it, without a limit.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest
from filelock import FileLock

from mothers_margins import places
from mothers_margins.batch.plan import declared_parameters, plan, read_run_list

KEY = pytest.StashKey["DemoRun"]()


def call(*arguments: str) -> list[str]:
    """The command `mothers-margins` with these arguments."""
    return [sys.executable, "-c", "from mothers_margins.cli import main; main()", *arguments]


def environment() -> Mapping[str, str]:
    """That of this process, without what an analyst may have set."""
    own = (places.OUT, places.DATA, places.STAGE)
    return {name: value for name, value in os.environ.items() if name not in own}


@dataclass
class DemoRun:
    """One run into `base`/demo, a folder that all workers of the session share."""

    base: Path
    process: subprocess.Popen | None = None

    def __post_init__(self) -> None:
        self.thread = Thread(target=self._run, daemon=True)
        self.thread.start()

    @property
    def out(self) -> Path:
        """The run's folder."""
        return self.base / "demo"

    @property
    def _ended(self) -> Path:
        return self.base / "demo.json"

    def _run(self) -> None:
        with FileLock(self.base / "demo.lock"):  # the others wait here, and find it done
            if self._ended.exists():
                return
            self.process = subprocess.Popen(
                call("run", "--demo", "--out", str(self.out)),
                env=environment(),
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            said, wrong = self.process.communicate()
            ended = {"code": self.process.returncode, "said": said, "wrong": wrong}
            places.write_whole(self._ended, lambda part: part.write_text(json.dumps(ended)))

    def said(self) -> str:
        """What it printed; waits until it has ended."""
        self.thread.join()
        ended = json.loads(self._ended.read_text())
        assert ended["code"] == 0, ended["said"] + ended["wrong"]
        return ended["said"]

    def stop(self) -> None:
        """End it, if nobody waits for it any more."""
        if self.process and self.process.poll() is None:
            self.process.terminate()


def run_by_defaults() -> dict[str, str]:
    """The notebooks that the demo run executes with their default parameters, and the entry that
    does. Where the default is an empty text the study decides, so any value will do.
    """
    found: dict[str, str] = {}
    for name, step in plan(read_run_list()).items():
        declared = declared_parameters(step.notebook, step.entry.path.name)
        decided = {name: one.default for name, one in declared.items() if one.default != ""}
        if decided.items() <= step.parameters.items():
            found.setdefault(step.entry.notebook, name)
    return found
