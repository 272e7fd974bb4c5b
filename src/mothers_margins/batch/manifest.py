"""manifest.json: what a run's folder holds and how it was made. Whether a step can be skipped is
decided in `prepare.Batch.reasons_to_run`.
"""

import json
import platform
import subprocess
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, field
from datetime import UTC, datetime
from functools import cache
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from mothers_margins import __version__, places
from mothers_margins.batch.cache_key import PARTS, digest, file_digest, packages
from mothers_margins.batch.failure import Failure
from mothers_margins.errors import DisclosureError, UsageError
from mothers_margins.release import manifest as release_manifest
from mothers_margins.release.manifest import ALL_OF_CHECKER
from mothers_margins.study.yaml_file import Written

SCHEMA = 3
NAME = "manifest.json"
INDEX = "index.html"
FRONT_PAGE = "release/index.html"
LOG = "run.log"
LOCK = ".lock"
STAGE = ".stage"  # where the files of a notebook wait until it has finished
RUNNING = ".part.ipynb"  # a notebook that has not finished
RESULTS = ("internal", "release")
OWN_FOLDERS = ("notebooks", *RESULTS)
KILLED = "was left by a run that was killed; the next run deletes it"
Status = Literal["done", "failed", "unfinished"]
STRANGE = "was not made by this run"
_STRICT = ConfigDict(strict=True, extra="forbid")


@dataclass(frozen=True, config=_STRICT)
class Rows:
    """What a run says of a study's rows: mark, kind, number and fingerprint."""

    mark: str
    kind: str
    rows: int
    fingerprint: str


@dataclass(frozen=True, config=_STRICT)
class Record:
    """One entry as it stands in the folder.

    question: that the notebook asks; empty if it says none. status: done, failed, or unfinished
    while its files are put in place or deleted. data: per study, the rows that it was made from.
    key: hashes of all that it depends on. commit: the checkout that made it. outputs: path relative
    to the folder, SHA-256.
    """

    name: str
    title: str
    question: str
    studies: tuple[str, ...]
    status: Status
    parameters: Mapping[str, bool | int | float | str]
    data: Mapping[str, Rows]
    key: Mapping[str, str]
    commit: Mapping[str, str | bool]
    seconds: float
    outputs: Mapping[str, str] = field(default_factory=dict)
    failure: Failure | None = None


@dataclass(frozen=True, config=_STRICT)
class Manifest:
    """manifest.json as it is written."""

    schema: int
    state: Literal["finished", "running"]
    written: str
    mothers_margins: str
    system: str
    packages: Mapping[str, str]
    earlier_packages: Mapping[str, Mapping[str, str]]
    index: str
    data: Mapping[str, Rows]
    entries: tuple[Record, ...]


def read_manifest(out: Path) -> tuple[list[str], dict[str, Record]]:
    """What is wrong with the folder as a whole, and records by entry name.

    Raises UsageError if the folder has no manifest, or one that this version did not write: nothing
    in it may then be deleted or overwritten.
    """
    content = _content(out)
    if content is None:
        raise UsageError(f"{places.shown(out)} holds no {NAME}.")
    index = out / INDEX
    whole = index.is_file() and file_digest(index) == content.index
    faults = []
    if content.state != "finished":
        faults.append("the run did not finish")
    if not whole:
        faults.append(f"{INDEX} is gone or was changed")
    return faults, {record.name: record for record in content.entries}


def read_records(out: Path) -> dict[str, Record]:
    """Records by entry name; none if the folder has no manifest. Raises UsageError as
    `read_manifest` does.
    """
    content = _content(out)
    return {record.name: record for record in content.entries} if content else {}


def is_finished(out: Path) -> bool:
    """Whether the folder has a manifest and index of a run that came to its end."""
    return (out / NAME).is_file() and not read_manifest(out)[0]


def _content(out: Path) -> Manifest | None:
    """The manifest of a folder, checked; None if there is none."""
    try:
        text = (out / NAME).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError:
        raise _damaged(out, ["it is not text"]) from None
    try:
        written = json.loads(text)
    except (ValueError, RecursionError):
        raise _damaged(out, ["it is not readable as JSON"]) from None
    _refuse_other_schema(out, written)
    try:
        content = TypeAdapter(Manifest).validate_json(text)
    except ValidationError as error:
        raise _damaged(out, sorted(_faults(error))) from None
    faults = sorted(_contradictions(content))
    if faults:
        raise _damaged(out, faults)
    return content


def _refuse_other_schema(out: Path, written: Written) -> None:
    """Raise UsageError for a manifest of another version; what is none at all is said later, with
    all its faults.
    """
    schema = written.get("schema") if isinstance(written, dict) else None
    if not isinstance(schema, int) or isinstance(schema, bool) or schema == SCHEMA:
        return
    if schema > SCHEMA:
        age = "a newer"
        remedy = "Use that version, or name another folder with --out. Nothing was changed."
    else:
        age = "an earlier"
        remedy = "Delete the folder, or name another with --out. Nothing was changed."
    summary = f"{places.shown(out)}: its {NAME} was written by {age} version of this program."
    raise UsageError(summary, (), remedy)


def _damaged(out: Path, faults: Iterable[str]) -> UsageError:
    remedy = "Delete the folder, or name another with --out. Nothing was changed."
    summary = f"{places.shown(out)}: its {NAME} was not written by this version."
    return UsageError(summary, faults, remedy)


def _faults(error: ValidationError) -> Iterator[str]:
    """Places and kinds of what is wrong, without what was written there."""
    for fault in error.errors(include_url=False, include_input=False, include_context=False):
        place = ".".join(str(step) for step in fault["loc"]) or "the file"
        yield f"{place}: {fault['msg'][0].lower()}{fault['msg'][1:]}"


def _contradictions(content: Manifest) -> Iterator[str]:
    """What no run writes, and what would make a run delete what is not its own."""
    names = [record.name for record in content.entries]
    if len(set(names)) < len(names):
        yield "entries: one name stands more than once"
    for place, record in enumerate(content.entries):
        if set(record.key) != set(PARTS):
            yield f"entries.{place}.key: needs the parts {', '.join(PARTS)}"
        if set(record.data) != set(record.studies):
            yield f"entries.{place}.data: needs the rows of each study"
        if record.status == "failed" and record.failure is None:
            yield f"entries.{place}.failure: is missing"
        outside = sum(not is_own(name) for name in record.outputs)
        if outside:
            own = " or ".join(OWN_FOLDERS)
            yield f"entries.{place}.outputs: {outside} not in {own} of the folder"


def is_own(name: str) -> bool:
    """Whether a path in a manifest is one that a run gives to a result; where links lead is another
    question.
    """
    path = PurePosixPath(name)
    plain = path.as_posix() == name and ".." not in path.parts and "\\" not in name
    return plain and len(path.parts) > 1 and path.parts[0] in OWN_FOLDERS


def leads_outside(out: Path, name: str) -> bool:
    """Whether a file of the folder would lie outside it, because a folder on the way is a link."""
    return not (out / name).parent.resolve().is_relative_to(out.resolve())


def write_manifest(out: Path, records: Collection[Record], *, finished: bool) -> None:
    """Write manifest.json whole, after index.html. No user name, host name or absolute path goes
    into it.

    Raises OSError if there is no room.
    """
    index = out / INDEX
    content = Manifest(
        schema=SCHEMA,
        state="finished" if finished else "running",
        written=datetime.now(UTC).isoformat(timespec="seconds"),
        mothers_margins=__version__,
        system=f"{platform.system()} {platform.machine()}",
        packages=packages(),
        earlier_packages=_earlier(out, {record.key["packages"] for record in records}),
        index=file_digest(index) if index.is_file() else "",
        data={study: rows for record in records for study, rows in record.data.items()},
        entries=tuple(sorted(records, key=lambda record: record.name)),
    )
    text = json.dumps(asdict(content), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    places.write_whole(out / NAME, lambda part: part.write_text(text, encoding="utf-8"))


def _earlier(out: Path, used: Collection[str]) -> dict[str, Mapping[str, str]]:
    """Package versions of entries that were made with others than today's, by the hash in their
    key.
    """
    before = _content(out)  # it may have been damaged by hand meanwhile, which is then said
    if before is None:
        return {}
    known = {digest(before.packages): before.packages, **before.earlier_packages}
    earlier = set(used) - {digest(packages())}
    return {key: versions for key, versions in known.items() if key in earlier}


@cache
def commit() -> dict[str, str | bool]:
    """The checkout's commit and whether files differ from it; empty outside a checkout."""
    try:
        head = _git("rev-parse", "HEAD")
        changes = _git("status", "--porcelain")
    except (OSError, subprocess.CalledProcessError):
        return {}
    return {"commit": head, "changed_since_commit": bool(changes)}


def _git(*call: str) -> str:
    ended = subprocess.run(  # noqa: S603
        ["git", *call],  # noqa: S607
        cwd=places.project(),
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout.strip()


def differing(out: Path, record: Record) -> list[str]:
    """Files of an entry that are gone or not as they were made."""
    return [name for name, sha in record.outputs.items() if not _is_same(out / name, sha)]


def _is_same(path: Path, sha: str) -> bool:
    return path.is_file() and file_digest(path) == sha


def left_over(out: Path) -> list[Path]:
    """What killed runs left: files that were being written, and notebooks that had not finished.

    Only places where a run writes are looked at: the folder may be one that holds other things as
    well.
    """
    everything = chain(out.glob("*"), *((out / name).rglob("*") for name in OWN_FOLDERS))
    begun = {path for path in everything if places.is_left_over(path) and path.is_file()}
    running = (out / "notebooks").glob(f"*{RUNNING}")
    waiting = (path for path in (out / STAGE).rglob("*") if path.is_file())
    return sorted({*begun, *running, *waiting})


def _released(out: Path) -> set[str]:
    """Files of the folder that the command `release` wrote: as their own manifests say, and those
    for the person who checks outputs.
    """
    of_checker = (path for name in ALL_OF_CHECKER for path in out.glob(f"internal/*/{name}"))
    known = {path.relative_to(out).as_posix() for path in of_checker}
    known.add(FRONT_PAGE)
    for folder in (out / "release").glob("*"):
        try:
            files = release_manifest.read_manifest(folder).files
        except DisclosureError:
            continue
        whole = {name for name, sha in files.items() if _is_same(folder / name, sha)}
        known |= {f"release/{folder.name}/{name}" for name in (*whole, NAME)}
    return known


def verify(out: Path) -> list[str]:
    """Faults of a run's folder: unfinished state, failed entries, files that are gone, changed or
    nobody's.

    run.log, which every run adds to, is not compared. Raises UsageError if the folder has no
    manifest, or one of another form.
    """
    faults, records = read_manifest(out)
    known = {NAME, INDEX, LOG, LOCK}
    for record in records.values():
        if record.status != "done":
            faults.append(f"{record.name}: {record.status}")
        changed = differing(out, record)
        faults += [f"{record.name}: {name} is gone or was changed" for name in changed]
        known |= {*record.outputs}
    known |= _released(out)
    killed = {path.relative_to(out).as_posix() for path in left_over(out)}
    names = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    strange = [name for name in names if name not in known]
    return faults + [f"{name} {KILLED if name in killed else STRANGE}" for name in strange]
