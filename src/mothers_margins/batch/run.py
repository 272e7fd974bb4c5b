"""Runs a plan: skips what has not changed, and puts results in place only when their notebook has
finished.
"""

import logging
import os
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path, PurePath

from filelock import FileLock, Timeout

from mothers_margins import places
from mothers_margins.batch import manifest
from mothers_margins.batch.accept import Shelf, changed_parts
from mothers_margins.batch.failure import Failure, read_failure, shown_name
from mothers_margins.batch.pages import question_of, title_of
from mothers_margins.batch.pools import SingleProcesses
from mothers_margins.batch.prepare import Batch
from mothers_margins.batch.progress import Progress
from mothers_margins.batch.watch import Signatures, signatures
from mothers_margins.batch.worker import Job, Outcome, run_job
from mothers_margins.errors import DisclosureError, UsageError

POLL = 0.5  # seconds between two looks at the running notebooks
log = logging.getLogger("mothers_margins")


def run_batch(
    batch: Batch,
    *,
    jobs: int,
    force: bool,
    keep_going: bool,
    progress: Progress,
    executor: Executor | None = None,
) -> int:
    """Run every step of a batch that has to run; returns the exit code.

    jobs: notebooks at a time. keep_going: after a failure, go on with what does not need the failed
    entry. executor: another place to run (a Dask client's executor works); by default, spawned
    local processes. Raises UsageError if another run is writing to the same folder, or if another
    version has written to it.
    """
    with places.private_files(batch.restricted), _alone(batch):
        batch.records = manifest.read_records(batch.out)
        shelf = Shelf(batch)
        shelf.clear()
        try:
            with _workers(executor, min(jobs, len(batch.steps))) as pool:
                _Run(batch, shelf, pool, jobs, force, keep_going, progress).go()
        finally:
            shelf.clear_unfinished()
        if set(batch.states.values()) != {"unchanged"} or not manifest.is_finished(batch.out):
            _front_page(batch, progress)
            shelf.record(finished=True)
        if not shelf.written:
            progress.say(
                "manifest.json could not be written; the next run does it if there is room"
            )
    failures = [
        batch.records[name].failure for name, state in batch.states.items() if state == "failed"
    ]
    codes = [failure.exit_code for failure in failures if failure]
    return max([*codes, int(not shelf.written)], default=0)


def _front_page(batch: Batch, progress: Progress) -> None:
    """The page that readers open, made anew from what is released now."""
    from mothers_margins.front_page.write_front_page import write_front_page

    try:
        write_front_page(batch.out / "release", private=batch.restricted)
    except DisclosureError as error:
        progress.say(f"release/index.html was not written: {error.summary}")


@contextmanager
def _alone(batch: Batch) -> Iterator[None]:
    """Hold the folder for this run; the system lets go of the lock if the run is killed."""
    places.make_folder(batch.out, private=batch.restricted)
    _refuse_links(batch.out)
    if batch.restricted:
        _tighten(batch.out)
    lock = FileLock(batch.out / manifest.LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        remedy = "Wait for it, or give --out."
        summary = f"Another run is writing to {places.shown(batch.out)}."
        raise UsageError(summary, (), remedy) from None
    try:
        yield
    finally:
        lock.release()


def _refuse_links(out: Path) -> None:
    """Raise UsageError where a folder of the run is a link: what is made and deleted would then lie
    elsewhere.
    """
    links = [name for name in (*manifest.OWN_FOLDERS, manifest.STAGE) if (out / name).is_symlink()]
    if links:
        remedy = "Put a folder in its place, or name another with --out. Nothing was changed."
        raise UsageError(f"{places.shown(out)}: {' and '.join(links)} is a link.", (), remedy)


def _tighten(out: Path) -> None:
    """Take from everybody else what is already in the folder: it may have been made by hand, or by
    an earlier version.

    Only what a run makes: the folder may hold other things.
    """
    out.chmod(places.PRIVATE_FOLDER)
    folders = [out / name for name in (*manifest.OWN_FOLDERS, manifest.STAGE)]
    files = [out / name for name in (manifest.NAME, manifest.INDEX, manifest.LOG, manifest.LOCK)]
    inside = [path for folder in folders for path in (folder, *folder.rglob("*"))]
    for path in (*inside, *files):
        if path.exists() and not path.is_symlink():
            path.chmod(places.PRIVATE_FOLDER if path.is_dir() else places.PRIVATE_FILE)


@contextmanager
def _workers(executor: Executor | None, jobs: int) -> Iterator[Executor]:
    if executor:
        yield executor
        return
    pool = SingleProcesses(jobs)
    try:
        yield pool
    except BaseException:
        pool.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


@dataclass(frozen=True)
class _Started:
    """A job that was handed out: with which key, and how the results that it reads looked then."""

    job: Job
    key: dict[str, str]
    read: Signatures


@dataclass
class _Run:
    """One pass over the steps of a batch."""

    batch: Batch
    shelf: Shelf
    pool: Executor
    jobs: int
    force: bool
    keep_going: bool
    progress: Progress
    waiting: list[str] = field(default_factory=list)
    running: dict[Future[Outcome], _Started] = field(default_factory=dict)

    def go(self) -> None:
        """Run what has to run, each entry after those that it needs."""
        needs = {name: step.entry.needs for name, step in self.batch.steps.items()}
        self.sorter = TopologicalSorter(needs)
        self.sorter.prepare()
        while self.sorter.is_active():
            self.waiting += self.sorter.get_ready()
            while self.waiting and len(self.running) < self.jobs:
                self._begin(self.waiting.pop(0))
            finished, _ = wait(self.running, timeout=POLL, return_when=FIRST_COMPLETED)
            for future in finished:
                self._end(future)
            for started in self.running.values():
                self.progress.moved(started.job.name, started.job.part)

    def _begin(self, name: str) -> None:
        """Start an entry, or decide that it is not run."""
        states = self.batch.states
        needs = self.batch.steps[name].entry.needs
        lost = [need for need in needs if states.get(need) in ("failed", "not run")]
        if lost or (not self.keep_going and "failed" in states.values()):
            states[name] = "not run"
            if lost:
                self.shelf.forget(name)  # what it once made of their results must not outlive them
            self._skip(name)
            return
        reasons = self.batch.reasons_to_run(name)
        if not (reasons or self.force):
            states[name] = "unchanged"
            self._skip(name)
            return
        self._start(name, ", ".join(reasons))

    def _skip(self, name: str) -> None:
        self.progress.skipped(name, self.batch.states[name])
        self._done(name)

    def _done(self, name: str) -> None:
        self.sorter.done(name)
        self.waiting += self.sorter.get_ready()

    def _start(self, name: str, why: str) -> None:
        step, job = self.batch.steps[name], _job(self.batch, name)
        started = _Started(job, self.batch.key(step), signatures(self.batch.read_by(step)))
        self.shelf.forget(name)
        self.progress.started(name, len(step.notebook["cells"]), why or "asked to")
        log.info("%s started: %s", name, why or "--force")
        touched = self.batch.touched(name)
        if touched:  # no need to wait for its end to say so
            self.running[_ended(Outcome(name, 0.0, changed_parts(job, touched)))] = started
            return
        self.running[_submitted(self.pool, job)] = started

    def _end(self, future: Future[Outcome]) -> None:
        started = self.running.pop(future)
        name = started.job.name
        outcome = _outcome(future, started.job)
        touched = self.batch.touched(name)
        if signatures(started.read) != started.read:
            touched.append("results it reads")
        if touched and not outcome.failure:
            outcome = Outcome(name, outcome.seconds, changed_parts(started.job, touched))
        self.shelf.accept(started.job, outcome, started.key)
        self.progress.finished(name, outcome.seconds, self.batch.states[name])
        log.info("%s %s in %.1f s", name, self.batch.states[name], outcome.seconds)
        self._done(name)


def _job(batch: Batch, name: str) -> Job:
    step = batch.steps[name]
    return Job(
        name=name,
        notebook=str(step.entry.path),
        title=title_of(step.notebook, step.parameters, step.entry.studies[0]),
        question=question_of(step.notebook),
        prefix=step.prefix,
        parameters=step.parameters,
        out=str(batch.out),
        data=str(batch.data) if batch.data else places.DEMO,
        batch=os.getpid(),
    )


def _submitted(pool: Executor, job: Job) -> Future[Outcome]:
    """The job's future; if the pool takes no more, one that holds the error."""
    try:
        return pool.submit(run_job, job)
    except (
        RuntimeError,
        OSError,
    ) as error:  # BrokenProcessPool is one; no process can be started is another
        future: Future[Outcome] = Future()
        future.set_exception(error)
        return future


def _ended(outcome: Outcome) -> Future[Outcome]:
    future: Future[Outcome] = Future()
    future.set_result(outcome)
    return future


def _outcome(future: Future[Outcome], job: Job) -> Outcome:
    try:
        return future.result()
    except Exception as error:  # the worker is gone, or another executor could not do it
        kind = shown_name(type(error).__name__, restricted=job.restricted)
        return Outcome(job.name, 0.0, _lost(job, kind))


def _lost(job: Job, kind: str) -> Failure:
    message = f"the process that ran it was ended from outside ({kind})"
    notebook = PurePath(job.notebook).name
    return read_failure(notebook, job.part, "Worker lost", message, restricted=job.restricted)
