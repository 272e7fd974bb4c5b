"""Plain pages: the executed notebooks as HTML without scripts or network, and the index that leads
to them.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache
from html import escape
from pathlib import Path

from mothers_margins import places
from mothers_margins.batch.manifest import Record
from mothers_margins.batch.notebook import Notebook, source

TEMPLATES = Path(__file__).parents[1] / "templates"


def write_page(notebook: Path, target: Path, title: str, *, private: bool) -> Path:
    """An executed notebook as one HTML file; code is folded away. private: only the owner may read
    it.
    """
    body, _ = _to_html()(str(notebook), resources={"page_title": title})
    return places.write_whole(
        target,
        lambda part: part.write_text(body, encoding="utf-8"),
        private=private,
    )


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


def title_of(notebook: Notebook) -> str:
    """The first heading of a notebook."""
    texts = [source(cell) for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    text = "\n".join(texts)
    heading = re.search(r"^# +(.+)$", text, re.MULTILINE)
    return heading[1] if heading else "Notebook"


def write_index(out: Path, entries: Iterable[Record], *, finished: bool) -> Path:
    """index.html of a run's folder: what the rows are, and under each study every entry with its
    page and results.
    """
    by_study: dict[str, list[Record]] = {}
    listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        by_study.setdefault(", ".join(entry.studies), []).append(entry)
    parts = [_part(study, by_study[study]) for study in sorted(by_study)]
    marks = {rows.mark for entry in listed for rows in entry.data.values()}
    mark = "; ".join(sorted(marks)) or "No notebook has been run"
    mark += "" if finished else ". This run has not finished"
    page = (TEMPLATES / "index.html").read_text(encoding="utf-8")
    page = page.replace(
        "{{ style }}", (TEMPLATES / "page" / "page.css").read_text(encoding="utf-8")
    )
    page = page.replace("{{ mark }}", escape(mark)).replace("{{ entries }}", "".join(parts))
    return places.write_whole(
        out / "index.html", lambda part: part.write_text(page, encoding="utf-8")
    )


def _part(study: str, entries: Iterable[Record]) -> str:
    items = "".join(_item(entry) for entry in entries)
    return f"<h2>{escape(study)}</h2>\n<ul>{items}</ul>\n"


def _item(entry: Record) -> str:
    title, name = escape(entry.title), escape(entry.name)
    if entry.status != "done":
        return f"<li><span>{title}</span> <em>{escape(entry.status)}</em></li>"
    files = [path for path in entry.outputs if path.endswith(".csv")]
    links = ", ".join(f"<a href='{escape(path)}'>{escape(path)}</a>" for path in files)
    numbers = f"<p>Numbers: {links}</p>" if links else ""
    return f"<li><a href='notebooks/{name}.html'>{title}</a>{numbers}</li>"
