"""What a failed notebook says of itself: where it failed and why, without participants' values."""

import builtins
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from mothers_margins import errors, places

EXIT_CODES = {"DataError": 3, "DisclosureError": 4}
HIDDEN = "not shown, because it could hold participants' values"
FOREIGN = "an error of another library"
# Names that the runner and its libraries give to how a notebook ends; they are fixed, whatever the
# rows are.
RUNNERS = frozenset(
    [
        *("UnfinishedError", "Worker lost", "BrokenProcessPool"),
        *("DeadKernelError", "CellTimeoutError", "CellExecutionError", "PapermillExecutionError"),
    ]
)


@dataclass(frozen=True, config=ConfigDict(strict=True, extra="forbid"))
class Failure:
    """Where a notebook failed and why; the message is left out where it could hold participants'
    values.

    cell: its number among the cells that we wrote, from 1; code_cell: among those with code, as
    JupyterLab counts. Both are 0 if the notebook failed before its first cell or after its last.
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
        place = (
            f"{self.notebook}, cell {self.cell} (code cell {self.code_cell}), under "
            f"'{self.heading}'"
        )
        lines = [
            place if self.cell else f"{self.notebook}, {self.heading}",
            f"  {self.error}: {self.message}",
        ]
        return "\n".join([*lines, *([f"  at {self.where}"] if self.where else [])])


class UnfinishedError(Exception):
    """A notebook that papermill calls finished and that is not. cell: the place of the cell that
    ended it.
    """

    def __init__(self, cell: int, message: str) -> None:
        super().__init__(message)
        self.cell = cell


def outside_cells(notebook: str, when: str, error: str, message: str) -> Failure:
    """A failure that belongs to no cell."""
    return Failure(notebook, 0, 0, when, error, message, "", 1)


def read_failure(
    notebook: str,
    part: Path,
    error: str,
    message: str,
    *,
    restricted: bool,
    cell: int | None = None,
) -> Failure:
    """The failure that a partly executed notebook records.

    error, message: what is known of it otherwise, for a kernel that ended without a word. cell: the
    place of the cell that failed, where it is known.
    """
    ours_said = error in (
        "UnfinishedError",
        "Worker lost",
    )  # then the message is one of this program's own
    known = message if ours_said or not restricted else HIDDEN
    try:
        cells = read_notebook(part)["cells"]
    except ValueError:
        name = shown_name(error, restricted=restricted)
        return outside_cells(notebook, "before its first cell", name, known)
    told = {place: output for place, own in enumerate(cells) for output in _errors(own)}
    failed = _failed(cells, told) if cell is None else cell
    # papermill puts cells of its own (parameters, the error's banner) between ours: count those
    # that we wrote
    ours = [own for own in cells[: failed + 1] if not _papermills(own)]
    texts = ["".join(own["source"]) for own in ours if own["cell_type"] == "markdown"]
    headings = [line for text in texts for line in text.splitlines() if line.startswith("#")]
    output = told.get(failed, {"ename": error, "evalue": known, "traceback": []})
    source = "".join(cells[failed]["source"]) if cells else ""
    where, ours_raised = _where(output, len(source.splitlines()))
    if failed in told and not ours_said:
        known = output["evalue"]
        if restricted:
            known = _shown(output["ename"], known, ours_raised)
    return Failure(
        notebook=notebook,
        cell=len(ours),
        code_cell=sum(own["cell_type"] == "code" for own in ours),
        heading=headings[-1].lstrip("# ").strip() if headings else "the top",
        error=shown_name(output["ename"], restricted=restricted),
        message=known,
        where=where,
        exit_code=EXIT_CODES.get(output["ename"], 1),
    )


def read_notebook(path: Path) -> dict[str, Any]:
    """A notebook that was executed. Raises ValueError if it cannot be read or is not whole."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        for cell in content["cells"]:
            cell["metadata"].get("tags", []), cell["cell_type"], "".join(cell["source"])
            for output in cell.get("outputs", []):
                output["output_type"]
        content["metadata"].get("papermill", {})
    except (OSError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{type(error).__name__}") from None
    return content


def _failed(cells: list[Any], told: Mapping[int, Any]) -> int:
    """The place of the cell that failed: with an error, else the first that has not finished, else
    the last.
    """
    for place in told:
        return place
    # A cell has finished when the kernel replied; papermill calls every cell completed when a
    # kernel dies. A reply without a number was stored with the notebook.
    for place, cell in enumerate(cells):
        replied = "shell.execute_reply" in cell["metadata"].get("execution", {})
        if is_code(cell) and not (replied and cell.get("execution_count")):
            return place
    return len(cells) - 1


def is_code(cell: Mapping[str, Any]) -> bool:
    """Whether there is something to execute in a cell."""
    return cell["cell_type"] == "code" and bool("".join(cell["source"]).strip())


def shown_name(name: str, *, restricted: bool) -> str:
    """The name of an error; with restricted data only one that is fixed, because a class can be
    named after an id.
    """
    kinds = (vars(builtins).get(name), vars(errors).get(name))
    fixed = any(isinstance(kind, type) and issubclass(kind, BaseException) for kind in kinds)
    return name if fixed or name in RUNNERS or not restricted else FOREIGN


def _shown(name: str, message: str, ours_raised: bool) -> str:
    """The message of an error of ours, which holds no value; of a usage error only the summary: it
    repeats names.
    """
    kind = vars(errors).get(name)
    ours = isinstance(kind, type) and issubclass(kind, errors.MothersMarginsError)
    if not (ours and ours_raised):
        return HIDDEN
    return message.splitlines()[0] if name == "UsageError" else message


def _where(output: Mapping[str, Any], lines: int) -> tuple[str, bool]:
    """'line 2 of the cell; src/mothers_margins/cohort.py, line 44', and whether our code raised the
    error.

    lines: of the cell. A message can look like a place, so what stands from the message on does not
    count, nor a place that there is not.
    """
    whole = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output["traceback"]))
    trace, message, _ = whole.rpartition(f"{output['ename']}: {output['evalue']}".rstrip(": "))
    package = Path(errors.__file__).parent
    home = re.escape(str(package).replace(str(Path.home()), "~", 1))  # IPython shortens paths so
    frames = re.findall(r"(Cell In\[\d+\]|File .+?)(?:, line |:)(\d+)", trace)
    in_cell = [int(number) for place, number in frames if place.startswith("Cell")]
    of_cell = [number for number in in_cell if number <= lines]
    inside = re.compile(rf"File (?:{re.escape(str(package))}|{home})[\\/](.+\.py)$")
    matches = [(inside.match(place), int(number)) for place, number in frames]
    in_package = [(match[1], number) for match, number in matches if match]
    ours = [(file, number) for file, number in in_package if _is_line(package / file, number)]
    told = [f"line {number} of the cell" for number in of_cell[-1:]]
    told += [f"src/mothers_margins/{file}, line {number}" for file, number in ours[-1:]]
    return "; ".join(told), bool(message and matches and matches[-1][0])


def _is_line(file: Path, number: int) -> bool:
    return file.is_file() and number <= len(file.read_text(encoding="utf-8").splitlines())


def _errors(cell: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [output for output in cell.get("outputs", []) if output["output_type"] == "error"]


def _papermills(cell: Mapping[str, Any]) -> bool:
    tags = cell["metadata"].get("tags", [])
    return "injected-parameters" in tags or any(tag.startswith("papermill-error") for tag in tags)


def clean(notebook: Path, *, failed: bool, restricted: bool) -> None:
    """Take out of an executed notebook what it should not keep: this machine's paths, and of a
    failed one on restricted data all that an error could have said.

    Raises ValueError if it cannot be read, and is better not kept; OSError if there is no room.
    """
    content = read_notebook(notebook)
    record = content["metadata"].get("papermill", {})
    for key in ("input_path", "output_path"):
        if record.get(key):
            record[key] = Path(record[key]).name
    for cell in content["cells"]:
        for output in _errors(cell):
            output["traceback"] = [_shortened(line) for line in output["traceback"]]
    if failed and restricted:
        _silence(content)
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    places.write_whole(
        notebook,
        lambda part: part.write_text(text, encoding="utf-8"),
        private=restricted,
    )


def _silence(content: dict[str, Any]) -> None:
    """Leave of a failed notebook its code, which cells ran, and what the cells before the failure
    showed.

    Streams go altogether: a program that a cell starts can print its errors to either.
    """
    cells = content["cells"]
    told = {place: output for place, cell in enumerate(cells) for output in _errors(cell)}
    failed = _failed(cells, told)
    for place, cell in enumerate(cells):
        if cell["cell_type"] == "code":
            cell["outputs"] = [*(_shows(cell) if place < failed else []), *_reduced(cell)]
        record = _known(cell["metadata"].get("papermill", {}))
        cell["metadata"] = _only(cell["metadata"], "tags") | {"papermill": record}
    metadata = content["metadata"]
    record = _known(metadata.get("papermill", {}))
    content["metadata"] = _only(metadata, "kernelspec", "language_info") | {"papermill": record}


def _shows(cell: Mapping[str, Any]) -> list[dict[str, Any]]:
    kinds = ("display_data", "execute_result")
    return [output for output in cell.get("outputs", []) if output["output_type"] in kinds]


def _reduced(cell: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for output in _errors(cell):
        name = shown_name(output["ename"], restricted=True)
        yield {"output_type": "error", "ename": name, "evalue": HIDDEN, "traceback": []}


def _known(record: Mapping[str, Any]) -> dict[str, Any]:
    """What papermill keeps of times and states; no text of an error, whatever a later version may
    add.
    """
    fields = (
        "status",
        "exception",
        "start_time",
        "end_time",
        "duration",
        "parameters",
        "version",
        "input_path",
    )
    return _only(record, *fields)


def _only(given: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: given[key] for key in keys if key in given}


def _shortened(line: str) -> str:
    folders = {str(places.project()): "…", str(Path.home()): "~"}
    for folder, short in folders.items():
        line = line.replace(folder, short)
    return line
