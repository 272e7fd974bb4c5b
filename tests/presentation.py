"""What a notebook for readers may do: read a release, and make tables, figures and words of it.

Those are the notebooks whose names begin with 08 (workshops) and 09 (report).
"""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import REPOSITORY

FOR_READERS = re.compile(r"0[89]_")
FLOORS_OF_READERS = ("study", "wording", "tables", "figures", "slides", "report", "errors")
RELEASED = ("read_release", "Released")
REACHES_FILES = {"open", "eval", "exec", "compile", "getattr", "globals", "vars", "__import__"}
PUBLIC = ast.parse((REPOSITORY / "src/mothers_margins/__init__.pyi").read_text(encoding="utf-8"))
# Refuses every way of Python's own to a file or a folder below the one it is given.
GUARD = """
import os
import sys
from pathlib import Path

internal = Path(sys.argv[1]).resolve()


def guard(event, arguments):
    if event in ("open", "os.listdir", "os.scandir") and isinstance(arguments[0], (str, bytes)):
        asked = arguments[0] if isinstance(arguments[0], str) else arguments[0].decode()
        if Path(asked).absolute().is_relative_to(internal):
            sys.stderr.write("a notebook for readers reads internal/")
            sys.stderr.flush()
            os._exit(1)  # an error could be caught


sys.addaudithook(guard)
exec(compile(sys.stdin.read(), "notebook", "exec"), {})
"""


def notebooks_for_readers() -> list[Path]:
    """Those of the project."""
    paths = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
    return [path for path in paths if FOR_READERS.match(path.name)]


def code_of(path: Path) -> list[str]:
    """The sources of a notebook's code cells."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in content["cells"] if cell["cell_type"] == "code"]


def allowed() -> frozenset[str]:
    """Public names that see no participant and no internal result."""
    names = set(RELEASED)
    for node in PUBLIC.body:
        floor = node.module.split(".")[1] if isinstance(node, ast.ImportFrom) else ""
        if floor in FLOORS_OF_READERS:
            names |= {alias.name for alias in node.names}
    return frozenset(names)


def faults(cells: list[str]) -> list[str]:
    """What the sources of a notebook do that readers' notebooks may not."""
    return [fault for source in cells for fault in _faults(source)]


def _faults(source: str) -> Iterator[str]:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        yield "it is not plain Python"
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield f"takes a part of {node.module}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if (alias.name, alias.asname) != ("mothers_margins", "mm"):
                    yield f"imports {alias.name}"
        elif isinstance(node, ast.Attribute):
            yield from _of_attribute(node)
        elif isinstance(node, ast.Name) and node.id in REACHES_FILES:
            yield f"calls {node.id}"
        elif isinstance(node, ast.Constant) and re.search(r"\binternal\b", str(node.value)):
            yield "names internal/"


def _of_attribute(node: ast.Attribute) -> Iterator[str]:
    if node.attr.startswith("_"):
        yield f"reaches for {node.attr}"
    elif isinstance(node.value, ast.Name) and node.value.id == "mm" and node.attr not in allowed():
        yield f"asks for mm.{node.attr}"


def run_guarded(cells: list[str], out: Path, environment: dict[str, str]) -> str:
    """Run the sources of a notebook with OUT/internal closed; what it ends with, empty if well."""
    ended = subprocess.run(
        [sys.executable, "-c", GUARD, str(out / "internal")],
        input="\n".join(cells),
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    return ended.stderr if ended.returncode else ""
