"""Files under names of their own: mapped, merged and corrected, they give the cohort that the
shipped file gives.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
import yaml
from pandas.testing import assert_frame_equal

import mothers_margins as mm
from mothers_margins.batch.cache_key import data_fingerprint
from mothers_margins.cohort.merge_sources import files_read

LETTERS = {f".{letter}": letter for letter in "abcdefghijklmnopqrstuvwxyz"}
ID = "dyad_id"


def plan(esmi: mm.Study) -> dict:
    return yaml.safe_load((esmi.folder / "sources.yaml").read_text(encoding="utf-8"))


def in_stata(path: Path, table: dict, rows: pd.DataFrame, esmi: mm.Study) -> None:
    """One table of the export: foreign names, labelled codes, .a to .z as Stata's own extended
    missing values.
    """
    columns: dict[str, np.ndarray] = {table["id"]: rows[ID].to_numpy(dtype=object)}
    labels: dict[str, dict[float, str]] = {}
    letters: dict[str, list[str]] = {}
    named = {
        name: one if isinstance(one, dict) else {"from": one}
        for name, one in table["variables"].items()
    }
    for instrument in esmi.schema.instruments:
        for number in range(
            1, instrument.items + 1 if instrument.name in table.get("items", {}) else 1
        ):
            written = (
                table["items"][instrument.name]
                .replace("{nn}", f"{number:02d}")
                .replace("{n}", str(number))
            )
            named[instrument.item(number)] = {"from": written}
    for name, one in named.items():
        column, texts = one["from"], rows[name]
        used = sorted({LETTERS[text] for text in texts if text in LETTERS})
        codes = {label: float(code) for code, label in enumerate(one.get("values", {}), 1)}
        to_code = {level: codes[label] for label, level in one.get("values", {}).items()}
        if one.get("values"):
            labels[column] = {code: label for label, code in codes.items()}
        if (
            esmi.fields[name].type == "string"
            and not one.get("values")
            and not name.startswith("canm")
        ):
            columns[column] = texts.to_numpy(dtype=object)
            continue
        cells = [
            LETTERS.get(text) or (np.nan if text == "" else to_code.get(text)) for text in texts
        ]
        cells = [
            float(text) if cell is None else cell for cell, text in zip(cells, texts, strict=True)
        ]
        columns[column] = np.array(cells, dtype=object if used else float)
        letters |= {column: used} if used else {}
    pyreadstat.write_dta(
        pd.DataFrame(columns),
        path,
        version=14,
        variable_value_labels=labels,
        missing_user_values=letters or None,
    )


@pytest.fixture
def export(esmi, shipped, tmp_path) -> Path:
    """The demonstration export: two .dta files, the second in another order."""
    baseline, later = plan(esmi)["tables"]
    in_stata(tmp_path / baseline["file"], baseline, shipped, esmi)
    in_stata(tmp_path / later["file"], later, shipped.iloc[::-1], esmi)
    return tmp_path


def test_an_export_in_two_stata_files_under_foreign_names_gives_the_same_cohort(esmi, export):
    found, expected = mm.read_cohort(export, esmi), mm.demo_cohort("esmi")
    assert_frame_equal(found.data, expected.data)
    assert_frame_equal(found.reasons, expected.reasons)  # so .a to .d and .n are still apart
    assert found.source == expected.source
    assert {reason for name in found.reasons for reason in found.reasons[name].dropna()} >= {
        "form not completed",
        "question not answered",
        "not known",
        "declined to answer",
        "does not apply",
    }


def test_the_files_are_as_foreign_as_they_look(esmi, export):
    baseline, _ = pyreadstat.read_dta(export / "esmi_baseline.dta")
    shared = {*baseline.columns} & {*esmi.fields}
    assert shared <= {f"honos{n}" for n in range(1, 13)}
    plain = pd.read_stata(export / "esmi_baseline.dta", convert_categoricals=False)
    assert plain["drughx"].isna().sum() > 0
    # what pandas makes of it by default, .a and . alike, is what the reader must not make of it
    assert set(plain["drughx"].dropna()) <= {1.0, 2.0}


def own_map(folder: Path, esmi: mm.Study, change: Callable[[dict], object]) -> None:
    content = plan(esmi)
    change(content)
    (folder / "sources.yaml").write_text(
        yaml.safe_dump(content, allow_unicode=True), encoding="utf-8"
    )


def test_dyads_without_a_row_in_a_table_are_counted_and_say_why_they_lack_its_values(
    esmi, shipped, export
):
    _, later = plan(esmi)["tables"]
    more = pd.concat([shipped.iloc[5:], shipped.iloc[:2].assign(**{ID: ["other1", "other2"]})])
    in_stata(export / later["file"], later, more, esmi)
    found = mm.read_cohort(export, esmi)
    said = {(event.event, event.table): event.rows for event in found.events}
    assert said == {("no_row_in_table", "2"): 5, ("row_left_out", "2"): 2}
    assert found.data["safeguarding_t2"].iloc[:5].isna().all()
    assert (found.reasons["safeguarding_t2"].iloc[:5] == "no_row_in_table").all()
    assert_frame_equal(found.data.iloc[5:], mm.demo_cohort("esmi").data.iloc[5:])


def test_corrections_are_applied_in_order_of_their_dates_and_counted(esmi, shipped, export):
    own_map(export, esmi, lambda content: content.update(corrections="corrections.csv"))
    first, second = shipped[ID].iloc[:2]
    old, age = shipped["age_years"].iloc[0], shipped["age_years"].iloc[1]
    lines = [
        "date,id,variable,old,new,reason",
        f"2026-03-02,{first},age_years,44,45,mistyped again",
        f"2026-03-01,{first},age_years,{old},44,mistyped",
        f"2026-03-01,{second},age_years,{age},.c,crossed out on the form",
    ]
    (export / "corrections.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = mm.read_cohort(export, esmi)
    assert found.data["age_years"].iloc[0] == 45
    assert found.data["age_years"].isna().iloc[1]
    assert found.reasons["age_years"].iloc[1] == "not known"
    assert [(e.engine, e.variable, e.rows) for e in found.events][-1] == (
        "corrections",
        "age_years",
        3,
    )
    told = mm.impossible(mm.derive(found))
    assert told.loc[told["engine"] == "corrections", "n"].tolist() == [3]


def test_a_supplied_score_stands_in_for_items_that_are_absent(esmi, shipped, tmp_path):
    scored = mm.derive(mm.demo_cohort("esmi"))
    items = [name for name in shipped if name.startswith("ctq_")]
    total = scored.data["ctq_total"]
    frame = shipped.drop(columns=items)
    frame["CTQTOT"] = [".a" if pd.isna(value) else f"{value:g}" for value in total]
    frame.to_csv(tmp_path / "one.csv", index=False)
    names = {name: name for name in frame if name not in (ID, "CTQTOT")} | {"ctq_total": "CTQTOT"}
    content = {"tables": [{"file": "one.csv", "id": ID, "variables": names}]}
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    found = mm.derive(mm.read_cohort(tmp_path / "sources.yaml", esmi))
    known = total.notna()
    assert np.allclose(
        found.data["ctq_total"][known].astype(float), total[known].astype(float), rtol=1e-5
    )
    assert (found.scoring["ctq_total"][known] == "supplied").all()
    assert (found.reasons["ctq_total"][~known] == "form not completed").all()
    assert found.data["ctq_emotional_abuse"].isna().all()
    assert (found.reasons["ctq_01"] == "only_score_supplied").all()
    assert found.data["involved_t1"].equals(scored.data["involved_t1"])


def test_every_file_that_is_read_belongs_to_the_fingerprint(esmi, shipped, export):
    own_map(export, esmi, lambda content: content.update(corrections="corrections.csv"))
    (export / "corrections.csv").write_text("date,id,variable,old,new,reason\n", encoding="utf-8")
    files = files_read(export, esmi)
    assert [file.name for file in files] == [
        "sources.yaml",
        "esmi_baseline.dta",
        "esmi_year1.dta",
        "corrections.csv",
    ]
    before = data_fingerprint(export, files, restricted=True)
    (export / "corrections.csv").write_text("date,id,variable,old,new,reason \n", encoding="utf-8")
    assert data_fingerprint(export, files, restricted=True) != before
    assert (export / "data.key").is_file()


def test_a_label_that_is_not_mapped_is_an_error_and_is_not_shown(esmi, shipped, export):
    def forget(content: dict) -> None:
        content["tables"][0]["variables"]["safeguarding_t1"]["values"].pop("LAC/court")

    own_map(export, esmi, forget)
    rows = int((shipped["safeguarding_t1"] == "looked after or court order").sum())
    with pytest.raises(mm.DataError) as raised:
        mm.read_cohort(export, esmi)
    assert f"safeguarding_t1: {rows} rows with a label that sources.yaml does not map" in str(
        raised.value
    )
    assert "of esmi_baseline.dta" in str(raised.value)
    assert "LAC" not in str(raised.value)


def one_table(folder: Path, frame: pd.DataFrame, **more: object) -> Path:
    """A folder with one .csv file under the dictionary's own names, and a sources.yaml that says
    more.
    """
    frame.to_csv(folder / "one.csv", index=False)
    names = {name: name for name in frame if name != ID}
    variables = more.pop("variables", {})
    table = {"file": "one.csv", "id": ID, "variables": names | variables, **more.pop("table", {})}
    (folder / "sources.yaml").write_text(
        yaml.safe_dump({"tables": [table], **more}), encoding="utf-8"
    )
    return folder


def test_codes_of_the_file_may_stand_for_missing_codes_of_the_dictionary(esmi, shipped, tmp_path):
    frame = shipped.copy()
    frame.loc[0, "age_years"], frame.loc[1, "country"], frame.loc[2, "age_years"] = (
        "-99",
        "-99",
        "-88",
    )
    frame.loc[1, ["deprivation_rank", "deprivation_index"]] = ""
    folder = one_table(
        tmp_path,
        frame,
        table={"missing": {"-99": ".c"}},
        variables={"age_years": {"from": "age_years", "missing": {"-88": ".d"}}},
    )
    found = mm.read_cohort(folder, esmi)
    assert found.reasons.loc[[0, 2], "age_years"].tolist() == ["not known", "declined to answer"]
    assert found.reasons.loc[1, "country"] == "not known"
    assert (
        found.data["age_years"].iloc[3:].equals(mm.demo_cohort("esmi").data["age_years"].iloc[3:])
    )


def test_a_number_may_be_mapped_without_naming_every_number(esmi, shipped, tmp_path):
    frame = shipped.copy()
    frame["age_years"] = frame["age_years"].replace("31", "thirty-one")
    folder = one_table(
        tmp_path,
        frame,
        variables={"age_years": {"from": "age_years", "values": {"thirty-one": "31"}}},
    )
    assert (
        mm.read_cohort(folder, esmi)
        .data["age_years"]
        .equals(mm.demo_cohort("esmi").data["age_years"])
    )


def test_items_may_have_codes_of_their_own(esmi, shipped, tmp_path):
    frame = shipped.copy()
    items = [f"canm_{number:02d}" for number in range(1, 27)]
    frame[items] = frame[items].replace({"0": "none", "1": "met", "2": "unmet", "9": "DK"})
    names = {name: name for name in frame if name != ID and name not in items}
    frame.to_csv(tmp_path / "one.csv", index=False)
    rating = {
        "from": "canm_{nn}",
        "values": {"none": "0", "met": "1", "unmet": "2"},
        "missing": {"DK": "9"},
    }
    table = {"file": "one.csv", "id": ID, "variables": names, "items": {"canm": rating}}
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump({"tables": [table]}), encoding="utf-8")
    found, expected = mm.read_cohort(tmp_path, esmi), mm.demo_cohort("esmi")
    assert_frame_equal(found.data[items], expected.data[items])
    assert_frame_equal(found.reasons[items], expected.reasons[items])


def test_several_columns_of_diagnoses_are_joined_and_written_as_the_dictionary_writes_them(
    esmi, shipped, tmp_path
):
    frame = shipped.drop(columns="icd10_other").assign(dx2="", dx3="", dx4="")
    frame.loc[0, ["dx2", "dx3"]] = ["F603", "F17.2"]
    frame.loc[1, "dx4"] = "F11 .2"
    frame.to_csv(tmp_path / "one.csv", index=False)
    names = {name: name for name in shipped if name not in (ID, "icd10_other")}
    names["icd10_other"] = {"from": ["dx2", "dx3", "dx4"]}
    content = {"tables": [{"file": "one.csv", "id": ID, "variables": names}]}
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    folder = tmp_path
    found = mm.derive(mm.read_cohort(folder, esmi))
    assert found.data["icd10_other"].iloc[:3].tolist() == ["F60.3;F17.2", "F11.2", "none"]
    assert found.data["personality_disorder"].iloc[0] == "Yes"
    assert found.data["icd10_substance"].iloc[1] == "Yes"
    # an empty cell is no other diagnosis, so the primary one decides
    primary = mm.demo_cohort("esmi").data["icd10_primary"].iloc[2:].dropna()
    expected = ["Yes" if code.startswith("F60") else "No" for code in primary]
    assert found.data["personality_disorder"].loc[primary.index].tolist() == expected


def test_what_no_file_holds_is_said_and_is_missing_for_that_reason(esmi, shipped, tmp_path):
    folder = one_table(tmp_path, shipped.drop(columns="services_1y"), not_held=["services_1y"])
    found = mm.read_cohort(folder, esmi)
    assert found.data["services_1y"].isna().all()
    assert set(found.reasons["services_1y"]) == {"not_held"}
    (tmp_path / "again").mkdir()
    again = one_table(
        tmp_path / "again", shipped.drop(columns="safeguarding_t1"), not_held=["safeguarding_t1"]
    )
    with pytest.raises(mm.DataError, match="not_held: 'safeguarding_t1' is needed"):
        mm.read_cohort(again, esmi)


def test_a_missing_code_that_the_file_labels_otherwise_must_be_mapped(esmi, shipped, tmp_path):
    table = {
        "file": "one.dta",
        "id": ID,
        "variables": {name: name for name in shipped if name != ID},
    }
    cells = [
        LETTERS.get(text) or (np.nan if text == "" else float(text == "Yes"))
        for text in shipped["drug_history"]
    ]
    frame = shipped.assign(drug_history=np.array(cells, dtype=object))
    labels = {"drug_history": {1.0: "Yes", 0.0: "No", "a": "Refused"}}
    pyreadstat.write_dta(
        frame,
        tmp_path / "one.dta",
        variable_value_labels=labels,
        missing_user_values={"drug_history": ["a"]},
    )
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump({"tables": [table]}), encoding="utf-8")
    rows = int((shipped["drug_history"] == ".a").sum())
    with pytest.raises(
        mm.DataError, match=f"drug_history: {rows} rows with a label that sources.yaml does not map"
    ):
        mm.read_cohort(tmp_path, esmi)
    table["variables"]["drug_history"] = {"from": "drug_history", "missing": {"Refused": ".d"}}
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump({"tables": [table]}), encoding="utf-8")
    found = mm.read_cohort(tmp_path, esmi)
    assert (found.reasons["drug_history"] == "declined to answer").sum() == rows


def test_a_question_that_does_not_concern_a_mother_is_not_a_missing_value(esmi, shipped, tmp_path):
    frame = shipped.copy()
    frame["days_to_readmission"] = frame["days_to_readmission"].replace(
        ".n", ""
    )  # as Stata's own missing value
    frame.to_csv(tmp_path / "one.csv", index=False)
    found = mm.read_cohort(tmp_path / "one.csv", esmi)
    assert_frame_equal(found.reasons, mm.demo_cohort("esmi").reasons)
    again = shipped["readmitted_1y"] == "Yes"
    frame.loc[again.idxmax(), "days_to_readmission"] = ".n"
    frame.to_csv(tmp_path / "one.csv", index=False)
    with pytest.raises(mm.DataError) as raised:
        mm.read_cohort(tmp_path / "one.csv", esmi)
    assert f"1 row that say it does not apply, though it does (row {again.idxmax() + 2})" in str(
        raised.value
    )


def test_faults_of_tables_ids_cells_and_combinations_come_in_one_error(esmi, shipped, export):
    baseline, later = plan(esmi)["tables"]
    worse = shipped.copy()
    worse.loc[3, "honos_04"], worse.loc[4, "country"] = "7", "Wales"
    worse.loc[4, "deprivation_index"] = "IMD 2010"
    in_stata(export / baseline["file"], baseline, worse, esmi)
    in_stata(export / later["file"], later, pd.concat([shipped, shipped.iloc[[8]]]), esmi)

    def break_it(content: dict) -> None:
        content["tables"][0]["variables"]["gestation_weeks"] = "gestation"
        content.update(corrections="corrections.csv")

    own_map(export, esmi, break_it)
    (export / "corrections.csv").write_text(
        "date,id,variable,old,new,reason\n1/3/26,x,y,1,2,\n", encoding="utf-8"
    )
    with pytest.raises(mm.DataError) as raised:
        mm.read_cohort(export, esmi)
    said = str(raised.value)
    for line in (
        "esmi_baseline.dta: column 'gestation', which sources.yaml names, is missing",
        "esmi_baseline.dta: 1 column not named in sources.yaml",
        "esmi_year1.dta: 2 rows with an id that another row has (rows 9, 280)",
        "corrections.csv: 1 row without a date such as 2026-11-22 (row 2)",
        "honos_04: 1 row outside 0 to 4 (row 4 of esmi_baseline.dta)",
        "the English index does not rank areas of Wales (row 5)",
    ):
        assert line in said, line


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda one: one["variables"].update(dyad_id="mumage"),
            "'dyad_id' is named with `id`, not among the variables",
        ),
        (lambda one: one.update(sheet="First"), "only a .xlsx file has a sheet"),
    ],
)
def test_a_map_that_would_replace_the_id_or_say_nothing_is_refused(esmi, export, change, said):
    own_map(export, esmi, lambda content: change(content["tables"][0]))
    with pytest.raises(mm.DataError, match="nothing was analysed") as raised:
        mm.read_cohort(export, esmi)
    assert said in str(raised.value)


def test_a_supplied_total_must_be_the_sum_of_the_parts_beside_it(esmi, shipped, tmp_path):
    parts = list(esmi.scores["ctq_total"].sum_of)
    frame = shipped.drop(columns=[name for name in shipped if name.startswith("ctq_")])
    frame = frame.assign(**dict.fromkeys(parts, "5"), ctq_total="25")
    frame.to_csv(tmp_path / "own.csv", index=False)
    assert set(mm.read_cohort(tmp_path / "own.csv", esmi).data["ctq_total"]) == {25}
    frame.loc[1, "ctq_total"] = "125"
    frame.to_csv(tmp_path / "own.csv", index=False)
    with pytest.raises(
        mm.DataError, match=r"beside its parts, which cannot be: it is not their sum \(row 3\)"
    ):
        mm.read_cohort(tmp_path / "own.csv", esmi)
