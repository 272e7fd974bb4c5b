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
from mothers_margins.errors import UsageError
from mothers_margins.study import Source


@dataclass
class Batch:
    """A run in progress: its plan and folder, what is recorded, and what has become of each step."""

    steps: Mapping[str, Step]
    out: Path
    about: Mapping[str, Any]
    data: Path | None = None
    records: dict[str, Record] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)

    def key(self, step: Step) -> dict[str, str]:
        """The parts of a step's key, as things stand now."""
        study = read_study(step.entry.study)
        path = self.data or study.folder / study.file.data.demo
        upstream = {name: self.records[name].outputs for name in step.entry.needs if name in self.records}
        read = {path: sha for outputs in upstream.values() for path, sha in outputs.items() if path.endswith(".csv")}
        return key_parts(step, data_fingerprint(path, restricted=self.data is not None), read)

    def why(self, name: str) -> list[str]:
        """Why a step has to run; empty if it does not."""
        record = self.records.get(name)
        if record is None:
            return ["never run"]
        if record.status != "done":
            return [record.status]
        parts = list(changed(record.key, self.key(self.steps[name])))
        return parts or [f"{path} is gone or was changed" for path in manifest.differing(self.out, record)]


def prepare(steps: Mapping[str, Step], data: Path | None, out: Path | None) -> Batch:
    """The batch to run, with its data checked and its folder decided."""

    studies = {name: read_study(name) for name in sorted({step.entry.study for step in steps.values()})}
    about: dict[str, Any] = {**manifest.commit()}
    if data is None:
        out = out or places.project() / "outputs" / "demo"
        files = {name: study.folder / study.file.data.demo for name, study in studies.items()}
        sources = {
            name: Source(study.file.data.demo_status, count_rows(files[name]), study.file.data.statement)
            for name, study in studies.items()
        }
        mark = "; ".join(sorted({source.mark for source in sources.values()}))
    else:
        data = data.resolve()
        problems = ["--data names a file inside the project's folder"] if places.inside_project(data) else []
        inside = out is None or places.inside_project(out)
        problems += ["--out must name a folder outside the project's"] if inside else []
        problems += ["--study must name the study that the file belongs to"] if len(studies) != 1 else []
        if problems or out is None:
            raise UsageError("Restricted data and what is made from them stay outside the project.", problems)
        from mothers_margins.cohort import read_cohort  # pandas: half a second that a demo run can spare

        (name, study), *_ = studies.items()
        sources, files = {name: read_cohort(data, study).source}, {name: data}
        mark = "RESTRICTED: for the research team only"
    about["data"] = {
        "mark": mark,
        "studies": {
            name: {
                "kind": source.kind,
                "rows": source.rows,
                "keyed_hash" if data else "sha256": data_fingerprint(files[name], restricted=data is not None),
            }
            for name, source in sources.items()
        },
    }
    return Batch(steps, out.resolve(), about, data, manifest.read_records(out))
