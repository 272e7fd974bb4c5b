"""What a failed notebook says of itself: where it failed and why, without participants' values."""

import builtins
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from mothers_margins import errors, places
from mothers_margins.batch.notebook import (
    Cell,
    CellMetadata,
    Notebook,
    NotebookMetadata,
    Output,
    errors_of,
    is_code,
    outputs,
    read_notebook,
    source,
    tags,
)
from mothers_margins.study.yaml_file import Written

EXIT_CODES = {"DataError": 3, "DisclosureError": 4}
HIDDEN = "not shown, because it could hold participants' values"
FOREIGN = "an error of another library"
# Names that the runner and its libraries give to how a notebook ends; they are fixed, whatever the
# rows are.
RUNNERS = frozenset(
    [
        "UnfinishedError",
        "Worker lost",
        "BrokenProcessPool",
        "DeadKernelError",
        "CellTimeoutError",
        "CellExecutionError",
        "PapermillExecutionError",
    ]
)
OWN_WORDS = ("UnfinishedError", "Worker lost")  # errors whose message is one of this program's own
FRAME = re.compile(r"(Cell In\[\d+\]|File .+?)(?:, line |:)(\d+)")
PAPERMILLS_FIELDS = (
    "status",
    "exception",
    "start_time",
    "end_time",
    "duration",
    "parameters",
    "version",
    "input_path",
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
        place = f"{self.notebook}, {self.heading}"
        if self.cell:
            place = (
                f"{self.notebook}, cell {self.cell} (code cell {self.code_cell}), under "
                f"'{self.heading}'"
            )
        lines = [place, f"  {self.error}: {self.message}"]
        if self.where:
            lines.append(f"  at {self.where}")
        return "\n".join(lines)


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
    is_own = error in OWN_WORDS
    shown_message = message if is_own or not restricted else HIDDEN
    try:
        cells = read_notebook(part, executed=True)["cells"]
    except ValueError:
        return outside_cells(
            notebook,
            "before its first cell",
            shown_name(error, restricted=restricted),
            shown_message,
        )
    failed = _failed(cells) if cell is None else cell
    recorded = _error_at(cells, failed)
    output: Output = recorded or {"ename": error, "evalue": shown_message, "traceback": []}
    where, ours_raised = _where(output, source(cells[failed]) if cells else "")
    # where the runner ended it, an error that the cell shows is not why
    if recorded and not is_own:
        shown_message = _shown(recorded, ours_raised) if restricted else recorded["evalue"]
    written = _written_by_us(cells[: failed + 1])
    return Failure(
        notebook=notebook,
        cell=len(written),
        code_cell=sum(own["cell_type"] == "code" for own in written),
        heading=_last_heading(written),
        error=shown_name(output["ename"], restricted=restricted),
        message=shown_message,
        where=where,
        exit_code=EXIT_CODES.get(output["ename"], 1),
    )


def _written_by_us(cells: Iterable[Cell]) -> list[Cell]:
    """Cells without those that papermill puts between them: parameters, the error's banner."""
    return [cell for cell in cells if not _is_papermills(cell)]


def _error_at(cells: Sequence[Cell], place: int) -> Output | None:
    """The last error of the cell at a place, if it has one."""
    if not 0 <= place < len(cells):
        return None
    return next(reversed(errors_of(cells[place])), None)


def _last_heading(cells: Iterable[Cell]) -> str:
    """The heading that the last of some cells stands under."""
    texts = [source(cell) for cell in cells if cell["cell_type"] == "markdown"]
    headings = [line for text in texts for line in text.splitlines() if line.startswith("#")]
    return headings[-1].lstrip("# ").strip() if headings else "the top"


def _failed(cells: Sequence[Cell]) -> int:
    """The place of the cell that failed: with an error, else the first that has not finished, else
    the last.
    """
    for place, cell in enumerate(cells):
        if errors_of(cell):
            return place
    # A cell has finished when the kernel replied; papermill calls every cell completed when a
    # kernel dies. A reply without a number was stored with the notebook.
    for place, cell in enumerate(cells):
        replied = "shell.execute_reply" in cell["metadata"].get("execution", {})
        if is_code(cell) and not (replied and cell.get("execution_count")):
            return place
    return len(cells) - 1


def shown_name(name: str, *, restricted: bool) -> str:
    """The name of an error; with restricted data only one that is fixed, because a class can be
    named after an id.
    """
    kinds = (vars(builtins).get(name), vars(errors).get(name))
    fixed = any(isinstance(kind, type) and issubclass(kind, BaseException) for kind in kinds)
    return name if fixed or name in RUNNERS or not restricted else FOREIGN


def _shown(output: Output, ours_raised: bool) -> str:
    """The message of an error of ours, which holds no value; of a usage error only the summary: it
    repeats names.
    """
    kind = vars(errors).get(output["ename"])
    is_ours = isinstance(kind, type) and issubclass(kind, errors.MothersMarginsError)
    # a cell can raise our errors too, with any words
    if not (is_ours and ours_raised):
        return HIDDEN
    message = output["evalue"]
    return message.splitlines()[0] if output["ename"] == "UsageError" else message


def _where(output: Output, code: str) -> tuple[str, bool]:
    """'line 2 of the cell; src/mothers_margins/cohort.py, line 44', and whether our code raised the
    error.

    code: of the cell. A message can look like a place, so what stands from the message on does not
    count, nor a place that there is not.
    """
    trace, message = _trace_and_message(output)
    lines = len(code.splitlines())
    frames = [(place, int(number)) for place, number in FRAME.findall(trace)]
    in_cell = [number for place, number in frames if place.startswith("Cell") and number <= lines]
    in_package = [(_file_in_package(place), number) for place, number in frames]
    ours = [(file, number) for file, number in in_package if file and _is_line(file, number)]
    places_of_error: list[str] = []
    # the last of each: frames go from the outside in
    if in_cell:
        places_of_error.append(f"line {in_cell[-1]} of the cell")
    if ours:
        file, number = ours[-1]
        places_of_error.append(f"src/mothers_margins/{file}, line {number}")
    ours_raised = bool(message and in_package and in_package[-1][0])
    return "; ".join(places_of_error), ours_raised


def _trace_and_message(output: Output) -> tuple[str, str]:
    """The traceback without colours, up to the error's own message, and the message."""
    # IPython colours each word; a place would not be found between the codes
    whole = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output["traceback"]))
    trace, message, _ = whole.rpartition(f"{output['ename']}: {output['evalue']}".rstrip(": "))
    return trace, message


def _file_in_package(place: str) -> str:
    """The file of a frame, if it is one of this package; else nothing."""
    package = str(_package())
    for folder in (package, package.replace(str(Path.home()), "~", 1)):  # IPython shortens paths so
        match = re.match(rf"File {re.escape(folder)}[\\/](.+\.py)$", place)
        if match:
            return match[1]
    return ""


def _package() -> Path:
    return Path(errors.__file__).parent


def _is_line(name: str, number: int) -> bool:
    """Whether a file of this package has a line of this number."""
    file = _package() / name
    return file.is_file() and number <= len(file.read_text(encoding="utf-8").splitlines())


def _is_papermills(cell: Cell) -> bool:
    of_cell = tags(cell)
    return "injected-parameters" in of_cell or any(
        tag.startswith("papermill-error") for tag in of_cell
    )


def clean(notebook: Path, *, failed: bool, restricted: bool) -> None:
    """Take out of an executed notebook what it should not keep: this machine's paths, and of a
    failed one on restricted data all that an error could have said.

    Raises ValueError if it cannot be read, and is better not kept; OSError if there is no room.
    """
    content = read_notebook(notebook, executed=True)
    record = content["metadata"].get("papermill", {})
    for key in ("input_path", "output_path"):
        path = record.get(key)
        if path:
            record[key] = Path(str(path)).name
    for cell in content["cells"]:
        for output in errors_of(cell):
            output["traceback"] = [_shortened(line) for line in output["traceback"]]
    if failed and restricted:
        _silence(content)
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    places.write_whole(
        notebook,
        lambda part: part.write_text(text, encoding="utf-8"),
        private=restricted,
    )


def _silence(content: Notebook) -> None:
    """Leave of a failed notebook its code, which cells ran, and what the cells before the failure
    showed.

    Streams go altogether: a program that a cell starts can print its errors to either.
    """
    failed = _failed(content["cells"])
    for place, cell in enumerate(content["cells"]):
        if cell["cell_type"] == "code":
            shown = _shows(cell) if place < failed else []
            cell["outputs"] = [*shown, *_reduced(cell)]
        cell["metadata"] = _silent_cell(cell["metadata"])
    content["metadata"] = _silent_notebook(content["metadata"])


def _silent_cell(metadata: CellMetadata) -> CellMetadata:
    kept: CellMetadata = {}
    if "tags" in metadata:
        kept["tags"] = metadata["tags"]
    kept["papermill"] = _known(metadata.get("papermill", {}))
    return kept


def _silent_notebook(metadata: NotebookMetadata) -> NotebookMetadata:
    kept: NotebookMetadata = {}
    if "kernelspec" in metadata:
        kept["kernelspec"] = metadata["kernelspec"]
    if "language_info" in metadata:
        kept["language_info"] = metadata["language_info"]
    kept["papermill"] = _known(metadata.get("papermill", {}))
    return kept


def _shows(cell: Cell) -> list[Output]:
    kinds = ("display_data", "execute_result")
    return [output for output in outputs(cell) if output["output_type"] in kinds]


def _reduced(cell: Cell) -> Iterator[Output]:
    """The errors of a cell without what they say."""
    for output in errors_of(cell):
        name = shown_name(output["ename"], restricted=True)
        yield {"output_type": "error", "ename": name, "evalue": HIDDEN, "traceback": []}


def _known(record: Mapping[str, Written]) -> dict[str, Written]:
    """What papermill keeps of times and states; no text of an error, whatever a later version may
    add.
    """
    return {field: record[field] for field in PAPERMILLS_FIELDS if field in record}


def _shortened(line: str) -> str:
    folders = {str(places.project()): "…", str(Path.home()): "~"}
    for folder, short in folders.items():
        line = line.replace(folder, short)
    return line
