"""The plan of a run: which notebooks, with which typed parameters, in which order.

Notebooks are read as JSON: importing nbformat and papermill takes longer than a run in which
nothing has changed.
"""

import ast
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from mothers_margins import places
from mothers_margins.batch.notebook import Notebook, read_notebook, source, tags
from mothers_margins.batch.numbering import prefix_of
from mothers_margins.batch.watch import Signature, signature
from mothers_margins.errors import UsageError, near, unknown
from mothers_margins.notebook_parameters import READINGS, refused, truth_of
from mothers_margins.study.read_study import read_study
from mothers_margins.study.study import Study
from mothers_margins.study.yaml_file import Definition, as_tuple, parse_yaml

Value = bool | int | float | str
RUN_LIST = "run_list.yaml"
STUDY_NAME = "study_name"  # the parameter by which a notebook that serves any study is told which
TYPES: dict[str, type[Value]] = {"bool": bool, "int": int, "float": float, "str": str}


class Entry(Definition):
    """One line of a run list: a notebook with its parameters, and what it reads.

    studies: whose rows and definition; in a study's own run list they need not be written. needs:
    entries whose results it reads. inputs: files and folders of the project that belong to this
    entry alone.
    """

    name: str = Field(pattern=r"^[0-9a-z_]+$")
    notebook: str
    studies: Annotated[tuple[str, ...], BeforeValidator(as_tuple)] = Field((), alias="study")
    parameters: dict[str, Value] = {}
    needs: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """The notebook's file."""
        return places.project() / "notebooks" / f"{self.notebook}.ipynb"


class RunList(Definition):
    """A run_list.yaml as written."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Parameter:
    """A parameter as the notebook's parameters cell declares it."""

    type: type[Value]
    default: Value


@dataclass(frozen=True)
class Step:
    """An entry with every parameter decided, and its notebook's content and signature as it was
    read.
    """

    entry: Entry
    parameters: Mapping[str, Value]
    notebook: Notebook
    signature: Signature
    prefix: str = ""  # of the numbers of its tables and figures


def read_run_list() -> dict[str, Entry]:
    """Entries of all run lists by name: each study's own, then notebooks/run_list.yaml for those of
    several studies.

    Raises UsageError with every fault of the lists, before anything is run.
    """
    faults: list[str] = []
    entries: dict[str, Entry] = {}
    for path in sorted((places.project() / "data_dictionary").glob(f"*/{RUN_LIST}")):
        _add(path, path.parent.name, entries, faults)
    shared = places.project() / "notebooks" / RUN_LIST
    if shared.is_file():
        _add(shared, "", entries, faults)
    if not entries:
        faults.append(f"no data_dictionary/STUDY/{RUN_LIST} or notebooks/{RUN_LIST} lists an entry")
    for entry in entries.values():
        faults += _faults(entry, entries)
    try:
        TopologicalSorter({entry.name: entry.needs for entry in entries.values()}).prepare()
    except CycleError as error:
        faults.append(f"these entries need each other: {', '.join(dict.fromkeys(error.args[1]))}")
    if faults:
        raise UsageError("The run list cannot be used; nothing was run.", faults)
    return entries


def _add(path: Path, owner: str, entries: dict[str, Entry], faults: list[str]) -> None:
    """Put the entries of one file to the others. owner: the study whose folder it stands in, if
    any.
    """
    written, wrong = parse_yaml(path, RunList)
    where = path.relative_to(places.project()).as_posix()
    faults += [f"{where}: {fault.removeprefix(path.name).lstrip(': ')}" for fault in wrong]
    for entry in written.entries if written else ():
        if entry.name in entries:
            faults.append(f"{where}: an entry's name stands more than once: {entry.name}")
        if owner and entry.studies not in ((), (owner,)):
            remedy = f"leave study out, or put the entry into notebooks/{RUN_LIST}"
            faults.append(f"{where}: {entry.name} names another study than {owner}; {remedy}")
        if not (owner or entry.studies):
            remedy = "write one, or several in [brackets]"
            faults.append(f"{where}: {entry.name} names no study; {remedy}")
        entries[entry.name] = entry.model_copy(update={"studies": entry.studies or (owner,)})


def _faults(entry: Entry, entries: Mapping[str, Entry]) -> Iterator[str]:
    """What an entry names and is not there."""
    for need in entry.needs:
        if need not in entries:
            yield f"{entry.name} needs '{need}', which is no entry"
    if not entry.path.is_file():
        yield f"{entry.name}: there is no notebook {entry.path.name}"
    for written in entry.inputs:
        path = places.project() / written
        if Path(written).is_absolute() or not places.inside_project(path):
            rule = "must be a path inside the project, relative to its folder"
            yield f"{entry.name}: input '{written}' {rule}"
        elif not path.exists():
            yield f"{entry.name}: there is no input {written}"


def plan(
    entries: Mapping[str, Entry],
    names: Iterable[str] = (),
    settings: Iterable[str] = (),
    study: str | None = None,
) -> dict[str, Step]:
    """Steps by name in run order: the entries named (all by default) of a study, and what they
    need.

    names: entry names, or what one or several of them begin with. settings: NAME.KEY=VALUE, checked
    against the type that the notebook declares, and against the timepoints, outcomes and models of
    the study. study: only entries that read this study and no other. Raises
    UsageError with all faults before any kernel starts.
    """
    faults: list[str] = []
    chosen = [found for name in names for found in _found(name, entries, faults)]
    if not (chosen or faults):
        chosen = list(entries)
    studies = {name for entry in entries.values() for name in entry.studies}
    if study and study not in studies:
        raise unknown("study", [study], studies, "the run list")
    asked = [name for name in chosen if _is_of(study, entries[name])]
    drafts = {name: _draft(entries[name]) for name in _with_needs(asked, entries)}
    for draft in drafts.values():
        faults += _mistyped(draft)
    for setting in settings:
        faults += _apply(setting, entries, drafts)
    for draft in drafts.values():
        faults += _own_study(draft)
    if not faults:
        faults += _not_in_their_studies(drafts.values())
    if not drafts:
        faults.append("no entry is left to run")
    if faults:
        raise UsageError(
            "The run cannot start; no notebook was run.", faults, f"Entries: {', '.join(entries)}."
        )
    return {name: draft.step(prefix_of(name, entries)) for name, draft in drafts.items()}


@dataclass(frozen=True)
class _Draft:
    """A step whose parameters are being decided. given: those that are, by the run list so far."""

    entry: Entry
    notebook: Notebook
    signature: Signature
    declared: Mapping[str, Parameter]
    given: dict[str, Value]

    def step(self, prefix: str) -> Step:
        """The step, with the notebook's defaults for what is not given. prefix: of the numbers of
        its tables and figures.
        """
        defaults = {key: parameter.default for key, parameter in self.declared.items()}
        parameters = defaults | self.given
        return Step(self.entry, parameters, self.notebook, self.signature, prefix)


def _draft(entry: Entry) -> _Draft:
    before = signature(entry.path)  # then it is read
    notebook = _readable(entry.path)
    declared = declared_parameters(notebook, entry.path.name)
    return _Draft(entry, notebook, before, declared, dict(entry.parameters))


def _readable(path: Path) -> Notebook:
    """A notebook. Raises UsageError if the file is none."""
    try:
        return read_notebook(path)
    except ValueError:
        raise UsageError(f"{path.name} is not a notebook that can be read.") from None


def _is_of(study: str | None, entry: Entry) -> bool:
    return study is None or entry.studies == (study,)


def _own_study(draft: _Draft) -> list[str]:
    """Give the entry's study where its notebook asks for one; a fault if another is asked for."""
    entry = draft.entry
    if STUDY_NAME not in draft.declared:
        return []
    if STUDY_NAME not in draft.given and len(entry.studies) == 1:
        draft.given[STUDY_NAME] = entry.studies[0]
    asked = draft.given.get(STUDY_NAME, draft.declared[STUDY_NAME].default)
    if asked in entry.studies:
        return []
    own = " or ".join(entry.studies)
    return [f"{entry.name}.{STUDY_NAME} must be {own}, the study of the entry"]


def _not_in_their_studies(drafts: Iterable[_Draft]) -> Iterator[str]:
    """Timepoints, outcomes and models that an entry is given and its study does not have."""
    studies: dict[str, Study] = {}  # each is read once
    for draft in drafts:
        asked = {key: value for key, value in draft.given.items() if key in READINGS}
        name = draft.given.get(STUDY_NAME)
        if not asked or not isinstance(name, str):
            continue
        if name not in studies:
            studies[name] = read_study(name)
        for key, why in refused(studies[name], asked):
            yield f"{draft.entry.name}.{key}: {why}"


def _found(name: str, entries: Iterable[str], faults: list[str]) -> list[str]:
    """The entry of this name, or all that begin so; else a fault."""
    begun = [entry for entry in entries if entry.startswith(name)]
    if name in begun:
        return [name]
    if not begun:
        faults.append(f"no entry '{name}'{near(name, entries)}")
    return begun


def _with_needs(names: Iterable[str], entries: Mapping[str, Entry]) -> list[str]:
    """The entries named and all that they need, each after what it needs, else in the order of the
    run list.
    """
    wanted: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        wanted.add(name)
        waiting += [need for need in entries[name].needs if need not in wanted]
    needs = {name: entries[name].needs for name in entries if name in wanted}
    return list(TopologicalSorter(needs).static_order())


def _apply(setting: str, entries: Iterable[str], drafts: Mapping[str, _Draft]) -> list[str]:
    """Give the value of one NAME.KEY=VALUE to every entry of this run that NAME is, or begins;
    returns its faults.
    """
    target, equals, text = setting.partition("=")
    asked, dot, key = target.partition(".")
    if not (equals and dot):
        return [f"-p '{setting}' is not of the form NAME.KEY=VALUE"]
    faults: list[str] = []
    begun = _found(asked, entries, faults)
    running = [name for name in begun if name in drafts]
    if begun and not running:
        return [f"-p {target}: {' and '.join(begun)} is not part of this run"]
    for name in running:
        faults += _give(drafts[name], target, key, text)
    return faults


def _give(draft: _Draft, target: str, key: str, text: str) -> list[str]:
    """Give one entry a parameter's value; a fault where its notebook cannot take it."""
    name, declared = draft.entry.name, draft.declared
    if key not in declared:
        return [f"-p {target}: {name} has no parameter '{key}'{near(key, declared)}"]
    value = _typed(text, declared[key].type)
    if value is None:
        return [f"-p {target}: must be {_kind(declared[key].type)}"]
    draft.given[key] = value
    return []


def _typed(text: str, kind: type) -> Value | None:
    """`text` as a value of `kind`, or None; nothing is guessed (papermill reads 007 as 7)."""
    if kind is bool:
        return truth_of(text)
    try:
        value: Value = kind(text if "_" not in text or kind is str else "not a number")
    except ValueError:
        return None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if str(value) == text else None


def _mistyped(draft: _Draft) -> Iterator[str]:
    """What the run list gives an entry that its notebook does not declare, or of another type."""
    name = draft.entry.name
    for key, value in draft.given.items():
        if key not in draft.declared:
            yield f"run list: {name} has no parameter '{key}'{near(key, draft.declared)}"
        elif type(value) is not draft.declared[key].type:
            yield f"run list: {name}.{key} must be {_kind(draft.declared[key].type)}"


def _kind(kind: type) -> str:
    return {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}[kind]


def declared_parameters(notebook: Notebook, name: str) -> dict[str, Parameter]:
    """Parameters that the cell tagged `parameters` declares, as `key: type = literal`.

    Raises UsageError when there is not exactly one such cell or a line of it is something else.
    """
    tagged = [cell for cell in notebook["cells"] if "parameters" in tags(cell)]
    if len(tagged) != 1:
        raise UsageError(
            f"{name}: needs exactly one cell tagged 'parameters'; it has {len(tagged)}."
        )
    try:
        lines = ast.parse(source(tagged[0])).body
    except SyntaxError as error:
        raise UsageError(
            f"{name}: line {error.lineno} of its parameters cell is not Python."
        ) from None
    declared: dict[str, Parameter] = {}
    for line in lines:
        parameter = _declared(line)
        if parameter is None:
            raise UsageError(
                f"{name}: line {line.lineno} of its parameters cell is not of the form  "
                "key: type = value",
                [f"types: {', '.join(TYPES)}; the value is a literal of that type"],
            )
        declared |= parameter
    return declared


def _declared(line: ast.stmt) -> dict[str, Parameter] | None:
    """The one parameter that a line declares by name, or None if it is anything else."""
    if not (isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and line.value):
        return None
    kind = TYPES.get(ast.unparse(line.annotation))
    try:
        value = ast.literal_eval(line.value)
    except ValueError:
        return None
    if kind is None or type(value) is not kind:
        return None
    return {line.target.id: Parameter(kind, value)}
