"""What a failed notebook says of itself: where it failed and why, without participants' values."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mothers_margins import errors, places

EXIT_CODES = {"DataError": 3, "DisclosureError": 4}
HIDDEN = "not shown, because it could hold participants' values"


@dataclass(frozen=True)
class Failure:
    """Where a notebook failed and why; the message is left out where it could hold participants' values.

    cell: its number among the cells that we wrote, from 1; code_cell: among those with code, as JupyterLab counts.
    Both are 0 if the notebook failed before its first cell or after its last.
    """

    notebook: str
    cell: int
    code_cell: int
    heading: str
    error: str
    message: str
    where: str
    exit_code: int

    def __str__(self) -> str:
        place = f"{self.notebook}, cell {self.cell} (code cell {self.code_cell}), under '{self.heading}'"
        lines = [place if self.cell else f"{self.notebook}, {self.heading}", f"  {self.error}: {self.message}"]
        return "\n".join([*lines, *([f"  at {self.where}"] if self.where else [])])


def outside_cells(notebook: str, when: str, error: str, message: str) -> Failure:
    """A failure that belongs to no cell."""
    return Failure(notebook, 0, 0, when, error, message, "", 1)


def read_failure(notebook: str, part: Path, error: str, message: str, *, restricted: bool) -> Failure:
    """The failure that a partly executed notebook records.

    error, message: what is known of it otherwise, for a kernel that ended without a word.
    """
    try:
        cells = json.loads(part.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError):
        return outside_cells(notebook, "before its first cell", error, HIDDEN if restricted else message)
    said = {i: output for i, cell in enumerate(cells) for output in _errors(cell)}
    # A cell has finished when the kernel replied; papermill calls every cell completed when a kernel dies.
    code = [i for i, cell in enumerate(cells) if cell["cell_type"] == "code" and "".join(cell["source"]).strip()]
    unfinished = [i for i in code if "shell.execute_reply" not in cells[i]["metadata"].get("execution", {})]
    failed = next(iter(said), unfinished[0] if unfinished else len(cells) - 1)
    # papermill puts cells of its own (parameters, the error's banner) between ours: count those that we wrote
    ours = [cell for cell in cells[: failed + 1] if not _papermills(cell)]
    texts = ["".join(cell["source"]) for cell in ours if cell["cell_type"] == "markdown"]
    headings = [line for text in texts for line in text.splitlines() if line.startswith("#")]
    output = said.get(failed, {"ename": error, "evalue": message, "traceback": []})
    where, ours_raised = _where(output["traceback"])
    return Failure(
        notebook=notebook,
        cell=len(ours),
        code_cell=sum(cell["cell_type"] == "code" for cell in ours),
        heading=headings[-1].lstrip("# ").strip() if headings else "the top",
        error=output["ename"],
        message=_shown(output["ename"], output["evalue"], ours_raised) if restricted else output["evalue"],
        where=where,
        exit_code=EXIT_CODES.get(output["ename"], 1),
    )


def _shown(name: str, message: str, ours_raised: bool) -> str:
    """The message of an error of ours, which holds no value; of a usage error only the summary: it repeats names."""
    kind = vars(errors).get(name)
    if not (ours_raised and isinstance(kind, type) and issubclass(kind, errors.MothersMarginsError)):
        return HIDDEN
    return message.splitlines()[0] if name == "UsageError" else message


def _where(traceback: Iterable[str]) -> tuple[str, bool]:
    """'line 2 of the cell; src/mothers_margins/cohort.py, line 44', and whether our code raised the error."""
    trace = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(traceback))
    package = str(Path(errors.__file__).parent)
    home = re.escape(package.replace(str(Path.home()), "~", 1))  # IPython shortens paths so
    frames = re.findall(r"(Cell In\[\d+\]|File .+?)(?:, line |:)(\d+)", trace)
    found = [f"line {number} of the cell" for place, number in frames if place.startswith("Cell")][-1:]
    inside = re.compile(rf"File (?:{re.escape(package)}|{home})[\\/](.+\.py)$")
    matches = [(inside.match(place), number) for place, number in frames]
    ours = [f"src/mothers_margins/{match[1]}, line {number}" for match, number in matches if match]
    return "; ".join(found + ours[-1:]), bool(matches and matches[-1][0])


def _errors(cell: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [output for output in cell.get("outputs", []) if output["output_type"] == "error"]


def _papermills(cell: Mapping[str, Any]) -> bool:
    tags = cell["metadata"].get("tags", [])
    return "injected-parameters" in tags or any(tag.startswith("papermill-error") for tag in tags)


def without_paths(notebook: Path) -> None:
    """Take this machine's paths out of papermill's record in an executed notebook, and out of its tracebacks."""
    content = json.loads(notebook.read_text(encoding="utf-8"))
    record = content["metadata"].get("papermill", {})
    for key in ("input_path", "output_path"):
        if record.get(key):
            record[key] = Path(record[key]).name
    for output in (output for cell in content["cells"] for output in _errors(cell)):
        output["traceback"] = [_shortened(line) for line in output["traceback"]]
    notebook.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _shortened(line: str) -> str:
    folders = {str(places.project()): "…", str(Path.home()): "~"}
    for folder, short in folders.items():
        line = line.replace(folder, short)
    return line
