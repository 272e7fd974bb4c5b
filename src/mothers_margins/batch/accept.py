"""Puts the files of a finished notebook in place, records them, and deletes those that must not
stay.

The order keeps a killed run honest: what is about to be moved or deleted is first recorded as
unfinished, so that the next run knows what to clear away. A disk that is full ends the entry, not
the batch.
"""

import logging
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from mothers_margins import places
from mothers_margins.batch import manifest
from mothers_margins.batch.cache_key import file_digest
from mothers_margins.batch.decks import DECKS, is_meeting
from mothers_margins.batch.failure import Failure, clean, outside_cells
from mothers_margins.batch.index_page import write_index
from mothers_margins.batch.manifest import Record, Status
from mothers_margins.batch.plan import read_run_list
from mothers_margins.batch.prepare import Batch
from mothers_margins.batch.report import REPORT, is_report
from mothers_margins.batch.worker import Job, Outcome

log = logging.getLogger("mothers_margins")
AT_THE_END = "after its last cell"


class Shelf:
    """The folder of a run, which holds one entry's files after another's. written: whether its
    manifest is up to date.
    """

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.written = True

    def record(self, *, finished: bool = False) -> None:
        """Write index and manifest, which always say the same; where there is no room, the next
        call tries again.
        """
        try:
            _record(self.batch, finished=finished)
            self.written = True
        except OSError as error:
            self.written = False
            log.info("%s could not be written: %s", manifest.NAME, _reason(error))

    def clear(self) -> None:
        """Delete what a killed run left, results of entries that are no longer listed, and those of
        other rows.
        """
        self.clear_unfinished()
        for path in manifest.left_over(self.batch.out):
            path.unlink(missing_ok=True)
        listed, sources = read_run_list(), self.batch.sources
        for name, record in list(self.batch.records.items()):
            same_rows = all(sources.get(study, rows) == rows for study, rows in record.data.items())
            if name not in listed or record.status == "unfinished" or not same_rows:
                self.forget(name)

    def clear_unfinished(self) -> None:
        """Delete what waits for a notebook that has not finished."""
        shutil.rmtree(self.batch.out / manifest.STAGE, ignore_errors=True)
        for path in self.batch.out.glob(f"notebooks/*{manifest.RUNNING}"):
            path.unlink(missing_ok=True)

    def forget(self, name: str) -> None:
        """Delete what an earlier run of the entry made: a result that is no longer produced must
        not stay.
        """
        record = self.batch.records.get(name)
        if record is None:
            return
        self.batch.records[name] = replace(record, status="unfinished")
        self.record()
        self._remove(record.outputs)
        del self.batch.records[name]
        self.record()

    def _remove(self, names: Iterable[str]) -> None:
        """Delete files of the folder, and nothing that lies elsewhere because a folder on the way
        is a link.
        """
        for name in names:
            path = self.batch.out / name
            if self._is_outside(name) or (path.is_dir() and not path.is_symlink()):
                log.info("a file that is not in the folder was not deleted")
                continue
            path.unlink(missing_ok=True)

    def _is_outside(self, name: str) -> bool:
        return not manifest.is_own(name) or manifest.leads_outside(self.batch.out, name)

    def accept(self, job: Job, outcome: Outcome, key: Mapping[str, str]) -> None:
        """Move the files of an entry to their places, and record it as done or failed."""
        failure = outcome.failure
        if failure is None:
            failure = self._refused(job)
        if failure is None:
            failure = self._placed(job, outcome.seconds, key)
        self.batch.states[job.name] = "failed" if failure else "done"
        if failure:
            self._fail(job, failure, outcome.seconds, key)
            log.info("%s", failure)

    def _refused(self, job: Job) -> Failure | None:
        """A failure if the entry made a file that belongs to another entry, to another study, or
        outside the folder.
        """
        notebook, names = Path(job.notebook).name, _waiting(job)
        owners = self._owners(job.name)
        taken = [name for name in names if name in owners]
        if taken:
            owner = owners[taken[0]]
            message = f"{taken[0]} is made by {owner} as well; save it under another name"
            return outside_cells(notebook, AT_THE_END, "Result made twice", message)
        studies = self.batch.steps[job.name].entry.studies
        own = tuple(f"{folder}/{study}/" for folder in manifest.RESULTS for study in studies)
        if is_meeting(job.notebook):
            own = (*own, DECKS)
        if is_report(job.notebook):
            own = (*own, REPORT)
        results = [name for name in names if not name.startswith("notebooks/")]
        others = [name for name in results if not name.startswith(own)]
        if others:
            listed = " or ".join(studies)
            message = f"{others[0]} is not in the folder of {listed}, which the entry is listed for"
            return outside_cells(notebook, AT_THE_END, "Result of another study", message)
        executed = [f"notebooks/{job.name}.ipynb", *names]
        if any(self._is_outside(name) for name in executed):
            message = "a folder of the run is a link that leads out of it; put a folder there"
            return outside_cells(notebook, AT_THE_END, "Result outside the folder", message)
        return None

    def _owners(self, besides: str) -> dict[str, str]:
        """The entry that made each file, but for one entry."""
        others = [record for record in self.batch.records.values() if record.name != besides]
        return {path: record.name for record in others for path in record.outputs}

    def _placed(self, job: Job, seconds: float, key: Mapping[str, str]) -> Failure | None:
        """Put the files of a finished notebook in place, the notebook last; a failure if there is
        no room for them.
        """
        files = {**_waiting(job), f"notebooks/{job.name}.ipynb": job.part}
        try:
            clean(job.part, failed=False, restricted=job.restricted)
            record = self._made(job, "unfinished", seconds, key, files, None)
            self.batch.records[job.name] = record
            _record(self.batch, finished=False)
            self._move(files)
            self.batch.records[job.name] = replace(record, status="done")
            _record(self.batch, finished=False)
        except (OSError, ValueError) as error:
            self._remove(files)
            return _not_written(job, error)
        return None

    def _fail(self, job: Job, failure: Failure, seconds: float, key: Mapping[str, str]) -> None:
        """Keep of a failed entry its notebook as far as it came, if it can be read and there is
        room.
        """
        files = {f"notebooks/{job.name}.failed.ipynb": job.part}
        try:
            clean(job.part, failed=True, restricted=job.restricted)
            record = self._made(job, "unfinished", seconds, key, files, failure)
            self.batch.records[job.name] = record
            _record(self.batch, finished=False)
            self._move(files)
        except (OSError, ValueError):
            self._remove(files)
            job.part.unlink(missing_ok=True)
            files = {}
            record = self._made(job, "unfinished", seconds, key, files, failure)
        # what it made until it failed; on a full disk this makes room
        shutil.rmtree(job.stage, ignore_errors=True)
        self.batch.records[job.name] = replace(record, status="failed")
        self.record()

    def _made(
        self,
        job: Job,
        status: Status,
        seconds: float,
        key: Mapping[str, str],
        files: Mapping[str, Path],
        failure: Failure | None,
    ) -> Record:
        step = self.batch.steps[job.name]
        return Record(
            name=job.name,
            title=job.title,
            question=job.question,
            studies=step.entry.studies,
            status=status,
            parameters=dict(step.parameters),
            data=self.batch.rows(step),
            key=dict(key),
            commit=manifest.commit(),
            seconds=round(seconds, 1),
            outputs={name: file_digest(path) for name, path in files.items()},
            failure=failure,
        )

    def _move(self, files: Mapping[str, Path]) -> None:
        for name, path in files.items():
            places.make_folder((self.batch.out / name).parent, private=self.batch.restricted)
            path.replace(self.batch.out / name)


def changed_parts(job: Job, parts: Iterable[str]) -> Failure:
    """The failure of an entry that read files which somebody wrote to while the batch ran."""
    message = (
        f"{' and '.join(parts)} changed while the batch ran, so the result is of no one "
        "version; run it again"
    )
    return outside_cells(Path(job.notebook).name, "as a whole", "Changed during the run", message)


def _waiting(job: Job) -> dict[str, Path]:
    """The files that wait in the job's stage folder, by their path in the run's folder."""
    paths = sorted(path for path in job.stage.rglob(f"*{places.PART}") if path.is_file())
    finished = [path for path in paths if not places.is_left_over(path)]
    names = [path.relative_to(job.stage).as_posix() for path in finished]
    return dict(zip((name.removesuffix(places.PART) for name in names), finished, strict=True))


def _not_written(job: Job, error: Exception) -> Failure:
    message = f"its files could not be put in place ({_reason(error)})"
    return outside_cells(Path(job.notebook).name, AT_THE_END, "Result not written", message)


def _reason(error: Exception) -> str:
    """What the system says of it, without the path."""
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number) if number else "the executed notebook cannot be read"


def _record(batch: Batch, *, finished: bool) -> None:
    """Index and manifest, which always say the same. Raises OSError if there is no room."""
    current = [name for name, state in batch.states.items() if state in ("done", "unchanged")]
    write_index(batch.out, batch.records.values(), current, finished=finished)
    manifest.write_manifest(batch.out, batch.records.values(), finished=finished)
