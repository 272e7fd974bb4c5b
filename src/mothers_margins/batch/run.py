"""Runs a plan: skips what has not changed, and puts results in place only when their notebook has finished."""

import logging
import multiprocessing
import shutil
from collections.abc import Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from mothers_margins import places
from mothers_margins.batch import manifest
from mothers_margins.batch.key import file_digest
from mothers_margins.batch.manifest import Record
from mothers_margins.batch.pages import title_of, write_index
from mothers_margins.batch.plan import read_run_list
from mothers_margins.batch.prepare import Batch
from mothers_margins.batch.progress import Progress
from mothers_margins.batch.work import Failure, Job, Outcome, prepare_worker, run_job
from mothers_margins.errors import UsageError

POLL = 0.5  # seconds between two looks at the running notebooks
log = logging.getLogger("mothers_margins")


def run_batch(
    batch: Batch, *, jobs: int, force: bool, keep_going: bool, progress: Progress, executor: Executor | None = None
) -> int:
    """Run every step of a batch that has to run; returns the exit code.

    jobs: notebooks at a time. keep_going: after a failure, go on with what does not need the failed entry.
    executor: another place to run (a Dask client's executor works); by default, spawned local processes.
    Raises UsageError if another run is writing to the same folder.
    """
    with _alone(batch.out):
        batch.records |= manifest.read_records(batch.out)
        _clear_unfinished(batch)
        try:
            with _workers(executor, min(jobs, len(batch.steps))) as pool:
                _run_steps(batch, pool, force, keep_going, progress)
        finally:
            shutil.rmtree(batch.out / ".stage", ignore_errors=True)
            _remove(batch.out.glob("notebooks/*.part.ipynb"))
        made = any(state in ("done", "failed") for state in batch.states.values())
        if made or not (batch.out / "index.html").exists():
            _record(batch, finished=True)
            write_index(batch.out, batch.about["data"]["mark"], [asdict(record) for record in batch.records.values()])
    failures = [record.failure for name, record in batch.records.items() if batch.states.get(name) == "failed"]
    return max((failure["exit_code"] for failure in failures if failure), default=0)


@contextmanager
def _alone(out: Path) -> Any:
    """Hold the folder for this run; the system lets go of the lock if the run is killed."""
    out.mkdir(parents=True, exist_ok=True)
    lock = FileLock(out / ".lock")
    try:
        with lock.acquire(timeout=0):
            yield
    except Timeout:
        raise UsageError(f"Another run is writing to {places.shown(out)}.", (), "Wait for it, or give --out.") from None


@contextmanager
def _workers(executor: Executor | None, jobs: int) -> Any:
    if executor:
        yield executor
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(max(jobs, 1), context, initializer=prepare_worker)
    try:
        yield pool
    except BaseException:
        for worker in multiprocessing.active_children():
            worker.terminate()  # its kernel ends by itself when the worker is gone
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _run_steps(batch: Batch, pool: Executor, force: bool, keep_going: bool, progress: Progress) -> None:
    sorter = TopologicalSorter({name: step.entry.needs for name, step in batch.steps.items()})
    sorter.prepare()
    running: dict[Future[Outcome], str] = {}
    keys: dict[str, dict[str, str]] = {}
    while sorter.is_active():
        for name in sorter.get_ready():
            why = batch.why(name)
            if _held_up(batch, name, keep_going):
                batch.states[name] = "not run"
            elif not (why or force):
                batch.states[name] = "unchanged"
            else:
                keys[name] = batch.key(batch.steps[name])
                _forget(batch, name)
                running[pool.submit(run_job, _job(batch, name))] = name
                progress.started(name, len(batch.steps[name].notebook["cells"]), ", ".join(why) or "asked to")
                log.info("%s started: %s", name, ", ".join(why) or "--force")
                continue
            progress.skipped(name, batch.states[name])
            sorter.done(name)
        finished, _ = wait(running, timeout=POLL, return_when=FIRST_COMPLETED)
        for future in finished:
            name = running.pop(future)
            outcome = _outcome(future, name)
            _accept(batch, outcome, keys[name])
            progress.finished(name, outcome.seconds, outcome.failure)
            log.info("%s %s in %.1f s", name, batch.states[name], outcome.seconds)
            sorter.done(name)
        for name in running.values():
            progress.moved(name, batch.out / "notebooks" / f"{name}.part.ipynb")


def _held_up(batch: Batch, name: str, keep_going: bool) -> bool:
    failed = {name for name, state in batch.states.items() if state in ("failed", "not run")}
    return bool(failed & {*batch.steps[name].entry.needs}) or bool(failed and not keep_going)


def _job(batch: Batch, name: str) -> Job:
    step = batch.steps[name]
    data = str(batch.data) if batch.data else places.DEMO
    title = title_of(step.notebook)
    return Job(name, str(step.entry.path), title, step.parameters, str(batch.out), data)


def _outcome(future: Future[Outcome], name: str) -> Outcome:
    try:
        return future.result()
    except BrokenProcessPool:
        message = "the process that ran it was ended from outside (often: no memory left)"
        return Outcome(name, 0.0, Failure(name, 0, 0, "start", "Worker lost", message, "", 1))


def _accept(batch: Batch, outcome: Outcome, key: Mapping[str, str]) -> None:
    """Move the files of a finished notebook to their places, the notebook last, and record them."""
    job = _job(batch, outcome.name)
    waiting = sorted(path for path in job.stage.rglob(f"*{places.PART}") if path.is_file())
    files = {path.relative_to(job.stage).as_posix().removesuffix(places.PART): path for path in waiting}
    failure = outcome.failure or _taken(batch, outcome.name, files)
    executed = f"notebooks/{outcome.name}.{'failed.ipynb' if failure else 'ipynb'}"
    files = ({} if failure else files) | ({executed: job.part} if job.part.exists() else {})
    outputs = {}
    for name, path in files.items():
        target = batch.out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
        outputs[name] = file_digest(target)
    step = batch.steps[outcome.name]
    state = batch.states[outcome.name] = "failed" if failure else "done"
    batch.records[outcome.name] = Record(
        outcome.name,
        title_of(step.notebook),
        step.entry.study,
        state,
        dict(step.parameters),
        dict(key),
        round(outcome.seconds, 1),
        outputs,
        asdict(failure) if failure else None,
    )
    _record(batch, finished=False)


def _taken(batch: Batch, entry: str, names: Iterable[str]) -> Failure | None:
    """A failure if another entry has already made one of these files."""
    owners = {path: record.name for record in batch.records.values() if record.name != entry for path in record.outputs}
    both = [name for name in names if name in owners]
    if not both:
        return None
    message = f"{both[0]} is made by {owners[both[0]]} as well; save it under another name"
    return Failure(batch.steps[entry].entry.path.name, 0, 0, "the end", "Result made twice", message, "", 1)


def _forget(batch: Batch, name: str) -> None:
    """Delete what an earlier run of the entry made: a result that is no longer produced must not stay."""
    record = batch.records.pop(name, None)
    if record:
        _remove(batch.out / path for path in record.outputs)
        _record(batch, finished=False)


def _clear_unfinished(batch: Batch) -> None:
    """Delete what a killed run left, and the results of entries that are no longer in the run list."""
    shutil.rmtree(batch.out / ".stage", ignore_errors=True)
    _remove(batch.out.glob("notebooks/*.part.ipynb"))
    for name in set(batch.records) - set(read_run_list()):
        _forget(batch, name)


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _record(batch: Batch, *, finished: bool) -> None:
    manifest.write_manifest(batch.out, batch.records.values(), batch.about, finished=finished)
