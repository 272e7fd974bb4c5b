"""What a result depends on, as hashes: if none has changed, the result is not made again."""

import csv
import hashlib
import hmac
import json
import platform
import secrets
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from mothers_margins import places
from mothers_margins.batch.plan import Step
from mothers_margins.errors import DataError

PARTS = ("notebook", "parameters", "data", "dictionary", "code", "packages", "results it reads")


def digest(content: Any) -> str:
    """SHA-256 of a value as canonical JSON."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def key_parts(step: Step, data: str, upstream: Mapping[str, str]) -> dict[str, str]:
    """One hash per part of a step's key.

    data: fingerprint of the data file. upstream: hashes of the result files of the entries that the step needs.
    """
    cells = [
        {"type": cell["cell_type"], "source": "".join(cell["source"]), "tags": cell["metadata"].get("tags", [])}
        for cell in step.notebook["cells"]
    ]
    study = places.project() / "data_dictionary" / step.entry.study
    found = (
        digest(cells),
        digest(dict(step.parameters)),
        data,
        _folder_digest(study),
        _folder_digest(Path(__file__).parents[1]),
        digest(packages()),
        digest(dict(upstream)),
    )
    return dict(zip(PARTS, found, strict=True))


@cache
def _folder_digest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return digest([(path.relative_to(folder).as_posix(), file_digest(path)) for path in files])


@cache
def packages() -> dict[str, str]:
    """Version of every installed distribution, and of Python. Read from folder names: reading metadata is slow."""
    names = (path.name for folder in map(Path, sys.path) if folder.is_dir() for path in folder.glob("*.dist-info"))
    pairs = (name.removesuffix(".dist-info").rsplit("-", 1) for name in names)
    return {"python": platform.python_version(), **{name.lower(): version for name, version in sorted(pairs)}}


def data_fingerprint(path: Path, files: Iterable[Path] = (), *, restricted: bool, make_key: bool = True) -> str:
    """SHA-256 of the data; for restricted data keyed, so that guessing the rows cannot confirm them.

    files: all that are read, where `path` is a folder or a sources.yaml. The key is made once, in a file beside the
    data, and never leaves that folder. Without a key, and if none is to be made, the fingerprint is empty.
    Raises DataError for a key that is cut short, OSError for files that cannot be read.
    """
    if not restricted:
        return file_digest(path)
    key_file = path / "data.key" if path.is_dir() else path.with_name(path.name + ".key")
    if not (make_key or key_file.exists()):
        return ""
    if not key_file.exists():
        places.write_whole(key_file, lambda part: part.write_text(secrets.token_hex(32), encoding="ascii"), mode=0o600)
    if len(key_file.read_bytes()) < 64:
        raise DataError("The key file beside the data is cut short.", (), "Delete it; the next run makes a new one.")
    code = hmac.new(key_file.read_bytes(), digestmod="sha256")
    for file in files or [path]:
        code.update(file_digest(file).encode())
    return code.hexdigest()


def count_rows(path: Path) -> int:
    """Rows of data in a CSV file."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return sum(1 for _ in csv.reader(lines)) - 1


def changed(before: Mapping[str, str], now: Mapping[str, str]) -> Iterable[str]:
    """Names of the parts of a key that differ."""
    return [part for part in PARTS if before.get(part) != now.get(part)]
