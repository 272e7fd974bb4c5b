"""The 2019 tables, rebuilt from the rows and compared with a transcription that nothing but this
test reads.
"""

import re
from dataclasses import replace

import pytest
from scipy.stats import fisher_exact

import mothers_margins as mm
from mothers_margins.cohort.published_totals import broken_facts, fact_count
from mothers_margins.demo.reconstruct import reconstruct
from mothers_margins.study.published_numbers import published_count

# Table 1 of the accepted manuscript, typed row by row: label, column A, column B, column C as
# printed. A line without numbers is a characteristic. ("Mixed Race" stands one cell too far left in
# the manuscript; it belongs to ethnicity.)
MANUSCRIPT = """
Age
Mean age | 32 years | 28 years | 30 years
≤ 25 years | 11 | 7 (39%) | 2
26 - 29 years | 7 | 0 (0%) | 2
30 – 39 | 29 | 4 | 2
40+ | 5 | 0 | 1
Ethnicity
White British | 28 | 6 | 6
White Other | 6 | 1 | 0
Black Caribbean | 5 | 3 | 1
Black African | 4 | 1 | 0
Black other | 2 | 0 | 0
Asian | 4 | 0 | 0
Arab | 1 | 0 | 0
Mixed Race | 2 | 0 | 0
Primary diagnosis
Depression | 19 | 2 | 2
Anxiety | 9 | 0 | 1
Personality disorder | 11 | 9 | 0
Bipolar disorder/psychosis/schizophrenia | 13 | 0 | 4
Level of education
No formal qualifications | 8 | 3 | 1
Secondary education | 22 | 7 | 4
Undergraduate | 10 | 1 | 0
Postgraduate | 12 | 0 | 2
Housing tenure
Owner occupied | 15 | 0 | 1
Shared ownership | 1 | 0 | 0
Private rental | 13 | 1 | 2
Local authority/housing association | 15 | 6 | 3
Living with family | 3 | 1 | 0
Temporary accommodation | 3 | 1 | 1
Shared/supported housing | 2 | 2 | 0
Living with partner
Yes | 35 | 3 | 7
No | 17 | 8 | 0
Number of children
1 | 26 | 6 | 3
2 | 13 | 2 | 3
3+ | 13 | 3 | 1
Mother has custody of baby
Yes | 47 | 6 | 7
No | 5 | 5 | 0
Service(s) used
Mother and baby unit | 10 | 2 | 0
Specialist perinatal community team | 18 | 5 | 1
Specialist health visitors/midwives | 12 | 3 | 1
Parent-infant team | 10 | 6 | 0
General acute ward/crisis house | 11 | 2 | 4
Crisis resolution team | 17 | 4 | 5
Early intervention team | 3 | 0 | 1
Community mental health team | 15 | 4 | 4
Improving Access to Psychological Therapy service | 10 | 0 | 0
Personality disorder/complex needs service | 4 | 3 | 0
"""
SIZES = {"wider": 52, "hssi": 11, "lssi": 7}


def manuscript() -> list[tuple[str, str, str, str]]:
    """(characteristic, label, group, text as printed) of the 45 printed rows."""
    cells, characteristic = [], ""
    for line in MANUSCRIPT.strip().splitlines():
        label, *texts = line.split(" | ")
        if not texts:
            characteristic = label
        cells += [
            (characteristic, label, group, text) for group, text in zip(SIZES, texts, strict=False)
        ]
    return cells


def test_the_tidy_results_hold_all_138_published_values(table_1, study):
    title_of = {
        name: block.title for block in study.plan("table_1").blocks for name in block.variables
    }
    found = {
        (title_of[row.variable], row.level or "Mean age", row.group): row.value
        for row in table_1.itertuples()
        if row.variable != "n" and row.statistic in ("n", "mean")
    }
    sizes = {row.group: row.value for row in table_1.itertuples() if row.variable == "n"}
    printed = {
        (block, label, group): float(text.split()[0]) for block, label, group, text in manuscript()
    }
    assert sizes == SIZES
    assert found == printed
    assert len(found) + len(sizes) == 138


def test_the_comparison_with_the_print_finds_138_agreements_and_a_planted_error(table_1):
    check = mm.check_published(table_1)
    assert len(check) == 138
    assert check["agrees"].all()
    wrong = table_1.copy()
    wrong.about = table_1.about
    wrong.loc[(wrong["level"] == "Arab") & (wrong["group"] == "wider"), "value"] = 2.0
    wrong.loc[(wrong["statistic"] == "mean") & (wrong["group"] == "hssi"), "value"] = (
        28.5  # rounds half up to 29
    )
    disagreeing = mm.check_published(wrong).query("not agrees")
    assert sorted(disagreeing["variable"]) == ["age_years", "ethnicity"]


def test_as_published_prints_every_cell_as_the_manuscript_does(table_1):
    table = mm.characteristics(table_1, "table_1", as_published=True)
    printed = [
        (section.title, row.label, column.key, table.print(cell))
        for section in table.sections
        for row in section.rows
        for column, cell in zip(table.columns, row.cells, strict=False)
    ]
    assert printed == manuscript()
    # the manuscript names no base, and its 0% would fit any: the note says which base is used here,
    # not whose it is
    note = (
        "As the manuscript prints it, without a base. Here the base is the 18 HSSI mothers "
        "and LSSI mothers together."
    )
    assert [text for mark, text in table.notes if mark == "a"] == [note]


def test_by_default_counts_stand_alone_but_for_the_corrected_percentage(table_1):
    table = mm.characteristics(table_1, "table_1")
    texts = {
        table.print(cell)
        for section in table.sections
        for row in section.rows
        for cell in row.cells
    }
    assert {text for text in texts if "%" in text} == {"7 (64% of 11)"}
    assert table.quote("age", "hssi", "26 - 29 years") == "0"
    assert (
        "The manuscript printed 39% (7 of 18) and names no base; 18 are the HSSI mothers and "
        "LSSI mothers together." in repr(table)
    )


def test_percentages_are_of_the_columns_own_women(table_1):
    table = mm.characteristics(table_1, "table_1", percent=True)
    assert table.quote("age", "hssi", "≤ 25 years") == "7 (64%)"  # 7 of 11
    assert table.quote("age", "wider", "≤ 25 years") == "11 (21%)"  # 11 of 52
    assert table.quote("services_used", "lssi", "Crisis resolution team") == "5 (71%)"  # 5 of 7


def test_no_test_interval_or_standardised_difference_is_shown(table_1):
    for options in ({}, {"percent": True}, {"as_published": True}):
        table = mm.characteristics(table_1, "table_1", **options)
        headings = " ".join(column.heading for column in table.columns)
        assert not re.search(r"\bp\b|95%|SMD|difference", headings)
    assert set(table_1["statistic"]) == {"n", "percent", "mean"}


def test_the_themes_are_those_of_table_2(study):
    # Table 2 of the accepted manuscript, typed again
    printed = {
        "Labelled as 'bad mothers'": ["Denied a fresh start", "Misunderstanding mental health"],
        "Set up to fail": [
            "Double bind",
            "Not addressing mothers' own support needs",
            "Increasing the strain on families",
            "Powerlessness",
        ],
        "Turning points": ["A fresh perspective", "A change in perspective"],
    }
    results = mm.list_themes(study)
    assert results.groupby("theme", sort=False)["subtheme"].apply(list).to_dict() == printed
    table = mm.themes(results)
    assert {
        section.title: [row.label for row in section.rows] for section in table.sections
    } == printed


# ---- the reconstruction


def test_the_shipped_rows_are_the_ones_that_are_made_anew(study):
    made = reconstruct(study).to_csv(index=False, lineterminator="\n")
    assert made == (study.folder / study.file.data.demo).read_text(encoding="utf-8")


def test_every_stated_fact_holds_in_the_rows(cohort):
    assert broken_facts(cohort) == []
    assert {fact.kind for fact in cohort.study.facts} == {
        "stated",
        "margin_check",
        "derived",
        "soft",
    }
    assert len(cohort.study.facts) == 17 + 14 + 4


def test_a_fact_that_does_not_hold_is_found(cohort):
    fact = next(fact for fact in cohort.study.facts if fact.id == "J03")
    assert fact_count(cohort, fact) == 4
    wrong = replace(
        cohort, study=replace(cohort.study, facts=(fact.model_copy(update={"count": 5}),))
    )
    assert broken_facts(wrong) == ["J03"]


def test_facts_that_contradict_the_totals_are_refused(altered_study):
    from mothers_margins.study.read_study import read_study

    # column B has 9 women with a personality disorder and 2 with depression; with one of each among
    # the five without custody, the other three would have no diagnosis
    folder = altered_study(
        "published_facts.yaml",
        'where: {primary_diagnosis: Personality disorder}, is: "==", count: 4}',
        'where: {primary_diagnosis: Personality disorder}, is: "==", count: 1}',
    )
    with pytest.raises(mm.StudyError, match="no exchange of values meets every published fact"):
        reconstruct(read_study("hscc_2019", folder))


def test_rows_are_marked_and_bear_no_participant_label(cohort, study):
    text = (study.folder / study.file.data.demo).read_text(encoding="utf-8")
    assert cohort.data["woman_id"].tolist() == [f"SYN{number:02d}" for number in range(1, 53)]
    assert (cohort.data["data_status"] == "reconstructed").all()
    assert not re.search(r"mother[- ]?\d", text, re.IGNORECASE)
    assert cohort.source.mark.startswith("SYNTHETIC")


def test_the_parts_lie_inside_the_whole_and_share_no_one(cohort):
    from mothers_margins.cohort.conditions import group_mask

    wider, hssi, lssi, rest = (
        group_mask(cohort, name) for name in ("wider", "hssi", "lssi", "rest")
    )
    assert wider.all()
    assert not (hssi & lssi).any()
    assert (hssi | lssi | rest).all()
    assert [mask.sum() for mask in (wider, hssi, lssi, rest)] == [52, 11, 7, 34]


# Fisher's exact test, two-sided, of level against the rest of the women: printed to the digits
# given (own computation from the manuscript's counts). A wrong count changes them.
FISHER = [
    ("primary_diagnosis", "Personality disorder", "rest", (9, 11), (2, 34), "<.0001"),
    ("living_with_partner", "No", "rest", (8, 11), (9, 34), ".0109"),
    ("age", "≤ 25 years", "rest", (7, 11), (2, 34), ".0002"),
    ("custody_of_baby", "No", "rest", (5, 11), (0, 34), ".0004"),
    ("services_used", "Parent-infant team", "rest", (6, 11), (4, 34), ".0074"),
    ("primary_diagnosis", "Personality disorder", "lssi", (9, 11), (0, 7), ".0023"),
    ("living_with_partner", "No", "lssi", (8, 11), (0, 7), ".0040"),
    ("age", "≤ 25 years", "lssi", (7, 11), (2, 7), ".335"),
    ("custody_of_baby", "No", "lssi", (5, 11), (0, 7), ".101"),
    ("services_used", "Parent-infant team", "lssi", (6, 11), (0, 7), ".0377"),
]


@pytest.mark.parametrize(
    ("variable", "level", "other", "expected", "expected_other", "printed"), FISHER
)
def test_counts_of_disjoint_groups(
    cohort, variable, level, other, expected, expected_other, printed
):
    summary = mm.summarise(cohort, [variable], ["hssi", other])
    cells = summary.query("level == @level and statistic == 'n'").set_index("group")
    pairs = [tuple(cells.loc[group, ["n", "denominator"]]) for group in ("hssi", other)]
    assert pairs == [expected, expected_other]
    p = fisher_exact([[with_it, size - with_it] for with_it, size in pairs]).pvalue
    digits = len(printed.partition(".")[2])
    assert ("<.0001" if p < 0.0001 else f"{p:.{digits}f}".lstrip("0")) == printed


# ---- what the rows may be asked


def test_the_custody_paragraph_is_rebuilt_from_the_rows(cohort, study):
    plan = study.plan("custody_paragraph")
    table = mm.characteristics(
        mm.summarise(cohort, plan.variables, plan.groups), "custody_paragraph"
    )
    group = "hssi_without_custody"
    # "Five of these 11 mothers did not have custody": none with a partner, four aged 25 or under,
    # four with a personality disorder diagnosis and one with depression, three first children, two
    # with others taken into care
    assert table.size(group) == 5
    assert table.quote("living_with_partner", group, "Yes") == "0"
    assert table.quote("age", group, "≤ 25 years") == "4"
    assert table.quote("primary_diagnosis", group, "Personality disorder") == "4"
    assert table.quote("primary_diagnosis", group, "Depression") == "1"
    assert table.quote("first_child", group, "Yes") == "3"
    assert (
        table.quote("other_children_in_care", group, "Yes") == "2 of 2"
    )  # of those who had other children
    with pytest.raises(mm.UsageError, match="no row for age, level '30 – 39'"):
        table.quote(
            "age", group, "30 – 39"
        )  # the text leaves out how old the fifth mother was; so does the table


@pytest.mark.parametrize(
    ("variables", "groups"),
    [
        (["ethnicity"], ["hssi_without_custody"]),
        (["housing_tenure"], ["hssi_with_custody"]),
        (["services_used"], ["hssi_without_custody"]),
        (["number_of_children"], ["hssi_without_custody"]),  # the text says 2 or more, not 2 and 3+
        (["ethnicity"], {"alone": {"living_with_partner": "No"}}),
        (["ethnicity"], {"young": {"age": "≤ 25 years", "group": "HSSI"}}),
        ([], {"alone and young": {"living_with_partner": "No", "age": "≤ 25 years"}}),
        (["age_years"], ["rest"]),  # a mean is printed for A, B and C only
        (["other_children_in_care"], ["wider"]),
    ],
)
def test_other_cross_tabulations_are_refused_with_the_reason(cohort, variables, groups):
    with pytest.raises(
        mm.DisclosureError, match="The publication does not state these numbers"
    ) as raised:
        mm.summarise(cohort, variables, groups)
    assert "would be made up" in str(raised.value)
    assert raised.value.exit_code == 4


def test_a_refusal_holds_no_number_of_the_rows(cohort):
    with pytest.raises(mm.DisclosureError) as raised:
        mm.summarise(cohort, ["ethnicity"], ["hssi_without_custody"])
    assert not re.search(r"\d", str(raised.value))


def test_restricted_rows_may_be_asked_anything(other_rows):
    summary = mm.summarise(other_rows(), ["ethnicity"], ["hssi_without_custody"])
    assert summary.query("statistic == 'n' and variable == 'ethnicity'")["value"].sum() == 5


def test_rows_that_only_claim_to_be_the_reconstruction_are_found_out(study, tmp_path):
    text = (study.folder / study.file.data.demo).read_text(encoding="utf-8")
    path = tmp_path / "changed.csv"
    path.write_text(text.replace(",Arab,", ",Asian,"), encoding="utf-8")
    cohort = mm.read_cohort(path, study)
    for asked in (
        "ethnicity",
        "education",
    ):  # whatever is asked: no number of these rows can be trusted
        with pytest.raises(mm.DataError, match="do not agree with the publication") as raised:
            mm.summarise(cohort, [asked], ["wider"])
        assert raised.value.problems == (
            "ethnicity Asian within wider",
            "ethnicity Arab within wider",
        )


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        # a group that is another one, under a printed name: eleven women as well, with a mean age
        # near the printed one
        (
            "study.yaml",
            "where: {group: HSSI}",
            "where: {primary_diagnosis: Personality disorder}",
            "custody_of_baby No within hssi",
        ),
        (
            "published_table_1.csv",
            "age_years,,hssi,mean,28",
            "age_years,,hssi,mean,99",
            "age_years within hssi",
        ),
        (
            "published_facts.yaml",
            'age: 30 – 39}, is: "==", count: 1}',
            'age: 30 – 39}, is: "==", count: 2}',
            "fact D01",
        ),
    ],
)
def test_a_definition_that_the_rows_do_not_fit_gives_no_number(altered_study, file, old, new, said):
    from mothers_margins.study.read_study import read_study

    folder = altered_study(file, old, new)
    study = read_study("hscc_2019", folder)
    cohort = mm.derive(mm.read_cohort(folder / study.file.data.demo, study))
    with pytest.raises(mm.DataError, match="do not agree with the publication") as raised:
        mm.summarise(cohort, ["age_years"], ["hssi"])
    assert said in raised.value.problems


def test_a_group_is_published_by_its_condition_not_by_its_name(cohort):
    own = mm.summarise(cohort, ["age"], {"B": {"group": "HSSI"}})
    assert own.query("level == '≤ 25 years' and statistic == 'n'")["value"].item() == 7
    with pytest.raises(mm.UsageError, match="the study has groups of these names"):
        mm.summarise(cohort, ["age_years"], {"hssi": {"primary_diagnosis": "Personality disorder"}})
    with pytest.raises(mm.DisclosureError):
        mm.summarise(
            cohort, ["age_years"], {"eleven": {"primary_diagnosis": "Personality disorder"}}
        )


def test_a_group_within_the_whole_is_as_large_as_the_group(cohort):
    groups = mm.summarise(cohort, ["group"], ["wider"]).query(
        "statistic == 'n' and variable == 'group'"
    )
    assert groups.set_index("level")["value"].to_dict() == {"HSSI": 11, "LSSI": 7, "wider": 34}


def test_by_default_the_first_table_is_summarised(cohort, table_1):
    assert mm.summarise(cohort).equals(table_1)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (  # a difference that is none: its counts would come from made-up rows
            "where: {group: wider}",
            "where: {age: ≤ 25 years, primary_diagnosis: Depression}",
            "rest is not wider without hssi and lssi",
        ),
        (
            "contains: [hssi, lssi]",
            "contains: [hssi, lssi]\n  young: {label: Y, where: {age: 40+}, contains: [hssi]}",
            "young does not contain hssi",
        ),
    ],
)
def test_groups_relate_as_the_study_says(altered_study, old, new, said):
    from mothers_margins.study.read_study import read_study

    folder = altered_study("study.yaml", old, new)
    study = read_study("hscc_2019", folder)
    cohort = mm.derive(mm.read_cohort(folder / study.file.data.demo, study))
    with pytest.raises(mm.DataError) as raised:
        mm.summarise(cohort, ["ethnicity"], ["hssi"])
    assert said in raised.value.problems


@pytest.mark.parametrize(
    "fact",
    [
        # plausible, not published; an inequality; one level left over where values may be missing
        "kind: soft, group: hssi_without_custody, where: {education: Secondary education}, is: "
        '"==", count: 3',
        "kind: stated, group: hssi_without_custody, where: {education: Secondary education}, is: "
        '">=", count: 1',
        'kind: derived, group: hssi_with_custody, where: {other_children_in_care: "Yes"}, is: '
        '"==", count: 0',
    ],
)
def test_only_firm_exact_facts_settle_a_number(altered_study, fact):
    from mothers_margins.study.read_study import read_study

    study = read_study(
        "hscc_2019",
        altered_study("published_facts.yaml", "facts:\n", f"facts:\n  - {{id: X1, {fact}}}\n"),
    )
    assert (
        published_count(study, "hssi_without_custody", "education", "Secondary education") is None
    )
    assert published_count(study, "hssi_with_custody", "other_children_in_care", "No") is None


def test_bands_that_were_not_published_are_refused(altered_study):
    from mothers_margins.study.read_study import read_study

    folder = altered_study(
        "study.yaml",
        "  - name: first_child",
        "  - name: half\n    title: Half\n    from: age_years\n"
        "    bands: [{level: young, maximum: 28}, {level: old, minimum: 29}]\n"
        "  - name: first_child",
    )
    study = read_study("hscc_2019", folder)
    cohort = mm.derive(mm.read_cohort(folder / study.file.data.demo, study))
    with pytest.raises(mm.DisclosureError):
        mm.summarise(cohort, ["half"], ["hssi"])


def test_the_manuscripts_percentage_is_not_ascribed_to_other_numbers(other_rows):
    cohort = other_rows(age_years="20")  # the first HSSI row was 30 to 39: now eight are up to 25
    summary = mm.summarise(cohort)
    table = mm.characteristics(summary, "table_1")
    assert table.quote("age", "hssi", "≤ 25 years") == "8"
    assert "manuscript" not in repr(table)
    plan = cohort.study.plan("custody_paragraph")
    custody = mm.characteristics(
        mm.summarise(cohort, plan.variables, plan.groups), "custody_paragraph"
    )
    assert "those of the paper's text" not in repr(custody)
    claimed = mm.characteristics(summary, "table_1", as_published=True)
    assert claimed.quote("age", "hssi", "≤ 25 years") == "8"
    assert "These are not the publication's numbers, so its percentage is left out." in repr(
        claimed
    )


def test_what_follows_from_the_print_by_subtraction_and_by_exclusion(study):
    assert published_count(study, "rest", "ethnicity", "White British") == 28 - 6 - 6
    assert published_count(study, "hssi_without_custody", "living_with_partner", "No") == 5 - 0
    assert published_count(study, "hssi_without_custody", "age", "40+") == 5 - 4 - 1
    assert published_count(study, "wider", "first_child", "No") == 13 + 13
    assert published_count(study, "hssi_without_custody", "education", "Postgraduate") is None
