"""What a result depends on, as hashes. `prepare.Batch.reasons_to_run` compares them: if none has
changed, the result is not made again.
"""

import csv
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from mothers_margins import places
from mothers_margins.batch.decks import is_meeting
from mothers_margins.batch.notebook import slide_type, source, tags
from mothers_margins.batch.packages import needed_packages
from mothers_margins.batch.plan import RUN_LIST, Step
from mothers_margins.batch.report import is_report
from mothers_margins.batch.watch import Signature, Signatures, files_in
from mothers_margins.errors import DataError, UsageError
from mothers_margins.study.yaml_file import Written

PARTS = (
    "notebook",
    "parameters",
    "inputs",
    "data",
    "dictionary",
    "code",
    "packages",
    "results it reads",
)
KEY_LENGTH = 64  # characters


def digest(content: Written) -> str:
    """SHA-256 of a value as canonical JSON."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def key_parts(
    step: Step,
    watched: Mapping[str, Signatures],
    data: Mapping[str, str],
    upstream: Mapping[str, str],
) -> dict[str, str]:
    """One hash per part of a step's key.

    watched: per part that is read from files, these with their signatures. data: fingerprint of the
    rows of each study. upstream: hashes of the result files of the entries that it needs.
    """
    cells = [
        {
            "type": cell["cell_type"],
            "source": source(cell),
            "tags": tags(cell),
            "slide": slide_type(cell),
        }
        for cell in step.notebook["cells"]
    ]
    project = places.project()
    return {
        "notebook": digest(cells),
        "parameters": digest(dict(step.parameters)),
        "inputs": digest(
            [
                step.entry.inputs,
                _files_digest(project, watched["inputs"]),
                feedback_digests(step.entry.notebook),
            ]
        ),
        "data": digest(dict(data)),
        "dictionary": _files_digest(project, watched["dictionary"]),
        "code": _files_digest(code_folder(), watched["code"]),
        "packages": digest(packages()),
        "results it reads": digest(dict(upstream)),
    }


def feedback_digests(notebook: str, *, make_key: bool = False) -> dict[str, str]:
    """Of a meeting or a report: per file in the folder of feedback, which it is made from
    (contacts, quotes, what was said), a hash that is keyed like that of restricted data.

    make_key: make the key where there is none; else the hashes are then empty.
    """
    from mothers_margins.slides.feedback import feedback_folder

    folder = feedback_folder() if is_meeting(notebook) or is_report(notebook) else None
    if folder is None:
        return {}
    key = key_file_of(folder)
    files = [path for path in sorted(folder.glob("*")) if path.is_file() and path != key]
    return {
        path.name: data_fingerprint(folder, [path], restricted=True, make_key=make_key)
        for path in files
    }


def code_folder() -> Path:
    """The folder of this package."""
    return Path(__file__).parents[1]


def files_of(step: Step, data: Mapping[str, Iterable[Path]]) -> dict[str, list[Path]]:
    """The files behind each part of a step's key that is read from files.

    data: those with the rows, per study.
    """
    studies = step.entry.studies
    inputs = [places.project() / written for written in step.entry.inputs]
    return {
        "notebook": [step.entry.path],
        "data": [file for study in studies for file in data[study]],
        "dictionary": [file for study in studies for file in _definition(study)],
        "code": files_in(code_folder()),
        "inputs": [file for path in inputs for file in files_in(path)],
    }


def _definition(study: str) -> list[Path]:
    """Files of a study's folder. Its run list has parts of the key of its own, and defines nothing;
    nor does the prose of its report, which is an input of that entry alone.
    """
    folder = places.project() / "data_dictionary" / study
    prose = folder / "report"
    return [
        file
        for file in files_in(folder)
        if file != folder / RUN_LIST and not file.is_relative_to(prose)
    ]


def _files_digest(folder: Path, files: Signatures) -> str:
    """One hash of files with their names in a folder; read anew when one of them was written to."""
    return _digest_of(folder, tuple(files.items()))


@cache
def _digest_of(folder: Path, files: tuple[tuple[Path, Signature], ...]) -> str:
    names = [file.relative_to(folder).as_posix() for file, _ in files]
    hashes = [file_digest(file) if file.is_file() else "gone" for file, _ in files]
    return digest(list(zip(names, hashes, strict=True)))


@cache
def packages() -> dict[str, str]:
    """Version of Python and of every package that a run needs."""
    return needed_packages()


def data_fingerprint(
    path: Path,
    files: Iterable[Path] = (),
    *,
    restricted: bool,
    make_key: bool = True,
) -> str:
    """SHA-256 of the data; for restricted data keyed, so that guessing the rows cannot confirm
    them.

    files: all that are read, where `path` is a folder or a sources.yaml. The key is made once, in a
    file beside the data or where MOTHERS_MARGINS_KEY says, and only its owner can read it. Without
    a key, and if none is to be made, the fingerprint is empty. Raises DataError for a key that is
    cut short, UsageError for one that cannot be written where it should be, OSError for files that
    cannot be read.
    """
    if not restricted:
        return file_digest(path)
    key_file = key_file_of(path)
    if not (make_key or key_file.exists()):
        return ""
    if not key_file.exists():
        _make_key(key_file)
    secret = key_file.read_bytes()
    if len(secret) < KEY_LENGTH:
        remedy = "Delete it; the next run makes a new one."
        raise DataError("The key file of the data is cut short.", (), remedy)
    code = hmac.new(secret, digestmod="sha256")
    for file in files or [path]:
        code.update(file_digest(file).encode())
    return code.hexdigest()


def key_file_of(data: Path) -> Path:
    """Where the key of restricted data lies: beside them, or where MOTHERS_MARGINS_KEY says.

    Raises UsageError if that is inside the project or a folder.
    """
    named = os.environ.get(places.KEY)
    if not named:
        return data / "data.key" if data.is_dir() else data.with_name(f"{data.name}.key")
    key_file = Path(named)
    if places.inside_project(key_file) or key_file.is_dir():
        raise UsageError(f"{places.KEY} must name a file outside the project's folder.")
    return key_file


def _make_key(key_file: Path) -> None:
    text = secrets.token_hex(KEY_LENGTH // 2)
    try:
        places.write_whole(
            key_file,
            lambda part: part.write_text(text, encoding="ascii"),
            private=True,
        )
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else type(error).__name__
        raise UsageError(
            f"The key file of the data cannot be written ({why}); nothing was run.",
            ["by default it lies beside the data; it keeps their fingerprint from being guessed"],
            f"Name a file outside the project in the environment variable {places.KEY}, the same "
            "one for every run.",
        ) from None


def count_rows(path: Path) -> int:
    """Rows of data in a CSV file."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return sum(1 for _ in csv.reader(lines)) - 1


def changed(before: Mapping[str, str], now: Mapping[str, str]) -> Iterable[str]:
    """Names of the parts of a key that differ."""
    return [part for part in PARTS if before.get(part) != now.get(part)]
