"""Before a batch starts: its data are checked, its folder is decided, and each step knows whether it has to run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mothers_margins import places
from mothers_margins.batch import manifest
from mothers_margins.batch.key import changed, count_rows, data_fingerprint, key_parts
from mothers_margins.batch.manifest import Record
from mothers_margins.batch.plan import Step
from mothers_margins.dictionary import read_study
from mothers_margins.errors import DataError, UsageError
from mothers_margins.study import Source, Study

RESTRICTED = "RESTRICTED DATA: for the research team only"


@dataclass
class Batch:
    """A run in progress: its plan, folder and data, what is recorded, and what has become of each step.

    data: the restricted file, or None for the demo. sources: per study, what its records say of the rows.
    """

    steps: Mapping[str, Step]
    out: Path
    data: Path | None
    sources: Mapping[str, Mapping[str, Any]]
    records: dict[str, Record] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)

    def key(self, step: Step) -> dict[str, str]:
        """The parts of a step's key, as things stand now."""
        upstream = {name: self.records[name].outputs for name in step.entry.needs if name in self.records}
        read = {path: sha for outputs in upstream.values() for path, sha in outputs.items() if path.endswith(".csv")}
        return key_parts(step, self.sources[step.entry.study]["fingerprint"], read)

    def why(self, name: str) -> list[str]:
        """Why a step has to run; empty if it does not."""
        record = self.records.get(name)
        if record is None:
            return ["never run"]
        if record.status != "done":
            return [record.status]
        parts = list(changed(record.key, self.key(self.steps[name])))
        return parts or [f"{path} is gone or was changed" for path in manifest.differing(self.out, record)]

    def would_run(self, *, force: bool) -> dict[str, list[str]]:
        """Per step in run order, why it would run; a step that reads what another makes anew runs as well."""
        reasons: dict[str, list[str]] = {}
        for name, step in self.steps.items():
            after = [f"after {need}" for need in step.entry.needs if reasons.get(need)]
            reasons[name] = self.why(name) or after or ["asked to"] * force
        return reasons


def prepare(steps: Mapping[str, Step], data: Path | None, out: Path | None, *, dry: bool = False) -> Batch:
    """The batch to run. data: a restricted file, or None for the demo; out: None for outputs/demo.

    dry: leave no trace, not even the key file beside restricted data. Raises DataError if the file does not match the
    study, UsageError if data or folder are where they may not be, or the folder holds results of the other kind.
    """
    studies = {name: read_study(name) for name in sorted({step.entry.study for step in steps.values()})}
    outputs = places.project() / "outputs"
    problems = []
    if data:
        problems += ["--data names a file inside the project's folder"] if places.inside_project(data) else []
        problems += ["--study must name the study that the file belongs to"] if len(studies) != 1 else []
        inside = out is None or places.inside_project(out)
        problems += ["--out must name a folder outside the project's"] if inside else []
    elif out and places.inside_project(out) and not out.resolve().is_relative_to(outputs.resolve()):
        problems += ["--out must name a folder in outputs/, or one outside the project"]
    folder = (out or outputs / "demo").resolve()
    records = manifest.read_records(folder)
    if any((record.data["kind"] == "restricted") != bool(data) for record in records.values()):
        problems += [f"--out names a folder with results of {'demonstration' if data else 'restricted'} data"]
    if problems:
        raise UsageError("The run cannot start; no notebook was run.", problems)
    return Batch(steps, folder, data and data.resolve(), _sources(studies, data, make_key=not dry), records)


def _sources(studies: Mapping[str, Study], data: Path | None, *, make_key: bool) -> dict[str, dict[str, Any]]:
    found = {}
    for name, study in studies.items():
        path = data or study.folder / study.file.data.demo
        if data:
            from mothers_margins.reader import read_cohort  # pandas: half a second that a demo run can spare
            from mothers_margins.sources import files_read

            source = read_cohort(path, study).source
            if source.kind != "restricted":
                raise DataError("--data names made-up rows; run them with --demo.")
        elif not path.is_file():
            raise DataError(f"data_dictionary/{name}: {path.name} is missing.")
        else:
            source = Source(study.file.data.demo_status, count_rows(path), study.file.data.statement)
        files = files_read(path, study) if data else [path]
        fingerprint = data_fingerprint(path, files, restricted=bool(data), make_key=make_key)
        mark = source.mark or RESTRICTED
        found[name] = {"mark": mark, "kind": source.kind, "rows": source.rows, "fingerprint": fingerprint}
    return found
