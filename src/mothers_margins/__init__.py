"""Reproducible analysis of small, sensitive, mixed-methods studies.

The public verbs, in the order of an analysis:

    study = mm.read_study("hscc_2019")       # what data_dictionary/hscc_2019/ says
    cohort = mm.open_cohort(study)           # the analyst's own file, else the demonstration rows
    cohort = mm.derive(cohort)               # bands and merged levels added
    summary = mm.summarise(cohort, variables, groups)   # tidy results, one row per statistic
    table = mm.characteristics(summary, "table_1")      # a table to read, and to quote from
    mm.save(summary, "table_1")              # into internal/ of the run's folder

Each verb returns a new object and changes nothing in place. What a study does not have comes back
as an `Absent`, which prints one sentence. Modules are imported when a verb is
first used (PEP 562), so that importing the package stays fast.
"""

import ast
from importlib import import_module
from inspect import isfunction
from pathlib import Path

from mothers_margins.absent import answering

__version__ = "0.1.0"


def _listed() -> dict[str, str]:
    """The module of each public name, as `__init__.pyi` lists them for type checkers too."""
    stub = ast.parse(Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    modules: dict[str, str] = {}
    for statement in stub.body:
        if isinstance(statement, ast.ImportFrom) and statement.module:
            modules |= dict.fromkeys((name.name for name in statement.names), statement.module)
    return modules


_MODULES = _listed()
__all__ = sorted(_MODULES)


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module 'mothers_margins' has no attribute '{name}'")
    # No module at the top may bear a verb's name: once imported it would hide the verb.
    public = getattr(import_module(_MODULES[name]), name)
    # what a study does not have is an answer here, and an error inside the library
    globals()[name] = answering(public) if isfunction(public) else public
    return globals()[name]


def __dir__() -> list[str]:
    return __all__
