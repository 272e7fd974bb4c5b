"""Flow, missing values by reason, rules of scores, impossible values: counted, against counts made
another way.
"""

from dataclasses import replace

import pandas as pd
import pytest

import mothers_margins as mm
from mothers_margins.study.study_file import Impossible


def step(flow: mm.Results, timepoint: int, code: str, group: str) -> int:
    found = flow[
        (flow["timepoint"] == timepoint) & (flow["step"] == code) & (flow["group"] == group)
    ]
    (number,) = found["n"]
    return number


def test_the_flow_adds_up_at_every_step(demo):
    flow = mm.flow(demo)
    for timepoint in (1, 2):
        everyone = step(flow, timepoint, "in_file", "all")
        known = step(flow, timepoint, "outcome_known", "all")
        assert everyone == 279 == known + step(flow, timepoint, "outcome_not_known", "all")
        for group in ("all", "yes", "no"):
            whole, part = (
                step(flow, timepoint, code, group) for code in ("complete_case", "term_not_known")
            )
            assert whole + part == step(flow, timepoint, "outcome_known", group)
        for code in ("outcome_known", "complete_case", "term_not_known"):
            yes, no = (step(flow, timepoint, code, group) for group in ("yes", "no"))
            assert yes + no == step(flow, timepoint, code, "all")
    assert (step(flow, 1, "outcome_known", "yes"), step(flow, 1, "outcome_known", "no")) == (
        99,
        179,
    )
    assert {*flow["outcome"]} == {"involved_t1", "involved_t2"}
    assert {*flow["specification"]} == {"protocol"}


def test_complete_cases_are_those_that_a_count_by_hand_finds(demo, esmi):
    for timepoint, outcome in ((1, "involved_t1"), (2, "involved_t2")):
        for model in ("protocol", "published_2023"):
            names = [outcome, *esmi.terms(model, outcome)]
            by_hand = len(demo.data[names].dropna())
            assert step(mm.flow(demo, model), timepoint, "complete_case", "all") == by_hand
    assert "readmitted_1y" in esmi.terms("published_2023", "involved_t2")


def test_reasons_are_those_of_the_codes_in_the_file(demo, shipped):
    found = mm.missingness(demo, ["drug_history", "ethnicity"])
    counts = {
        (row["variable"], row["event"], row["reason"]): row["n"] for row in found.to_dict("records")
    }
    assert (
        counts["drug_history", "missing", "form not completed"]
        == (shipped["drug_history"] == ".a").sum()
    )
    assert (
        counts["ethnicity", "missing", "declined to answer"] == (shipped["ethnicity"] == ".d").sum()
    )
    assert counts["drug_history", "known", ""] == shipped["drug_history"].isin(["Yes", "No"]).sum()
    for name in ("drug_history", "ethnicity"):
        assert sum(number for (variable, _, _), number in counts.items() if variable == name) == 279


def test_missing_values_are_counted_within_groups_of_their_own_size(demo):
    found = mm.missingness(demo, ["ctq_total"], ["involved_t1", "not_involved_t1"])
    assert found.groupby("group")["n"].sum().to_dict() == {
        "involved_t1": 99,
        "not_involved_t1": 179,
    }
    assert set(found["denominator"]) == {99, 179}


def test_rules_of_scores_are_counted_by_group(demo):
    rules = mm.scored(demo, ["involved_t1", "not_involved_t1"])
    prorated = rules[(rules["variable"] == "honos_total") & (rules["event"] == "prorated")]
    involved = demo.data["involved_t1"] == "Yes"
    expected = (demo.scoring["honos_total"] == "prorated") & involved.fillna(False).astype(bool)
    assert prorated.set_index("group")["n"]["involved_t1"] == expected.sum()
    assert rules[rules["variable"] == "cas_total"]["event"].isin(["not_applicable"]).any()
    whole = mm.scored(demo)
    assert (whole.groupby("variable")["n"].sum() == 279).all()


def test_impossible_combinations_are_counted_where_somebody_makes_them(demo, esmi):
    assert (mm.impossible(demo)["n"] == 0).all()
    data = demo.data.copy()
    data.loc[data["country"] == "Wales", "country"] = "England"
    behind = data["cas_ever_relationship"] == "No"
    data.loc[behind, "cas_05"] = 3
    found = mm.impossible(replace(demo, data=data))
    assert {*found["engine"]} == {"check"}
    welsh = found[found["reason"] == "the Welsh index does not rank areas of England"]
    assert welsh[["event", "n"]].to_numpy().tolist() == [
        ["combination", (demo.data["country"] == "Wales").sum()]
    ]
    assert {*welsh["variables"].item().split("; ")} == {"country", "deprivation_index"}
    counts = found.set_index("event")["n"]
    assert counts["behind_closed_gate"] == behind.sum()
    totals = [score for score in esmi.scores.values() if score.sum_of]
    assert len(counts) == len(esmi.file.impossible) + 2 + len(totals)
    assert len(counts["not_the_sum"]) == len(totals)


def test_a_table_of_events_shows_numbers_and_shares_and_the_mark(demo):
    html = mm.tally(mm.missingness(demo, ["drug_history"]), "Missing").to_html()
    missing = int(demo.data["drug_history"].isna().sum())
    assert f"{missing}\u00a0({100 * missing / 279:.1f}%)" in html
    assert "SYNTHETIC DATA" in html
    flow = mm.tally(mm.flow(demo), "Flow")
    assert flow.sections[0].title == "Children's social care involvement at timepoint 1"
    assert flow.quote("involved_t1", "yes", "outcome_known") == "99"
    assert flow.quote("involved_t1", "yes", "in_file") == "–"
    assert [row.label for row in flow.sections[0].rows] == [
        *(
            "In the file",
            "Outcome not known",
            "Outcome known",
            "Every explanatory variable known (complete case)",
        ),
        "An explanatory variable not known",
    ]


def test_flow_and_events_are_saved_with_their_columns_and_mark(demo, tmp_path, monkeypatch):
    monkeypatch.setenv("MOTHERS_MARGINS_OUT", str(tmp_path))
    mm.save(mm.flow(demo), "flow")
    saved = pd.read_csv(tmp_path / "internal" / "esmi" / "flow.csv")
    common = ["table", "study", "timepoint", "status", "note"]
    assert list(saved) == [*common, "outcome", "specification", "step", "group", "n"]
    assert saved["note"].str.startswith("SYNTHETIC DATA").all()


def test_what_does_not_apply_is_neither_known_nor_missing(demo, shipped):
    table = mm.characteristics(mm.summarise(demo, ["other_children_csc"], ["all_t1"]))
    rows = {row.label: table.print(row.cells[0]) for row in table.sections[0].rows}
    at_t1 = demo.data["involved_t1"].notna()
    assert rows["Does not apply"] == str(int((shipped["other_children_csc"] == ".n")[at_t1].sum()))
    assert rows["Not known"] == str(int((shipped["other_children_csc"] == "")[at_t1].sum()))


@pytest.mark.parametrize(
    ("who", "ask"),
    [
        ("missingness", lambda cohort, groups: mm.missingness(cohort, ["age_years"], groups)),
        ("scored", mm.scored),
        ("summarise", lambda cohort, groups: mm.summarise(cohort, ["age_years"], groups)),
    ],
)
@pytest.mark.parametrize(
    "groups", [[], "involved_t1", {"involved_t1": {}}, {"a": {"country": "Wels"}}, {"a": 5}]
)
def test_what_is_wrong_with_groups_is_said_in_the_name_of_the_verb(demo, who, ask, groups):
    with pytest.raises(mm.UsageError, match=f"^{who}: "):
        ask(demo, groups)


def test_a_combination_with_one_of_several_answers_is_found(six_women):
    """Women 1, 2 and 6 have a team, and of these women 1 and 2 are on the left."""
    where = {"side": "left", "services": "Team"}
    entry = Impossible.model_validate({"where": where, "reason": "there is none"})
    study = six_women.study
    file = study.file.model_copy(update={"impossible": (entry,)})
    found = mm.impossible(replace(six_women, study=replace(study, file=file)))
    assert found["n"].tolist() == [2]
    assert found["variables"].tolist() == ["side; services"]


def test_what_has_no_flow_says_so(cohort, study, six_women):
    with pytest.raises(mm.DisclosureError, match="rebuilt from a publication"):
        mm.flow(cohort)
    assert "no primary or secondary outcome" in str(mm.flow(six_women))
    assert "no instruments" in str(mm.scored(six_women))
    assert "nothing impossible" in str(mm.impossible(six_women))
    with pytest.raises(mm.UsageError, match=r"call mm\.derive"):
        mm.scored(mm.demo_cohort("esmi"))
    with pytest.raises(mm.UsageError, match="no model 'protokol'; did you mean 'protocol'"):
        mm.flow(mm.derive(mm.demo_cohort("esmi")), "protokol")
    with pytest.raises(mm.UsageError, match="needs results of kind flow or events"):
        mm.tally(mm.summarise(six_women, ["house"], ["all"]), "x")
