"""Where things are: the project's folders, the run's output folder, an analyst's restricted file."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

OUT = "MOTHERS_MARGINS_OUT"  # the run's folder; a notebook reads earlier results there
STAGE = "MOTHERS_MARGINS_STAGE"  # the batch only: where a notebook's results wait until it has finished
DATA = "MOTHERS_MARGINS_DATA"  # the restricted file; never a parameter, because papermill copies parameters
PART = ".part"
DEMO = "demo"  # the value of DATA that asks for the demonstration data, whatever local.yaml says


def project() -> Path:
    """The checkout: the folder that holds data_dictionary/ and notebooks/."""
    return Path(__file__).resolve().parents[2]


def out_folder() -> Path:
    """Where results are read: the batch's folder, or outputs/interactive/ for someone working in JupyterLab."""
    return Path(os.environ.get(OUT) or project() / "outputs" / "interactive")


def staged(name: str) -> Path:
    """Where a file of the run's folder is written now.

    In the batch it waits as NAME.part elsewhere and gets its place and name when its notebook has finished, so that a
    killed run leaves nothing that looks finished.
    """
    stage = os.environ.get(STAGE)
    return Path(stage) / f"{name}{PART}" if stage else out_folder() / name


def inside_project(path: Path) -> bool:
    """Whether `path` lies inside the project's folder, where restricted data and their outputs may not be."""
    return path.resolve().is_relative_to(project().resolve())


def shown(path: Path) -> str:
    """`path` as it may be printed into a notebook: relative to the project, else its last parts; never absolute."""
    resolved = path.resolve()
    if inside_project(resolved):
        return resolved.relative_to(project().resolve()).as_posix()
    return Path(*resolved.parts[-3:]).as_posix()


def write_whole(path: Path, write: Callable[[Path], object], mode: int = 0o644) -> Path:
    """Let `write` fill a temporary file beside `path`, then put it in place; a failure leaves nothing behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=".part", dir=path.parent)
    os.close(handle)
    part = Path(name)
    try:
        write(part)
        part.chmod(mode)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path
