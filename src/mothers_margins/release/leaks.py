"""What must not leave, looked for in finished files.

Nothing that wrote the files is trusted or asked: they are read as a stranger would read them, with
the standard library and defusedxml. They may be hostile: they are read in memory, never unpacked,
and never further than fits.
"""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from mothers_margins import places
from mothers_margins.errors import UsageError
from mothers_margins.release.leak_search.images import search_png
from mothers_margins.release.leak_search.notebooks import search_json
from mothers_margins.release.leak_search.office import search_office
from mothers_margins.release.leak_search.pages import search_page
from mothers_margins.release.leak_search.pdf import search_pdf
from mothers_margins.release.leak_search.search import Leak, Search
from mothers_margins.release.leak_search.sheets import search_csv
from mothers_margins.release.leak_search.texts import TextRules, rules_of_this_computer
from mothers_margins.release.leak_search.vector import search_svg

MOST_BYTES = 128 * 1024**2  # of a file
MOST_FILES = 20_000
OFFICE = (".docx", ".pptx", ".xlsx")
PAGES = (".html", ".htm", ".md", ".css")
PLAIN = (".txt", ".yaml", ".yml")
BINARY: dict[str, Callable[[Search, bytes], None]] = {
    ".pdf": search_pdf,
    ".png": search_png,
    ".svg": search_svg,
    **dict.fromkeys(OFFICE, search_office),
}
TEXT: dict[str, Callable[[Search, str], None]] = {
    ".csv": lambda search, text: search_csv(search, text, ","),
    ".tsv": lambda search, text: search_csv(search, text, "\t"),
    ".json": search_json,
    ".ipynb": search_json,
    **dict.fromkeys(PAGES, search_page),
    **dict.fromkeys(PLAIN, Search.text),
}
LEFT_OVER = ("~$", ".", "__macosx", "thumbs.db", "desktop.ini")
# How files begin that are no text, whatever their names say.
SIGNATURES = (
    b"PK\x03\x04",
    b"%PDF-",
    b"\x89PNG",
    b"\xd0\xcf\x11\xe0",
    b"\x1f\x8b",
    b"PAR1",
    b"\x80",
)


def leaks(
    folder_or_file: Path, *, forbidden: Iterable[str] = (), rules: TextRules | None = None
) -> list[Leak]:
    """Everything that must not leave in a finished file, or in all files of a folder.

    forbidden: texts that must not appear, such as ids and quotations. rules: instead of those of
    this computer, whose user, name and folders are asked for now; `forbidden` is added to them. A
    kind of file that is not examined is a leak too. Raises UsageError if there is no such folder
    or file.
    """
    if not folder_or_file.exists():
        raise UsageError(f"leaks: there is no {places.shown(folder_or_file)}.")
    held = (rules or rules_of_this_computer()).with_forbidden(forbidden)
    found: list[Leak] = []
    if not folder_or_file.is_dir():
        return _of_file(folder_or_file, folder_or_file.name, held)
    closed: list[OSError] = []
    for number, path in enumerate(_files(folder_or_file, closed.append)):
        name = path.relative_to(folder_or_file).as_posix()
        if number >= MOST_FILES:
            found.append(Leak(name, "the folder", "too_large"))
            break
        found += _of_file(path, name, held)
    found += [Leak(Path(error.filename).name, "a folder", "unreadable") for error in closed]
    return found


def _files(folder: Path, told: Callable[[OSError], object]) -> Iterator[Path]:
    """All that is no folder, in order; links are not followed. told: of folders that are closed."""
    for here, folders, files in os.walk(folder, onerror=told):
        folders.sort()
        links = [name for name in folders if (Path(here) / name).is_symlink()]
        for name in sorted([*files, *links]):
            yield Path(here) / name


def _of_file(path: Path, name: str, rules: TextRules) -> list[Leak]:
    """What is found in one file and its name."""
    search = Search(name.encode("utf-8", "replace").decode(), rules)
    search.text(name, "its name")
    if any(step.lower().startswith(LEFT_OVER) for step in name.split("/")):
        search.add("left_over_file", "its name")
    raw = _content(search, path)
    if raw is not None:
        _search(search, path.suffix.lower(), raw)
    return search.leaks()


def _content(search: Search, path: Path) -> bytes | None:
    """A file's bytes; None if they are not read, which is then said."""
    try:
        about = path.lstat()
        if not stat.S_ISREG(about.st_mode):
            search.add("link", "the file")
            return None
        if about.st_size > MOST_BYTES:
            search.add("too_large", "the file")
            return None
        return path.read_bytes()
    except OSError:
        search.add("unreadable", "the file")
        return None


def _search(search: Search, suffix: str, raw: bytes) -> None:
    """A file by its kind."""
    if suffix in BINARY:
        BINARY[suffix](search, raw)
    elif suffix in TEXT:
        if raw.startswith(SIGNATURES):
            search.add("unreadable", "the file")
        TEXT[suffix](search, _decoded(search, raw))
    else:
        search.add("unexamined", "the file")


def _decoded(search: Search, raw: bytes) -> str:
    """A file as text; what is no UTF-8 is searched as far as it can be read."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        search.add("unreadable", "the file")
        return raw.decode("latin-1")
