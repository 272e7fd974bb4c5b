"""What the door reads: results of one study that a finished run made, and nothing beside them."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from mothers_margins import places
from mothers_margins.errors import DisclosureError, UsageError
from mothers_margins.results.read import read_result
from mothers_margins.results.results import Results
from mothers_margins.study.read_study import read_study
from mothers_margins.study.study import Source, Study

MANIFEST = "manifest.json"
JOINT = "joint_counts"


@dataclass(frozen=True, eq=False)
class RunFolder:
    """Results of a study by name. data_key: the keyed hash of its rows, as the run recorded it."""

    study: Study
    results: dict[str, Results]
    source: Source
    data_key: str

    @property
    def restricted(self) -> bool:
        """Whether any of it comes of restricted rows."""
        return any(one.about.source.kind == "restricted" for one in self.results.values())


def read_run(internal: Path, study: Study | None = None) -> RunFolder:
    """The results in OUT/internal/STUDY that the manifest of the run names.

    Raises UsageError where there is no run, or a file is not as the run made it.
    """
    known = study or read_study(internal.name)
    files, data_key = _made(internal, known)
    results = {path.stem: read_result(path, known) for path in files}
    sources = [one.about.source for one in results.values() if one.about.source.kind != "published"]
    source = sources[0] if sources else next(iter(results.values())).about.source
    return RunFolder(known, results, source, data_key)


def read_joint_counts(internal: Path, study: Study) -> Results:
    """The joint counts in OUT/internal/STUDY; every other file is compared with the manifest and
    not read. Raises as `read_run` and `joint_counts_of` do.
    """
    files, _ = _made(internal, study)
    own = [path for path in files if path.stem == JOINT]
    if not own:
        raise _without_joint_counts()
    return read_result(own[0], study)


def _made(internal: Path, known: Study) -> tuple[list[Path], str]:
    """The tables of a study that the manifest names, and the keyed hash of its rows."""
    run = internal.resolve().parents[1]
    manifest = _manifest(run, known)
    try:
        entries = [entry for entry in manifest["entries"] if entry["status"] == "done"]
        own = [entry for entry in entries if known.name in entry["studies"]]
        prefix = f"internal/{known.name}/"
        hashes = {
            name: sha
            for entry in own
            for name, sha in entry["outputs"].items()
            if name.startswith(prefix)
        }
        keys = [entry["data"][known.name]["fingerprint"] for entry in own]
    except (KeyError, TypeError, AttributeError):
        raise UsageError(f"{places.shown(run / MANIFEST)} is not the manifest of a run.") from None
    changed = sorted(name for name, sha in hashes.items() if _sha(run / name) != sha)
    if changed or len({*keys}) > 1:
        problems = [f"{name} is gone or was changed" for name in changed[:20]]
        problems += ["its results are of different rows"] if len({*keys}) > 1 else []
        raise UsageError("The run is not as it was made.", problems, _remedy(known))
    files = [run / name for name in hashes if name.endswith(".csv")]
    if not files:
        raise UsageError(f"The run holds no results of {known.name}.", (), _remedy(known))
    return files, keys[0]


def joint_counts_of(run: RunFolder) -> Results:
    """The joint counts of a run. Raises DisclosureError without them."""
    if JOINT not in run.results:
        raise _without_joint_counts()
    return run.results[JOINT]


def _without_joint_counts() -> DisclosureError:
    return DisclosureError(
        "The run holds no joint counts, so nothing can be protected.",
        (),
        "Run notebook 01 on this study, then release again.",
    )


def _manifest(run: Path, study: Study) -> dict[str, list[dict]]:  # type: ignore[type-arg]
    try:
        content = json.loads((run / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(
            f"{places.shown(run)} holds no run; only results of a finished run are released.",
            (),
            _remedy(study),
        ) from None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise UsageError(f"{places.shown(run / MANIFEST)} is not the manifest of a run.")
    return content


def _remedy(study: Study) -> str:
    return f"Make it with: mothers-margins run --demo --study {study.name}"


def _sha(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
