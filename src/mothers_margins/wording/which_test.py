"""By which test variables were compared, where that is not the planned one, in a sentence."""

from collections.abc import Iterable

from mothers_margins.results.results import Results, checked
from mothers_margins.study.study import Study
from mothers_margins.wording.prose import Prose
from mothers_margins.wording.terms import label


def which_test(tests: Results) -> Prose:
    """Variables for which Fisher's exact test is quoted by rule, and those that were not tested.

    tests: as `compare` returns them. Raises UsageError for results of another kind.
    """
    study = checked(tests, "which_test", "comparisons").study
    rows = tests.to_dict("records")
    exact = [row["variable"] for row in rows if row["test"] == "fisher_exact"]
    untested = [
        row["variable"]
        for row in rows
        if (row["test"], row["level"], row["effect_name"]) == ("", "", "")
    ]
    return Prose(
        f"- Fisher's exact test is quoted: {_named(study, exact)}.\n"
        f"- Not tested: {_named(study, untested)}."
    )


def _named(study: Study, variables: Iterable[object]) -> str:
    """Titles of variables, each once."""
    titles = [label(study, str(name)) for name in dict.fromkeys(variables)]
    return "; ".join(titles) or "none"
