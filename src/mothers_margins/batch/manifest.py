"""manifest.json: what a run's folder holds and how it was made; it also decides whether a step can be skipped."""

import json
import platform
import subprocess
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from mothers_margins import __version__, places
from mothers_margins.batch.key import digest, file_digest, packages
from mothers_margins.errors import UsageError

SCHEMA = 1
NAME = "manifest.json"


@dataclass(frozen=True)
class Record:
    """One entry as it stands in the folder.

    status: done, failed, or unfinished while its files are put in place. data: mark, kind, rows and fingerprint of the
    rows that it was made from. key: hashes of all that it depends on. commit: the checkout that made it. outputs: path
    relative to the folder, SHA-256.
    """

    name: str
    title: str
    study: str
    status: str
    parameters: Mapping[str, Any]
    data: Mapping[str, Any]
    key: Mapping[str, str]
    commit: Mapping[str, Any]
    seconds: float
    outputs: Mapping[str, str] = field(default_factory=dict)
    failure: Mapping[str, Any] | None = None


def read_manifest(out: Path) -> tuple[list[str], dict[str, Record]]:
    """What is wrong with the folder as a whole, and records by entry name.

    Raises UsageError if the folder has no manifest, or one of another form.
    """
    try:
        content = json.loads((out / NAME).read_text(encoding="utf-8"))
        if content["schema"] != SCHEMA:
            raise ValueError
        index = out / "index.html"
        whole = index.is_file() and file_digest(index) == content["index"]
        faults = ["the run did not finish"] * (content["state"] != "finished")
        faults += ["index.html is gone or was changed"] * (not whole)
        return faults, {entry["name"]: Record(**entry) for entry in content["entries"]}
    except OSError:
        raise UsageError(f"{places.shown(out)} holds no {NAME}.") from None
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{places.shown(out)}: its {NAME} was not written by this version.") from None


def read_records(out: Path) -> dict[str, Record]:
    """Records by entry name; none if the folder has no manifest of this form."""
    try:
        return read_manifest(out)[1]
    except UsageError:
        return {}


def write_manifest(out: Path, records: Collection[Record], *, finished: bool) -> None:
    """Write manifest.json whole, after index.html. No user name, host name or absolute path goes into it."""
    index = out / "index.html"
    content = {
        "schema": SCHEMA,
        "state": "finished" if finished else "running",
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "mothers_margins": __version__,
        "system": f"{platform.system()} {platform.machine()}",
        "packages": packages(),
        "earlier_packages": _earlier(out, {record.key["packages"] for record in records}),
        "index": file_digest(index) if index.is_file() else "",
        "data": {record.study: record.data for record in records},
        "entries": [asdict(record) for record in sorted(records, key=lambda record: record.name)],
    }
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    places.write_whole(out / NAME, lambda part: part.write_text(text, encoding="utf-8"))


def _earlier(out: Path, used: Collection[str]) -> dict[str, Any]:
    """Package versions of entries that were made with others than today's, by the hash in their key."""
    try:
        before = json.loads((out / NAME).read_text(encoding="utf-8"))
        known = {digest(before["packages"]): before["packages"], **before["earlier_packages"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {key: versions for key, versions in known.items() if key in used and key != digest(packages())}


@cache
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


def differing(out: Path, record: Record) -> list[str]:
    """Files of an entry that are gone or not as they were made."""
    paths = ((path, out / path) for path in record.outputs)
    return [name for name, path in paths if not path.is_file() or file_digest(path) != record.outputs[name]]


def verify(out: Path) -> list[str]:
    """Faults of a run's folder: unfinished state, failed entries, files that are gone, changed or nobody's.

    run.log, which every run adds to, is not compared.
    Raises UsageError if the folder has no manifest, or one of another form.
    """
    faults, records = read_manifest(out)
    for record in records.values():
        faults += [] if record.status == "done" else [f"{record.name}: {record.status}"]
        faults += [f"{record.name}: {name} is gone or was changed" for name in differing(out, record)]
    known = {name for record in records.values() for name in record.outputs}
    known |= {NAME, "index.html", "run.log", ".lock"}
    names = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    return faults + [f"{name} was not made by this run" for name in names if name not in known]
