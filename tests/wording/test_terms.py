"""Words and codes: no number, note letter, column or denominator depends on how something is
worded.
"""

import json
import re
import subprocess
import sys

import pytest

import mothers_margins as mm
from mothers_margins.analysis.comparisons.compare import UNTESTED
from mothers_margins.imputation.equations import HAPPENINGS
from mothers_margins.wording import methods, terms
from mothers_margins.wording.codes_of_notes import NOTES
from mothers_margins.wording.logs import IN_CHAINS, STEPS
from tests.conftest import REPOSITORY
from tests.noise import everything_made
from tests.readable import BUILDERS, everything, inputs


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> dict[str, dict]:
    """Everything made twice: as it is, and in a process of its own with every sentence replaced."""
    noisy = tmp_path_factory.mktemp("noise") / "noisy.json"
    call = [sys.executable, str(REPOSITORY / "tests" / "noise.py"), str(noisy)]
    process = subprocess.Popen(call, stderr=subprocess.PIPE, text=True)
    quiet = everything_made()
    _, said = process.communicate()
    assert process.returncode == 0, said
    return {"quiet": quiet, "noisy": json.loads(noisy.read_text(encoding="utf-8"))}


def test_the_noise_is_there(made):
    assert made["quiet"]["replaced"] == 0
    assert made["noisy"]["replaced"] > 500
    assert made["quiet"]["text"] != made["noisy"]["text"]


def test_results_hold_no_sentence_of_ours(made):
    """What floor 2 hands up is the same to the last character, whatever our sentences say."""
    assert made["noisy"]["results"] == made["quiet"]["results"]


@pytest.mark.parametrize("builder", BUILDERS)
def test_no_number_letter_column_or_denominator_depends_on_a_sentence(made, builder):
    assert made["noisy"]["structure"][builder] == made["quiet"]["structure"][builder]


# ---- every code has words, and is used


def codes_in(column: str) -> set[str]:
    found = set()
    for frame in inputs().values():
        if column in frame:
            found |= {code for text in frame[column] for code in str(text).split()}
    return found


def test_every_code_has_words():
    assert codes_in("note") <= {*NOTES}
    assert {*UNTESTED} <= {*NOTES}
    assert codes_in("step") <= {*STEPS}
    assert {*HAPPENINGS} == {*IN_CHAINS}
    for name in (
        "complete_case",
        "firth",
        "imputed",
        "imputed_firth",
        "available_case",
        "unknown_as_no",
    ):
        assert methods.method(name)
        assert methods.method(f"{name}_shifted").endswith("; shifted, not at random")


def test_no_code_is_printed():
    """A word with an underscore, in what a reader gets, is a code or a name that was not put into
    words.
    """
    for name, (_, build) in BUILDERS.items():
        readable = build(inputs())
        text = readable.to_html() if isinstance(readable, mm.Table) else everything(readable)
        shown = re.sub(r"<[^>]*>", " ", text).replace("by mothers_margins", "")
        assert not re.findall(r"\b[a-z]+_[a-z_0-9]+\b", shown), name


def test_a_term_has_one_wording(esmi):
    """'per 5 years' stood in four wordings; a level keeps the case of its label."""
    age = {"variable": "age_years", "level": "", "reference": "", "specification": "protocol"}
    black = {
        "variable": "ethnicity",
        "level": "Black",
        "reference": "White British",
        "specification": "protocol",
    }
    other = black | {"level": "Asian, Mixed or Other"}
    yes = {
        "variable": "schizophrenia",
        "level": "Yes",
        "reference": "No",
        "specification": "protocol",
    }
    assert terms.term(esmi, age) == "Mother's age, per 5 years"
    assert terms.term(esmi, black) == "Ethnicity: Black"
    assert terms.term(esmi, other) == "Ethnicity: Asian, Mixed or Other"
    assert terms.term(esmi, yes) == "Diagnosis of schizophrenia"
    beside = terms.term_beside_reference(esmi, yes)
    assert beside == "Diagnosis of schizophrenia, compared with no such diagnosis recorded"
    r = inputs()
    printed = {
        name: everything(BUILDERS[name][1](r))
        for name in ("odds ratios", "precision", "diagnostics", "forest")
    }
    for name, text in printed.items():
        flat = re.sub(r"\s+", " ", text)
        assert "Mother's age, per 5 years" in flat.replace("&#x27;", "'"), name
        assert "asian, mixed or other" not in flat, name


def test_a_sensitivity_run_can_be_drawn():
    """It ended in ValueError: 'imputed_direct' is not in list."""
    for method in (
        "imputed_direct",
        "imputed_firth_missing_as_no",
        "imputed_shifted",
        "available_case",
    ):
        frame = inputs()["pooled"].assign(method=method)
        frame.about = inputs()["pooled"].about
        assert methods.method(method) in "".join(everything(mm.forest(frame)))


def test_needs_of_a_derived_variable_have_words(demo, esmi):
    """They ended in KeyError: the levels were looked up among the fields of the file."""
    plan = esmi.plan("needs_t1")
    derived = [name for name, made in esmi.derived.items() if made.levels == ("Yes", "No")][:2]
    block = plan.blocks[0].model_copy(update={"variables": tuple(derived)})
    altered = plan.model_copy(update={"blocks": (block,)})
    tables = {**esmi.file.tables, "derived_needs": altered}
    file = esmi.file.model_copy(update={"tables": tables})
    study = type(esmi)(esmi.folder, file, esmi.schema, esmi.themes, esmi.facts, esmi.margins)
    from dataclasses import replace

    summary = mm.summarise(replace(demo, study=study), derived, plan.groups, 1)
    table = mm.needs(summary, "derived_needs")
    assert [column.heading for column in table.columns[:3]] == ["Yes", "No", "Not known"]


# ---- rebuilt rows


def test_one_guard_stands_before_every_verb_that_looks_beyond_the_print(cohort):
    """`patterns` answered what `missingness` refused."""
    calls = {
        "flow": lambda: mm.flow(cohort),
        "missingness": lambda: mm.missingness(cohort),
        "scored": lambda: mm.scored(cohort),
        "impossible": lambda: mm.impossible(cohort),
        "joint_counts": lambda: mm.joint_counts(cohort),
        "bin_counts": lambda: mm.bin_counts(cohort, ["age_years"]),
        "patterns": lambda: mm.patterns(cohort, ["ethnicity"]),
        "mark_complete": lambda: mm.mark_complete(cohort, ["ethnicity"]),
        "fit_logistic": lambda: mm.fit_logistic(cohort, "a ~ b"),
        "available_case": lambda: mm.available_case(cohort, "protocol"),
        "why_not": lambda: mm.why_not(cohort, "protocol", "a"),
        "impute": lambda: mm.impute(cohort),
        "suppose": lambda: mm.suppose(cohort, "a", "Yes"),
        "bounds": lambda: mm.bounds(cohort, "a"),
    }
    for name, call in calls.items():
        with pytest.raises(mm.DisclosureError, match=f"^{name}: rows rebuilt from a publication"):
            call()
    takes_a_cohort = set()
    for name in mm.__all__:
        annotations = getattr(getattr(mm, name), "__annotations__", {})
        if any(
            "Cohort" in str(kind) for key, kind in annotations.items() if key in ("cohort", "data")
        ):
            takes_a_cohort.add(name)
    answered = {
        "summarise",
        "compare",
        "derive",
        "Imputed",
    }  # what is printed; nothing new; made by impute
    assert takes_a_cohort - answered - {"Cohort"} == {*calls}
