"""Plain pages: the executed notebooks as HTML without scripts or network, and the index that leads to them."""

import re
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from mothers_margins import places

TEMPLATES = Path(__file__).parents[1] / "templates"


def write_page(notebook: Path, target: Path, title: str) -> Path:
    """An executed notebook as one HTML file; code is folded away."""
    from nbconvert import HTMLExporter

    exporter: Any = HTMLExporter(  # type: ignore[no-untyped-call]
        template_name="page",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    body, _ = exporter.from_filename(str(notebook), resources={"page_title": title})
    return places.write_whole(target, lambda part: part.write_text(body, encoding="utf-8"))


def title_of(notebook: Mapping[str, Any]) -> str:
    """The first heading of a notebook."""
    text = "\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    heading = re.search(r"^# +(.+)$", text, re.MULTILINE)
    return heading[1] if heading else "Notebook"


def write_index(out: Path, entries: Iterable[Mapping[str, Any]], *, finished: bool) -> Path:
    """index.html of a run's folder: what the rows are, and every entry with its page and its result files."""
    listed = sorted(entries, key=lambda entry: entry["name"])
    items = "".join(_item(entry) for entry in listed)
    mark = "; ".join(sorted({entry["data"]["mark"] for entry in listed})) or "No notebook has been run"
    mark += "" if finished else ". This run has not finished"
    page = (TEMPLATES / "index.html").read_text(encoding="utf-8")
    page = page.replace("{{ style }}", (TEMPLATES / "page" / "page.css").read_text(encoding="utf-8"))
    page = page.replace("{{ mark }}", escape(mark)).replace("{{ items }}", items)
    return places.write_whole(out / "index.html", lambda part: part.write_text(page, encoding="utf-8"))


def _item(entry: Mapping[str, Any]) -> str:
    title, name, study = escape(entry["title"]), escape(entry["name"]), escape(entry["study"])
    if entry["status"] != "done":
        return f"<li><span>{title}</span> ({study}) <em>{escape(entry['status'])}</em></li>"
    files = [path for path in entry["outputs"] if path.endswith(".csv")]
    links = ", ".join(f"<a href='{escape(path)}'>{escape(path)}</a>" for path in files)
    numbers = f"<p>Numbers: {links}</p>" if links else ""
    return f"<li><a href='notebooks/{name}.html'>{title}</a> ({study}){numbers}</li>"
