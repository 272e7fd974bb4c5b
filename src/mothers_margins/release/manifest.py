"""manifest.json of a release: every rule, threshold and version that it was made with, tied to the
hashes of its files (SATRE 3.3.09). No user, no computer, no path, no hidden number and no hash of
one; how many cells are hidden by rule and how many to protect others stands on the checker's page
only, because it says something of what is hidden.
"""

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from mothers_margins import __version__, places
from mothers_margins.errors import DisclosureError

SCHEMA = 1
NAME = "manifest.json"
# For the person who checks outputs; they lie among the internal results.
CHECKER = "for_the_output_checker.html"
CHANGES_OF_CHECKER = "for_the_output_checker_changes.csv"
CELLS_OF_CHECKER = "for_the_output_checker_hidden_cells.csv"
ROWS_OF_CHECKER = "for_the_output_checker_withheld_rows.csv"
ALL_OF_CHECKER = (CHECKER, CHANGES_OF_CHECKER, CELLS_OF_CHECKER, ROWS_OF_CHECKER)
PACKAGES = ("highspy", "numpy", "pandas", "scipy")
_STRICT = ConfigDict(strict=True, extra="forbid")


@dataclass(frozen=True, config=_STRICT)
class LedgerEntry:
    """The entry of the ledger that a release made. on: the day, of restricted rows; else empty."""

    number: int
    own_hash: str
    content_hash: str
    previous: str
    kept: Literal["beside_the_data", "in_memory"]
    on: str = ""


@dataclass(frozen=True, config=_STRICT)
class TableShare:
    """What is shown of a declared table: cells of levels."""

    cells: int
    shown: int
    accepted: str = ""  # why more than a quarter may be hidden


@dataclass(frozen=True, config=_STRICT)
class ReleaseManifest:
    """manifest.json of a release as it is written.

    withheld: results that stay internal, with the code of why. withheld_cells: those that a person
    holds back. files: path within the release, SHA-256.
    """

    schema: int
    standard: str
    study: str
    mark: str
    rows_are: str
    mothers_margins: str
    python: str
    packages: Mapping[str, str]
    policy: Mapping[str, bool | int | str | tuple[str, ...]]
    largest_hidden_part: float
    forms: Mapping[str, str]
    merges: Mapping[str, str]
    withheld_cells: tuple[Mapping[str, str], ...]
    tables: Mapping[str, TableShare]
    withheld: Mapping[str, str]
    consent: bool
    ledger: LedgerEntry
    files: Mapping[str, str]


def versions() -> dict[str, str]:
    """The versions of the packages that decide what is shown."""
    return {name: version(name) for name in PACKAGES}


def about_this_program() -> dict[str, str]:
    """The versions of this program and of Python."""
    return {"mothers_margins": __version__, "python": platform.python_version()}


def text_of(manifest: ReleaseManifest) -> str:
    """A manifest as it is written."""
    return json.dumps(asdict(manifest), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def sha(content: bytes) -> str:
    """SHA-256 of a file's content."""
    return hashlib.sha256(content).hexdigest()


def read_manifest(folder: Path) -> ReleaseManifest:
    """The manifest of a release. Raises DisclosureError for a folder without one, or with one that
    this version did not write.
    """
    path = folder / NAME
    if not path.is_file() or path.is_symlink():
        raise refused(folder, ["it has no manifest of a release"])
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        written = json.loads(text)
    except (ValueError, RecursionError):
        raise refused(folder, [f"{NAME} is not readable"]) from None
    if not isinstance(written, dict) or "standard" not in written:
        raise refused(folder, [f"{NAME} is not that of a release"])
    if written.get("schema") != SCHEMA:
        raise refused(folder, [f"{NAME} was written by another version of this program"])
    try:
        return TypeAdapter(ReleaseManifest).validate_json(text)
    except ValidationError:
        raise refused(folder, [f"{NAME} was changed"]) from None


def faults(folder: Path, manifest: ReleaseManifest) -> list[str]:
    """What lies in a folder otherwise than its manifest says: gone, changed, added, or a link."""
    found = [path for path in sorted(folder.rglob("*")) if path.is_symlink() or not path.is_dir()]
    names = {path.relative_to(folder).as_posix(): path for path in found}
    links = [name for name, path in names.items() if path.is_symlink()]
    added = [name for name in names if name not in manifest.files and name != NAME]
    gone = [name for name in manifest.files if name not in names]
    changed = [
        name
        for name, path in names.items()
        if name in manifest.files
        and not path.is_symlink()
        and sha(path.read_bytes()) != manifest.files[name]
    ]
    return [
        *(f"{name} is a link" for name in links),
        *(f"{name} is not of this release" for name in added if name not in links),
        *(f"{name} is gone" for name in gone),
        *(f"{name} was changed" for name in changed),
    ]


def refused(folder: Path, problems: list[str]) -> DisclosureError:
    """The error for a folder that is no release as the program wrote it."""
    return DisclosureError(
        f"{places.shown(folder)} is no release as this program wrote it.",
        problems[:20],
        "Make the release again: mothers-margins release",
    )
