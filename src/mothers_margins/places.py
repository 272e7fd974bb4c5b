"""Where things are: the project's folders, the run's output folder, an analyst's restricted
file.
"""

import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

OUT = "MOTHERS_MARGINS_OUT"  # the run's folder; a notebook reads earlier results there
STAGE = (
    "MOTHERS_MARGINS_STAGE"  # the batch only: where a notebook's results wait until it has finished
)
# the restricted file; never a parameter, because papermill copies parameters
DATA = "MOTHERS_MARGINS_DATA"
KEY = "MOTHERS_MARGINS_KEY"  # the key file, where the folder of the data cannot hold it
PART = ".part"
LEFT_OVER = re.compile(r"\..+-[0-9a-z_]{8}\.part", re.DOTALL)  # also the names of earlier versions
PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
PRIVATE_UMASK = 0o077
DEMO_OUT = Path("outputs", "demo")  # in the project: where a run of the demonstration data goes
DEMO = "demo"  # the value of DATA that asks for the demonstration data, whatever local.yaml says


def project() -> Path:
    """The checkout: the folder that holds data_dictionary/ and notebooks/."""
    return Path(__file__).resolve().parents[2]


def out_folder() -> Path:
    """Where results are read: the batch's folder, or outputs/interactive/ for someone working in
    JupyterLab.
    """
    return Path(os.environ.get(OUT) or project() / "outputs" / "interactive")


def read_folders() -> tuple[Path, ...]:
    """Where what was made earlier is looked for: the run's folder, and for someone working in
    JupyterLab also that of `mothers-margins run --demo`.
    """
    if os.environ.get(OUT):
        return (out_folder(),)
    return out_folder(), project() / DEMO_OUT


def staged(name: str) -> Path:
    """Where a file of the run's folder is written now.

    In the batch it waits as NAME.part elsewhere and gets its place and name when its notebook has
    finished, so that a killed run leaves nothing that looks finished.
    """
    stage = os.environ.get(STAGE)
    return Path(stage) / f"{name}{PART}" if stage else out_folder() / name


def inside_project(path: Path) -> bool:
    """Whether `path` lies inside the project's folder, where restricted data and their outputs may
    not be.
    """
    return path.resolve().is_relative_to(project().resolve())


def shown(path: Path) -> str:
    """`path` as it may be printed into a notebook: relative to the project, else its last parts;
    never absolute.
    """
    resolved = path.resolve()
    if inside_project(resolved):
        return resolved.relative_to(project().resolve()).as_posix()
    return Path(*resolved.parts[-3:]).as_posix()


@contextmanager
def private_files(private: bool = True) -> Iterator[None]:
    """Let nobody but the owner read what is made in here, whichever library makes it.

    The umask belongs to the whole process: threads beside this one make private files as well.
    """
    if not private:
        yield
        return
    before = os.umask(PRIVATE_UMASK)
    try:
        yield
    finally:
        os.umask(before)


def make_folder(folder: Path, *, private: bool = False) -> None:
    """Make a folder and those above it; private: none of the new ones can be entered by anybody
    else.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=PRIVATE_FOLDER if private else 0o777, exist_ok=True)
    folder.mkdir(exist_ok=True)  # says so if it is a file


def write_whole(path: Path, write: Callable[[Path], object], *, private: bool = False) -> Path:
    """Let `write` fill a temporary file beside `path`, then put it in place; a failure leaves
    nothing behind.

    private: only the owner may read it. Otherwise the umask decides, as for any file that a program
    makes.
    """
    make_folder(path.parent, private=private)
    part = path.with_name(f".{path.stem}-{secrets.token_hex(4)}{PART}")
    # made here, so that it is never wider than it will be; what `write` calls opens it and keeps
    # its mode
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE_FILE if private else 0o666))
    try:
        write(part)
        if private:
            part.chmod(PRIVATE_FILE)  # a library may have put a file of its own in its place
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def is_left_over(path: Path) -> bool:
    """Whether a file has the name that `write_whole` gives to what is not finished."""
    return LEFT_OVER.fullmatch(path.name) is not None
