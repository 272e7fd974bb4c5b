"""Writes release/index.html: one page without scripts or network that a reader may pass on."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path

from mothers_margins import places
from mothers_margins.figures.figure import Figure
from mothers_margins.front_page.ready import Ready, main_figures, tables
from mothers_margins.release.manifest import NAME as MANIFEST
from mothers_margins.release.released import TABLES, Released, read_release
from mothers_margins.tables.table import STYLE, Table
from mothers_margins.wording import front_page as words

NAME = "index.html"
TEMPLATES = Path(__file__).parents[1] / "templates"


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
    text = front_page(releases)
    return places.write_whole(
        page, lambda part: part.write_text(text, encoding="utf-8"), private=private
    )


def front_page(releases: Sequence[Released]) -> str:
    """The page as text. It holds everything that it shows, pictures too."""
    style = (TEMPLATES / "page" / "page.css").read_text(encoding="utf-8")
    page = (TEMPLATES / "release.html").read_text(encoding="utf-8")
    contents = "".join(_link(released) for released in releases)
    body = "".join(part for released in releases for part in _study(released))
    page = page.replace("{{ style }}", style).replace("{{ table_style }}", STYLE)
    return page.replace("{{ contents }}", contents).replace("{{ studies }}", body)


def _link(released: Released) -> str:
    study = released.study
    return f'<li><a href="#{escape(study.name)}">{escape(study.title)}</a></li>'


def _study(released: Released) -> Iterator[str]:
    """One study: what its rows are, main results as pictures, tables to read, numbers."""
    study = released.study
    yield f'<section id="{escape(study.name)}" aria-labelledby="{escape(study.name)}_title">'
    yield f'<h2 id="{escape(study.name)}_title">{escape(study.title)}</h2>'
    for mark in _marks(released):
        yield f'<p class="mark">{escape(mark)}</p>'
    yield f"<p>{escape(str(study.file.citation))}</p>"
    figures = list(main_figures(released))
    if figures:
        yield f"<h3>{words.MAIN_RESULTS}</h3><p>{words.FOR_EVERYBODY}</p>"
        yield from (_picture(number, one) for number, one in enumerate(figures, start=1))
    ready = list(tables(released))
    if ready:
        yield f"<h3>{words.TABLES}</h3><p>{words.FOR_TABLES}</p>"
        yield from (_folded(study.name, one) for one in ready)
    yield f"<h3>{words.NUMBERS}</h3><p>{words.FOR_NUMBERS}</p>"
    yield from _files(study.name, released.names)
    yield f"<p>{words.hidden(released.manifest.policy)}</p></section>"


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


def _folded(study: str, ready: Ready) -> str:
    """A table that opens when its title is chosen. It can be scrolled by keyboard where it is
    wider than the window.
    """
    table = ready.shown
    assert isinstance(table, Table)  # noqa: S101  # `tables` yields no other
    title = escape(ready.title)
    anchor = f"{escape(study)}_{escape(ready.name)}"
    return (
        f'<details id="{anchor}"><summary>{title}</summary>'
        f'<div class="scroll" role="region" tabindex="0" aria-label="{title}">'
        f"{table.markup()}</div></details>"
    )


def _files(study: str, names: Iterable[str]) -> Iterator[str]:
    """The list of all released results, folded."""
    paths = [f"{study}/{TABLES}/{name}.csv" for name in sorted(names)]
    items = "".join(f'<li><a href="{escape(path)}">{escape(path)}</a></li>' for path in paths)
    yield f"<details><summary>{words.files(len(paths))}</summary><ul>{items}</ul></details>"
