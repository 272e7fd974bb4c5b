"""Representative values: one of each kind that a rule tells apart, none that a file refuses."""

from dataclasses import replace

import pytest

from mothers_margins.cohort.conditions import has_code
from mothers_margins.cohort.derive import place_of_codes
from mothers_margins.cohort.representative_rows import Axis, RepresentativeRows
from mothers_margins.cohort.representative_values import Rules, rules_for
from tests.by_hand import said

COMPOSITE = ["primary_diagnosis", "personality_disorder", "schizophrenia", "icd10_substance"]


@pytest.fixture(scope="module")
def rules(demo, esmi) -> Rules:
    names = [*COMPOSITE, "age_band", "deprivation_quintile", "honos_substance", "dv_any"]
    names += ["other_children_csc", "cas_total", "ctq_total", "ctq_sexual_abuse_band"]
    return rules_for(demo, names, esmi.printed_groups)


def known(rules: Rules, name: str) -> list:
    return [value for value, _ in rules.cells(name) if value is not None]


def test_numbers_stand_at_every_cut(rules):
    assert known(rules, "age_years") == [16, 25, 30, 35]
    assert known(rules, "honos_03") == [0, 2]
    assert known(rules, "days_in_care") == [0]
    assert rules.cuts("cas_total") == [3]
    assert rules.cuts("ctq_sexual_abuse") == [5, 6, 8, 13]
    ranks = known(rules, "deprivation_rank")
    # the first rank of each fifth of 1,896 areas, and of 32,844, which is the last that there is
    assert {1, 380, 759, 1138, 1517, 1897} <= {*ranks}
    assert {6569, 13138, 19707, 26276} <= {*ranks}
    assert max(ranks) <= 32_844


def test_levels_are_all_there_and_every_way_to_be_missing(rules, esmi):
    assert rules.cells("other_children_csc") == [
        ("Yes", None),
        ("No", None),
        (None, "not recorded"),
        (None, "does not apply"),
    ]
    assert known(rules, "safeguarding_t1") == [*esmi.levels("safeguarding_t1")]
    (identifier,) = esmi.schema.primary_key
    assert all(reason is None for _, reason in rules.cells(identifier))  # it must be there


def answers(rules: Rules, text: str, name: str) -> tuple:
    """What every rule about a list of codes says of one."""
    merging = [variable for variable in rules.study.derived.values() if variable.source == name]
    conditions = [one for one in rules.conditions[name] if one.codes]
    return (
        *(has_code(text, condition) for condition in conditions),
        *(place_of_codes(text, variable) for variable in merging),
    )


def test_codes_stand_for_every_code_that_a_file_may_hold(rules, shipped):
    """All single codes by hand, and those of the shipped rows: no rule says anything new of one."""
    for name in ("icd10_primary", "icd10_other"):
        texts = known(rules, name)
        stand_for = {answers(rules, text, name) for text in texts}
        assert len(stand_for) == len(texts)
        written = [
            f"{letter}{number:02d}{end}"
            for letter in "ABFGXZ"
            for number in range(100)
            for end in ("", ".0", ".1", ".9", ".12")
        ]
        assert {answers(rules, text, name) for text in written} <= stand_for
        recorded = {*shipped[name]} - {"", ".c", ".a"}
        assert {answers(rules, text, name) for text in recorded} <= stand_for
    assert len(known(rules, "icd10_primary")) == 7
    # none, F20, F60 and substance use in every combination
    assert len(known(rules, "icd10_other")) == 8
    assert known(rules, "icd10_other")[0] == "none"
    assert ";" not in "".join(known(rules, "icd10_primary"))


def test_rows_hold_only_what_a_file_may_hold(rules, esmi):
    rows = RepresentativeRows(rules)
    children = rows.rows(rows.axes("other_children_csc"), ["other_children_csc"])
    first = children.data["children_total"] == "1"
    assert (children.data.loc[first, "other_children_csc"] != "Yes").all()
    assert (children.data.loc[first, "other_children_csc"] == "No").any()
    does_not_apply = children.reasons["other_children_csc"].isin(esmi.not_applicable)
    assert not (does_not_apply & children.data["children_total"].isin(["2", "3+"])).any()
    abuse = rows.rows(rows.axes("dv_any"), ["dv_any", "cas_total"])
    closed = abuse.data["cas_ever_relationship"] == "No"
    assert (abuse.data.loc[closed, "dv_any"] == "No").all()
    assert abuse.data.loc[closed, "cas_01"].isna().all()
    assert not abuse.reasons.loc[~closed, "cas_01"].isin(esmi.not_applicable).any()


def test_every_class_of_a_score_has_answers_and_few_rows_stand_for_them(rules):
    rows = RepresentativeRows(rules)
    (axis,) = rows.axes("ctq_sexual_abuse_band")
    assert axis == Axis(
        tuple(f"ctq_{item}" for item in (20, 21, 23, 24, 27)), ("ctq_sexual_abuse",)
    )
    made = rows.rows([axis], ["ctq_sexual_abuse_band"])
    assert len(made) == 5
    assert made.data["ctq_sexual_abuse_band"].nunique(dropna=False) == 5
    abuse = [one for one in rows.axes("dv_any") if one.scores]
    made = rows.rows([*abuse, Axis(("cas_ever_relationship",))], ["dv_any"])
    not_known = made.data[made.data["cas_total"].isna() & made.data["cas_observed"].notna()]
    assert {*not_known["dv_any"].dropna()} == {"Yes"}  # the least that the total can be


def test_reversed_items_are_answered_so_that_the_score_rises(demo, esmi):
    rules = rules_for(demo, ["ctq_physical_neglect_band"], esmi.printed_groups)
    rows = RepresentativeRows(rules)
    made = rows.rows(rows.axes("ctq_physical_neglect_band"), ["ctq_physical_neglect_band"])
    assert made.data["ctq_physical_neglect_band"].nunique() == 4


def test_a_sum_that_is_cut_is_reached_by_the_lowest_and_highest_of_its_parts(demo, esmi):
    band = esmi.derived["ctq_sexual_abuse_band"].model_copy(
        update={"name": "total_band", "source": "ctq_total"}
    )
    cohort = said(demo, derived=(*esmi.file.derived, band))
    rules = rules_for(cohort, ["total_band"], esmi.printed_groups)
    rows = RepresentativeRows(rules)
    (axis, *_) = (one for one in rows.axes("total_band") if one.scores == ("ctq_sexual_abuse",))
    made = rows.rows([axis], ["ctq_sexual_abuse"]).data["ctq_sexual_abuse"].dropna()
    assert (made.min(), made.max()) == (5, 25)


def test_scores_that_share_some_items_are_known_and_high_each_for_itself(demo, esmi):
    """A total of items and a subscale of some of them, both cut: every combination that can be."""
    (ctq, *others) = esmi.schema.instruments
    abuse = esmi.scores["ctq_physical_abuse"]
    both = abuse.model_copy(
        update={"name": "both", "items": (*abuse.items, *esmi.scores["ctq_sexual_abuse"].items)}
    )
    wider = ctq.model_copy(update={"scores": (*ctq.scores, both)})
    schema = esmi.schema.model_copy(update={"instruments": (wider, *others)})
    of_both = esmi.derived["ctq_physical_abuse_band"].model_copy(
        update={"name": "both_band", "source": "both"}
    )
    file = esmi.file.model_copy(update={"derived": (*esmi.file.derived, of_both)})
    cohort = replace(demo, study=replace(esmi, schema=schema, file=file))
    names = ["both_band", "ctq_physical_abuse_band"]
    rows = RepresentativeRows(rules_for(cohort, names, {}))
    made = rows.rows(rows.axes("both_band") | rows.axes("ctq_physical_abuse_band"), names)
    found = {tuple(row) for row in made.data[names].astype("str").fillna("").values}
    bands = esmi.levels("ctq_physical_abuse_band")
    assert ("", bands[0]) in found  # nothing of the other half is known
    assert (bands[-1], "") in found  # eight of ten items answered, three of five
    assert (bands[-1], bands[0]) in found
    assert (bands[0], bands[-1]) not in found  # ten items are at least 10
