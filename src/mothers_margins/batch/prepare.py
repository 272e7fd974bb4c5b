"""Before a batch starts: its data are checked, its folder is decided, and each step knows whether
it has to run.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mothers_margins import places
from mothers_margins.batch import manifest
from mothers_margins.batch.cache_key import (
    changed,
    count_rows,
    data_fingerprint,
    feedback_digests,
    file_digest,
    files_of,
    key_parts,
)
from mothers_margins.batch.decks import is_meeting
from mothers_margins.batch.manifest import Record, Rows
from mothers_margins.batch.plan import Step
from mothers_margins.batch.watch import Signatures, signatures
from mothers_margins.errors import DataError, UsageError
from mothers_margins.study.read_study import read_study
from mothers_margins.study.source import Source
from mothers_margins.study.study import Study

RESTRICTED = "RESTRICTED DATA: for the research team only"
CANNOT_START = "The run cannot start; no notebook was run."
Watched = Mapping[str, Signatures]  # by part of the key


@dataclass
class Batch:
    """A run in progress: its plan, folder and data, what is recorded, and what has become of each
    step.

    data: the restricted file, or None for the demo. files: per study, all that are read for its
    rows. sources: per study, what its records say of the rows. before: per step, signatures of its
    files from before they were read.
    """

    steps: Mapping[str, Step]
    out: Path
    data: Path | None
    files: Mapping[str, list[Path]]
    sources: Mapping[str, Rows]
    before: Mapping[str, Watched]
    records: dict[str, Record] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)

    @property
    def restricted(self) -> bool:
        """Whether nobody but the owner may read what the run makes."""
        return self.data is not None

    def rows(self, step: Step) -> dict[str, Rows]:
        """What is said of the rows that a step reads, per study."""
        return {study: self.sources[study] for study in step.entry.studies}

    def key(self, step: Step) -> dict[str, str]:
        """The parts of a step's key, as things stand now."""
        read: dict[str, str] = {}
        for record in self.needed(step):
            read |= {path: sha for path, sha in record.outputs.items() if path.endswith(".csv")}
        if is_meeting(step.entry.notebook):
            read |= self._releases(step)
        fingerprints = {study: rows.fingerprint for study, rows in self.rows(step).items()}
        return key_parts(step, self.before[step.entry.name], fingerprints, read)

    def _releases(self, step: Step) -> dict[str, str]:
        """Hashes of the releases that a meeting reads, which a command may have written."""
        names = [f"release/{study}/manifest.json" for study in step.entry.studies]
        return {name: file_digest(self.out / name) for name in names if (self.out / name).is_file()}

    def read_by(self, step: Step) -> list[Path]:
        """Results of other entries that a step reads."""
        paths = [path for record in self.needed(step) for path in record.outputs]
        return [self.out / path for path in paths if path.startswith("internal/")]

    def needed(self, step: Step) -> list[Record]:
        """Records of the entries that a step needs, as far as there are any."""
        return [self.records[name] for name in step.entry.needs if name in self.records]

    def touched(self, name: str) -> list[str]:
        """Parts of a step's key whose files were written to, added or deleted since before they
        were read.
        """
        before, files = self.before[name], files_of(self.steps[name], self.files)
        return [part for part, own in files.items() if before[part] != signatures(own)]

    def reasons_to_run(self, name: str) -> list[str]:
        """Why a step has to run; empty if it does not."""
        record = self.records.get(name)
        if record is None:
            return ["never run"]
        if record.status != "done":
            return [record.status]
        parts = list(changed(record.key, self.key(self.steps[name])))
        if parts:
            return parts
        return [f"{path} is gone or was changed" for path in manifest.differing(self.out, record)]

    def would_run(self, *, force: bool) -> dict[str, list[str]]:
        """Per step in run order, why it would run; a step that reads what another makes anew runs
        as well.
        """
        reasons: dict[str, list[str]] = {}
        for name, step in self.steps.items():
            after = [f"after {need}" for need in step.entry.needs if reasons.get(need)]
            reasons[name] = self.reasons_to_run(name) or after
            if force and not reasons[name]:
                reasons[name] = ["asked to"]
        return reasons


def prepare(
    steps: Mapping[str, Step], data: Path | None, out: Path | None, *, dry: bool = False
) -> Batch:
    """The batch to run. data: a restricted file, or None for the demo; out: None for outputs/demo.

    dry: leave no trace, not even the key file of restricted data. Raises DataError if the file does
    not match the study, UsageError if data or folder are where they may not be, or the folder holds
    results of the other kind or of another version.
    """
    named = {name for step in steps.values() for name in step.entry.studies}
    studies = {name: read_study(name) for name in sorted(named)}
    problems = list(_misplaced(data, out))
    if data and len(studies) != 1:
        problems.append("--study must name the study that the file belongs to")
    if problems:
        raise UsageError(CANNOT_START, problems)
    for step in () if dry else steps.values():
        feedback_digests(step.entry.notebook, make_key=True)
    folder = (out or places.project() / "outputs" / "demo").resolve()
    records = manifest.read_records(folder)
    _refuse_other_kind(records.values(), restricted=data is not None)
    files = _files(studies, data)
    # before what the files say is read
    before = {name: _watched(step, files) for name, step in steps.items()}
    sources = _sources(studies, data, files, make_key=not dry)
    return Batch(steps, folder, data and data.resolve(), files, sources, before, records)


def _refuse_other_kind(records: Iterable[Record], *, restricted: bool) -> None:
    """Raise UsageError for a folder that holds results of restricted data where these are not, or
    the other way round.
    """
    kinds = {rows.kind for record in records for rows in record.data.values()}
    if any((kind == "restricted") != restricted for kind in kinds):
        other = "demonstration" if restricted else "restricted"
        raise UsageError(CANNOT_START, [f"--out names a folder with results of {other} data"])


def _misplaced(data: Path | None, out: Path | None) -> Iterable[str]:
    """What is wrong with where data and results lie."""
    outputs = (places.project() / "outputs").resolve()
    if data:
        if places.inside_project(data):
            yield "--data names a file inside the project's folder"
        if out is None or places.inside_project(out):
            yield "--out must name a folder outside the project's"
    elif out and places.inside_project(out) and not out.resolve().is_relative_to(outputs):
        yield "--out must name a folder in outputs/, or one outside the project"


def _watched(step: Step, files: Mapping[str, list[Path]]) -> Watched:
    of_notebook = {step.entry.path: step.signature}  # it has been read already, for its parameters
    watched = {part: signatures(own) for part, own in files_of(step, files).items()}
    return watched | {"notebook": of_notebook}


def _files(studies: Mapping[str, Study], data: Path | None) -> dict[str, list[Path]]:
    """All files that are read for the rows of each study."""
    if data is None:
        return {name: [study.folder / study.file.data.demo] for name, study in studies.items()}
    # pandas: half a second that a demo run can spare
    from mothers_margins.cohort.merge_sources import files_read

    return {name: files_read(data.resolve(), study) for name, study in studies.items()}


def _sources(
    studies: Mapping[str, Study],
    data: Path | None,
    files: Mapping[str, list[Path]],
    *,
    make_key: bool,
) -> dict[str, Rows]:
    described = {}
    for name, study in studies.items():
        source = _restricted_source(data, study) if data else _demo_source(study)
        path = data or study.folder / study.file.data.demo
        fingerprint = data_fingerprint(path, files[name], restricted=bool(data), make_key=make_key)
        described[name] = Rows(source.mark or RESTRICTED, source.kind, source.rows, fingerprint)
    return described


def _restricted_source(data: Path, study: Study) -> Source:
    from mothers_margins.cohort.read_cohort import read_cohort  # pandas, as above

    source = read_cohort(data, study).source
    if source.kind != "restricted":
        raise DataError("--data names made-up rows; run them with --demo.")
    return source


def _demo_source(study: Study) -> Source:
    path = study.folder / study.file.data.demo
    if not path.is_file():
        raise DataError(f"data_dictionary/{study.name}: {path.name} is missing.")
    return Source(study.file.data.demo_status, count_rows(path), study.file.data.statement)
