"""The study definition: what is read, and what every fault says."""

import re

import pytest

import mothers_margins as mm
from mothers_margins.study.read_study import read_study
from mothers_margins.study.yaml_file import Definition, parse_yaml

SCHEMA, STUDY, FACTS, THEMES = (
    "women.schema.yaml",
    "study.yaml",
    "published_facts.yaml",
    "themes.yaml",
)

# What is broken: file, text, its replacement, and the line that the error must hold.
BROKEN = {
    "misspelt key": (
        STUDY,
        "unit: {one: woman, many: women}",
        "unit: {one: woman, many: women}\nrouding: {}",
        "study.yaml: rouding: this key is not part of the format; did you mean 'rounding'?",
    ),
    "key twice": (
        STUDY,
        "rounding: {rule: half_up, percent: 0, mean: 0}",
        "rounding: {rule: half_up, percent: 0, mean: 0, mean: 1}",
        "key 'mean' stands already in line",
    ),
    "missing part": (
        STUDY,
        "rounding: {rule: half_up, percent: 0, mean: 0}",
        "",
        "study.yaml: rounding: is missing",
    ),
    "rule that does not exist": (
        STUDY,
        "rule: half_up",
        "rule: up",
        "study.yaml: rounding.rule: input should be 'half_up' or 'half_even'",
    ),
    "unknown variable in a table": (
        STUDY,
        "variables: [ethnicity]",
        "variables: [ethnicty]",
        "study.yaml: tables.table_1: no variable 'ethnicty'; did you mean 'ethnicity'?",
    ),
    "unknown group in a table": (
        STUDY,
        "groups: [wider, hssi, lssi]",
        "groups: [wider, hssi, hlssi]",
        "study.yaml: tables.table_1: no group 'hlssi' (known: wider, hssi, lssi, rest,",
    ),
    "condition on an unknown level": (
        STUDY,
        "where: {group: LSSI}",
        "where: {group: lssi}",
        "study.yaml: groups.lssi.where: 'lssi' is no level of group (declared: HSSI, LSSI, wider)",
    ),
    "part that is no group": (
        STUDY,
        "contains: [hssi, lssi]",
        "contains: [hssi, lss]",
        "study.yaml: groups.wider refers to no known group 'lss'",
    ),
    "overlapping bands": (
        STUDY,
        "{level: 40+, minimum: 40}",
        "{level: 40+, minimum: 39}",
        "study.yaml: derived age: bands '30 – 39' and '40+' overlap",
    ),
    "bands with a gap": (
        STUDY,
        "{level: 40+, minimum: 40}",
        "{level: 40+, minimum: 42}",
        "study.yaml: derived age: bands '30 – 39' and '40+' leave a gap",
    ),
    "bands that leave out what the file allows": (
        STUDY,
        "{level: 40+, minimum: 40}",
        "{level: 40+, minimum: 40, maximum: 45}",
        "study.yaml: derived age: no band holds 50, which age_years allows",
    ),
    "block of levels that are none": (
        STUDY,
        "levels: [≤ 25 years]",
        "levels: [≤ 24 years]",
        "study.yaml: tables.custody_paragraph: '≤ 24 years' is no level of block 'Age'",
    ),
    "level that is merged nowhere": (
        STUDY,
        '"No": ["2", 3+]',
        '"No": ["2"]',
        "study.yaml: derived first_child: level '3+' of number_of_children must stand in exactly "
        "one merged level",
    ),
    "percentage of a cell that is not there": (
        STUDY,
        "level: ≤ 25 years, base",
        "level: ≤ 24 years, base",
        "study.yaml: tables.table_1: printed_percentages names a cell that the table does not "
        "have (≤ 24 years)",
    ),
    "field twice": (
        SCHEMA,
        "name: service_parent_infant_team,",
        "name: service_mother_and_baby_unit,",
        "women.schema.yaml: fields: 'service_mother_and_baby_unit' stands 2 times",
    ),
    "level twice": (
        SCHEMA,
        "Asian, Arab, Mixed Race",
        "Asian, Asian, Mixed Race",
        "women.schema.yaml: ethnicity.categories: 'Asian' stands 2 times",
    ),
    "number without a summary": (
        SCHEMA,
        "    x-summary: mean\n",
        "",
        "women.schema.yaml: age_years: a number needs x-summary: mean, mean_sd or median_iqr",
    ),
    "pattern that is none": (
        SCHEMA,
        'pattern: "(?!.*[Mm]other[- ]?[0-9]).+"',
        'pattern: "("',
        "women.schema.yaml: woman_id: constraints.pattern is not a regular expression",
    ),
    "unknown key in the schema": (
        SCHEMA,
        "x-unit: years",
        "x-units: years",
        "women.schema.yaml: fields.3.x-units: this key is not part of the format; did you mean "
        "'x-unit'?",
    ),
    "fact on an unknown group": (
        FACTS,
        "{id: J17, kind: derived, group: rest,",
        "{id: J17, kind: derived, group: others,",
        "published_facts.yaml: J17: no group 'others'",
    ),
    "fact with an id that is taken": (
        FACTS,
        "{id: J17,",
        "{id: J16,",
        "published_facts.yaml: facts: 'J16' stands 2 times",
    ),
    "theme without sub-themes": (
        THEMES,
        "    label: Set up to fail\n    subthemes:",
        "    label: Set up to fail\n    sub-themes:",
        "themes.yaml: themes.1.subthemes: is missing",
    ),
    "printed total of nobody": (
        "published_table_1.csv",
        "n,,wider,n,52",
        "n,,everyone,n,52",
        "published_table_1.csv: 'n' for 'everyone' is not a known variable and group",
    ),
    "tag": (
        STUDY,
        "one: woman",
        "one: !!int woman",
        "study.yaml line 7: not readable as UTF-8 YAML (no tags or aliases)",
    ),
    "alias": (
        STUDY,
        "one: woman",
        "one: *woman",
        "not readable as UTF-8 YAML (no tags or aliases)",
    ),
    "key that is a list": (
        STUDY,
        "one: woman",
        "[one]: woman",
        "not readable as UTF-8 YAML (a key must be a word)",
    ),
    "number too long to be one": (
        STUDY,
        "percent: 0",
        f"percent: {'9' * 5000}",
        "not readable as UTF-8 YAML (ValueError)",
    ),
    "nesting without end": (
        STUDY,
        "one: woman",
        f"one: {'[' * 30000}",
        "not readable as UTF-8 YAML (nested too deeply)",
    ),
    "text without quotes": (
        SCHEMA,
        '["1", "2", 3+]',
        "[1, 2, 3+]",
        "categories.0.value: must be text; put it in quotes",
    ),
    "level without quotes": (
        STUDY,
        'from: number_of_children\n    levels: {"Yes": ["1"]',
        'from: number_of_children\n    levels: {"Yes": [1]',
        "must be text; put it in quotes",
    ),
    "text where keys belong": (
        STUDY,
        "unit: {one: woman, many: women}",
        "unit: women",
        "study.yaml: unit: must hold keys",
    ),
    "no table": (
        STUDY,
        "tables:\n  table_1:",
        "tables: {}\nother:\n  table_1:",
        "study.yaml: tables: must not be empty",
    ),
    "percentage without a base": (
        STUDY,
        "level: 26 - 29 years, base: [hssi, lssi]",
        "level: 26 - 29 years, base: []",
        "base: must not be empty",
    ),
    "condition without a level": (
        STUDY,
        "where: {group: LSSI}",
        "where: {group: []}",
        "levels: must not be empty",
    ),
    "bands of a text": (
        STUDY,
        "from: age_years",
        "from: ethnicity",
        "derived age: bands need a number, and ethnicity is none",
    ),
    "difference of a difference": (
        STUDY,
        "label: HSSI mothers with custody of their baby at interview",
        "label: HSSI mothers with custody of their baby at interview\n    difference: {of: rest, "
        "minus: [hssi]}",
        "groups.hssi_with_custody.difference: 'rest' is a difference itself",
    ),
    "minimum above the maximum": (
        SCHEMA,
        "minimum: 16, maximum: 50",
        "minimum: 60, maximum: 50",
        "age_years: constraints.minimum is above the maximum",
    ),
    "band that ends before it begins": (
        STUDY,
        "minimum: 26, maximum: 29",
        "minimum: 29, maximum: 26",
        "band '26 - 29 years' ends before it begins",
    ),
    "question declared twice": (
        SCHEMA,
        "    title: Service(s) used\n",
        "    title: Service(s) used\n    note: x\n  - name: services_used\n    title: Again\n",
        "x-multi-response-sets: 'services_used' stands 2 times",
    ),
    "answers chosen by a block": (
        STUDY,
        "{title: Service(s) used, variables: [services_used]}",
        "{title: Service(s) used, variables: [services_used], levels: [Parent-infant team]}",
        "block 'Service(s) used' cannot choose among the answers",
    ),
    "percentage of a misspelt variable": (
        STUDY,
        "{group: hssi, variable: age, level: ≤ 25 years",
        "{group: hssi, variable: agee, level: ≤ 25 years",
        "printed_percentages names a cell that the table does not have",
    ),
    "statistic that is not printed": (
        "published_table_1.csv",
        "age_years,,hssi,mean,28",
        "age_years,,hssi,median,28",
        "statistic must be n or mean",
    ),
    "value that is no number": (
        "published_table_1.csv",
        "n,,hssi,n,11",
        "n,,hssi,n,nan",
        "value is not a number",
    ),
    "mean of a category": (
        "published_table_1.csv",
        "age_years,,hssi,mean,28",
        "ethnicity,,hssi,mean,28",
        "a mean of 'ethnicity', which is not a number",
    ),
    "derived variable with a taken name": (
        STUDY,
        "- name: first_child",
        "- name: services_used",
        "derived: 'services_used' stands 2 times",
    ),
    "answers with one title": (
        SCHEMA,
        "title: Early intervention team,",
        "title: Parent-infant team,",
        "services_used: 'Parent-infant team' stands 2 times",
    ),
    "two codes with one reason": (
        SCHEMA,
        '- {value: n/a, label: "does not apply: the baby is her first child"}',
        "- {value: n/a, label: not stated in the paper}",
        "2 missing codes have the reason 'not stated in the paper'",
    ),
    "code with two meanings": (
        SCHEMA,
        "categories: [reconstructed]",
        'categories: [reconstructed, ""]',
        "data_status: '' has two meanings",
    ),
    "group that contains itself": (
        STUDY,
        "contains: [hssi, lssi]",
        "contains: [wider, lssi]",
        "groups.wider refers to itself",
    ),
    "letter of two columns": (
        STUDY,
        "letter: C",
        "letter: B",
        "letters of groups: 'B' stands 2 times",
    ),
    "definition that is a list": (THEMES, "title: ", "- title: ", "themes.yaml"),
    "file that is not YAML": (
        THEMES,
        "title: ",
        "title: [",
        "not readable as UTF-8 YAML",
    ),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_definition_says_what_is_wrong(altered_study, fault):
    file, old, new, said = BROKEN[fault]
    folder = altered_study(file, old, new)
    with pytest.raises(mm.StudyError) as raised:
        read_study("hscc_2019", folder)
    assert said in str(raised.value)
    assert "nothing was read" in str(raised.value)
    assert raised.value.exit_code == 2


def test_all_faults_of_all_files_are_listed_at_once(altered_study):
    folder = altered_study(STUDY, "variables: [ethnicity]", "variables: [ethnicty]")
    for fault in ("bands with a gap", "fact with an id that is taken", "level twice"):
        file, old, new, _ = BROKEN[fault]
        path = folder / file
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(mm.StudyError) as raised:
        read_study("hscc_2019", folder)
    faults = str(raised.value)
    for fault in (
        "unknown variable in a table",
        "bands with a gap",
        "fact with an id that is taken",
        "level twice",
    ):
        assert BROKEN[fault][3] in faults
    assert (
        faults.count("'Arab' is no level of ethnicity") == 3
    )  # its three printed totals are left without a level


def test_faults_of_format_in_every_file_are_listed_at_once(altered_study):
    folder = altered_study(
        STUDY, "unit: {one: woman, many: women}", "unit: {one: woman, many: women}\nuint: 1"
    )
    for file, old, new in (
        (SCHEMA, "x-unit: years", "x-unit: years\n    x-unti: years"),
        (THEMES, "title: ", "titel: x\ntitle: "),
        (FACTS, "{id: J17,", "{id: J17, of: 1,"),
        (STUDY, "variables: [ethnicity]", "variables: [ethnicty]"),
    ):
        path = folder / file
        path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(mm.StudyError) as raised:
        read_study("hscc_2019", folder)
    for word in ("uint", "x-unti", "titel", "J17|of", "ethnicty"):
        assert re.search(word, str(raised.value)), word
    # and when study.yaml cannot be read at all, the faults of the others are still there
    (folder / STUDY).write_text("name: [", encoding="utf-8")
    with pytest.raises(mm.StudyError) as raised:
        read_study("hscc_2019", folder)
    for word in ("study.yaml line", "x-unti", "titel", "published_facts.yaml"):
        assert word in str(raised.value), word


def test_the_whole_message_of_a_broken_definition(altered_study):
    folder = altered_study(STUDY, "variables: [ethnicity]", "variables: [ethnicty]")
    with pytest.raises(mm.StudyError) as raised:
        read_study("hscc_2019", folder)
    assert str(raised.value) == (
        "data_dictionary/hscc_2019: 1 fault in the study definition; nothing was read.\n"
        "  study.yaml: tables.table_1: no variable 'ethnicty'; did you mean 'ethnicity'?\n"
        "The format is described in data_dictionary/README.md."
    )


def test_a_study_that_does_not_exist_is_a_usage_error_with_the_nearest_name():
    with pytest.raises(
        mm.UsageError, match=re.escape("no study 'hscc_2018'; did you mean 'hscc_2019'?")
    ):
        mm.read_study("hscc_2018")


def test_the_folder_and_the_name_must_agree(altered_study):
    folder = altered_study(STUDY, "name: hscc_2019", "name: hscc_2020")
    with pytest.raises(mm.StudyError, match="name is 'hscc_2020', the folder is 'hscc_2019'"):
        read_study("hscc_2019", folder)


class Anything(Definition):
    value: object


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("No", "No"),
        ("off", "off"),
        ("12:30", "12:30"),
        ("2021-11-18", "2021-11-18"),
        ("012", "012"),
        ("true", True),
        ("12", 12),
        ("1.5", 1.5),
    ],
)
def test_yaml_words_and_times_stay_text(tmp_path, written, read):
    # YAML 1.1, which PyYAML follows, reads No and off as false, 12:30 as 750 and a date as an
    # object
    path = tmp_path / "one.yaml"
    path.write_text(f"value: {written}\n", encoding="utf-8")
    found, faults = parse_yaml(path, Anything)
    assert not faults
    assert found.value == read


def test_a_definition_cannot_be_changed(study):
    with pytest.raises(Exception, match="frozen"):
        study.groups["hssi"].label = "others"
    with pytest.raises(AttributeError):
        study.facts = ()


def test_levels_keep_their_declared_order(study):
    assert study.levels("age") == ("≤ 25 years", "26 - 29 years", "30 – 39", "40+")
    assert study.levels("services_used")[0] == "Mother and baby unit"
    assert study.levels("age_years") == ()


ABOVE = "score: constraints.minimum is above the maximum"


@pytest.mark.parametrize(
    ("limits", "faulty"),
    [
        ("{minimum: 5, maximum: 0}", True),
        ("{minimum: 0, maximum: -1}", True),
        ("{minimum: 0.5, maximum: 0.4}", True),
        ("{minimum: -2, maximum: -3}", True),
        ("{maximum: -1}", False),  # without a minimum there is nothing that it could lie below
        ("{minimum: -3, maximum: 0}", False),
        ("{minimum: 0, maximum: 0}", False),
        ("{minimum: 5}", False),
        ("{maximum: 0}", False),
    ],
)
def test_a_limit_of_nought_is_a_limit_and_none_is_none(small_study, limits, faulty):
    schema = small_study.folder / SCHEMA
    text = schema.read_text(encoding="utf-8")
    assert text.count("{minimum: 0, maximum: 100}") == 1
    schema.write_text(text.replace("{minimum: 0, maximum: 100}", limits), encoding="utf-8")
    if not faulty:
        read_study(small_study.name, small_study.folder)
        return
    with pytest.raises(mm.StudyError) as raised:
        read_study(small_study.name, small_study.folder)
    assert [problem for problem in raised.value.problems if problem.endswith(ABOVE)]
