"""Joint counts: a study of ten worked by hand, and the demonstration cohort, whose tables must come
out of them again.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import mothers_margins as mm
from mothers_margins.analysis.joint_blocks import blocks_of, levels_of, printed, regions_of
from mothers_margins.cohort.representative_rows import Axis, RepresentativeRows, joined
from mothers_margins.cohort.representative_values import rules_for
from mothers_margins.demo.synthetic import synthetic_rows
from mothers_margins.study.conditions import Group
from mothers_margins.study.participant_table import StructuralZero
from mothers_margins.study.study_file import Derived
from tests.by_hand import part, said
from tests.conftest import mm_read

SCHEMA = """
$schema: https://datapackage.org/profiles/2.0/tableschema.json
name: people
title: Ten people
primaryKey: [person_id]
missingValues:
  - {value: "", label: not asked}
x-multi-response-sets:
  - {name: services, title: Services, note: several are possible}
x-instruments:
  - name: q
    title: Questions
    source: nobody
    items: 3
    prefix: q_
    reversed: [3]
    rule: {items: prorate, answered: 0.6}
    gate: {variable: ever, level: "No", reason: never}
    scores:
      - {name: q_sum, title: Sum, items: [1, 2, 3], summary: mean_sd}
fields:
  - {name: person_id, title: Id, type: string, x-role: identifier,
     constraints: {required: true, unique: true}}
  - {name: side, title: Side, type: string, categories: [left, right], x-role: group}
  - {name: age_years, title: Age, type: integer, x-role: variable, x-summary: mean_sd,
     constraints: {minimum: 16, maximum: 55}}
  - {name: house, title: House, type: string, categories: [own, rent], x-role: variable}
  - {name: kids, title: Children, type: string, categories: ["1", "2"], x-role: variable}
  - name: others
    title: Other children in care
    type: string
    categories: ["Yes", "No"]
    x-role: variable
    x-applies-where: {kids: ["2"]}
    missingValues:
      - {value: "", label: not asked}
      - {value: .n, label: does not apply, x-not-applicable: true}
  - {name: ever, title: Ever, type: string, categories: ["Yes", "No"], x-role: item}
  - {name: q_01, title: One, type: integer, x-role: item, constraints: {minimum: 0, maximum: 2}}
  - {name: q_02, title: Two, type: integer, x-role: item, constraints: {minimum: 0, maximum: 2}}
  - {name: q_03, title: Three, type: integer, x-role: item, constraints: {minimum: 0, maximum: 2}}
  - {name: team, title: Team, type: boolean, x-role: variable,
     trueValues: ["1"], falseValues: ["0"], x-multi-response: services}
  - {name: ward, title: Ward, type: boolean, x-role: variable,
     trueValues: ["1"], falseValues: ["0"], x-multi-response: services}
  - {name: codes, title: Diagnoses, type: string, x-role: codes,
     constraints: {pattern: "[A-Z][0-9]{2}(;[A-Z][0-9]{2})*"}}
"""
STUDY = """
name: ten
title: Ten people
citation: {text: nowhere}
unit: {one: person, many: people}
data: {schema: people.schema.yaml, demo: ten.csv, demo_status: synthetic, statement: Made up.}
groups:
  everyone: {label: All, where: {}}
  left: {label: Left, where: {side: left}}
  owners: {label: Owners, where: {house: own}}
derived:
  - {name: age_band, title: Age in bands, from: age_years,
     bands: [{level: under 25, maximum: 24}, {level: 25 or older, minimum: 25}]}
  - {name: distress, title: Distress, any_of: [{q_sum: {at_least: 3}}], gated_out: "no"}
  - name: diagnosis
    title: Diagnosis
    from: codes
    levels: {psychosis: [F20-F29], mood: [F30-F39], other: [A00-Z99]}
  - {name: anxiety, title: Anxiety, any_of: [{codes: {codes: [F40-F48]}}]}
  - {name: diagnosis_in_two, title: In two, from: diagnosis, use: [release],
     levels: {psychosis: [psychosis], any other: [mood, other]}}
impossible:
  - {where: {kids: "1", others: ["Yes", "No"]}, reason: there is no other child}
tables:
  people:
    title: People
    groups: [everyone, left]
    blocks:
      - {title: All, variables: [age_years, age_band, house, kids, others, services, diagnosis]}
  scores:
    title: Scores
    groups: [owners]
    blocks: [{title: All, variables: [q_sum, distress, anxiety]}]
rounding: {rule: half_up, percent: 0, mean: 1}
tests: {reported: none, reason: none}
disclosure:
  policy: threshold_10
  decided_by: nobody
  reason: made up
"""
TEN = """person_id,side,age_years,house,kids,others,ever,q_01,q_02,q_03,team,ward,codes
p1,left,20,own,1,.n,Yes,0,0,2,1,0,F20
p2,left,24,rent,2,Yes,Yes,2,2,0,1,1,F32;F41
p3,left,25,own,2,No,No,,,,0,0,F32
p4,right,31,own,2,Yes,Yes,1,1,1,0,1,F41
p5,right,,rent,2,No,Yes,,,1,1,0,F60
p6,right,40,rent,1,,Yes,2,2,,1,,
p7,,33,own,,,,0,0,1,0,0,F20;F41
p8,left,22,,2,,Yes,0,2,1,0,0,F33
p9,left,55,rent,1,.n,Yes,0,,2,1,1,F33
p10,right,16,own,1,.n,Yes,0,0,2,0,1,F20
"""
# Worked by hand. In everyone, in left, in owners; who that is.
REGIONS = {
    (True, True, True): 2,  # p1 p3
    (True, True, False): 3,  # p2 p8 p9
    (True, False, True): 3,  # p4 p7 p10
    (True, False, False): 2,  # p5 p6
}
# Block: its variables, and every combination that can be with those who have it. The sums are 0, 6
# (q_03 is turned round), none, 3, none, 6 (4 prorated), 1, 3, 0 (0 prorated), 0.
ATOMS: dict[str, tuple[tuple[str, ...], dict[tuple[str, ...], int]]] = {
    "age_years": (
        ("age_years", "age_band"),
        {("known", "under 25"): 4, ("known", "25 or older"): 5, ("", ""): 1},
    ),
    "house": (("house",), {("own",): 5, ("rent",): 4, ("",): 1}),
    "kids": (
        ("kids", "others"),
        {
            ("1", "not_concerned"): 4,  # an empty cell of p6 too
            ("1", ""): 0,
            ("2", "Yes"): 2,
            ("2", "No"): 2,
            ("2", ""): 1,
            ("", "Yes"): 0,
            ("", "No"): 0,
            ("", ""): 1,
            ("", "not_concerned"): 0,
        },
    ),
    "team": (("team",), {("Yes",): 5, ("No",): 5, ("",): 0}),
    "ward": (("ward",), {("Yes",): 4, ("No",): 5, ("",): 1}),
    "diagnosis": (
        ("diagnosis", "anxiety", "diagnosis_in_two"),
        {
            ("psychosis", "No", "psychosis"): 2,
            ("psychosis", "Yes", "psychosis"): 1,
            ("mood", "No", "any other"): 3,
            ("mood", "Yes", "any other"): 1,
            ("other", "No", "any other"): 1,
            ("other", "Yes", "any other"): 1,
            ("", "", ""): 1,
        },
    ),
    "q_sum": (
        ("q_sum", "distress"),
        {("known", "Yes"): 4, ("known", "No"): 4, ("", ""): 1, ("not_concerned", "No"): 1},
    ),
}


@pytest.fixture
def ten(tmp_path) -> mm.Cohort:
    folder: Path = tmp_path / "ten"
    folder.mkdir()
    (folder / "people.schema.yaml").write_text(SCHEMA, encoding="utf-8")
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")
    (folder / "ten.csv").write_text(TEN, encoding="utf-8")
    return mm.derive(mm.read_cohort(folder / "ten.csv", mm_read(folder)))


@pytest.fixture(scope="module")
def joint(demo) -> mm.Results:
    return mm.joint_counts(demo)


def regions_in(joint: mm.Results) -> dict[int, tuple[frozenset[str], int]]:
    """Groups and size of every region."""
    rows = joint[joint["part"] == "region"]
    return {
        int(region): (frozenset(filter(None, own["group"])), int(own["n"].iloc[0]))
        for region, own in rows.groupby("region")
    }


def atoms_in(joint: mm.Results, block: str) -> pd.DataFrame:
    """The levels of a block's atoms, atoms x variables in the order of the block."""
    rows = joint[(joint["part"] == "atom") & (joint["block"] == block)]
    names = list(dict.fromkeys(rows["variable"]))
    return rows.pivot(index="atom", columns="variable", values="level")[names]


def counts_in(joint: mm.Results, block: str) -> pd.DataFrame:
    return joint[(joint["part"] == "count") & (joint["block"] == block)]


# ---- ten people, by hand


def test_regions_are_the_cells_of_the_groups_in_which_there_is_somebody(ten):
    found = regions_in(mm.joint_counts(ten))
    names = ("everyone", "left", "owners")
    by_membership = {tuple(name in groups for name in names): n for groups, n in found.values()}
    assert by_membership == REGIONS


def test_atoms_are_all_that_the_definition_allows_and_their_counts_are_those_by_hand(ten):
    joint = mm.joint_counts(ten)
    assert list(dict.fromkeys(joint.loc[joint["part"] == "atom", "block"])) == [*ATOMS]
    for block, (variables, expected) in ATOMS.items():
        atoms = atoms_in(joint, block)
        assert tuple(atoms) == variables
        sums = counts_in(joint, block).groupby("atom")["n"].sum()
        found = {
            tuple(row): int(sums.get(atom, 0))
            for atom, row in zip(atoms.index, atoms.values, strict=True)
        }
        assert found == expected, block


def test_what_the_groups_are_made_from_cannot_be_in_a_region_outside_them(ten):
    """Owners are those with a house of their own, so no other level lies in that group, and it lies
    in no other region.
    """
    joint = mm.joint_counts(ten)
    zeros = joint[joint["status"] == "structural_zero"]
    assert {*zeros["block"]} == {"house"}
    assert (zeros["n"] == 0).all()
    levels, regions = atoms_in(joint, "house")["house"], regions_in(joint)
    found = {
        (levels[row["atom"]], "owners" in regions[row["region"]][0])
        for row in zeros.to_dict("records")
    }
    assert found == {("own", False), ("rent", True), ("", True)}
    assert len(zeros) == 2 * 1 + 2 * 2


def test_a_region_outside_every_group_has_one_row_without_a_group(ten):
    one = said(ten, tables={"scores": ten.study.tables["scores"]})
    rows = mm.joint_counts(one).query("part == 'region'")
    assert sorted(zip(rows["group"], rows["n"], strict=True)) == [("", 5), ("owners", 5)]


def test_zeros_that_the_study_declares_cannot_be(ten):
    zero = StructuralZero(group="left", level="under 25", reason="nobody")
    band, *others = ten.study.file.derived
    banned = band.model_copy(update={"structural_zeros": (zero,)})
    declared = said(ten, derived=(banned, *others))
    with pytest.raises(mm.DataError, match="age_years, age_band"):  # p1, p2 and p8 are
        mm.joint_counts(declared)
    joint = mm.joint_counts(part(declared, [2, 3, 4, 5, 6, 8, 9]))
    zeros = joint[(joint["status"] == "structural_zero") & (joint["block"] == "age_years")]
    regions = regions_in(joint)
    assert all("left" in regions[region][0] for region in zeros["region"])
    assert len(zeros) == sum("left" in groups for groups, _ in regions.values()) > 0


def test_what_says_something_of_each_other_within_a_group_is_one_block(ten):
    """Who is settled without a house of her own has two children: apart, the two would not say so.
    Where owners are a group as well, the groups say it, and the two stay apart.
    """
    settled = {"settled": Group(label="Settled", where={"settled": "Yes"})}
    either = Derived(name="settled", title="Settled", any_of=[{"house": "own"}, {"kids": "2"}])
    plan = ten.study.tables["people"].model_copy(update={"groups": ("everyone", "settled")})
    changed = said(
        ten,
        derived=(*ten.study.file.derived, either),
        groups=ten.study.groups | settled,
        tables={"people": plan},
    )
    joint = mm.joint_counts(mm.derive(changed))
    atoms = atoms_in(joint, "house")
    assert [*atoms] == ["house", "kids", "others"]
    neither = atoms.index[(atoms["house"] == "rent") & (atoms["kids"] == "1")]
    zeros = counts_in(joint, "house").query("status == 'structural_zero'")
    inside = [region for region, (names, _) in regions_in(joint).items() if "settled" in names]
    cannot = {*zip(zeros["atom"], zeros["region"], strict=True)}
    assert cannot >= {(atom, region) for atom in neither for region in inside}
    beside_owners = said(changed, tables=ten.study.tables | {"people": plan})
    apart = mm.joint_counts(mm.derive(beside_owners))
    assert [*atoms_in(apart, "house")] == ["house"]
    assert [*atoms_in(apart, "kids")] == ["kids", "others"]


def test_items_that_say_something_of_their_score_are_in_its_block(ten):
    """With all three needed, who lacks one lacks the sum; with two of three, one says nothing."""
    groups = ten.study.printed_groups

    def tied(cohort: mm.Cohort, *names: str) -> bool:
        rows = RepresentativeRows(rules_for(cohort, [*names, "q_sum", "distress"], groups))
        (scores,) = (axis for axis in rows.axes("q_sum") if axis.scores)
        return rows.tied([Axis((name,)) for name in names], scores)

    assert not tied(ten, "q_01")
    assert not tied(ten, "house")
    assert tied(ten, "q_01", "q_02")  # both missing are too many
    instrument = ten.study.schema.instruments[0]
    all_needed = instrument.model_copy(
        update={"rule": instrument.rule.model_copy(update={"answered": 1.0})}
    )
    schema = ten.study.schema.model_copy(update={"instruments": (all_needed,)})
    assert tied(replace(ten, study=replace(ten.study, schema=schema)), "q_01")


def test_sets_that_meet_are_joined_however_far_the_chain():
    assert sorted(map(sorted, joined([{1, 2}, {3}, {4, 5}, {2, 3}, {6}]))) == [
        [1, 2, 3],
        [4, 5],
        [6],
    ]
    assert joined([]) == []


# ---- refusals


def test_what_cannot_be_counted_is_refused(cohort, ten):
    with pytest.raises(mm.DisclosureError, match="joint_counts"):
        mm.joint_counts(cohort)
    with pytest.raises(mm.UsageError, match="joint_counts: needs a cohort"):
        mm.joint_counts(ten.data)
    recorded = mm.read_cohort(ten.study.folder / "ten.csv", ten.study)
    with pytest.raises(mm.UsageError, match=r"joint_counts: call mm\.derive"):
        mm.joint_counts(recorded)


def test_a_block_of_too_many_combinations_is_refused_by_name(ten, monkeypatch):
    monkeypatch.setattr("mothers_margins.cohort.representative_rows.MOST", 11)
    with pytest.raises(mm.UsageError, match=r"12 combinations .*\n.*kids, others"):
        mm.joint_counts(ten)


def test_no_id_is_among_the_results(ten, demo, joint):
    for results, cohort in ((mm.joint_counts(ten), ten), (joint, demo)):
        identifier = cohort.study.schema.primary_key[0]
        text = pd.DataFrame(results).to_csv()
        assert not any(str(one) + "," in text for one in cohort.data[identifier])


# ---- the demonstration cohort


def level_counts(joint: mm.Results) -> Mapping[tuple[str, str, str], int]:
    """Participants by variable, level and group, summed from joint counts."""
    regions = regions_in(joint)
    found: Counter[tuple[str, str, str]] = Counter()
    for block in dict.fromkeys(joint.loc[joint["part"] == "atom", "block"]):
        atoms = atoms_in(joint, block)
        rows = counts_in(joint, block)
        for atom, region, n in zip(rows["atom"], rows["region"], rows["n"], strict=True):
            for variable, level in atoms.loc[atom].items():
                for group in regions[region][0]:
                    found[str(variable), level, group] += n
    return found


def planned_summaries(demo: mm.Cohort):
    """Every table of the study as the notebooks summarise it, with the name of each group among the
    joint counts.
    """
    study = demo.study
    for table, plan in study.tables.items():
        groups = {name: name for name in plan.groups}
        yield table, mm.summarise(demo, plan.variables, plan.groups), groups
    for outcome, declared in study.outcomes.items():
        if not declared.also_within:
            continue
        for contrast in study.contrasts(outcome).values():
            names = {name: f"{outcome}: {name}" for name in contrast}
            variables = study.plan("exploratory").variables
            yield outcome, mm.summarise(demo, variables, contrast), names


def test_every_count_of_every_table_comes_out_of_the_joint_counts(demo, joint):
    found = level_counts(joint)
    compared = 0
    for table, summary, groups in planned_summaries(demo):
        sizes = summary[summary["variable"] == "n"]
        for group, size in zip(sizes["group"], sizes["n"], strict=True):
            in_group = [n for names, n in regions_in(joint).values() if groups[group] in names]
            assert sum(in_group) == size, (table, group)
        for row in summary[summary["variable"] != "n"].to_dict("records"):
            name, group = row["variable"], groups[row["group"]]
            level = row["level"] or "known"
            assert found[name, "", group] == row["missing"], (table, name, group)
            assert found[name, level, group] == row["n"], (table, name, level, group)
            known = [found[name, own, group] for own in levels_of(demo.study, name)[:-2]]
            assert sum(known) == row["denominator"], (table, name, group)
            compared += 1
    assert compared > 4_000


def test_the_groups_of_exploratory_outcomes_have_a_name_each(esmi, joint):
    names = {name for groups, _ in regions_in(joint).values() for name in groups}
    assert {"cpp_t1: All others", "no_custody_t2: All others", "everyone"} <= names
    assert [*joint.about.groups] == [*esmi.printed_groups]
    assert len(esmi.printed_groups) == 7 + 6 * 3


def test_every_printed_variable_is_in_one_block_and_no_other_is(esmi, joint):
    atoms = joint[joint["part"] == "atom"]
    homes = atoms.drop_duplicates(["block", "variable"])
    assert sorted(homes["variable"]) == sorted(printed(esmi))
    merged = {*esmi.standing_in("release").values()}
    assert merged <= {*homes["variable"]}
    block_of = dict(zip(homes["variable"], homes["block"], strict=True))
    for name, stands_for_it in esmi.standing_in("release").items():
        assert block_of[name] == block_of[stands_for_it]
    assert set(homes.drop_duplicates("block")["block"]) == {
        names.iloc[0] for _, names in homes.groupby("block", sort=False)["variable"]
    }


TOGETHER = [
    {"age_years", "age_band"},
    {"dv_any", "cas_total", "relationship"},  # a partner, and never in a relationship
    {"children_total", "other_children_csc"},
    {
        *("primary_diagnosis", "personality_disorder", "schizophrenia", "icd10_substance"),
        *("canm_14", "canm_15", "canm_substance_unmet", "honos_substance", "drug_history"),
        "substance_misuse",
    },
    {"ctq_total", "ctq_physical_abuse_band", "ctq_emotional_neglect_band"},
    {"canm_met", "canm_unmet", "canm_answered"},
    {"safeguarding_t1", "safeguarding_t2", "involved_t1", "involvement_course"},
    {"custody_t2", "custody_lost_by_t2"},
    {"readmitted_1y", "days_to_readmission"},
]


def test_what_is_made_from_each_other_is_one_block_and_what_is_not_is_apart(joint):
    atoms = joint[joint["part"] == "atom"]
    block_of = dict(zip(atoms["variable"], atoms["block"], strict=True))
    blocks = [{block_of[name] for name in names} for names in TOGETHER]
    assert all(len(found) == 1 for found in blocks)
    assert len({*map(frozenset, blocks)}) == len(TOGETHER)
    apart = ["honos_total", "canm_01", "canm_26", "service_type", "bonding", "deprivation_quintile"]
    assert len({block_of[name] for name in apart} | {*frozenset().union(*blocks)}) == (
        len(apart) + len(TOGETHER)
    )


def test_atoms_say_what_the_definition_says(joint):
    """Every combination by hand, where they are few enough to be written down."""
    found = {tuple(row) for row in atoms_in(joint, "relationship").values}
    shape = {("Yes", "known"), ("No", "known"), ("Yes", ""), ("", "")}
    expected = {(one, *rest) for one in ("partner", "single", "") for rest in shape}
    assert found == expected | {("single", "No", "not_concerned"), ("", "No", "not_concerned")}
    found = {tuple(row) for row in atoms_in(joint, "readmitted_1y").values}
    assert found == {
        *(("Yes", "known"), ("Yes", ""), ("No", "not_concerned"), ("No", "")),
        *(("", ""), ("", "not_concerned")),
    }
    found = {tuple(row) for row in atoms_in(joint, "custody_t2").values}
    one = ("Yes", "No", "")
    assert found == {(now, lost) for now in one for lost in one} - {("No", "No")}
    trauma = atoms_in(joint, "ctq_total")
    bands = [name for name in trauma if name.endswith("_band")]
    assert len(trauma) == 5**5
    assert ((trauma["ctq_total"] == "known") == (trauma[bands] != "").all(axis=1)).all()
    two = trauma["ctq_sexual_abuse_in_two"]
    assert {*zip(trauma["ctq_sexual_abuse_band"], two, strict=True)} == {
        ("none or minimal", "none to low"),
        ("low to moderate", "none to low"),
        ("moderate to severe", "moderate to extreme"),
        ("severe to extreme", "moderate to extreme"),
        ("", ""),
    }


def test_a_composite_and_its_parts_are_all_that_can_be(joint):
    """The composite by its own rule, and every combination of its parts that can be."""
    atoms = atoms_in(joint, "primary_diagnosis")
    parts = ["canm_substance_unmet", "icd10_substance", "honos_substance", "drug_history"]
    assert len(atoms[parts].drop_duplicates()) == 3**4
    any_yes = (atoms[parts] == "Yes").any(axis=1)
    all_no = (atoms[parts] == "No").all(axis=1)
    by_rule = pd.Series("", index=atoms.index).mask(all_no, "No").mask(any_yes, "Yes")
    assert (atoms["substance_misuse"] == by_rule).all()
    assert len(atoms[["canm_14", "canm_15"]].drop_duplicates()) == 4 * 4
    # who has a primary diagnosis of schizophrenia has one of schizophrenia, and so on
    primary = atoms["primary_diagnosis"]
    assert (atoms.loc[primary == "Schizophrenia", "schizophrenia"] == "Yes").all()
    assert (atoms.loc[primary == "Personality disorder", "personality_disorder"] == "Yes").all()
    assert {*atoms.loc[primary == "Depression", "icd10_substance"]} == {"Yes", "No", ""}
    assert {*atoms.loc[primary == "", "schizophrenia"]} == {"Yes", ""}  # no No without a primary


def test_regions_partition_the_cohort_and_every_block_fills_them(demo, joint):
    regions = regions_in(joint)
    assert sum(n for _, n in regions.values()) == len(demo)
    assert len({groups for groups, _ in regions.values()}) == len(regions)
    for block in dict.fromkeys(joint.loc[joint["part"] == "atom", "block"]):
        rows = counts_in(joint, block)
        sums = rows.groupby("region")["n"].sum()
        assert {int(region): int(n) for region, n in sums.items()} == {
            region: n for region, (_, n) in regions.items()
        }


# ---- what cannot be


def test_the_groups_leave_only_what_the_definition_allows(joint):
    """Involvement at timepoint 1, printed in the table of timepoint 2, follows from the groups; a
    plan does within the region that says so.
    """
    regions, atoms = regions_in(joint), atoms_in(joint, "safeguarding_t1")
    rows = counts_in(joint, "safeguarding_t1")
    cannot = {
        (row["atom"], row["region"])
        for row in rows[rows["status"] == "structural_zero"].to_dict("records")
    }
    for atom, levels in zip(atoms.index, atoms.to_dict("records"), strict=True):
        for region, (groups, _) in regions.items():
            possible = (atom, region) not in cannot
            involved = {"Yes": "involved_t1", "No": "not_involved_t1"}.get(levels["involved_t1"])
            assert not possible or (involved is None) == ("all_t1" not in groups)
            assert not possible or involved is None or involved in groups
            has_plan = levels["safeguarding_t1"] == "child protection plan"
            with_plan = "cpp_t1: Child Protection Plan at timepoint 1" in groups
            assert not possible or has_plan == with_plan
    assert {*joint.loc[joint["status"] == "structural_zero", "block"]} == {
        "safeguarding_t1",
        "custody_t2",
    }


def test_a_pair_that_cannot_be_is_found_where_it_is_planted(demo):
    """The negative control: one derived cell that does not follow from what was recorded."""
    involved = demo.data.index[(demo.data["involved_t1"] == "Yes").fillna(False)]
    data = demo.data.copy()
    data.loc[involved[0], "involved_t1"] = "No"
    with pytest.raises(mm.DataError, match=r"safeguarding_t1, .*involved_t1"):
        mm.joint_counts(replace(demo, data=data))
    data = demo.data.copy()
    known = demo.data.index[demo.data["ctq_total"].notna()]
    data.loc[known[0], "ctq_physical_abuse_band"] = pd.NA
    with pytest.raises(mm.DataError, match="ctq_total") as raised:
        mm.joint_counts(replace(demo, data=data))
    assert str(demo.data["dyad_id"].iloc[0]) not in str(raised.value)


def drawn(esmi: mm.Study, rows: int, folder: Path) -> mm.Cohort:
    path = folder / f"drawn_{rows}.csv"
    synthetic_rows(esmi, rows, seed=7).to_csv(path, index=False, lineterminator="\n")
    return mm.derive(mm.read_cohort(path, esmi))


@pytest.mark.parametrize("rows", [2_000, 20_000])
def test_what_is_drawn_is_among_what_can_be(esmi, rows, tmp_path):
    """Combinations and regions of rows of the recipe, against those that the definition allows."""
    cohort = drawn(esmi, rows, tmp_path)
    regions = regions_of(cohort, esmi.printed_groups)
    for block in blocks_of(cohort, regions):
        atom = block.of(cohort)
        assert (atom >= 0).all(), block.name
        assert not block.impossible[atom, regions.of_row].any(), block.name
    assert len(regions.sizes) >= 22


SUPPLIED = ("ctq_total", "ctq_emotional_abuse", "ctq_physical_abuse", "ctq_sexual_abuse")
SUPPLIED += ("ctq_emotional_neglect", "ctq_physical_neglect", "ctq_denial")
SUPPLIED += ("cas_total", "cas_observed", "deprivation_quintile")


def test_scores_that_a_file_supplies_are_made_from_nothing(esmi, demo, shipped, tmp_path):
    """The same rows with scores in place of items, and a fifth in place of a rank."""
    items = shipped.filter(regex=r"^(ctq|cas)_\d\d$").columns
    scores = demo.data[[*SUPPLIED]].astype("str").fillna("")
    rows = shipped.drop(columns=[*items, "deprivation_rank"]).join(scores)
    rows.to_csv(tmp_path / "supplied.csv", index=False)
    cohort = mm.derive(mm.read_cohort(tmp_path / "supplied.csv", esmi))
    joint = mm.joint_counts(cohort)
    trauma = atoms_in(joint, "ctq_total")
    assert [*trauma] == ["ctq_total"]  # the bands are made from the subscales, which stand alone
    band = atoms_in(joint, "ctq_physical_abuse_band")
    assert {*band["ctq_physical_abuse_band"]} == {*esmi.levels("ctq_physical_abuse_band"), ""}
    gated = {*atoms_in(joint, "relationship")["cas_total"]}
    assert gated == {"known", "not_concerned", ""}
    assert len(atoms_in(joint, "deprivation_quintile")) == 6


def test_what_no_file_holds_is_not_known_to_anybody(esmi, demo, shipped, tmp_path):
    items = [*shipped.filter(regex=r"^canm_\d\d$").columns]
    scores = demo.data[["canm_met", "canm_unmet", "canm_answered", "canm_needs"]].astype("str")
    rows = shipped.drop(columns=items).join(scores.fillna(""))
    rows.to_csv(tmp_path / "supplied.csv", index=False)
    joint = mm.joint_counts(mm.derive(mm.read_cohort(tmp_path / "supplied.csv", esmi)))
    assert {tuple(row) for row in atoms_in(joint, "canm_01").values} == {("",)}
    composite = atoms_in(joint, "primary_diagnosis")
    assert {*composite["canm_substance_unmet"]} == {""}
    assert {*composite["substance_misuse"]} == {"Yes", ""}
    assert len(atoms_in(joint, "canm_met")) == 2


def test_a_count_of_answers_that_no_file_holds_is_not_known(esmi, demo, shipped, tmp_path):
    """They may have been given, so it is not 0."""
    rows = shipped.drop(columns=[*shipped.filter(regex=r"^canm_\d\d$").columns])
    rows["canm_met"] = demo.data["canm_met"].astype("str").fillna("")
    rows.to_csv(tmp_path / "supplied.csv", index=False)
    joint = mm.joint_counts(mm.derive(mm.read_cohort(tmp_path / "supplied.csv", esmi)))
    assert {*atoms_in(joint, "canm_unmet")["canm_answered"]} == {""}


def test_a_restricted_cohort_of_the_other_study_is_counted_too(study, other_rows):
    joint = mm.joint_counts(other_rows())
    atoms = joint[joint["part"] == "atom"]
    assert sorted(atoms["variable"].unique()) == sorted(printed(study))
    assert joint.loc[joint["part"] == "count", "n"].max() < 52
