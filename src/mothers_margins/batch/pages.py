"""Plain pages: the executed notebooks as HTML without scripts or network, and the index that leads
the analyst to them.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from html import escape, unescape
from pathlib import Path

from mothers_margins import places
from mothers_margins.batch.manifest import Record, Rows
from mothers_margins.batch.notebook import Notebook, source
from mothers_margins.batch.numbering import numbered
from mothers_margins.batch.plan import Value
from mothers_margins.study.read_study import read_study
from mothers_margins.study.study import Study

TEMPLATES = Path(__file__).parents[1] / "templates"
FIRST_HEADING = re.compile(r"(<h1[^>]*>).*?(</h1>)", re.DOTALL)
SECOND_HEADING = re.compile(r"<h2(?: id=\"[^\"]*\")?>(.*?)</h2>", re.DOTALL)
TAG = re.compile(r"<[^>]*>")
CONTENTS = (
    '<nav class="contents" aria-label="Contents">'
    "<details><summary>Contents</summary><ol>{}</ol></details></nav>"
)
TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
CAPTION = re.compile(r"<caption>(.*?)</caption>", re.DOTALL)
RELEASED = "release/index.html"
READERS = f"<p>For readers: <a href='{RELEASED}'>results that are ready to read</a>.</p>"


def write_page(
    notebook: Path, target: Path, title: str, *, private: bool, prefix: str = ""
) -> Path:
    """An executed notebook as one HTML file; code is folded away. title: also its heading.
    private: only the owner may read it. prefix: of the numbers of its tables and figures.
    """
    body, _ = _to_html()(str(notebook), resources={"page_title": title})
    body = FIRST_HEADING.sub(lambda found: f"{found[1]}{escape(title)}{found[2]}", body, count=1)
    body = numbered(body, prefix)
    body = _with_contents(body)
    body = _reachable(body.replace("<th></th>", "<td></td>"))  # an empty heading names nothing
    return places.write_whole(
        target,
        lambda part: part.write_text(body, encoding="utf-8"),
        private=private,
    )


def with_addresses(body: str) -> tuple[str, list[str]]:
    """A page whose sections have addresses, `part-1` and so on, and their titles."""
    titles: list[str] = []

    def addressed(found: re.Match[str]) -> str:
        titles.append(TAG.sub("", found[1]))
        return f'<h2 id="part-{len(titles)}">{found[1]}</h2>'

    return SECOND_HEADING.sub(addressed, body), titles


def _with_contents(body: str) -> str:
    """A page whose sections have addresses, and below its title a list that leads to them."""
    body, titles = with_addresses(body)
    if not titles:
        return body
    items = [f'<li><a href="#part-{at}">{title}</a></li>' for at, title in enumerate(titles, 1)]
    contents = CONTENTS.format("".join(items))
    return FIRST_HEADING.sub(lambda found: found[0] + contents, body, count=1)


def _reachable(body: str) -> str:
    """Each table in a box of its own, which scrolls where the window is narrower, can be reached by
    keyboard, and has a name that no other box of the page has.
    """
    named: Counter[str] = Counter()

    def boxed(found: re.Match[str]) -> str:
        caption = CAPTION.search(found[0])
        name = caption[1] if caption else "Table"
        named[name] += 1
        label = f"{name} ({named[name]})" if named[name] > 1 else name
        quoted = escape(unescape(label))
        opening = f'<div class="scroll" role="region" tabindex="0" aria-label="{quoted}">'
        return f"{opening}{found[0]}</div>"

    return TABLE.sub(boxed, body)


@cache
def _to_html() -> Callable[..., tuple[str, object]]:
    """What turns a notebook's path into a page, once for a process: its templates are compiled with
    the first page, which takes longer than a page.
    """
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(  # type: ignore[no-untyped-call]
        template_name="page",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    to_html: Callable[..., tuple[str, object]] = exporter.from_filename
    return to_html


def title_of(notebook: Notebook, parameters: Mapping[str, Value], study: str) -> str:
    """The first heading of a notebook, with the timepoint or outcome that it is run for: one
    notebook serves several, and each page has a name of its own.
    """
    heading = re.search(r"^# +(.+)$", _text(notebook), re.MULTILINE)
    title = heading[1].strip() if heading else "Notebook"
    ends = [] if title.endswith(("?", ".", "!")) else [":"]
    if "timepoint" in parameters:
        return "".join([title, *ends, f" Timepoint {parameters['timepoint']}"])
    outcome = parameters.get("outcome")
    if outcome:
        return "".join([title, *ends, f" {_outcome_title(study, str(outcome))}"])
    return title


def question_of(notebook: Notebook) -> str:
    """The question that a notebook asks, in one paragraph; empty if it says none."""
    question = re.search(r"^\*\*Question\.\*\* *(.+)$", _text(notebook), re.MULTILINE)
    return question[1].strip() if question else ""


def _text(notebook: Notebook) -> str:
    texts = [source(cell) for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    return "\n".join(texts)


def _outcome_title(study: str, outcome: str) -> str:
    """How a study calls an outcome; its name where the definition has no such outcome, which the
    notebook then says.
    """
    outcomes = _definition(study).outcomes
    return outcomes[outcome].title if outcome in outcomes else outcome


@cache
def _definition(study: str) -> Study:
    return read_study(study)


def write_index(out: Path, entries: Iterable[Record], *, finished: bool) -> Path:
    """index.html of a run's folder: what the rows are, when and how it was made, and under each
    study every entry with its question, page and results. It shows no number of its own.
    """
    by_study: dict[str, list[Record]] = {}
    listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        by_study.setdefault(", ".join(entry.studies), []).append(entry)
    parts = [_part(study, by_study[study]) for study in sorted(by_study)]
    rows = [rows for entry in listed for rows in entry.data.values()]
    page = (TEMPLATES / "index.html").read_text(encoding="utf-8")
    page = page.replace(
        "{{ style }}", (TEMPLATES / "page" / "page.css").read_text(encoding="utf-8")
    )
    page = page.replace("{{ mark }}", escape(_mark(rows, finished=finished)))
    page = page.replace("{{ made }}", _made(rows))
    page = page.replace("{{ failed }}", _failed(listed))
    page = page.replace("{{ readers }}", READERS if (out / RELEASED).is_file() else "")
    page = page.replace("{{ entries }}", "".join(parts))
    return places.write_whole(
        out / "index.html", lambda part: part.write_text(page, encoding="utf-8")
    )


def _mark(rows: Iterable[Rows], *, finished: bool) -> str:
    """What the rows are; of restricted ones, that the page is for the research team alone."""
    marks = sorted({one.mark for one in rows})
    parts = ["; ".join(marks) or "No notebook has been run"]
    if any(one.kind == "restricted" for one in rows):
        parts.insert(0, "INTERNAL: for the research team only")
    if not finished:
        parts.append("This run has not finished")
    return ". ".join(parts)


def _made(rows: Sequence[Rows]) -> str:
    """When, from which rows and with which command."""
    when = datetime.now(UTC).strftime("%-d %B %Y, %H:%M UTC")
    is_restricted = any(one.kind == "restricted" for one in rows)
    command = "mothers-margins run " + ("--data FILE" if is_restricted else "--demo")
    source = "the restricted file" if is_restricted else "the rows that are shipped"
    return f"Written {when}, from {source}, by <code>{command}</code>."


def _failed(entries: Iterable[Record]) -> str:
    """Entries that did not come to an end, named first."""
    items = [
        f"<li>{escape(entry.title)}: {escape(entry.status)}</li>"
        for entry in entries
        if entry.status != "done"
    ]
    return f"<h2>What failed</h2><ul>{''.join(items)}</ul>" if items else ""


def _part(study: str, entries: Iterable[Record]) -> str:
    items = "".join(_item(entry) for entry in entries)
    return f"<h2>{escape(study)}</h2>\n<ul class='entries'>{items}</ul>\n"


def _item(entry: Record) -> str:
    title, name = escape(entry.title), escape(entry.name)
    question = f"<p>{escape(entry.question)}</p>" if entry.question else ""
    if entry.status != "done":
        return f"<li><span>{title}</span> <em>{escape(entry.status)}</em>{question}</li>"
    files = [path for path in entry.outputs if path.endswith(".csv")]
    links = "".join(f"<li><a href='{escape(path)}'>{escape(path)}</a></li>" for path in files)
    heading = f"Numbers of {name}: {len(files)} files"
    numbers = f"<details><summary>{heading}</summary><ul>{links}</ul></details>" if links else ""
    return f"<li><a href='notebooks/{name}.html'>{title}</a>{question}{numbers}</li>"
