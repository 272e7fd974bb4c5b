"""Every sentence of ours replaced by noise, at import: run as `python tests/noise.py FILE`.

Analysis and what people read are made once as they are, in the tests' own process, and once with
each string constant that holds words spelt otherwise: every occurrence by letters of its own, so
that a sentence which one line writes and another looks for is no longer found. Digits, punctuation
and what stands in {braces} or <tags> stay. What comes out must be the same but for the words.
"""

import ast
import json
import random
import re
import sys
from hashlib import sha256
from importlib.abc import Loader
from importlib.machinery import PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src" / "mothers_margins"
# Floor 2, what it hands up, and everything that dresses it. Left out: what reads the definition and
# files (their texts are names and labels of others), the drawing of tables and figures themselves
# (HTML, CSS, fonts), and Stata's commands.
FOLDERS = ("analysis", "imputation", "results", "wording", "tables", "figures")
LEFT_OUT = {
    "analysis.missing_data.to_stata",
    "tables.table",
    *("figures.figure", "figures.style", "figures.page", "figures.check"),
}
MORE = {
    "cohort.scores",
    "cohort.derive",
}  # why a value is missing, and by which rule a score is made


def _modules() -> frozenset[str]:
    found = set(MORE)
    for folder in FOLDERS:
        for path in (SOURCE / folder).rglob("*.py"):
            found.add(".".join(path.relative_to(SOURCE).with_suffix("").parts))
    return frozenset(name for name in found - LEFT_OUT if not name.endswith("__init__"))


MODULES = _modules()
# Here every value of a mapping is words, also a single one.
OF_CODES = {
    "wording.terms",
    "wording.numbers",
    "wording.methods",
    "wording.codes_of_notes",
    "wording.head_and_foot",
    "wording.logs",
}
KEPT = re.compile(r"\{[^{}]*\}|<[^<>]*>")  # fields of a pattern, tags
WORD = re.compile(r"[A-Za-z]{2,}")
WORDS = re.compile(
    r"[A-Za-z]\S*\s+\S*[A-Za-z]|^\s+[A-Za-z]|[A-Za-z]\s+$"
)  # something with a blank beside a word


def noise(text: str, place: str) -> str:
    """The text with its words spelt by other letters, the same for one place."""
    letters = random.Random(place)  # noqa: S311 (no secret)

    def other(word: re.Match[str]) -> str:
        return "".join(letters.choice("bcdfghjkmnpqrtvwz") for _ in word[0])

    parts, end = [], 0
    for kept in KEPT.finditer(text):
        parts += [WORD.sub(other, text[end : kept.start()]), kept[0]]
        end = kept.end()
    return "".join([*parts, WORD.sub(other, text[end:])])


class Noisy(ast.NodeTransformer):
    """Replaces the sentences of one module; of codes every value of a mapping too, which can be a
    single word.
    """

    def __init__(self, module: str) -> None:
        self.module = module
        self.replaced = 0

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        if self.module in OF_CODES:
            node.values = [
                self._replaced(value) if _is_text(value) else self.visit(value)
                for value in node.values
            ]
            return node
        return self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return self._replaced(node) if _is_text(node) and WORDS.search(node.value) else node

    def _replaced(self, node: ast.expr) -> ast.expr:
        assert isinstance(node, ast.Constant)
        text = noise(str(node.value), f"{self.module} {node.lineno} {node.col_offset}")
        self.replaced += text != node.value
        return ast.copy_location(ast.Constant(text), node)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


class NoisyLoader(SourceFileLoader):
    """Compiles a module of ours with its sentences replaced, and never from or to a cache."""

    replaced = 0

    def get_code(self, fullname: str):
        noisy = Noisy(fullname.removeprefix("mothers_margins."))
        tree = noisy.visit(ast.parse(Path(self.path).read_text(encoding="utf-8")))
        NoisyLoader.replaced += noisy.replaced
        return compile(ast.fix_missing_locations(tree), self.path, "exec")


class NoisyFinder(PathFinder):
    """Finds the modules in which words are replaced."""

    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        if fullname.removeprefix("mothers_margins.") not in MODULES:
            return None
        found = PathFinder.find_spec(fullname, path, target)
        loader: Loader = NoisyLoader(fullname, found.origin)
        return spec_from_file_location(fullname, found.origin, loader=loader)


def everything_made() -> dict[str, object]:
    """Results, and what is made of them, of this process."""
    from tests.readable import BUILDERS, everything, inputs, structure

    results = inputs()
    readables = {name: build(results) for name, (_, build) in BUILDERS.items()}
    text = "".join(everything(readable) for readable in readables.values())
    return {
        "replaced": NoisyLoader.replaced,
        "text": sha256(text.encode()).hexdigest(),
        "results": {name: frame.to_csv(index=False) for name, frame in results.items()},
        "structure": {name: repr(structure(readable)) for name, readable in readables.items()},
    }


def main(out: Path) -> None:
    sys.meta_path.insert(0, NoisyFinder)
    sys.path.insert(0, str(SOURCE.parents[1]))
    out.write_text(json.dumps(everything_made()), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
