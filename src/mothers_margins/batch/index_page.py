"""The index that leads the analyst to the notebooks of a run: index.html in its folder."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from html import escape
from pathlib import Path

from mothers_margins import places
from mothers_margins.batch.manifest import FRONT_PAGE, INDEX, Record, Rows
from mothers_margins.study.read_study import read_study

TEMPLATES = Path(__file__).parents[1] / "templates"
READERS = f"<p>For readers: <a href='{FRONT_PAGE}'>results that are ready to read</a>.</p>"
NUMBER = re.compile(r"^\d+")
# Parts of the key that all entries share, and those that all of a study share, in words.
OF_ALL = {"code": "the program", "packages": "packages that it uses"}
OF_STUDY = {"data": "the rows", "dictionary": "the study's definition"}
Titles = Mapping[str, str]  # by the name of an entry


def write_index(
    out: Path, entries: Iterable[Record], current: Collection[str], *, finished: bool
) -> Path:
    """index.html of a run's folder: what the rows are, when and how it was made, what failed or is
    out of date, and under each study every question with its pages and results. It shows no number
    of its own.

    current: the names of entries that this run has made, or found unchanged.
    """
    listed = sorted(entries, key=lambda entry: entry.name)
    titles = _titles(listed)
    by_study: dict[tuple[str, ...], list[Record]] = {}
    for entry in listed:
        by_study.setdefault(tuple(sorted(entry.studies)), []).append(entry)
    rows = [rows for entry in listed for rows in entry.data.values()]
    filled = {
        "style": (TEMPLATES / "page" / "page.css").read_text(encoding="utf-8"),
        "mark": escape(_mark(rows, finished=finished)),
        "made": _made(rows),
        "readers": READERS if (out / FRONT_PAGE).is_file() else "",
        "failed": _failed(listed, titles),
        "outdated": _outdated(listed, titles, current),
        "entries": "".join(_part(by_study[study], titles) for study in sorted(by_study)),
    }
    page = (TEMPLATES / "index.html").read_text(encoding="utf-8")
    for name, text in filled.items():
        page = page.replace(f"{{{{ {name} }}}}", text)
    return places.write_whole(out / INDEX, lambda part: part.write_text(page, encoding="utf-8"))


def _titles(entries: Sequence[Record]) -> Titles:
    """What each entry is called: by its title, with its study where another study has a page of the
    same title, and with its name where that is not enough.
    """
    titles = {entry.name: entry.title for entry in entries}
    for more in (_in_words, lambda entry: entry.name):
        so_many = Counter(titles.values())
        shared = [entry for entry in entries if so_many[titles[entry.name]] > 1]
        for entry in shared:
            titles[entry.name] = _joined(titles[entry.name], more(entry))
    return titles


def _joined(title: str, more: str) -> str:
    return f"{title} {more}" if title.endswith(("?", ".", "!")) else f"{title}: {more}"


def _in_words(entry: Record) -> str:
    """The titles of the studies that an entry reads."""
    return "; ".join(_title_of_study(study) for study in entry.studies)


@cache
def _title_of_study(name: str) -> str:
    return read_study(name).title


def _is_restricted(rows: Iterable[Rows]) -> bool:
    return any(one.kind == "restricted" for one in rows)


def _mark(rows: Sequence[Rows], *, finished: bool) -> str:
    """What the rows are; of restricted ones, that the page is for the research team alone."""
    marks = sorted({one.mark for one in rows})
    parts = ["; ".join(marks) or "No notebook has been run"]
    if _is_restricted(rows):
        parts.insert(0, "INTERNAL: for the research team only")
    if not finished:
        parts.append("This run has not finished")
    return ". ".join(parts)


def _made(rows: Sequence[Rows]) -> str:
    """When, from which rows and with which command."""
    when = datetime.now(UTC).strftime("%-d %B %Y, %H:%M UTC")
    source = "the restricted file" if _is_restricted(rows) else "the rows that are shipped"
    return f"Written {when}, from {source}, by <code>mothers-margins run {_data(rows)}</code>."


def _data(rows: Iterable[Rows]) -> str:
    """The options of the command that say which rows are read, and where results go."""
    return "--data FILE --out DIR" if _is_restricted(rows) else "--demo"


def _failed(entries: Iterable[Record], titles: Titles) -> str:
    """Entries that did not come to an end, named first, each with the place where it stopped."""
    items = [
        f"<li>{escape(titles[entry.name])}: {escape(entry.status)}{_where(entry)}</li>"
        for entry in entries
        if entry.status != "done"
    ]
    return _listed("What failed", items)


def _where(entry: Record) -> str:
    """In which cell, under which heading, an entry failed."""
    failure = entry.failure
    if failure is None or not failure.cell:
        return ""
    return f" in cell {failure.cell}, under “{escape(failure.heading)}”"


def _outdated(entries: Sequence[Record], titles: Titles, current: Collection[str]) -> str:
    """Entries that this run has not made anew although something that they depend on has changed
    since.
    """
    made_now = [entry for entry in entries if entry.name in current]
    items = []
    for entry in entries:
        changed = [] if entry.name in current else list(_changed(entry, made_now))
        if changed and entry.status == "done":
            since = " and ".join(changed)
            items.append(f"<li>{escape(titles[entry.name])}: made before {since} changed</li>")
    return _listed("What is out of date", items)


def _changed(entry: Record, made_now: Iterable[Record]) -> Iterator[str]:
    """What an entry was made from that those made now were not, in words."""
    found: dict[str, None] = {}
    for other in made_now:
        parts = OF_ALL | OF_STUDY if other.studies == entry.studies else OF_ALL
        found |= {
            words: None for part, words in parts.items() if other.key[part] != entry.key[part]
        }
    yield from found


def _listed(title: str, items: Sequence[str]) -> str:
    return f"<h2>{title}</h2><ul>{''.join(items)}</ul>" if items else ""


def _part(entries: Sequence[Record], titles: Titles) -> str:
    """The entries of a study, by the question that their notebook asks."""
    by_question: dict[str, list[Record]] = {}
    for entry in entries:
        # without a question each stands alone
        by_question.setdefault(entry.question or entry.name, []).append(entry)
    items = "".join(
        _question(group, titles, _named(group, entries)) for group in by_question.values()
    )
    marks = "; ".join(dict.fromkeys(rows.mark for rows in entries[0].data.values()))
    heading = f"<h2>{escape(_in_words(entries[0]))}</h2>\n<p>{escape(marks)}</p>\n"
    return f"{heading}<ul class='entries'>{items}</ul>\n"


def _named(group: Sequence[Record], entries: Iterable[Record]) -> str:
    """How a command names some entries of a study: by a number that is theirs alone, else each by
    its name.
    """
    number = NUMBER.match(group[0].name)
    if number and [entry for entry in entries if entry.name.startswith(number[0])] == [*group]:
        return number[0]
    return " ".join(entry.name for entry in group)


def _question(entries: Sequence[Record], titles: Titles, named: str) -> str:
    """A question, the pages that answer it, and the command that makes them again. named: how a
    command names its entries.
    """
    first = entries[0]
    question = f"<p>{escape(first.question)}</p>" if first.question else ""
    pages = "".join(_page(entry, titles[entry.name]) for entry in entries)
    options = "".join(f" --study {study}" for study in first.studies[:1])
    rows = _data(first.data.values())
    command = f"mothers-margins run {named}{options} {rows}"
    return f"<li>{question}<ul>{pages}</ul><p>Again: <code>{escape(command)}</code></p></li>"


def _page(entry: Record, title: str) -> str:
    """The link to a page, and its results, folded."""
    name = escape(entry.name)
    if entry.status != "done":
        return f"<li><span>{escape(title)}</span> <em>{escape(entry.status)}</em></li>"
    files = [path for path in entry.outputs if path.endswith(".csv")]
    links = "".join(f"<li><a href='{escape(path)}'>{escape(path)}</a></li>" for path in files)
    heading = f"Numbers of {name}: {len(files)} files"
    numbers = f"<details><summary>{heading}</summary><ul>{links}</ul></details>" if links else ""
    return f"<li><a href='notebooks/{name}.html'>{escape(title)}</a>{numbers}</li>"
