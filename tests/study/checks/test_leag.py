"""leag.yaml: what it says is read with the study, and each fault is found."""

import shutil

import pytest

from mothers_margins.errors import StudyError
from mothers_margins.study.read_study import read_study
from tests.conftest import REPOSITORY

HOME = REPOSITORY / "data_dictionary" / "esmi"


def test_the_meetings_of_esmi_are_read():
    leag = read_study("esmi").leag
    assert leag is not None
    assert len(leag.meetings) == 4
    assert leag.options == {"diagnoses": False, "labels": False, "most_serious": True}
    of_diagnoses = {phrase.variable for phrase in leag.phrases if phrase.option == "diagnoses"}
    assert of_diagnoses == {"personality_disorder", "schizophrenia"}


def test_a_study_without_the_file_has_no_meetings():
    assert read_study("hscc_2019").leag is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "variable: dv_any,",
            "variable: dv_anny,",
            "did you mean 'dv_any'?",
        ),
        ('variable: dv_any, level: "Yes"', 'variable: dv_any, level: "Maybe"', "level 'Maybe'"),
        ("canm_25: Benefits", "canm_99: Benefits", "needs: no variable 'canm_99'"),
        ("dv_any: Abuse by", "dv: Abuse by", "expected: no variable 'dv'"),
        ("canm_24: Money", "canm_24: Money of cases", "holds the banned word 'cases'"),
        ("variable: relationship, level: single", 'variable: dv_any, level: "Yes"', "twice"),
        ("[involvement,", "[a, b, c, involvement,", "study_words"),
        ("short: Had faced abuse by a partner", f"short: {'x' * 49}", "short"),
    ],
)
def test_a_fault_is_found(tmp_path, old, new, said):
    folder = tmp_path / "esmi"
    shutil.copytree(HOME, folder)
    path = folder / "leag.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(StudyError) as raised:
        read_study("esmi", folder)
    assert said in str(raised.value)
