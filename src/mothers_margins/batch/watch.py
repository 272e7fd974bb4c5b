"""Whether a file was touched while a run was going on, told by what the file system keeps about it.

A file that was written to counts as changed, even if its bytes are the same again: a notebook may
have read it in between, and nobody can know what it then read.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

Signature = tuple[int, int, int, int] | None
Signatures = Mapping[Path, Signature]


def signature(path: Path) -> Signature:
    """What changes with every write to a file, or None if there is none.

    The time of change (ctime) cannot be set back by a program as the time of modification can; the
    inode tells a file that was replaced by another one of the same size and times.
    """
    try:
        kept = path.stat()
    except OSError:
        return None
    return kept.st_mtime_ns, kept.st_ctime_ns, kept.st_size, kept.st_ino


def signatures(paths: Iterable[Path]) -> Signatures:
    """Signatures by path."""
    return {path: signature(path) for path in paths}


def files_in(path: Path) -> list[Path]:
    """The file itself, or every file of a folder, in order, but what Python compiles."""
    if not path.is_dir():
        return [path]
    files: list[str] = []
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if name != "__pycache__"]
        files += [os.path.join(folder, name) for name in names]  # noqa: PTH118 (1,000 of them a run)
    return [Path(file) for file in sorted(files)]
