"""By which test variables were compared, where that is not the planned one, in a sentence."""

from collections.abc import Iterable

from mothers_margins.results.results import Record, Results, checked
from mothers_margins.results.shown import is_hidden, shown
from mothers_margins.study.study import Study
from mothers_margins.wording.numbers import symbol
from mothers_margins.wording.prose import Prose
from mothers_margins.wording.terms import label

NO_TEST = ("", "", "")  # neither a test, nor a level, nor an effect


def which_test(tests: Results) -> Prose:
    """Variables for which Fisher's exact test is quoted by rule, and those that were not tested.

    tests: as `compare` returns them; of a suppressed one a symbol stands for the variable.
    Raises UsageError for results of another kind.
    """
    study = checked(tests, "which_test", "comparisons").study
    rows = tests.to_dict("records")
    exact = [row for row in rows if row["test"] == "fisher_exact"]
    untested = [row for row in rows if (row["test"], row["level"], row["effect_name"]) == NO_TEST]
    return Prose(
        f"- Fisher's exact test is quoted: {_named(study, exact)}.\n"
        f"- Not tested: {_named(study, untested)}."
    )


def _named(study: Study, rows: Iterable[Record]) -> str:
    """Titles of variables, each once; a symbol for one whose test may not be told."""
    titles = [_title(study, row) for row in rows]
    return "; ".join(dict.fromkeys(titles)) or "none"


def _title(study: Study, row: Record) -> str:
    # that Fisher's test stands there says that an expected count is small
    p_value = shown(row, "p_value")
    return symbol(p_value) if is_hidden(p_value) else label(study, str(row["variable"]))
