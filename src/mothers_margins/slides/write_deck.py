"""Writes the files of a meeting from an executed notebook: the deck twice, the run sheet, the
workbook for feedback.
"""

import json
import subprocess
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import Any, Literal

from mothers_margins import places
from mothers_margins.errors import UsageError
from mothers_margins.slides.check_deck import check_deck
from mothers_margins.slides.deck import Deck, deck_of
from mothers_margins.slides.page import page
from mothers_margins.slides.powerpoint import powerpoint
from mothers_margins.slides.run_sheet import feedback_workbook, run_sheet
from mothers_margins.slides.slide import MIME

Format = Literal["png", "pdf"]
NOTES_ONLY = {
    name: {"type": "boolean", "value": "true"}
    for name in ("ExportNotesPages", "ExportOnlyNotesPages")
}
SECONDS = 180  # that a program which converts may take


def has_slides(notebook: Path) -> bool:
    """Whether an executed notebook shows any slide."""
    return MIME in notebook.read_text(encoding="utf-8")


def folder_of(deck: Deck) -> str:
    """The folder of a deck: leag_2."""
    return f"leag_{deck.meant.meeting}"


def read_deck(notebook: Path) -> Deck:
    """The checked deck of an executed notebook. Raises what `check_deck` raises."""
    content: dict[str, Any] = json.loads(notebook.read_text(encoding="utf-8"))
    return check_deck(deck_of(content["cells"]))


def write_deck(
    notebook: Path, folder: Path, *, suffix: str = "", private: bool = False
) -> list[Path]:
    """Write the files of a meeting into `folder`/leag_N; returns their paths.

    suffix: put behind each name while a run is not finished. private: only the owner may read them.
    """
    deck = read_deck(notebook)
    files = {
        "deck.pptx": powerpoint(deck),
        "deck.html": page(deck).encode(),
        "run_sheet.html": run_sheet(deck).encode(),
        "feedback.xlsx": feedback_workbook(deck),
    }
    to = folder / folder_of(deck)
    return [
        _written(to / f"{name}{suffix}", content, private=private)
        for name, content in files.items()
    ]


def _written(path: Path, content: bytes, *, private: bool) -> Path:
    return places.write_whole(path, lambda part: part.write_bytes(content), private=private)


def write_pictures(deck: Path, formats: tuple[Format, ...]) -> list[Path]:
    """Beside a deck: one PNG a slide that is shown, a PDF with a page of notes a slide.

    Raises UsageError where LibreOffice or, for PNG, pdftoppm is not installed.
    """
    made = []
    if "pdf" in formats:
        made.append(_converted(deck, "deck_notes.pdf", notes=True))
    if "png" in formats:
        with TemporaryDirectory() as folder:
            pages = _converted(deck, "deck.pdf", notes=False, to=Path(folder))
            program = _program("pdftoppm")
            command = [program, "-r", "96", "-png", str(pages), str(deck.with_name("slide"))]
            subprocess.run(command, check=True, timeout=SECONDS)  # noqa: S603  # our own arguments
        made += sorted(deck.parent.glob("slide-*.png"))
    return made


def _converted(deck: Path, name: str, *, notes: bool, to: Path | None = None) -> Path:
    """A deck as PDF, slides or pages of notes."""
    kind = f"pdf:impress_pdf_Export:{json.dumps(NOTES_ONLY)}" if notes else "pdf"
    target = (to or deck.parent) / name
    with TemporaryDirectory() as folder:
        profile = f"-env:UserInstallation=file://{folder}/profile"
        command = [_program("soffice"), profile, "--headless", "--convert-to", kind]
        command += ["--outdir", folder, str(deck)]
        subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)  # noqa: S603
        found = Path(folder) / f"{deck.stem}.pdf"
        if not found.is_file():
            raise UsageError("leag: LibreOffice could not read the deck; is Impress installed?")
        target.write_bytes(found.read_bytes())
    return target


def _program(name: str) -> str:
    found = which(name)
    if found is None:
        raise UsageError(f"leag: {name} is not installed; the deck itself needs no program.")
    return found
