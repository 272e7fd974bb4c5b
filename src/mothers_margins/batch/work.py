"""Executes one notebook in a worker process. Nothing it makes bears its final name before the notebook has finished."""

import json
import multiprocessing
import os
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread
from typing import Any

from mothers_margins import places
from mothers_margins.batch.plan import Value

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
EXIT_CODES = {"DataError": 3, "DisclosureError": 4}
CELL_TIMEOUT = 3600  # seconds; a notebook that hangs must not hold a batch for ever


@dataclass(frozen=True)
class Job:
    """What a worker needs to run one entry. data: places.DEMO, or the path of the restricted file."""

    name: str
    notebook: str
    title: str
    parameters: Mapping[str, Value]
    out: str
    data: str

    @property
    def stage(self) -> Path:
        """Where the entry's files wait until it has finished."""
        return Path(self.out) / ".stage" / self.name

    @property
    def part(self) -> Path:
        """The notebook while it runs."""
        return Path(self.out) / "notebooks" / f"{self.name}.part.ipynb"


@dataclass(frozen=True)
class Failure:
    """Where a notebook failed and why; the message is left out where it could hold participants' values.

    cell: its number among the cells that we wrote, from 1; code_cell: among those with code, as JupyterLab counts.
    """

    notebook: str
    cell: int
    code_cell: int
    heading: str
    error: str
    message: str
    where: str
    exit_code: int

    def __str__(self) -> str:
        place = f"{self.notebook}, cell {self.cell} (code cell {self.code_cell}), under '{self.heading}'"
        lines = [place, f"  {self.error}: {self.message}"]
        return "\n".join([*lines, *([f"  at {self.where}"] if self.where else [])])


@dataclass(frozen=True)
class Outcome:
    """How a job ended."""

    name: str
    seconds: float
    failure: Failure | None = None


def prepare_worker() -> None:
    """Once per worker: one thread each, UTF-8, papermill loaded, and an end when the batch ends."""
    os.environ.update(dict.fromkeys(THREADS, "1"), PYTHONUTF8="1")
    # jsonschema builds some 35 parsers (over a second) for web addresses in international spelling if it finds this
    # package; no notebook schema uses them.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    import papermill  # noqa: F401

    parent = multiprocessing.parent_process()
    if parent:  # a batch that is killed outright cannot end its workers; they would wait for work for ever
        Thread(target=_end_with, args=[parent], daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


def run_job(job: Job) -> Outcome:
    """Execute the notebook, make its page, and leave all its files in the job's stage folder."""
    import papermill as pm
    from traitlets.config import Config

    started = time.monotonic()
    job.part.parent.mkdir(exist_ok=True)
    os.environ.update({places.OUT: job.out, places.STAGE: str(job.stage), places.DATA: job.data})
    encrypted = Config({"KernelManager": {"transport_encryption": "required"}})  # other users of the machine can listen
    failure = None
    try:
        pm.execute_notebook(
            job.notebook,
            str(job.part),
            parameters=dict(job.parameters),
            kernel_name="python3",  # whatever an editor has saved in the notebook
            language="python",
            progress_bar=False,
            execution_timeout=CELL_TIMEOUT,
            config=encrypted,
        )
    except pm.PapermillExecutionError as error:
        failure = _failure(job, error)
    except Exception as error:  # a kernel that died or hung: still one failed entry, not a failed batch
        failure = Failure(Path(job.notebook).name, 0, 0, "start", type(error).__name__, _first_line(error), "", 1)
    if job.part.exists():
        _without_paths(job.part)
    if not failure:
        from mothers_margins.batch.pages import write_page

        write_page(job.part, places.staged(f"notebooks/{job.name}.html"), job.title)
    return Outcome(job.name, time.monotonic() - started, failure)


def _failure(job: Job, error: Any) -> Failure:
    """Place and reason of a failed cell, from what papermill recorded."""
    cells = json.loads(job.part.read_text(encoding="utf-8"))["cells"]
    # papermill puts cells of its own (parameters, the error's banner) between ours: count those that we wrote
    failed = next(i for i, cell in enumerate(cells) if cell["metadata"].get("papermill", {}).get("exception"))
    ours = [c for c in cells[: failed + 1] if not _papermills(c)]
    headings = [
        line for cell in ours if cell["cell_type"] == "markdown" for line in _lines(cell) if line.startswith("#")
    ]
    trace = "\n".join(_plain(line) for line in error.traceback)
    where = [f"line {number} of the cell" for number in re.findall(r"Cell In\[\d+\], line (\d+)", trace)[-1:]]
    frames = re.findall(r"mothers_margins[\\/](\S+?\.py):(\d+)", trace)
    where += [f"src/mothers_margins/{file}, line {number}" for file, number in frames[-1:]]
    from mothers_margins import errors

    known = isinstance(vars(errors).get(error.ename), type)  # our own messages never hold a value
    message = (
        error.evalue if known or job.data == places.DEMO else "not shown, because it could hold participants' values"
    )
    return Failure(
        notebook=Path(job.notebook).name,
        cell=len(ours),
        code_cell=sum(cell["cell_type"] == "code" for cell in ours),
        heading=headings[-1].lstrip("# ").strip() if headings else "the top",
        error=error.ename,
        message=message,
        where="; ".join(where),
        exit_code=EXIT_CODES.get(error.ename, 1),
    )


def _papermills(cell: Mapping[str, Any]) -> bool:
    tags = cell["metadata"].get("tags", [])
    return "injected-parameters" in tags or any(tag.startswith("papermill-error") for tag in tags)


def _lines(cell: Mapping[str, Any]) -> list[str]:
    return "".join(cell["source"]).splitlines()


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0]


def _without_paths(notebook: Path) -> None:
    """Take this machine's paths out of papermill's record in the notebook."""
    content = json.loads(notebook.read_text(encoding="utf-8"))
    record = content["metadata"].get("papermill", {})
    for key in ("input_path", "output_path"):
        if record.get(key):
            record[key] = Path(record[key]).name
    notebook.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
