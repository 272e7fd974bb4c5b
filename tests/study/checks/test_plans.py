"""What a definition may say of tests, models and the lock."""

import pytest

import mothers_margins as mm
from mothers_margins.study.read_study import read_study
from tests.conftest import REPOSITORY

BROKEN = {
    "a term without a heading": (
        "learning_difficulties]}\n\nregression",
        "learning_difficulties, nothing]}\n\nregression",
        "study.yaml: explanatory: no variable 'nothing'",
    ),
    "a heading that forgot a term": (
        "variables: [admissions_2y, personality_disorder,",
        "variables: [personality_disorder,",
        "'admissions_2y' stands under no heading of explanatory",
    ),
    "a lock of a model that does not exist": (
        "descriptive_only:\n",
        "lock: {locked_on: 2022-02-01, agreed_with: the LEAG, model: protocoll, terms: "
        "{involved_t1: [age_years]}}\n"
        "descriptive_only:\n",
        "study.yaml: lock: no model 'protocoll'; did you mean 'protocol'",
    ),
    "a lock without a date": (
        "descriptive_only:\n",
        "lock: {locked_on: soon, agreed_with: the LEAG, model: protocol, terms: {involved_t1: "
        "[age_years]}}\n"
        "descriptive_only:\n",
        "study.yaml: lock.locked_on",
    ),
    "a zero of a level that is none": (
        "{group: involved_t1, level: never,",
        "{group: involved_t1, level: nevermore,",
        "structural-zeros names no known level 'nevermore'",
    ),
    "also_within of a primary outcome": (
        "    kind: primary\n",
        "    kind: primary\n    also_within: {age_band: under 25}\n",
        "also_within is for exploratory outcomes",
    ),
    "another coding that names no level": (
        "      ethnicity: {reference: White British}\n",
        "      ethnicity: {reference: White Britsh}\n",
        "models.all_levels: coding.ethnicity: the reference 'White Britsh' is no level",
    ),
    "a method of small cells that is none": (
        "  below_minimum: beside\n",
        "  below_minimum: firth\n",
        "study.yaml: regression.below_minimum",
    ),
    "a minimum below one": (
        "  minimum_cell: 5\n",
        "  minimum_cell: 0\n",
        "study.yaml: regression.minimum_cell",
    ),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_rule_of_tests_or_models_says_what_is_wrong(tmp_path, fault):
    old, new, said = BROKEN[fault]
    folder = tmp_path / "esmi"
    folder.mkdir()
    for path in (REPOSITORY / "data_dictionary" / "esmi").iterdir():
        if path.suffix == ".yaml":
            text = path.read_text(encoding="utf-8")
            if path.name == "study.yaml":
                assert text.count(old) == 1
                text = text.replace(old, new)
            (folder / path.name).write_text(text, encoding="utf-8")
    with pytest.raises(mm.MothersMarginsError) as error:
        read_study("esmi", folder)
    assert said in str(error.value)
