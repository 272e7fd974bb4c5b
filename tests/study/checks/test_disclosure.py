"""What a definition may say of disclosure: what may be left out, and every name that refers to
nothing.
"""

import re

import pytest

import mothers_margins as mm
from mothers_margins.study.read_study import read_study
from tests.conftest import REPOSITORY

MAIN = "    - [characteristics_t1, characteristics_t2, involvement_over_time]\n"
DECIDED = "  decided_by: the project, until the ESMI team names its own\n"


def veto(what: str) -> str:
    """A line of `withhold` behind who decided, which stands once."""
    return f"{DECIDED}  withhold: [{{{what}, who: the checker, why: too few}}]\n"


def veto_of(what: str) -> tuple[str, str]:
    return DECIDED, veto(f"{what}, when: 2026-11-27")


# What is broken: the text, its replacement, and the line that the error must hold.
BROKEN = {
    "a policy that is none": (
        "  policy: threshold_10\n",
        "  policy: threshold_5\n",
        "study.yaml: disclosure.policy: input should be 'already_public', 'threshold_10' or "
        "'leag_slides'",
    ),
    "a choice that is none": (
        "  not_known: protected\n",
        "  not_known: hidden\n",
        "study.yaml: disclosure.not_known: input should be 'protected' or 'shown'",
    ),
    "an order of a table that is none": (
        MAIN,
        MAIN.replace("characteristics_t1", "characteristic_t1"),
        "study.yaml: disclosure.precedence: no table 'characteristic_t1'; did you mean "
        "'characteristics_t1'?",
    ),
    "an order that forgets a table": (
        MAIN,
        MAIN.replace(", involvement_over_time", ""),
        "study.yaml: disclosure.precedence: table 'involvement_over_time' has no place in it",
    ),
    "a table twice in the order": (
        MAIN,
        MAIN.replace("involvement_over_time", "involvement_over_time, needs_t1"),
        "study.yaml: disclosure.precedence: 'needs_t1' stands 2 times",
    ),
    "a reason for a table that is none": (
        "    needs_t1: Most",
        "    need_t1: Most",
        "study.yaml: disclosure.accept_hidden: no table 'need_t1'; did you mean 'needs_t1'?",
    ),
    "an accepted table without a reason": (
        "    exploratory: These dyads are few, and every table before this one keeps its cells "
        "first.\n",
        '    exploratory: ""\n',
        "study.yaml: disclosure.accept_hidden.exploratory",
    ),
    "a form of a variable that is none": (
        DECIDED,
        DECIDED + "  forms: {ethnicty: percent}\n",
        "study.yaml: disclosure.forms: no variable 'ethnicty'; did you mean 'ethnicity'?",
    ),
    "a form of a variable that no table prints": (
        DECIDED,
        DECIDED + "  forms: {country: percent}\n",
        "study.yaml: disclosure.forms: no table prints 'country'",
    ),
    "a form that is none": (
        DECIDED,
        DECIDED + "  forms: {ethnicity: rounded}\n",
        "study.yaml: disclosure.forms.ethnicity: input should be 'counts', 'share_of_all', "
        "'percent' or 'withheld'",
    ),
    "levels put together as they were said before": (
        DECIDED,
        DECIDED + "  merges: {ethnicity: ethnicity_in_three}\n",
        "study.yaml: disclosure.merges: is no key any more; write use: [release] at the derived "
        "variable",
    ),
    "a veto on a table that is none": (
        *veto_of("table: needs_t3"),
        "study.yaml: disclosure.withhold 1: no table 'needs_t3'; did you mean 'needs_t2'?",
    ),
    "a veto on a variable that the table lacks": (
        *veto_of("table: needs_t1, variable: canm_27"),
        "study.yaml: disclosure.withhold 1: needs_t1 has no variable 'canm_27'; did you mean",
    ),
    "a veto on a level that is none": (
        *veto_of("table: exploratory, variable: infant_sex, level: Female"),
        "study.yaml: disclosure.withhold 1: 'Female' is no level of infant_sex (declared: female, "
        "male)",
    ),
    "a veto on a level of nothing": (
        *veto_of("table: exploratory, level: female"),
        "study.yaml: disclosure.withhold 1: a level needs its variable",
    ),
    "a veto on a group that the table lacks": (
        *veto_of("table: exploratory, group: All others"),
        "study.yaml: disclosure.withhold 1: exploratory has no group 'All others'; did you mean",
    ),
    "a veto without a date": (
        DECIDED,
        veto("table: exploratory, when: soon"),
        "study.yaml: disclosure.withhold 1: say when it was decided (when: 2026-11-27)",
    ),
    "a veto without its author": (
        DECIDED,
        veto("table: exploratory, when: 2026-11-27").replace("the checker", '""'),
        "study.yaml: disclosure.withhold.0.who",
    ),
}


def altered(folder, *changes: tuple[str, str]) -> mm.Study:
    """The definition of ESMI with texts replaced, each of which stands there once."""
    folder = folder / "esmi"
    folder.mkdir()
    for path in (REPOSITORY / "data_dictionary" / "esmi").glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        for old, new in changes if path.name == "study.yaml" else ():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        (folder / path.name).write_text(text, encoding="utf-8")
    return read_study("esmi", folder)


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_disclosure_part_says_what_is_wrong(tmp_path, fault):
    old, new, said = BROKEN[fault]
    with pytest.raises(mm.StudyError, match=re.escape(said)):
        altered(tmp_path, (old, new))


def test_all_faults_are_said_at_once(tmp_path):
    names = ("an order of a table that is none", "a form of a variable that is none")
    with pytest.raises(mm.StudyError) as error:
        altered(tmp_path, *(BROKEN[name][:2] for name in names))
    assert all(BROKEN[name][2] in str(error.value) for name in names)


def test_a_veto_that_holds_is_read_and_said(tmp_path):
    group = "'cpp_t1: All others'"
    cell = f"table: exploratory, variable: infant_sex, level: female, group: {group}"
    study = altered(tmp_path, veto_of(cell))
    (withheld,) = study.file.disclosure.withhold
    assert (withheld.who, withheld.when, withheld.why) == ("the checker", "2026-11-27", "too few")
    text = str(mm.overview(study, "choices"))
    assert "Infant's sex: female: cpp_t1: All others" in text
    assert "the checker, 2026-11-27: too few" in text


def test_a_study_may_leave_out_what_a_release_needs(study, small_study):
    """An older definition still reads: the door refuses later, not the reading."""
    for older in (study, small_study):
        said = older.file.disclosure
        assert said.policy == "already_public"
        assert (said.not_known, said.follow_up) == (None, None)
        empty = (said.precedence, said.withhold, said.accept_hidden, said.forms)
        assert not any(empty)


def test_a_study_without_a_policy_reads_and_says_that_nothing_can_be_released(tmp_path):
    path = REPOSITORY / "data_dictionary" / "esmi" / "study.yaml"
    text = path.read_text(encoding="utf-8")
    study = altered(tmp_path, (text[text.index("disclosure:\n") :], ""))
    assert study.file.disclosure is None
    assert "nothing can be released" in str(mm.overview(study, "choices"))


def test_esmi_ships_with_every_choice_made(esmi):
    said = esmi.file.disclosure
    assert (said.not_known, said.follow_up) == ("protected", "shown")
    assert said.precedence == (
        ("characteristics_t1", "characteristics_t2", "involvement_over_time"),
        ("needs_t1", "needs_t2"),
        ("exploratory",),
    )
    late = {"needs_t1", "needs_t2", "exploratory"}
    assert {*said.accept_hidden} == {*late, "involvement_over_time"}
    number = {
        name: len(esmi.levels(merged)) for name, merged in esmi.standing_in("release").items()
    }
    assert number == {
        "ethnicity": 3,
        "deprivation_quintile": 3,
        "primary_diagnosis": 4,
        **dict.fromkeys((name for name in esmi.derived if name.endswith("_abuse_band")), 2),
        **dict.fromkeys((name for name in esmi.derived if name.endswith("_neglect_band")), 2),
        "safeguarding_t1": 3,
        "safeguarding_t2": 3,
    }


def test_levels_put_together_count_what_their_parts_count(esmi, demo):
    for name, merged in esmi.standing_in("release").items():
        for level, parts in esmi.derived[merged].merged.items():
            together = (demo.data[merged] == level).sum()
            assert together == demo.data[name].isin(parts).sum(), (merged, level)
        assert (demo.data[merged].isna() == demo.data[name].isna()).all()
