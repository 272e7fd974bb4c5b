"""The codebook: what is said of each kind of variable, by the definition of the esmi study."""

import re

import pytest

import mothers_margins as mm


def _lines(study: mm.Study, part: str) -> dict[str, list[str]]:
    (section,) = mm.overview(study, part).sections
    return {row.label: [cell.pattern for cell in row.cells] for row in section.rows}


@pytest.mark.parametrize(
    ("variable", "kind", "when", "missing"),
    [
        (
            "Mother's age (age_years)",
            "whole number, 16 to 55 years; mean (standard deviation)",
            "timepoint 1",
            "",
        ),
        (
            "Ethnicity (ethnicity)",
            "one of: White British, White Other, Black, Asian, Mixed or Other",
            "timepoint 1",
            "",
        ),
        (
            "Days to re-admission (days_to_readmission)",
            "whole number, 0 to 366 days; mean (standard deviation), median (quartiles)",
            "between the timepoints; only where Re-admission to acute care within a year is Yes",
            ".n: does not apply",
        ),
        (
            "Children's social care involvement with other children (other_children_csc)",
            "one of: Yes, No",
            "timepoint 1; only where Number of children is 2 or 3+",
            ".n: does not apply",
        ),
    ],
)
def test_a_variable_has_its_name_kind_whom_it_concerns_and_what_is_missing(
    esmi, variable, kind, when, missing
):
    assert _lines(esmi, "variables")[variable][:3] == [kind, when, missing]


def test_every_variable_of_the_file_is_named_as_the_file_names_it(esmi):
    text = " ".join(_lines(esmi, "variables"))
    recorded = [
        field.name for field in esmi.schema.fields if field.role in ("group", "variable", "codes")
    ]
    assert len(recorded) > 40
    assert [name for name in recorded if f"({name})" not in text] == []
    assert "(dyad_id)" not in text


def test_texts_of_a_codebook_have_their_heading_for_print_and_nothing_has_none(esmi):
    markup = mm.overview(esmi, "variables").markup()
    age = re.search(r"<tr><th scope='row'>Mother&#x27;s age.*?</tr>", markup)[0]
    assert "<td class='mm-text' data-heading='When, and of whom'>timepoint 1</td>" in age
    assert "<td class='mm-text' data-heading='Also missing'></td>" in age
    assert "data-heading" not in mm.overview(esmi, "about").markup()


def test_codes_that_all_variables_have_are_said_once(esmi):
    choices = _lines(esmi, "choices")
    assert choices["Codes of missing values"][0] == (
        "empty cell: not recorded; .a: form not completed; .b: question not answered; "
        ".c: not known; .d: declined to answer"
    )
