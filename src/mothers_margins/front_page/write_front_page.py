"""Writes release/index.html: one page without scripts or network that a reader may pass on."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

from mothers_margins import places
from mothers_margins.figures.figure import Figure
from mothers_margins.front_page.hidden import is_all_hidden
from mothers_margins.front_page.ready import Ready, main_figures, tables
from mothers_margins.front_page.told import explained, told
from mothers_margins.release.manifest import NAME as MANIFEST
from mothers_margins.release.released import TABLES, Released, read_release
from mothers_margins.tables.table import STYLE, Table
from mothers_margins.wording import front_page as words

NAME = "index.html"
TEMPLATES = Path(__file__).parents[1] / "templates"
MEETING = re.compile(r"^leag_(\d+)$")
# What women are sent, then what the person needs who leads a meeting.
OF_MEETING = {
    "deck.html": words.SLIDES,
    "handout.pdf": words.HANDOUT,
    "deck.pptx": words.EDITABLE,
    "run_sheet.pdf": words.RUN_SHEET,
    "feedback.xlsx": words.FEEDBACK,
    "involvement.pdf": words.INVOLVEMENT,
}
OF_REPORT = {
    "report/report.html": words.REPORT_PAGE,
    "report/report.pdf": words.REPORT_PDF,
    "report/report.docx": words.REPORT_WORD,
}
OPENED = ".html"  # a browser shows it; everything else is saved, by a name that says what it is


@dataclass(frozen=True, eq=False)
class _Study:
    """What of one study is on the page."""

    released: Released
    figures: Sequence[Ready]
    main: Sequence[Ready]
    annex: Sequence[Ready]

    @classmethod
    def of(cls, released: Released) -> "_Study":
        every = tables(released)
        main = [ready for ready in every if ready.main]
        annex = [ready for ready in every if not ready.main]
        return cls(released, list(main_figures(released)), main, annex)


def write_front_page(folder: Path, *, private: bool = False) -> Path | None:
    """The page of all releases in a run's folder release/; None where there is none, and then no
    page is left.

    private: only the owner may read it. Raises DisclosureError for a folder that is no release as
    it was written: then no page is made.
    """
    page = folder / NAME
    releases = [read_release(found.parent) for found in sorted(folder.glob(f"*/{MANIFEST}"))]
    if not releases:
        page.unlink(missing_ok=True)
        return None
    text = front_page(releases, meetings(folder), report(folder))
    return places.write_whole(
        page, lambda part: part.write_text(text, encoding="utf-8"), private=private
    )


def meetings(folder: Path) -> dict[str, str]:
    """The documents of workshops in a folder release/, each with what it is called: their slides,
    which were made from what was released, and what is printed of them.
    """
    numbers = [
        int(found[1]) for path in folder.glob("leag_*") if (found := MEETING.match(path.name))
    ]
    there: dict[str, str] = {}
    for number in sorted(numbers):
        for name, what in OF_MEETING.items():
            path = f"leag_{number}/{name}"
            if (folder / path).is_file():
                there[path] = words.meeting(number, what)
    return there


def report(folder: Path) -> dict[str, str]:
    """The files of the report in a folder release/, each with what it is called."""
    return {path: what for path, what in OF_REPORT.items() if (folder / path).is_file()}


def front_page(
    releases: Sequence[Released],
    workshops: Mapping[str, str] | None = None,
    report: Mapping[str, str] | None = None,
) -> str:
    """The page as text. It holds everything that it shows, pictures too. workshops, report:
    documents that lie beside the releases, with what each is called.
    """
    style = (TEMPLATES / "page" / "page.css").read_text(encoding="utf-8")
    page = (TEMPLATES / "release.html").read_text(encoding="utf-8")
    studies = [_Study.of(released) for released in releases]
    contents = "".join(_link(study) for study in studies)
    body = "".join(part for study in studies for part in _section(study))
    page = page.replace("{{ style }}", style).replace("{{ table_style }}", STYLE)
    rehearsal = any(_is_made_up(released) for released in releases)
    first = _documents("report", words.REPORT, words.FOR_REPORT, report or {}, rehearsal)
    last = _documents("workshops", words.WORKSHOPS, words.FOR_WORKSHOPS, workshops or {}, rehearsal)
    body = f"{first}{body}{last}"
    return page.replace("{{ contents }}", contents).replace("{{ studies }}", body)


def _link(study: _Study) -> str:
    """A study and what of it is ready."""
    named = study.released.study
    ready = words.ready(
        len(study.figures), len(study.main), len(study.annex), len(study.released.names)
    )
    return f'<li><a href="#{escape(named.name)}">{escape(named.title)}</a><br>{ready}</li>'


def _section(study: _Study) -> Iterator[str]:
    """One study: what it says, main results as pictures, tables to read, numbers."""
    released, named = study.released, study.released.study
    name = escape(named.name)
    yield f'<section id="{name}" aria-labelledby="{name}_title">'
    yield f'<h2 id="{name}_title">{escape(named.title)}</h2>'
    for mark in _marks(released):
        yield f'<p class="mark">{escape(mark)}</p>'
    for paragraph in told(released):
        yield f"<p>{escape(paragraph)}</p>"
    meanings = "".join(
        f"<dt>{escape(word)}</dt><dd>{escape(means)}</dd>" for word, means in explained(released)
    )
    yield f'<dl class="words">{meanings}</dl>' if meanings else f"<p>{words.PUBLISHED}</p>"
    if study.figures:
        yield f"<h3>{words.MAIN_RESULTS}</h3><p>{words.FOR_EVERYBODY}</p>"
        yield from (_picture(number, one) for number, one in enumerate(study.figures, start=1))
    yield from _tables(study, study.main, words.TABLES, words.FOR_TABLES, "")
    yield from _tables(study, study.annex, words.ANNEX, words.FOR_ANNEX, "A")
    yield f"<h3>{words.NUMBERS}</h3><p>{words.FOR_NUMBERS}</p>"
    yield from _files(named.name, released.names)
    yield f"<p>{escape(str(named.file.citation))}</p></section>"


def _marks(released: Released) -> list[str]:
    """What everything made from this release must say of itself, each once."""
    abouts = [released.results(name).about for name in released.names]
    return list(dict.fromkeys(mark for about in abouts for mark in about.marks))


def _picture(number: int, ready: Ready) -> str:
    """A figure with its number, title and alt text. Its pixels lie in the page."""
    figure = ready.shown
    assert isinstance(figure, Figure)  # noqa: S101  # `main_figures` yields no other
    caption = escape(words.figure(number, ready.title))
    box = (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{caption}">'
        f"{figure.picture()}</div>"
    )
    return f"<figure>{box}<figcaption>{caption}</figcaption></figure>"


def _tables(
    study: _Study, ready: Sequence[Ready], title: str, for_whom: str, letter: str
) -> Iterator[str]:
    """Tables under a heading, numbered in their order; the letter stands before each number."""
    if not ready:
        return
    yield f"<h3>{title}</h3><p>{for_whom}</p>"
    for number, one in enumerate(ready, start=1):
        table = one.shown
        assert isinstance(table, Table)  # noqa: S101  # `tables` gives no other
        caption = words.table(f"{letter}{number}", table.caption)
        if is_all_hidden(table):
            yield f"<p>{escape(words.all_hidden(study.released.study, caption))}</p>"
        else:
            anchor = f"{study.released.study.name}_table_{letter}{number}"
            yield _folded(anchor, replace(table, caption=caption))


def _folded(anchor: str, table: Table) -> str:
    """A table that opens when its title is chosen. It can be scrolled by keyboard where it is
    wider than the window.
    """
    title = escape(table.caption)
    return (
        f'<details id="{escape(anchor)}"><summary>{title}</summary>'
        f'<div class="scroll" role="region" tabindex="0" aria-label="{title}">'
        f"{table.markup()}</div></details>"
    )


def _files(study: str, names: Iterable[str]) -> Iterator[str]:
    """The list of all released results, folded."""
    paths = [f"{study}/{TABLES}/{name}.csv" for name in sorted(names)]
    items = "".join(f'<li><a href="{escape(path)}">{escape(path)}</a></li>' for path in paths)
    summary = words.files(len(paths))
    yield f'<details class="files"><summary>{summary}</summary><ul>{items}</ul></details>'


def _is_made_up(released: Released) -> bool:
    """Whether a release holds rows of nobody."""
    return any(released.results(name).about.source.kind == "synthetic" for name in released.names)


def _documents(
    name: str, title: str, for_whom: str, documents: Mapping[str, str], rehearsal: bool
) -> str:
    """A section of documents that lie beside the releases; empty where there is none. rehearsal:
    the names by which they are saved say so.
    """
    if not documents:
        return ""
    items = "".join(
        f'<li><a href="{escape(path)}"{_saved_as(path, rehearsal=rehearsal)}>'
        f"{escape(called)}</a></li>"
        for path, called in documents.items()
    )
    return (
        f'<section class="{name}" aria-labelledby="{name}"><h2 id="{name}">{title}</h2>'
        f"<p>{for_whom}</p><ul>{items}</ul></section>"
    )


def _saved_as(path: str, *, rehearsal: bool) -> str:
    """The attribute that names a document where it is saved: `REHEARSAL_leag_1_deck.pptx`; none of
    what a browser shows.
    """
    if path.endswith(OPENED):
        return ""
    name = path.replace("report/report", "report").replace("/", "_")
    return f' download="{escape(f"REHEARSAL_{name}" if rehearsal else name)}"'
