"""Executes one notebook in a worker process. Nothing it makes bears its final name before the notebook has finished."""

import multiprocessing
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread

from mothers_margins import places
from mothers_margins.batch.failure import Failure, read_failure
from mothers_margins.batch.plan import Value

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
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
    started = time.monotonic()
    name, restricted = Path(job.notebook).name, job.data != places.DEMO
    failure = None
    try:
        job.part.parent.mkdir(parents=True, exist_ok=True)
        try:
            _execute(job)
        except RuntimeError as error:
            if not str(error).startswith(("Kernel didn't respond", "Kernel died before replying")):
                raise
            _execute(job)  # two kernels that start at one moment can take one port; no cell has run yet
        from mothers_margins.batch.pages import write_page

        write_page(job.part, places.staged(f"notebooks/{job.name}.html"), job.title)
    except Exception as error:  # whatever it is: one failed entry, not a failed batch
        first_line = next(iter(str(error).splitlines()), "")
        failure = read_failure(name, job.part, type(error).__name__, first_line, restricted=restricted)
    return Outcome(job.name, time.monotonic() - started, failure)


def _execute(job: Job) -> None:
    import papermill as pm
    from traitlets.config import Config

    os.environ.update({places.OUT: job.out, places.STAGE: str(job.stage), places.DATA: job.data})
    pm.execute_notebook(
        _literally(job.notebook),
        _literally(str(job.part)),
        parameters=dict(job.parameters),
        kernel_name="python3",  # whatever an editor has saved in the notebook
        language="python",
        progress_bar=False,
        execution_timeout=CELL_TIMEOUT,
        config=Config(
            {
                "KernelManager": {"transport_encryption": "required"},  # other users of the machine can listen
                "NotebookClient": {"shutdown_kernel": "immediate"},  # else a kernel may print an error as it ends
            }
        ),
    )


def _literally(path: str) -> str:
    """papermill fills in {braces} in paths."""
    return path.replace("{", "{{").replace("}", "}}")
