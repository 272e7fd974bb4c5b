"""What a derived variable may stand for, and what a body table may show: faults, each planted."""

import re

import pytest

from mothers_margins.errors import StudyError
from mothers_margins.study.read_study import read_study
from tests.conftest import REPOSITORY

IN_THREE = "    use: [release]\n    levels:\n      White British: [White British]\n"
BODY = "    shows: body\n    of: characteristics_t1\n"
MOTHER = "{title: Mother, variables: [age_years, ethnicity, relationship, deprivation_quintile"
MOTHER_T1 = f"{BODY}    blocks:\n      - {MOTHER}"
NUMBERS = "    numbers: {days_in_care: median_iqr}\n  involvement_over_time:"

# What is broken: the text, its replacement, and the line that the error must hold.
BROKEN = {
    "a use that is none": (
        IN_THREE,
        IN_THREE.replace("[release]", "[slides]"),
        "use.0: input should be 'analysis', 'report' or 'release'",
    ),
    "two in the same use": (
        IN_THREE,
        IN_THREE.replace("[release]", "[release, report]"),
        "study.yaml: derived: ethnicity_in_four and ethnicity_in_three stand for ethnicity in the "
        "same use (report); only one can",
    ),
    "bands in what is released": (
        "    from: age_years\n",
        "    from: age_years\n    use: [release]\n",
        "derived age_band: use: release: needs levels that are put together",
    ),
    "a use of what is no putting together": (
        "  - name: personality_disorder\n",
        "  - name: personality_disorder\n    use: [report]\n",
        "derived personality_disorder: use: only levels or bands of one variable (from)",
    ),
    "a use of an outcome": (
        "  - name: involved_t1\n",
        "  - name: involved_t1\n    use: [report]\n",
        "outcomes involved_t1: an outcome stands for no variable (use)",
    ),
    "levels in a coding, as they were said before": (
        "  ethnicity: {reference: White British, ",
        "  ethnicity: {levels: {White British: [White British], Other: [White Other, Black, Asian, "
        "Mixed or Other]}, reference: White British, ",
        "study.yaml: coding.ethnicity: levels are put together by a derived variable: write, under "
        "derived, one with from: ethnicity, these levels, and use: [analysis]",
    ),
    "a reference that is none of the levels put together": (
        "  ethnicity: {reference: White British, ",
        "  ethnicity: {reference: Asian, ",
        "study.yaml: coding.ethnicity: the reference 'Asian' is no level",
    ),
    "a body of a table that is none": (
        MOTHER_T1,
        MOTHER_T1.replace("characteristics_t1", "characteristic_t1"),
        "tables.mother_t1: of: no table 'characteristic_t1'; did you mean 'characteristics_t1'?",
    ),
    "a body with groups of its own": (
        MOTHER_T1,
        MOTHER_T1.replace("    blocks", "    groups: [all_t1]\n    blocks", 1),
        "tables.mother_t1: groups: leave them out; they are those of characteristics_t1",
    ),
    "a body with a variable that its table lacks": (
        MOTHER_T1,
        MOTHER_T1.replace("[age_years", "[country"),
        "tables.mother_t1: 'country' stands not in characteristics_t1, nor for a variable of it",
    ),
    "a body with more rows than a page has": (
        MOTHER_T1,
        MOTHER_T1.replace("[age_years", "[age_years, age_band"),
        "tables.mother_t1: it has 35 rows, titles and headings among them; at most 30 fit a page",
    ),
    "a body with long notes": (
        MOTHER_T1,
        MOTHER_T1.replace("    blocks", f"    notes: [{'word ' * 61}]\n    blocks", 1),
        "tables.mother_t1: its notes have 61 words; at most 60 fit a page",
    ),
    "a summary that a number does not have": (
        NUMBERS,
        NUMBERS.replace("median_iqr", "mean"),
        "numbers.days_in_care: 'mean' is none of its summaries (declared: mean_sd, median_iqr)",
    ),
    "a summary of a variable that the body lacks": (
        NUMBERS,
        NUMBERS.replace("days_in_care", "honos_total"),
        "numbers: 'honos_total' is no variable of it",
    ),
    "a body's key in another table": (
        "  involvement_over_time:\n",
        "  involvement_over_time:\n    of: characteristics_t1\n",
        "tables.involvement_over_time: of and numbers are for a table that shows: body",
    ),
    "a table without groups": (
        "    shows: course\n    groups: [everyone, involved_t1, not_involved_t1]\n",
        "    shows: course\n",
        "tables.involvement_over_time: groups must not be empty",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_cannot_stand_for_another_variable_is_refused(tmp_path, what):
    old, new, fault = BROKEN[what]
    with pytest.raises(StudyError, match=re.escape(fault)):
        altered(tmp_path, old, new)


def test_too_many_columns_for_a_page_are_refused(tmp_path):
    """Seven groups and no pair to compare: seven columns."""
    groups = "[all_t1, involved_t1, not_involved_t1]\n    blocks:\n      - {title: Mother, "
    seven = (
        "[all_t1, involved_t1, not_involved_t1, everyone, all_t2, involved_t2, not_involved_t2]"
        "\n    blocks:\n      - {title: Mother, "
    )
    with pytest.raises(StudyError, match=r"tables\.mother_t1: it has 7 columns beside the labels"):
        altered(tmp_path, groups, seven)


def test_a_model_that_codes_a_variable_itself_takes_its_levels_apart(esmi):
    together = esmi.coding("protocol", "ethnicity").merged
    assert [*together] == ["White British", "White Other", "Black", "Asian, Mixed or Other"]
    assert together["Asian, Mixed or Other"] == ("Asian", "Mixed or Other")
    assert esmi.coding("all_levels", "ethnicity").merged == {}


def altered(tmp_path, old, new):
    """ESMI's definition with one text changed, once."""
    folder = tmp_path / "esmi"
    folder.mkdir(parents=True)
    for path in (REPOSITORY / "data_dictionary" / "esmi").glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        if path.name == "study.yaml":
            assert old in text
            text = text.replace(old, new, 1)
        (folder / path.name).write_text(text, encoding="utf-8")
    return read_study("esmi", folder)
