"""A notebook as it stands in its file: JSON whose shape is checked when it is read, typed after
that.

Importing nbformat takes longer than a run in which nothing has changed.
"""

import json
from pathlib import Path
from typing import Literal, TypedDict

from mothers_margins.study.yaml_file import Written


class CellMetadata(TypedDict, total=False):
    """What is known of a cell beside its source. execution: times that the kernel told of.
    slideshow: its slide type, in Jupyter's own words.
    """

    tags: list[str]
    slideshow: dict[str, str]
    execution: dict[str, str]
    papermill: dict[str, Written]


class Output(TypedDict, total=False):
    """One output of a cell; ename, evalue and traceback are those of an error."""

    output_type: str
    ename: str
    evalue: str
    traceback: list[str]


class Cell(TypedDict, total=False):
    """One cell; execution_count is of a cell with code that was executed."""

    cell_type: Literal["code", "markdown", "raw"]
    source: list[str] | str
    metadata: CellMetadata
    outputs: list[Output]
    execution_count: int | None


class NotebookMetadata(TypedDict, total=False):
    """What is known of a notebook beside its cells."""

    kernelspec: Written
    language_info: Written
    papermill: dict[str, Written]


class Notebook(TypedDict):
    """A notebook."""

    cells: list[Cell]
    metadata: NotebookMetadata


def read_notebook(path: Path, *, executed: bool = False) -> Notebook:
    """A notebook. Raises ValueError, which names the kind of fault only, if the file cannot be read
    or is not whole.

    executed: papermill has put outputs and a record of its own into it, which are looked at too.
    """
    try:
        notebook: Notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            tags(cell)
            source(cell)
            cell["cell_type"]
            if executed:
                for output in outputs(cell):
                    output["output_type"]
        if executed:
            notebook["metadata"].get("papermill", {})
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(type(error).__name__) from None
    return notebook


def source(cell: Cell) -> str:
    """The text of a cell."""
    return "".join(cell["source"])


def tags(cell: Cell) -> list[str]:
    """The tags of a cell, by which papermill finds its parameters."""
    return cell["metadata"].get("tags", [])


def slide_type(cell: Cell) -> str:
    """The slide type of a cell: `slide`, `notes`; empty where it has none."""
    return cell["metadata"].get("slideshow", {}).get("slide_type", "")


def outputs(cell: Cell) -> list[Output]:
    """What a cell showed; nothing for one without code."""
    return cell.get("outputs", [])


def errors_of(cell: Cell) -> list[Output]:
    """The errors among a cell's outputs."""
    return [output for output in outputs(cell) if output["output_type"] == "error"]


def is_code(cell: Cell) -> bool:
    """Whether there is something to execute in a cell."""
    return cell["cell_type"] == "code" and bool(source(cell).strip())
