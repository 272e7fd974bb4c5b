"""Runs a plan: skips what has not changed, and puts results in place only when their notebook has finished."""

import logging
import multiprocessing
import shutil
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import asdict, replace
from graphlib import TopologicalSorter
from pathlib import Path

from filelock import FileLock, Timeout

from mothers_margins import places
from mothers_margins.batch import manifest
from mothers_margins.batch.failure import Failure, outside_cells, read_failure, without_paths
from mothers_margins.batch.key import file_digest
from mothers_margins.batch.manifest import Record
from mothers_margins.batch.pages import title_of, write_index
from mothers_margins.batch.plan import read_run_list
from mothers_margins.batch.prepare import Batch
from mothers_margins.batch.progress import Progress
from mothers_margins.batch.work import Job, Outcome, prepare_worker, run_job
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
        batch.records = manifest.read_records(batch.out)
        _clear(batch)
        try:
            with _workers(executor, min(jobs, len(batch.steps))) as pool:
                _run_steps(batch, pool, jobs, force, keep_going, progress)
        finally:
            shutil.rmtree(batch.out / ".stage", ignore_errors=True)
            _remove(batch.out.glob("notebooks/*.part.ipynb"))
        if set(batch.states.values()) != {"unchanged"} or not _finished(batch.out):
            _record(batch, finished=True)
    failures = [batch.records[name].failure for name, state in batch.states.items() if state == "failed"]
    return max((failure["exit_code"] for failure in failures if failure), default=0)


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Hold the folder for this run; the system lets go of the lock if the run is killed."""
    out.mkdir(parents=True, exist_ok=True)
    lock = FileLock(out / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UsageError(f"Another run is writing to {places.shown(out)}.", (), "Wait for it, or give --out.") from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _workers(executor: Executor | None, jobs: int) -> Iterator[Executor]:
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


def _run_steps(batch: Batch, pool: Executor, jobs: int, force: bool, keep_going: bool, progress: Progress) -> None:
    sorter = TopologicalSorter({name: step.entry.needs for name, step in batch.steps.items()})
    sorter.prepare()
    waiting: list[str] = []
    running: dict[Future[Outcome], str] = {}
    keys: dict[str, dict[str, str]] = {}
    while sorter.is_active():
        waiting += sorter.get_ready()
        while waiting and len(running) < jobs:
            name = waiting.pop(0)
            lost = {need for need in batch.steps[name].entry.needs if batch.states.get(need) in ("failed", "not run")}
            if lost or (not keep_going and "failed" in batch.states.values()):
                batch.states[name] = "not run"
                if lost:
                    _forget(batch, name)  # what it once made of their results must not outlive them
            elif not (why := batch.why(name)) and not force:
                batch.states[name] = "unchanged"
            else:
                keys[name] = batch.key(batch.steps[name])
                _forget(batch, name)
                running[_submitted(pool, _job(batch, name))] = name
                progress.started(name, len(batch.steps[name].notebook["cells"]), ", ".join(why) or "asked to")
                log.info("%s started: %s", name, ", ".join(why) or "--force")
                continue
            progress.skipped(name, batch.states[name])
            sorter.done(name)
            waiting += sorter.get_ready()
        finished, _ = wait(running, timeout=POLL, return_when=FIRST_COMPLETED)
        for future in finished:
            name = running.pop(future)
            outcome = _outcome(batch, future, name)
            _accept(batch, outcome, keys[name])
            progress.finished(name, outcome.seconds, batch.states[name])
            log.info("%s %s in %.1f s", name, batch.states[name], outcome.seconds)
            sorter.done(name)
        for name in running.values():
            progress.moved(name, _job(batch, name).part)


def _submitted(pool: Executor, job: Job) -> Future[Outcome]:
    """The job's future; if the pool has broken, one that holds the error."""
    try:
        return pool.submit(run_job, job)
    except RuntimeError as error:  # BrokenProcessPool is one
        future: Future[Outcome] = Future()
        future.set_exception(error)
        return future


def _job(batch: Batch, name: str) -> Job:
    step = batch.steps[name]
    data = str(batch.data) if batch.data else places.DEMO
    return Job(name, str(step.entry.path), title_of(step.notebook), step.parameters, str(batch.out), data)


def _outcome(batch: Batch, future: Future[Outcome], name: str) -> Outcome:
    try:
        return future.result()
    except Exception as error:  # the worker is gone, or another executor could not do it
        message = f"the process that ran it, or one beside it, was ended from outside ({type(error).__name__})"
        job = _job(batch, name)
        # nothing of the rows is in this message, so it may be shown for restricted data too
        failure = read_failure(Path(job.notebook).name, job.part, "Worker lost", message, restricted=False)
        return Outcome(name, 0.0, failure)


def _accept(batch: Batch, outcome: Outcome, key: Mapping[str, str]) -> None:
    """Move the files of a finished notebook to their places, the notebook last, and record them.

    The record stands first, as unfinished: if the run is killed here, the next one knows what to clear away.
    """
    job, step = _job(batch, outcome.name), batch.steps[outcome.name]
    waiting = sorted(path for path in job.stage.rglob(f"*{places.PART}") if path.is_file())
    files = {path.relative_to(job.stage).as_posix().removesuffix(places.PART): path for path in waiting}
    failure = outcome.failure or _taken(batch, outcome.name, files)
    executed = f"notebooks/{outcome.name}.{'failed.ipynb' if failure else 'ipynb'}"
    files = {} if failure else files
    if job.part.exists():
        without_paths(job.part)
        files[executed] = job.part
    state = batch.states[outcome.name] = "failed" if failure else "done"
    record = Record(
        name=outcome.name,
        title=job.title,
        study=step.entry.study,
        status="unfinished",
        parameters=dict(step.parameters),
        data=batch.sources[step.entry.study],
        key=dict(key),
        commit=manifest.commit(),
        seconds=round(outcome.seconds, 1),
        outputs={name: file_digest(path) for name, path in files.items()},
        failure=asdict(failure) if failure else None,
    )
    batch.records[outcome.name] = record
    _record(batch, finished=False)
    for name, path in files.items():
        (batch.out / name).parent.mkdir(parents=True, exist_ok=True)
        path.replace(batch.out / name)
    batch.records[outcome.name] = replace(record, status=state)
    _record(batch, finished=False)
    if failure:
        log.info("%s", failure)


def _taken(batch: Batch, entry: str, names: Iterable[str]) -> Failure | None:
    """A failure if another entry has already made one of these files."""
    owners = {path: record.name for record in batch.records.values() if record.name != entry for path in record.outputs}
    both = [name for name in names if name in owners]
    if not both:
        return None
    message = f"{both[0]} is made by {owners[both[0]]} as well; save it under another name"
    return outside_cells(batch.steps[entry].entry.path.name, "after its last cell", "Result made twice", message)


def _forget(batch: Batch, name: str) -> None:
    """Delete what an earlier run of the entry made: a result that is no longer produced must not stay."""
    record = batch.records.pop(name, None)
    if record:
        _record(batch, finished=False)
        _remove(batch.out / path for path in record.outputs)


def _clear(batch: Batch) -> None:
    """Delete what a killed run left, results of entries that are no longer listed, and those of other rows."""
    shutil.rmtree(batch.out / ".stage", ignore_errors=True)
    _remove(batch.out.glob("notebooks/*.part.ipynb"))
    listed = read_run_list()
    for name, record in list(batch.records.items()):
        rows = batch.sources.get(record.study, record.data)
        if name not in listed or record.status == "unfinished" or record.data != rows:
            _forget(batch, name)


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _record(batch: Batch, *, finished: bool) -> None:
    """Index and manifest, which always say the same."""
    write_index(batch.out, [asdict(record) for record in batch.records.values()], finished=finished)
    manifest.write_manifest(batch.out, batch.records.values(), finished=finished)


def _finished(out: Path) -> bool:
    try:
        return not manifest.read_manifest(out)[0]
    except UsageError:
        return False
