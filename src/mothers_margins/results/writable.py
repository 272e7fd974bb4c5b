"""Where a document of results may be written."""

from pathlib import Path

from mothers_margins import places
from mothers_margins.errors import UsageError

RELEASE = "release"  # the folder of a run for what has been through disclosure control


def writable(path: str | Path, ending: str, *, internal: bool, who: str) -> Path:
    """A path that a reader has named for a document.

    Raises UsageError, in the name of `who`, for another ending, and where what is internal would
    land inside the project, or in a folder of what was released.
    """
    target = Path(path)
    if target.suffix.lower() != ending:
        raise UsageError(f"{who}: the name of the file must end in {ending}.")
    if internal and places.inside_project(target):
        raise UsageError(
            f"{who}: results of restricted data stay outside the project's folder.",
            (),
            "Name a folder outside, or read what was released: mm.read_release(folder).",
        )
    if internal and RELEASE in target.resolve().parts:
        raise UsageError(
            f"{who}: these results have not been through disclosure control.",
            [f"a folder named {RELEASE} holds what may leave"],
            "Name another folder, or read what was released: mm.read_release(folder).",
        )
    return target
