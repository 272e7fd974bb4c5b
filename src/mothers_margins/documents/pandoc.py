"""The one call of pandoc, which comes in a wheel (pypandoc_binary) and is asked for nothing else.

It reads no file but those named here and nothing from a network (`--sandbox`); what it warns of is
an error, because it exits with 0 when it has left something out.
"""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from mothers_margins.errors import MothersMarginsError, UsageError

REMEDY = "python -m pip install --force-reinstall pypandoc_binary"
WARNING = re.compile(r"^\[WARNING\] (.+)$", re.MULTILINE)
# How warnings begin; what follows may be a text of the document.
KINDS = ("Could not fetch resource", "Could not determine image size", "Could not convert TeX math")
NOT_SAID = "what pandoc said is not shown, because it may hold a text of the document"


def run(text: str, *options: str, private: bool = False) -> bytes:
    """What pandoc writes on its standard output for a text on its standard input.

    private: the text must not stand in a message; of a warning only its kind is kept. Raises
    UsageError if pandoc is not installed, and MothersMarginsError if it warns or fails.
    """
    command = [str(program()), *options, "--sandbox", "--fail-if-warnings"]
    # dates inside of what is written: the same in every run
    settings = {"SOURCE_DATE_EPOCH": "0", **os.environ}
    done = subprocess.run(  # noqa: S603 (our own program, no shell)
        command, input=text.encode(), capture_output=True, check=False, env=settings
    )
    said = done.stderr.decode(errors="replace")
    if done.returncode:
        raise MothersMarginsError(
            f"documents: pandoc could not write this document (exit code {done.returncode}).",
            _warnings(said, private=private),
        )
    return done.stdout


def program() -> Path:
    """Where the wheel keeps pandoc; another one on this computer is not asked, because documents
    would differ. Raises UsageError if it is not there.
    """
    spec = find_spec("pypandoc")
    folders: Sequence[str] = (spec.submodule_search_locations or ()) if spec else ()
    name = "pandoc.exe" if sys.platform == "win32" else "pandoc"
    for folder in folders:
        path = Path(folder) / "files" / name
        if path.is_file():
            return path
    raise UsageError(
        "documents: pandoc, which writes Word files, is not installed.",
        ["it comes with the package pypandoc_binary; pypandoc alone does not bring it"],
        REMEDY,
    )


def _warnings(said: str, *, private: bool) -> list[str]:
    """What pandoc warned of, or what else it said."""
    warnings = WARNING.findall(said) or said.strip().splitlines()
    if not private:
        return warnings
    kinds = [kind for kind in KINDS for warning in warnings if warning.startswith(kind)]
    return [*dict.fromkeys(kinds)] or [NOT_SAID]
