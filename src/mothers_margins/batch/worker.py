"""Executes one notebook in a worker process. Nothing it makes bears its final name before the
notebook has finished.
"""

import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread
from typing import TypedDict

from mothers_margins import places
from mothers_margins.batch.decks import is_meeting, write_meeting
from mothers_margins.batch.failure import Failure, UnfinishedError, read_failure
from mothers_margins.batch.manifest import RUNNING, STAGE
from mothers_margins.batch.notebook import Cell, errors_of, is_code
from mothers_margins.batch.plan import Value

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
CELL_TIMEOUT = 3600  # seconds; a notebook that hangs must not hold a batch for ever


@dataclass(frozen=True)
class Job:
    """What a worker needs to run one entry.

    data: places.DEMO, or the path of the restricted file. batch: the process that hands the job
    out. title, question: of the notebook, as pages say them. prefix: of the numbers of its tables
    and figures.
    """

    name: str
    notebook: str
    title: str
    parameters: Mapping[str, Value]
    out: str
    data: str
    batch: int = 0
    question: str = ""
    prefix: str = ""

    @property
    def restricted(self) -> bool:
        """Whether nobody else may read what the entry makes or says."""
        return self.data != places.DEMO

    @property
    def stage(self) -> Path:
        """Where the entry's files wait until it has finished."""
        return Path(self.out) / STAGE / self.name

    @property
    def part(self) -> Path:
        """The notebook while it runs."""
        return Path(self.out) / "notebooks" / f"{self.name}{RUNNING}"


@dataclass(frozen=True)
class Outcome:
    """How a job ended."""

    name: str
    seconds: float
    failure: Failure | None = None


def prepare_worker() -> None:
    """Once per worker: one thread each, UTF-8, papermill loaded, and an end when the batch ends."""
    os.environ.update(dict.fromkeys(THREADS, "1"), PYTHONUTF8="1")
    # jsonschema builds some 35 parsers (over a second) for web addresses in international spelling
    # if it finds this package; no notebook schema uses them.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    import papermill  # noqa: F401

    parent = multiprocessing.parent_process()
    if parent:
        # a batch that is killed outright cannot end its workers; they would wait for work for ever
        Thread(target=_end_with, args=[parent], daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


def run_job(job: Job) -> Outcome:
    """Execute the notebook, make its page, and leave all its files in the job's stage folder."""
    started = time.monotonic()
    failure = None
    with ExitStack() as around:
        around.enter_context(places.private_files(job.restricted))
        # the batch's own process, where an executor runs jobs in threads, still has to speak
        if job.restricted and os.getpid() != job.batch:
            around.enter_context(_silent())
        try:
            _run(job)
        except Exception as error:  # whatever it is: one failed entry, not a failed batch
            failure = _failure(job, error)
    return Outcome(job.name, time.monotonic() - started, failure)


def _run(job: Job) -> None:
    job.part.parent.mkdir(parents=True, exist_ok=True)
    try:
        _execute(job)
    except RuntimeError as error:
        if not str(error).startswith(("Kernel didn't respond", "Kernel died before replying")):
            raise
        _execute(job)  # two kernels that start at one moment can take one port; no cell has run yet
    from mothers_margins.batch.pages import write_page

    if is_meeting(job.notebook):
        write_meeting(job.part, job.stage)
    page = job.stage / "notebooks" / f"{job.name}.html{places.PART}"
    write_page(job.part, page, job.title, private=job.restricted, prefix=job.prefix)


def _failure(job: Job, error: Exception) -> Failure:
    first_line = next(iter(str(error).splitlines()), "")
    cell = error.cell if isinstance(error, UnfinishedError) else None
    name, kind = Path(job.notebook).name, type(error).__name__
    return read_failure(name, job.part, kind, first_line, restricted=job.restricted, cell=cell)


@contextmanager
def _silent() -> Iterator[None]:
    """Send what this process and its children write to the terminal nowhere: it could hold values
    of restricted data.

    The descriptors themselves are turned, because a child and a library in C know nothing of
    sys.stdout.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    kept = {stream: os.dup(stream) for stream in (1, 2)}
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for stream in kept:
            os.dup2(nowhere, stream)
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for stream, before in kept.items():
            os.dup2(before, stream)
            os.close(before)
        os.close(nowhere)


def _execute(job: Job) -> None:
    import papermill as pm
    from traitlets.config import Config

    from mothers_margins.batch.kernels import BatchKernelManager

    variables = {places.OUT: job.out, places.STAGE: str(job.stage), places.DATA: job.data}
    executed = pm.execute_notebook(
        _literally(job.notebook),
        _literally(str(job.part)),
        parameters=dict(job.parameters),
        kernel_name="python3",  # whatever an editor has saved in the notebook
        language="python",
        progress_bar=False,
        execution_timeout=CELL_TIMEOUT,
        kernel_manager_class=BatchKernelManager,
        on_cell_executed=_refuse_exit,
        config=Config(
            {
                "KernelManager": {
                    "transport_encryption": "required"
                },  # other users of the machine can listen
                "BatchKernelManager": {"variables": variables, "quiet": job.restricted},
                "NotebookClient": {
                    "shutdown_kernel": "immediate"
                },  # else a kernel may print an error as it ends
            }
        ),
    )
    _refuse_unfinished(executed["cells"])


class _ReplyContent(TypedDict, total=False):
    """payload: what the cell asks of the notebook, as exit() and quit() do."""

    payload: list[dict[str, str]]


class _Reply(TypedDict):
    """A kernel's answer to one cell, as far as it is read here."""

    content: _ReplyContent


def _refuse_exit(cell: Cell, cell_index: int, execute_reply: _Reply) -> None:
    """Called after each cell: exit() and quit() ask the kernel to end, which no library takes for a
    failure.
    """
    payload = execute_reply["content"].get("payload", [])
    if any(asked.get("source") == "ask_exit" for asked in payload):
        raise UnfinishedError(cell_index, "the cell ends the notebook by exit or quit")


def _refuse_unfinished(cells: Sequence[Cell]) -> None:
    """papermill takes sys.exit(0) for success; what follows it has then not been executed."""
    for place, cell in enumerate(cells):
        if errors_of(cell):
            message = "the cell ended the notebook, or raised an error that was let pass"
            raise UnfinishedError(place, message)
    for place, cell in enumerate(cells):
        if is_code(cell) and cell.get("execution_count") is None:
            raise UnfinishedError(place, "the cell was never executed")


def _literally(path: str) -> str:
    """papermill fills in {braces} in paths."""
    return path.replace("{", "{{").replace("}", "}}")
