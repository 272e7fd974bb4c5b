"""Reading participant files: what is accepted, and that no message holds a value or an id."""

import pytest

import mothers_margins as mm
from mothers_margins.cohort.conditions import group_mask, where_mask
from mothers_margins.study.conditions import Group
from tests.conftest import SIX_WOMEN

PLANTED = "Zz-planted-77"

# What is wrong with the file, how it is made, and the line that the error must hold. Every fault
# carries PLANTED.
BAD_FILES = {
    "undeclared code": (
        lambda text: text.replace("w1,left,10,1,own", f"w1,left,10,1,{PLANTED}"),
        "house: 1 row with a code that is not declared (declared: 'own', 'rent') (row 2)",
    ),
    "undeclared yes or no": (
        lambda text: text.replace("own,1,0", f"own,{PLANTED},0"),
        "team: 1 row with a code that is not declared (declared: '1', '0') (row 2)",
    ),
    "not a number": (
        lambda text: text.replace("left,20,", f"left,{PLANTED},"),
        "score: 1 row without a number (row 3)",
    ),
    "not a whole number": (
        lambda text: text.replace("left,20,2", f"left,20,{PLANTED}"),
        "visits: 1 row without a whole number (row 3)",
    ),
    "half a visit": (
        lambda text: text.replace("left,20,2", "left,20,2.5"),
        "visits: 1 row without a whole number (row 3)",
    ),
    "out of range": (
        lambda text: text.replace("left,20,", "left,777777,"),
        "score: 1 row outside 0 to 100 (row 3)",
    ),
    "endless number": (
        lambda text: text.replace("left,20,2", "left,20," + "9" * 25),
        "visits: 1 row without a whole number (row 3)",
    ),
    "beyond every number": (
        lambda text: text.replace("left,20,", "left,1e309,"),
        "score: 1 row without a number (row 3)",
    ),
    "infinite": (
        lambda text: text.replace("left,20,", "left,inf,"),
        "score: 1 row without a number (row 3)",
    ),
    "id twice": (
        lambda text: text.replace("w2,", f"{PLANTED},").replace("w3,", f"{PLANTED},"),
        "woman_id: 2 rows with a value that another row has too; it must be unique (rows 3, 4)",
    ),
    "id missing": (
        lambda text: text.replace("w2,", ","),
        "woman_id: 1 row without a value, which is required (row 3)",
    ),
    "column missing": (
        lambda text: text.replace(",house", f",{PLANTED}"),
        "column 'house' is missing",
    ),
    "column extra": (
        lambda text: text.replace(",house", f",{PLANTED}"),
        "1 column that the schema does not declare (column 5)",
    ),
    "column twice": (
        lambda text: text.replace(",ward", ",team"),
        "column 'team' stands more than once",
    ),
    "another separator": (
        lambda text: text.replace(",", ";"),
        "it has one column only; cells must be separated by commas",
    ),
    "row too short": (
        lambda text: text + f"{PLANTED},left\n",
        "1 row with too many or too few cells (row 8)",
    ),
    "row too long": (
        lambda text: text + f"{PLANTED},left,1,1,own,1,1,1\n",
        "1 row with too many or too few cells (row 8)",
    ),
    "no rows": (lambda text: text.splitlines()[0], "it holds no rows of data"),
    "empty": (lambda text: "", "it holds no rows of data"),
    "quote left open": (
        lambda text: text + f'"{PLANTED}',
        "it is not comma-separated text in UTF-8",
    ),
}


@pytest.mark.parametrize("fault", BAD_FILES)
def test_a_bad_file_is_refused_without_a_value(tmp_path, small_study, fault):
    make, said = BAD_FILES[fault]
    path = tmp_path / "bad.csv"
    path.write_text(make(SIX_WOMEN), encoding="utf-8")
    with pytest.raises(mm.DataError) as raised:
        mm.read_cohort(path, small_study)
    message = str(raised.value)
    assert said in message
    assert "nothing was analysed" in message
    assert raised.value.exit_code == 3
    for value in (PLANTED, "777777", "w1", "w2"):
        assert value not in message
    assert raised.value.__cause__ is None  # a cause would print its values in the traceback


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("zip named .csv", b"PK\x03\x04\x14\x00\x00\x00\x08\x00\xff\xfe"),
        ("picture named .csv", b"\x89PNG\r\n\x1a\n\x00\x00"),
        ("Windows letters", "woman_id,side\nw1,café\n".encode("cp1252")),
        ("UTF-16", "woman_id,side\n".encode("utf-16")),
    ],
)
def test_what_is_not_utf_8_text_is_refused(tmp_path, small_study, name, content):
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(mm.DataError, match="nothing was analysed") as raised:
        mm.read_cohort(path, small_study)
    assert "caf" not in str(raised.value)


@pytest.mark.parametrize("name", ["missing.csv", "women.docx"])
def test_a_file_that_is_not_there_or_of_another_kind_is_refused(tmp_path, small_study, name):
    with pytest.raises(mm.DataError, match="nothing was analysed"):
        mm.read_cohort(tmp_path / name, small_study)


def test_all_problems_come_in_one_error(tmp_path, small_study):
    path = tmp_path / "bad.csv"
    bad = SIX_WOMEN.replace("w1,left,10,1,own", "w1,up,500,x,hut").replace("w2,left", "w1,up")
    path.write_text(bad, encoding="utf-8")
    with pytest.raises(mm.DataError) as raised:
        mm.read_cohort(path, small_study)
    assert str(raised.value) == (
        "The data file: 5 problems; nothing was analysed.\n"
        "  woman_id: 2 rows with a value that another row has too; it must be unique (rows 2, 3)\n"
        "  side: 2 rows with a code that is not declared (declared: 'left', 'right') (rows 2, 3)\n"
        "  score: 1 row outside 0 to 100 (row 2)\n"
        "  visits: 1 row without a whole number (row 2)\n"
        "  house: 1 row with a code that is not declared (declared: 'own', 'rent') (row 2)\n"
        "Row 1 holds the names. Correct the file, or data_dictionary/small/."
    )


def test_missing_codes_are_missing_and_keep_their_reason(six_women):
    assert six_women.data["house"].isna().tolist() == [False, False, False, False, True, False]
    assert six_women.reasons.loc[4, "house"] == "refused"
    assert six_women.reasons.loc[3, "score"] == "not asked"
    assert six_women.reasons["woman_id"].isna().all()
    assert six_women.data["score"].tolist()[0] == 10


def test_a_derived_value_is_missing_for_the_reason_of_its_source(six_women):
    # visits 1 2 3 4 12 and missing; bands 'few' to 2 and 'many' 3 to 9, so 12 lies outside every
    # band
    assert six_women.data["band"].astype("str").fillna("-").tolist() == [
        "few",
        "few",
        "many",
        "many",
        "-",
        "-",
    ]
    assert six_women.reasons.loc[4, "band"] == "outside_bands"
    assert six_women.reasons.loc[5, "band"] == "not asked"


def test_deriving_adds_and_changes_nothing(small_study):
    before = mm.read_cohort(small_study.folder / "six.csv", small_study)
    columns = list(before.data.columns)
    after = mm.derive(before)
    assert list(before.data.columns) == columns
    assert after.data[columns].equals(before.data)
    assert list(after.data.columns) == [*columns, "band"]


def test_a_row_with_a_missing_condition_is_in_neither_group(six_women):
    left = group_mask(six_women, "left")
    assert left.tolist() == [True, True, False, False, True, False]
    not_left = Group.model_validate({"label": "x", "where": {"side": {"not": ["left"]}}})
    assert where_mask(six_women, not_left.where).tolist() == [
        False,
        False,
        False,
        True,
        False,
        True,
    ]


def test_a_condition_on_options_means_any_of_them(six_women):
    either = Group.model_validate({"label": "x", "where": {"services": ["Team", "Ward"]}})
    assert where_mask(six_women, either.where).tolist() == [True, True, True, False, True, True]
    none = Group.model_validate({"label": "x", "where": {"services": {"not": ["Team", "Ward"]}}})
    assert where_mask(six_women, none.where).tolist() == [False, False, False, True, False, False]
    # whether somebody whose answer is missing used the team is not known: she meets neither
    # condition
    team = Group.model_validate({"label": "x", "where": {"services": "Team"}})
    no_team = Group.model_validate({"label": "x", "where": {"services": {"not": ["Team"]}}})
    assert where_mask(six_women, team.where).tolist() == [True, True, False, False, False, True]
    assert where_mask(six_women, no_team.where).tolist() == [False, False, True, True, False, False]


def test_showing_a_cohort_shows_no_row(cohort):
    for shown in (repr(cohort), str(cohort), cohort._repr_html_()):
        assert "SYN0" not in shown
        assert "White British" not in shown
        assert "SYNTHETIC" in shown


def test_a_file_without_the_mark_is_restricted(study, unmarked, tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(unmarked(), encoding="utf-8")
    cohort = mm.read_cohort(path, study)
    assert cohort.source.kind == "restricted"
    assert "SYNTHETIC" not in repr(cohort)
    path.write_text(unmarked().replace("W01", "SYN01"), encoding="utf-8")
    with pytest.raises(mm.DataError, match="holds made-up rows without the column that marks them"):
        mm.read_cohort(path, study)
    shipped = (study.folder / study.file.data.demo).read_text(encoding="utf-8")
    path.write_text(shipped.replace("SYN52,reconstructed", "SYN52,"), encoding="utf-8")
    with pytest.raises(mm.DataError, match="every row must say 'reconstructed'"):
        mm.read_cohort(path, study)


def test_the_participant_labels_of_the_quotations_are_no_ids(study, tmp_path):
    text = (study.folder / study.file.data.demo).read_text(encoding="utf-8")
    path = tmp_path / "linked.csv"
    path.write_text(text.replace("SYN01,", "Mother-13,"), encoding="utf-8")
    with pytest.raises(mm.DataError, match="does not have the declared pattern"):
        mm.read_cohort(path, study)


def test_the_analysts_own_file_is_found_through_the_environment(study, tmp_path, monkeypatch):
    path = tmp_path / "own.csv"
    lines = (
        (study.folder / study.file.data.demo).read_text(encoding="utf-8").splitlines(keepends=True)
    )
    path.write_text("".join(lines[:11]), encoding="utf-8")
    monkeypatch.setenv("MOTHERS_MARGINS_DATA", str(path))
    assert len(mm.open_cohort(study)) == 10
    monkeypatch.setenv("MOTHERS_MARGINS_DATA", "demo")
    assert len(mm.open_cohort(study)) == 52


def test_a_local_file_can_name_the_analysts_file_per_study(study, tmp_path, monkeypatch):
    from mothers_margins import places

    path = tmp_path / "own.csv"
    lines = (
        (study.folder / study.file.data.demo).read_text(encoding="utf-8").splitlines(keepends=True)
    )
    path.write_text("".join(lines[:11]), encoding="utf-8")
    monkeypatch.setattr(places, "project", lambda: tmp_path)
    (tmp_path / "local.yaml").write_text(f"hscc_2019: {path}\n", encoding="utf-8")
    assert len(mm.open_cohort(study)) == 10
    (tmp_path / "local.yaml").write_text("{}\n", encoding="utf-8")
    assert len(mm.open_cohort(study)) == 52
    (tmp_path / "local.yaml").write_text("- a list\n", encoding="utf-8")
    with pytest.raises(mm.UsageError, match="study: path"):
        mm.open_cohort(study)


def test_a_derived_variable_must_be_derived_first(study):
    with pytest.raises(mm.UsageError, match=r"call mm\.derive\(cohort\) first"):
        mm.summarise(mm.demo_cohort("hscc_2019"), ["age"], ["hssi"])


def test_restricted_rows_may_not_lie_inside_the_project(study, unmarked, tmp_path, monkeypatch):
    from mothers_margins import places

    (tmp_path / "own.csv").write_text(unmarked(), encoding="utf-8")
    assert mm.read_cohort(tmp_path / "own.csv", study).source.kind == "restricted"
    monkeypatch.setattr(places, "project", lambda: tmp_path)
    with pytest.raises(mm.DataError, match="lies inside the project's folder"):
        mm.read_cohort(tmp_path / "own.csv", study)


def test_a_zero_by_definition_that_is_none_is_found_with_its_row(study, unmarked, tmp_path):
    (tmp_path / "own.csv").write_text(
        unmarked(group="LSSI", custody_of_baby="No"), encoding="utf-8"
    )
    with pytest.raises(mm.DataError) as raised:
        mm.read_cohort(tmp_path / "own.csv", study)
    assert "1 row of lssi with custody_of_baby 'No', which cannot be" in str(raised.value)
    assert "(row 2)" in str(raised.value)


def test_a_misspelt_study_in_the_local_file_is_found(study, tmp_path, monkeypatch):
    from mothers_margins import places

    monkeypatch.setattr(places, "project", lambda: tmp_path)
    (tmp_path / "local.yaml").write_text("hscc2019: somewhere.csv\n", encoding="utf-8")
    with pytest.raises(mm.UsageError, match="did you mean 'hscc_2019'"):
        mm.open_cohort(study)
