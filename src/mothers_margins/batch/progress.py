"""What a person sees while a batch runs: live bars in a terminal, plain lines everywhere else."""

import json
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

QUIET = 15.0  # seconds without a line after which a batch says that it is still at work


class Progress:
    """Reports the steps of a batch to a console."""

    def __init__(self, console: Console) -> None:
        self.console = console
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("cell {task.completed} of {task.total}"),
        )
        self._bars = Bars(*columns, TimeElapsedColumn(), console=console, transient=True)
        self._tasks: dict[str, TaskID] = {}
        self._spoke = time.monotonic()

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def started(self, name: str, cells: int, why: str) -> None:
        """A notebook was handed to a worker."""
        self._tasks[name] = self._bars.add_task(name, total=cells)
        self.say(f"{name} started ({why})")

    def moved(self, name: str, part: Path) -> None:
        """Look how far a running notebook is; papermill writes it after every cell."""
        try:
            cells = json.loads(part.read_text(encoding="utf-8"))["cells"]
        except (OSError, ValueError):
            return  # not there yet, or being written at this moment
        done = sum(
            cell["metadata"].get("papermill", {}).get("status") == "completed" for cell in cells
        )
        self._bars.update(self._tasks[name], completed=done, total=len(cells))
        if time.monotonic() - self._spoke > QUIET and not self.console.is_terminal:
            self.say(f"{name} still running, cell {done} of {len(cells)}")

    def finished(self, name: str, seconds: float, state: str) -> None:
        """A notebook is done or has failed."""
        self._bars.remove_task(self._tasks.pop(name))
        self.say(f"{name} {state} after {seconds:.1f} s")

    def skipped(self, name: str, state: str) -> None:
        """A step that is not run, and why."""
        self.say(f"{name} {state}")

    def say(self, line: str) -> None:
        """Print one line."""
        self._spoke = time.monotonic()
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)
