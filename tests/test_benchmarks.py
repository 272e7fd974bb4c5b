"""What benchmarks/ measures is recorded there; here only that each can still start."""

import ast
import importlib

import pytest

from benchmarks import imputation as speed_of_imputation
from mothers_margins.imputation.plan import prepared
from tests.conftest import REPOSITORY

FILES = sorted((REPOSITORY / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_benchmark_imports_and_so_does_what_it_imports_once_it_runs(file):
    importlib.import_module(f"benchmarks.{file.stem}")
    for statement in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        is_ours = isinstance(statement, ast.ImportFrom) and str(statement.module).startswith(
            "mothers_margins"
        )
        if is_ours:
            module = importlib.import_module(statement.module)
            for name in statement.names:
                assert hasattr(module, name.name), name.name


def test_the_data_of_the_benchmark_of_imputation_can_be_imputed():
    """Every kind of variable as its method asks for it: ordered levels for ologit."""
    plan = prepared(*speed_of_imputation.mixed(279, 1))
    assert {target.equation.method for target in plan.targets} == {*speed_of_imputation.IN_MICE}
