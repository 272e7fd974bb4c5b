"""JSON, and notebooks among it."""

import json
from collections.abc import Iterator

from mothers_margins.release.leak_search.search import Search

WIDGETS = ("application/vnd.jupyter.widget-state+json", "application/vnd.jupyter.widget-view+json")
ADDED_BY_PAPERMILL = ("injected-parameters", "papermill-error-cell-tag")
Said = dict[str, object]


def search_json(search: Search, text: str) -> None:
    """Everything in a JSON file; of a notebook also whether it was run."""
    search.text(text)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        search.add("unreadable", "the file")
        return
    search.text("\n".join(_texts(content)), "its texts")
    if isinstance(content, dict) and "cells" in content:
        _search_notebook(search, content)
    for keys in _dictionaries(content):
        if "papermill" in keys:
            search.add("papermill", "its metadata")
        if any(widget in keys for widget in WIDGETS):
            search.add("widget_state", "its metadata")


def _search_notebook(search: Search, notebook: Said) -> None:
    """What a run leaves in a notebook."""
    cells = notebook["cells"]
    for number, cell in enumerate(cells if isinstance(cells, list) else [], start=1):
        if not isinstance(cell, dict):
            search.add("unreadable", f"cell {number}")
            continue
        if cell.get("outputs") or cell.get("execution_count") is not None:
            search.add("executed_notebook", f"cell {number}")
        metadata = cell.get("metadata")
        tags = metadata.get("tags") if isinstance(metadata, dict) else None
        if isinstance(tags, list) and any(tag in ADDED_BY_PAPERMILL for tag in tags):
            search.add("papermill", f"cell {number}")
        if cell.get("attachments"):
            search.add("embedded_file", f"cell {number}")
    metadata = notebook.get("metadata")
    if isinstance(metadata, dict) and "widgets" in metadata:
        search.add("widget_state", "its metadata")


def _texts(content: object) -> Iterator[str]:
    """Every text in it, keys too. Without recursion: it may be nested by a stranger."""
    waiting = [content]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += one.values()
            yield from one
        elif isinstance(one, list):
            if one and all(isinstance(part, str) for part in one):
                yield "".join(one)  # a notebook keeps a text as a list of its lines
            waiting += one


def _dictionaries(content: object) -> Iterator[Said]:
    waiting = [content]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
