"""What the door reads: results of one study that a finished run made, and nothing beside them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from mothers_margins import places
from mothers_margins.errors import DisclosureError, UsageError
from mothers_margins.release.manifest import ALL_OF_CHECKER
from mothers_margins.results.read import read_result
from mothers_margins.results.results import Results
from mothers_margins.study.read_study import read_study
from mothers_margins.study.source import Source
from mothers_margins.study.study import Study

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
    files, data_key = _tables_of(internal, known)
    results = {path.stem: read_result(path, known) for path in files}
    return RunFolder(known, results, _source_of(results), data_key)


def read_joint_counts(internal: Path, study: Study) -> Results:
    """The joint counts in OUT/internal/STUDY; every other file is compared with the manifest and
    not read. Raises as `read_run` and `joint_counts_of` do.
    """
    files, _ = _tables_of(internal, study)
    own = [path for path in files if path.stem == JOINT]
    if not own:
        raise _without_joint_counts()
    return read_result(own[0], study)


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


def _tables_of(internal: Path, study: Study) -> tuple[list[Path], str]:
    """The tables that a run made of a study, and the keyed hash of its rows."""
    run = internal.resolve().parents[1]
    made = _made_of(run, study)
    _refuse_changed(run, made, study)
    files = [run / name for name in made.hashes if name.endswith(".csv")]
    if not files:
        raise UsageError(f"The run holds no results of {study.name}.", (), _remedy(study))
    return files, made.data_keys[0]


class _Made(NamedTuple):
    """What the manifest says of a study. hashes: of its files, by their place in the run's folder.
    data_keys: of each entry the keyed hash of the rows that it read.
    """

    hashes: dict[str, str]
    data_keys: list[str]


def _made_of(run: Path, study: Study) -> _Made:
    """What the finished entries of a run made of a study."""
    manifest = _manifest(run, study)
    prefix = f"internal/{study.name}/"
    hashes: dict[str, str] = {}
    data_keys: list[str] = []
    try:
        for entry in manifest["entries"]:
            if entry["status"] != "done" or study.name not in entry["studies"]:
                continue
            # what a release wrote for the checker is no result, and the next one replaces it
            of_checker = {f"{prefix}{name}" for name in ALL_OF_CHECKER}
            own = {name for name in entry["outputs"] if name.startswith(prefix)} - of_checker
            hashes |= {name: entry["outputs"][name] for name in sorted(own)}
            data_keys.append(entry["data"][study.name]["fingerprint"])
    except (KeyError, TypeError, AttributeError):
        raise UsageError(f"{places.shown(run / MANIFEST)} is not the manifest of a run.") from None
    return _Made(hashes, data_keys)


def _refuse_changed(run: Path, made: _Made, study: Study) -> None:
    """Raise UsageError where files are gone or changed, or are of different rows."""
    changed = sorted(name for name, sha in made.hashes.items() if _sha(run / name) != sha)
    problems = [f"{name} is gone or was changed" for name in changed[:20]]
    if len({*made.data_keys}) > 1:
        problems.append("its results are of different rows")
    if problems:
        raise UsageError("The run is not as it was made.", problems, _remedy(study))


def _source_of(results: Mapping[str, Results]) -> Source:
    """Where the rows come from; that of a publication only if there is no other."""
    sources = [one.about.source for one in results.values()]
    of_rows = [source for source in sources if source.kind != "published"]
    return (of_rows or sources)[0]


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
