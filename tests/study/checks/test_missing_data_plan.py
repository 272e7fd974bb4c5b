"""The missing-data plan: every fault it can have, with its message; and what a condition is decided
by.
"""

import shutil

import pytest

import mothers_margins as mm
from mothers_margins.study.conditions import Condition
from mothers_margins.study.read_study import read_study
from tests.conftest import REPOSITORY

PLACE = "study.yaml: missing_data."
AUXILIARIES = "  auxiliaries: [children_total,"
METHODS = "  methods: {canm_14: ologit, canm_15: ologit}"
SHIFTS = "  shifts: {dv_any: 0.7,"
T1, T2 = "    involved_t1: {}\n", "    involved_t2: {also: [involved_t1], unknown: average}\n"

# What is broken: text of study.yaml, its replacement, and the line that the error must hold.
BROKEN = {
    "a composite of bands": (
        "    dv_any: [cas_total]\n",
        "    age_band: [age_years]\n",
        f"{PLACE}composites: age_band is no variable derived by any_of",
    ),
    "a composite that does not exist": (
        "    dv_any: [cas_total]\n",
        "    dv_some: [cas_total]\n",
        f"{PLACE}composites: dv_some is no variable derived by any_of",
    ),
    "an outcome as composite": (
        "    dv_any: [cas_total]\n",
        "    cpp_either: [safeguarding_t1]\n",
        f"{PLACE}composites: 'cpp_either' is an outcome, which is never imputed",
    ),
    "a part of something else": (
        "    dv_any: [cas_total]\n",
        "    dv_any: [ctq_total]\n",
        f"{PLACE}composites.dv_any: it is not made from 'ctq_total'",
    ),
    "a part that is a list of codes": (
        "    substance_misuse: [canm_14, canm_15, icd10_substance,",
        "    substance_misuse: [canm_14, canm_15, icd10_other,",
        f"{PLACE}composites.substance_misuse: 'icd10_other' is a list of codes, which cannot be "
        "imputed",
    ),
    "an auxiliary variable that does not exist": (
        AUXILIARIES,
        "  auxiliaries: [children_totl,",
        f"{PLACE}auxiliaries: no variable 'children_totl'; did you mean 'children_total'?",
    ),
    "an outcome as auxiliary variable": (
        AUXILIARIES,
        "  auxiliaries: [cpp_t1,",
        f"{PLACE}auxiliaries: 'cpp_t1' is an outcome, which is never imputed",
    ),
    "the id as auxiliary variable": (
        AUXILIARIES,
        "  auxiliaries: [dyad_id,",
        f"{PLACE}auxiliaries: 'dyad_id' cannot be imputed",
    ),
    "a method of a variable that does not exist": (
        METHODS,
        "  methods: {ctq: pmm}",
        f"{PLACE}methods: no variable 'ctq'",
    ),
    "a method for levels of a number": (
        METHODS,
        "  methods: {ctq_total: ologit}",
        f"{PLACE}methods: ologit does not fit the kind of 'ctq_total'",
    ),
    "a method for numbers of levels": (
        METHODS,
        "  methods: {ethnicity: pmm}",
        f"{PLACE}methods: pmm does not fit the kind of 'ethnicity'",
    ),
    "an order of levels that have none": (
        SHIFTS,
        "  methods: {ethnicity: ologit}\n" + SHIFTS,
        f"{PLACE}methods: ologit needs levels with an order, and those of 'ethnicity' have none",
    ),
    "a shift of several levels": (
        SHIFTS,
        "  shifts: {ethnicity: 1,",
        f"{PLACE}shifts: 'ethnicity' is neither a number nor a yes or no",
    ),
    "a shift of an outcome": (
        SHIFTS,
        "  shifts: {involved_t1: 1,",
        f"{PLACE}shifts: 'involved_t1' is an outcome, which is never imputed",
    ),
    "shifts without a reason": (
        "  reason_for_shifts: Mothers who left",
        '  reason_for_shifts: ""\n  # Mothers who left',
        f"{PLACE}shifts: say reason_for_shifts",
    ),
    "a run of no outcome": (
        T1,
        "    involved_t3: {}\n",
        f"{PLACE}outcomes.involved_t3: no outcome of this name; did you mean 'involved_t2'?",
    ),
    "a predicting outcome that does not exist": (
        T2,
        "    involved_t2: {also: [involved_1], unknown: average}\n",
        f"{PLACE}outcomes.involved_t2: also: no outcome 'involved_1'; did you mean 'involved_t1'?",
    ),
    "a predicting outcome made from the same field": (
        T2,
        "    involved_t2: {also: [cpp_t2], unknown: average}\n",
        f"{PLACE}outcomes.involved_t2: also: 'cpp_t2' is made from what involved_t2 is made from",
    ),
    "a predicting outcome that was recorded later": (
        T1,
        "    involved_t1: {also: [no_custody_t2], unknown: average}\n",
        f"{PLACE}outcomes.involved_t1: also: 'no_custody_t2' was recorded after involved_t1",
    ),
    "nothing said of those for whom it is not known": (
        T2,
        "    involved_t2: {also: [involved_t1]}\n",
        f"{PLACE}outcomes.involved_t2: say what becomes of participants for whom one of `also` "
        "is not known "
        "(unknown: average or left_out)",
    ),
    "no run at all": ("  m: 50\n", "  m: 1\n", f"{PLACE}m: "),
    "a rule that does not exist": (
        "  df_rule: rubin\n",
        "  df_rule: rubens\n",
        f"{PLACE}df_rule: ",
    ),
    "no assumption": (
        "  assumption: Values are taken",
        "  reason: Values are taken",
        f"{PLACE}assumption: is missing",
    ),
    "a method that does not exist": (
        METHODS,
        "  methods: {ctq_total: mean}",
        f"{PLACE}methods.ctq_total: ",
    ),
}


def faults(tmp_path, *changes: tuple[str, str]) -> list[str]:
    """The lines of the error that a changed copy of the definition raises."""
    folder = tmp_path / "esmi"
    shutil.copytree(
        REPOSITORY / "data_dictionary" / "esmi", folder, ignore=shutil.ignore_patterns("*.csv")
    )
    text = (folder / "study.yaml").read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, f"'{old}' stands {text.count(old)} times"
        text = text.replace(old, new)
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(mm.StudyError) as raised:
        read_study("esmi", folder)
    return [line.strip() for line in str(raised.value).splitlines()]


@pytest.mark.parametrize("fault", BROKEN)
def test_a_fault_of_the_plan_says_what_is_wrong(tmp_path, fault):
    old, new, line = BROKEN[fault]
    found = faults(tmp_path, (old, new))
    if line.endswith((": ", "'ctq'")):
        assert any(one.startswith(line) for one in found), found
    else:
        assert line in found, found


def test_all_faults_are_said_at_once(tmp_path):
    named = ("a part of something else", "an outcome as auxiliary variable", "a run of no outcome")
    found = faults(tmp_path, *(BROKEN[name][:2] for name in named))
    assert [line for line in found if line.startswith(PLACE)] == [BROKEN[name][2] for name in named]


def test_a_question_with_several_answers_cannot_be_imputed(altered_study):
    unit = "unit: {one: woman, many: women}\n"
    plan = (
        "missing_data: {m: 2, burnin: 1, seed: 1, sensitivity_m: 2, assumption: none, "
        "outcomes: {x: {}},\n"
    )
    folder = altered_study("study.yaml", unit, f"{unit}{plan}  auxiliaries: [services_used]}}\n")
    with pytest.raises(mm.StudyError) as raised:
        read_study("hscc_2019", folder)
    line = (
        f"{PLACE}auxiliaries: 'services_used' is a question with several answers, which "
        "cannot be imputed"
    )
    assert line in str(raised.value)
    assert f"{PLACE}outcomes.x: no outcome of this name" in str(raised.value)


def test_the_shipped_plan_has_a_run_for_every_outcome_and_no_fault(esmi):
    assert {*esmi.file.missing_data.outcomes} == {*esmi.outcomes}


def test_the_plan_read_aloud_names_no_variable_by_its_code(esmi):
    table = mm.overview(esmi, "missing_data")
    text = "\n".join(
        cell
        for s in table.sections
        for r in s.rows
        for cell in (r.label, *map(table.print, r.cells))
    )
    assert not [name for name in esmi.declared if "_" in name and name in text]
    assert "50, each after 20 sweeps; seed 20211118" in text
    ours = (
        "The shifts (an odds ratio of 2; one point of each subscale, five of the total, as far as "
        "their answers allow) are ours."
    )
    assert text.count(ours) == 1
    assert "shifted by 1 point in the run" in text


# ---- complete cases, and what decides a condition


def test_complete_case_lists_exactly_the_explanatory_variables_of_the_protocol(esmi):
    (where,) = esmi.derived["complete_case"].any_of
    for outcome in ("involved_t1", "involved_t2"):
        assert sorted(where) == sorted(esmi.terms("protocol", outcome))
    assert all(condition == Condition(known=True) for condition in where.values())


def test_that_a_value_is_known_says_nothing_of_what_it_is(esmi):
    assert esmi.decided_by({"ctq_total": Condition(known=True)}) == frozenset()
    assert esmi.decided_by({"complete_case": Condition(levels=("Yes",))}) == frozenset()
    assert esmi.decided_by({"service_type": Condition(levels=("x",))}) == {"service_type"}
    mixed = {"service_type": Condition(levels=("x",)), "ethnicity": Condition(known=False)}
    assert esmi.decided_by(mixed) == {"service_type"}


def test_a_value_decides_by_the_fields_it_is_made_from(esmi):
    """A score by its items and its gate, a composite by what its conditions ask, an outcome by its
    field.
    """
    items = {f"ctq_{n:02}" for n in range(1, 29)}
    assert esmi.decided_by({"ctq_total": Condition(at_least=40)}) <= items
    assert esmi.decided_by({"involved_t1": Condition(levels=("Yes",))}) == {"safeguarding_t1"}
    abuse = esmi.decided_by({"dv_any": Condition(levels=("Yes",))})
    assert "cas_01" in abuse
    assert abuse <= esmi.recorded("dv_any")


def test_complete_cases_may_be_compared_on_what_must_be_known(demo):
    """And not on the outcome where the groups are made by its value."""
    known = {"involved_t1": Condition(known=True)}
    sides = {
        "all known": known | {"complete_case": Condition(levels=("Yes",))},
        "not all": known | {"complete_case": Condition(levels=("No",))},
    }
    found = mm.compare(demo, ["ethnicity", "involved_t1"], sides)
    assert found["p_value"].notna().sum() >= 2
    apart = {level: {"involved_t1": Condition(levels=(level,))} for level in ("Yes", "No")}
    assert mm.compare(demo, ["safeguarding_t1"], apart)["p_value"].isna().all()
