"""Versions of the packages that a run needs: what the project requires, and what that requires in
turn.

importlib.metadata takes half a second for all of them. Here only the head of each METADATA file is
read, and only of packages that are needed.
"""

import platform
import re
import sys
from collections.abc import Iterator, Mapping
from itertools import takewhile
from pathlib import Path

PROJECT = "mothers-margins"
READERS = (
    "pyarrow",
    "pyreadstat",
)  # extras of pyproject.toml: they read files as soon as they are installed
PLAIN = re.compile(r"([A-Za-z0-9][\w.-]*)\s*(?:\[([^]]*)\])?[^;]*")
Needed = tuple[str, frozenset[str]]


def needed_packages() -> dict[str, str]:
    """Version of Python and of every installed package that the project needs to run, by name.

    What serves development only (tests, linters) changes no result, so it is not among them. Where
    the project is not installed, nobody says what it needs: then every installed package counts.
    """
    installed = _installed()
    names = _closure(installed) if PROJECT in installed else set(installed)
    versions = {name: _version(installed[name]) for name in sorted(names)}
    return {"python": platform.python_version(), **versions}


def _installed() -> dict[str, Path]:
    """The .dist-info folder of each installed package; the first on the path is the one that is
    imported.
    """
    found: dict[str, Path] = {}
    for folder in map(Path, sys.path):
        for path in sorted(folder.glob("*.dist-info")) if folder.is_dir() else ():
            found.setdefault(_plain(path.name.removesuffix(".dist-info").rpartition("-")[0]), path)
    return found


def _version(folder: Path) -> str:
    return folder.name.removesuffix(".dist-info").rpartition("-")[2]


def _plain(name: str) -> str:
    """A package's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _closure(installed: Mapping[str, Path]) -> set[str]:
    """The project's requirements that are installed, theirs, and so on; the optional readers count
    as required.
    """
    waiting: list[Needed] = [(name, frozenset()) for name in (PROJECT, *READERS)]
    visited: set[Needed] = set()
    while waiting:
        needed = waiting.pop()
        if needed in visited or needed[0] not in installed:
            continue
        visited.add(needed)
        name, extras = needed
        waiting += _requirements(installed[name], extras)
    return {name for name, _ in visited}


def _requirements(folder: Path, extras: frozenset[str]) -> Iterator[Needed]:
    """What a package requires here, with these extras of its own."""
    for line in _head(folder / "METADATA"):
        field, _, written = line.partition(":")
        if field.lower() == "requires-dist":
            yield from _applies(written.strip(), extras)


def _head(metadata: Path) -> list[str]:
    """The fields of a METADATA file, without the description that follows them."""
    try:
        with metadata.open(encoding="utf-8", errors="replace") as lines:
            # a line of spaces belongs to a licence that stands among the fields; only an empty one
            # ends them
            return list(takewhile(lambda line: line != "\n", lines))
    except OSError:
        return []


def _applies(written: str, extras: frozenset[str]) -> Iterator[Needed]:
    """The package that a requirement names, if it applies to this system and these extras."""
    plain = PLAIN.fullmatch(written)
    if plain:
        yield _plain(plain[1]), _names(plain[2] or "")
        return
    if "extra ==" in written and " or " not in written and not extras:
        return  # most lines are such, and reading a marker takes a hundred times as long
    from packaging.requirements import Requirement

    requirement = Requirement(written)
    marker = requirement.marker
    if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras or {""}):
        yield _plain(requirement.name), frozenset(requirement.extras)


def _names(written: str) -> frozenset[str]:
    return frozenset(name.strip() for name in written.split(",") if name.strip())
