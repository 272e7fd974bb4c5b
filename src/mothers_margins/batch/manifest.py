"""manifest.json: what a run's folder holds and how it was made; it also decides whether a step can be skipped."""

import json
import platform
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mothers_margins import __version__, places
from mothers_margins.batch.key import file_digest, packages
from mothers_margins.errors import UsageError

SCHEMA = 1
NAME = "manifest.json"


@dataclass(frozen=True)
class Record:
    """One entry as it stands in the folder. outputs: path relative to the folder, SHA-256."""

    name: str
    title: str
    study: str
    status: str
    parameters: Mapping[str, Any]
    key: Mapping[str, str]
    seconds: float
    outputs: Mapping[str, str] = field(default_factory=dict)
    failure: Mapping[str, Any] | None = None


def read_records(out: Path) -> dict[str, Record]:
    """Records by entry name; none if the folder has no manifest of this form."""
    try:
        content = json.loads((out / NAME).read_text(encoding="utf-8"))
        if content["schema"] != SCHEMA:
            return {}
        return {entry["name"]: Record(**entry) for entry in content["entries"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def write_manifest(out: Path, records: Iterable[Record], about: Mapping[str, Any], *, finished: bool) -> None:
    """Write manifest.json whole. No user name, host name or absolute path goes into it."""
    content = {
        "schema": SCHEMA,
        "state": "finished" if finished else "running",
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "mothers_margins": __version__,
        **about,
        "system": f"{platform.system()} {platform.machine()}",
        "packages": packages(),
        "entries": [asdict(record) for record in sorted(records, key=lambda record: record.name)],
    }
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    places.write_whole(out / NAME, lambda part: part.write_text(text, encoding="utf-8"))


def commit() -> dict[str, Any]:
    """The checkout's commit and whether files differ from it; empty outside a checkout."""
    try:
        found = [
            subprocess.run(["git", *call], cwd=places.project(), capture_output=True, text=True, check=True).stdout  # noqa: S603, S607
            for call in (("rev-parse", "HEAD"), ("status", "--porcelain"))
        ]
    except (OSError, subprocess.CalledProcessError):
        return {}
    return {"commit": found[0].strip(), "changed_since_commit": bool(found[1].strip())}


def intact(out: Path, record: Record) -> bool:
    """Whether every file that a finished entry made is still there as it was made."""
    return record.status == "done" and not differing(out, record)


def differing(out: Path, record: Record) -> list[str]:
    """Files of an entry that are gone or not as they were made."""
    paths = ((path, out / path) for path in record.outputs)
    return [name for name, path in paths if not path.is_file() or file_digest(path) != record.outputs[name]]


def verify(out: Path) -> list[str]:
    """Faults of a run's folder: unfinished state, failed entries, files that are gone or changed.

    Raises UsageError if the folder has no manifest.
    """
    try:
        content = json.loads((out / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UsageError(f"{places.shown(out)} holds no {NAME}.") from None
    faults = [] if content.get("state") == "finished" else ["the run did not finish"]
    for record in read_records(out).values():
        faults += [] if record.status == "done" else [f"{record.name}: {record.status}"]
        faults += [f"{record.name}: {name} is gone or was changed" for name in differing(out, record)]
    return faults
