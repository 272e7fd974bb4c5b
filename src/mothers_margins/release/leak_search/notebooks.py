"""JSON, and notebooks among it."""

import json
from collections.abc import Iterator

from mothers_margins.release.leak_search.search import Search

WIDGETS = ("application/vnd.jupyter.widget-state+json", "application/vnd.jupyter.widget-view+json")
ADDED_BY_PAPERMILL = ("injected-parameters", "papermill-error-cell-tag")
Said = dict[str, object]


def search_json(search: Search, text: str) -> None:
    """Everything in a JSON file; of a notebook also whether it was run."""
    try:
        content = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        search.add("unreadable", "the file")
        search.text(text)
        return
    for place, part in _parts(content):
        search.text("\n".join(_texts(part)), place)
        for keys in _dictionaries(part):
            if isinstance(keys.get("papermill"), dict):
                search.add("papermill", place)
            if any(widget in keys for widget in WIDGETS):
                search.add("widget_state", place)
    if isinstance(content, dict) and "cells" in content:
        _search_notebook(search, content)


def _once(pairs: list[tuple[str, object]]) -> Said:
    """A dictionary. Raises ValueError for a key that stands twice: programs keep one or the other,
    and what the other says would not be seen.
    """
    said = dict(pairs)
    if len(said) < len(pairs):
        raise ValueError
    return said


def _parts(content: object) -> Iterator[tuple[str, object]]:
    """What it holds, with places: cells of a notebook, else its outermost keys."""
    if not isinstance(content, dict):
        yield "the file", content
        return
    yield "its keys", [*content]
    for key, value in content.items():
        if key == "cells" and isinstance(value, list):
            yield from ((f"cell {number}", cell) for number, cell in enumerate(value, start=1))
        else:
            yield key, {key: value}


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
    """Every text and number in it, keys too. Without recursion: a stranger may have nested it."""
    waiting = [content]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, int | float):
            yield str(one)
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
