"""An imputed cohort written for Stata: the file read back by two readers, and the .do file by a
small one of ours.
"""

import re
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pyreadstat
import pytest
import statsmodels.api as sm
from pandas.io.stata import StataMissingValue

import mothers_margins as mm
from mothers_margins import places
from mothers_margins.analysis.missing_data import to_stata as stata_export
from mothers_margins.study.source import Source

M = 4
TOGETHER = "Asian, Mixed or Other"


@pytest.fixture(scope="module")
def imputed(imputed_demo):
    return imputed_demo


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(places.OUT, str(tmp_path))
    return tmp_path / "internal" / "esmi"


def read(folder):
    """The frame as pandas reads it, an extended missing as its letter; pyreadstat's metadata; the
    .do file's text.
    """
    with pd.read_stata(folder / "run.dta", iterator=True) as reader:
        frame = reader.read(convert_missing=True, convert_categoricals=False)
    missing = StataMissingValue
    frame = frame.map(lambda v: (str(v)[1:] or np.nan) if isinstance(v, missing) else v)
    _, about = pyreadstat.read_dta(folder / "run.dta", user_missing=True)
    return frame, about, (folder / "run.do").read_text(encoding="utf-8")


@pytest.fixture
def written(imputed, folder):
    mm.to_stata(imputed, "run")
    return read(folder)


def as_read(values: pd.Series, codes: dict) -> np.ndarray:
    """Values of a cohort as numbers of the file; the codes are worked out here again."""
    found = values.map(codes) if codes else values
    return found.astype(object).where(values.notna(), np.nan).astype(float).to_numpy()


def expected_codes(study, name: str) -> dict:
    levels = study.levels(name)
    if name == "ethnicity":
        levels = (*levels, TOGETHER)  # the model's own level, as it is where it was imputed
    return (
        {"No": 0, "Yes": 1}
        if set(levels) == {"Yes", "No"}
        else {k: i for i, k in enumerate(levels, 1)}
    )


def numbers(column: pd.Series) -> np.ndarray:
    return pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)


def assert_values(imputed, frame):
    """Every m of a file is what the run has there, value by value."""
    study, n = imputed.cohort.study, len(imputed.cohort)
    assert list(frame["mj"]) == list(np.repeat(range(imputed.m + 1), n))
    assert list(frame["mid"]) == [*range(1, n + 1)] * (imputed.m + 1)
    assert list(frame)[2:] == list(imputed.made.data)
    for i, cohort in enumerate(
        [imputed.cohort, *(imputed.complete(i) for i in range(1, imputed.m + 1))]
    ):
        rows = frame[frame["mj"] == i]
        for name in imputed.made.data:
            codes = expected_codes(study, name)
            np.testing.assert_array_equal(
                numbers(rows[name]), as_read(cohort.data[name], codes), f"{name}, m = {i}"
            )


def test_every_value_is_there_at_every_m(imputed, written):
    frame, about, _ = written
    assert len(frame) == (M + 1) * len(imputed.cohort)
    assert_values(imputed, frame)
    assert about.column_names_to_labels["ctq_total"] == "Childhood trauma (CTQ total)"
    assert about.variable_value_labels["dv_any"] == {0: "No", 1: "Yes"}
    assert about.variable_value_labels["ethnicity"] == {
        1: "White British",
        2: "White Other",
        3: "Black",
        4: "Asian",
        5: "Mixed or Other",
        6: TOGETHER,
    }
    assert about.file_label.startswith("SYNTHETIC DATA")


def test_levels_that_were_put_together_are_imputed_as_one(imputed, written):
    """Recorded cells keep their own level, imputed ones have the one that the model has."""
    frame, _, text = written
    rows = frame.set_index(["mj", "mid"])["ethnicity"]
    gap = imputed.cohort.data["ethnicity"].isna().to_numpy()
    later = [rows.loc[i] for i in range(1, M + 1)]
    assert {*pd.concat([values[gap] for values in later])} <= {1, 2, 3, 6}
    assert any((values[gap] == 6).any() for values in later)
    for values in later:
        assert {*values[~gap]} == {1, 2, 3, 4, 5}
        assert (values[~gap] == rows.loc[0][~gap]).all()
    assert f'(4 5 6 = 4 "{TOGETHER}")' in joined(text)


def test_pyreadstat_reads_the_same(written, folder):
    frame, about, _ = written
    plain, _ = pyreadstat.read_dta(folder / "run.dta")
    # with user_missing it gives 0 for a . among integers (1.3.7), so only the letters of this
    # reading are compared
    lettered, _ = pyreadstat.read_dta(folder / "run.dta", user_missing=True)
    for name in frame:
        np.testing.assert_array_equal(plain[name].to_numpy(dtype=float), numbers(frame[name]), name)
        for letter in about.missing_user_values.get(name, []):
            assert ((lettered[name] == letter) == (frame[name] == letter)).all(), name
    assert about.missing_user_values.keys() == {"cas_total", "other_children_csc"}


def test_pandas_shows_the_labels(written, folder):
    frame, _, _ = written
    shown = pd.read_stata(folder / "run.dta", convert_missing=False)
    assert set(shown["involved_t1"]) == {"No", "Yes"}
    assert (shown["involved_t1"] == "Yes").equals(frame["involved_t1"] == 1)
    assert list(shown["service_type"].cat.categories) == [
        "mother and baby unit",
        "acute ward",
        "crisis resolution team",
    ]


def test_soft_and_hard_missing_values(imputed, written):
    frame, about, _ = written
    study, before = imputed.cohort.study, imputed.cohort
    zero = frame[frame["mj"] == 0].reset_index(drop=True)
    reason_of = {name: about.variable_value_labels.get(name, {}) for name in frame}
    for name in imputed.made.data:
        gap = before.data[name].isna().to_numpy()
        reasons = before.reasons[name].to_numpy(dtype=object)
        outside = before.reasons[name].isin(study.not_applicable).to_numpy() & gap
        letters = zero[name].map(lambda value: isinstance(value, str)).to_numpy(dtype=bool)
        assert (letters == outside).all(), name
        assert (zero[name].isna().to_numpy() == gap & ~outside).all(), name
        for place in np.flatnonzero(outside):
            assert reason_of[name][zero[name][place]] == reasons[place]
            same = frame.loc[frame["mid"] == place + 1, name]
            assert set(same) == {zero[name][place]}, "mi wants a hard missing value at every m"
        later = frame.loc[frame["mj"] > 0, name]
        assert later.notna().all(), f"{name}: nothing stays a system missing value after imputation"
    assert reason_of["other_children_csc"]["n"] == "does not apply", "the dictionary's own letter"
    assert "not applicable: never in an adult relationship" in reason_of["cas_total"].values()


def test_a_gate_that_is_imputed_shut_says_so(imputed, written):
    frame, about, _ = written
    letters = {
        text: letter for letter, text in about.variable_value_labels["other_children_csc"].items()
    }
    shut = frame[frame["other_children_csc"] == letters[stata_export.NOT_HERE]]
    assert len(shut)
    assert (shut["mj"] > 0).all()
    assert (shut["children_total"] == 1).all(), "she has no other children in that imputation"


@pytest.mark.parametrize(
    ("outcome", "model", "composites"),
    [
        ("involved_t2", "published_2023", "direct"),
        ("involved_t1", "ever_related_only", "components"),
        ("involved_t1", "all_levels", "missing_as_no"),
    ],
)
def test_other_runs(demo, folder, outcome, model, composites):
    imputed = mm.impute(demo, outcome, model, m=2, burnin=1, progress=False, composites=composites)
    mm.to_stata(imputed, "run")
    frame, about, text = read(folder)
    assert_values(imputed, frame)
    assert_named(text, frame)
    if outcome == "involved_t2":  # where the other outcome is not known it is not imputed either
        reasons = about.variable_value_labels["involved_t1"]
        found = set(
            frame.loc[frame["involved_t1"].map(lambda value: isinstance(value, str)), "involved_t1"]
        )
        gaps = imputed.cohort.data["involved_t1"].isna()
        assert {reasons[letter] for letter in found} == set(
            imputed.cohort.reasons.loc[gaps, "involved_t1"]
        )
        assert "involved_t1" in registered(text)["regular"]
    if model == "ever_related_only":
        assert "if !missing(dv_any_ever_related)" in text
        fits_as_declared(imputed, frame, text)
    if model == "all_levels":
        assert "ib1.deprivation_quintile " in joined(text)
        assert "ib1.ethnicity " in joined(text)


def joined(text: str) -> str:
    """The .do file with its commands on one line each."""
    return re.sub(r" ///\n\s*", " ", text)


def registered(text: str) -> dict[str, list[str]]:
    one_line = joined(text)
    found = {
        kind: re.search(rf"mi import.* {kind}\((.*?)\)", one_line)
        for kind in ("imputed", "passive")
    }
    names = {kind: match[1].split() if match else [] for kind, match in found.items()}
    return names | {"regular": re.search(r"mi register regular (.*)", one_line)[1].split()}


def assert_named(text: str, frame: pd.DataFrame):
    """Every variable is registered once; the model names none that does not exist; quotes are
    balanced.
    """
    made = re.findall(r"^generate double (\w+)|generate\((\w+)\)", text, re.MULTILINE)
    there = [name for name in frame if name not in ("mj", "mid")] + [
        one or other for one, other in made
    ]
    kinds = registered(text)
    assert sorted([*kinds["imputed"], *kinds["passive"], *kinds["regular"]]) == sorted(there)
    one_line = joined(text)
    (estimated,) = re.findall(r"mi estimate: logit (.*)", one_line)
    assert {word.rpartition(".")[2] for word in estimated.split()} <= set(there)
    sources = re.findall(r"^recode (\w+)|^generate double \w+ = (\w+)", text, re.MULTILINE)
    assert {one or other for one, other in sources} <= set(frame)
    for line in text.splitlines():
        assert line.count('"') % 2 == 0, line
        assert line.startswith("*") or line.count("`") == line.count("'") or "notes" in line, line


def test_the_do_file_names_each_variable_once(imputed, written):
    frame, _, text = written
    assert_named(text, frame)
    kinds = registered(text)
    assert {"ctq_total", "substance_misuse", "ctq_total_per10", "ethnicity_merged"} <= set(
        kinds["passive"]
    )
    assert set(kinds["imputed"]) == set(imputed.filled)
    assert {"dv_any", "cas_total", "ctq_sexual_abuse", "canm_14"} <= set(kinds["imputed"])
    assert "involved_t1" in kinds["regular"]
    assert "mi import flong, m(mj) id(mid) clear " in text
    assert 'use "run.dta", clear' in text
    for said in (
        "SYNTHETIC DATA",
        "burn-in 5",
        f"seed {imputed.plan.seed}",
        f"{M} imputations",
        mm.__version__,
    ):
        assert said in text
    assert "Made outside Stata" in text
    assert "Rubin (1987)" in text


def terms_of(text: str, frame: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """The outcome and design of the model as the .do file says it, on the file alone."""
    data = pd.DataFrame({name: numbers(frame[name]) for name in frame})
    for new, old, per in re.findall(r"^generate double (\w+) = (\w+) / (\S+)$", text, re.MULTILINE):
        data[new] = data[old] / float(per)
    for old, rules, new in re.findall(
        r"^recode (\w+) (.*), generate\((\w+)\)$", text, re.MULTILINE
    ):
        into = {
            float(one): float(place)
            for olds, place in re.findall(r"\(([\d ]+) = (\d+)(?: \"[^\"]*\")?\)", rules)
            for one in olds.split()
        }
        data[new] = data[old].map(into)
    outcome, *terms = re.search(r"mi estimate: logit (.*)", joined(text))[1].split()
    design = {"_cons": pd.Series(1.0, index=data.index)}
    for prefix, name in (term.split(".") for term in terms):
        if prefix == "c":
            design[name] = data[name]
            continue
        for level in sorted(data[name].dropna().unique()):
            if level != float(prefix.removeprefix("ib")):
                design[f"{level:g}.{name}"] = (
                    (data[name] == level).astype(float).where(data[name].notna())
                )
    return outcome, pd.DataFrame(design).assign(**{outcome: data[outcome]})


def fits_as_declared(imputed, frame, text):
    """statsmodels on m = 1 to M of the file, pooled, is our own pooled fit."""
    outcome, data = terms_of(text, frame)
    fits = []
    for i in range(1, imputed.m + 1):
        known = data[frame["mj"] == i].dropna()
        fits.append(sm.Logit(known[outcome], known.drop(columns=outcome)).fit(disp=0))
    pooled, ours = mm.pool(fits), mm.fit_logistic(imputed, imputed.model, "logit")
    assert {fit.nobs for fit in fits} == {ours.nobs}
    np.testing.assert_allclose(
        pooled.params.to_numpy(), ours.params.to_numpy(), rtol=1e-6, atol=1e-8
    )
    np.testing.assert_allclose(pooled.bse.to_numpy(), ours.bse.to_numpy(), rtol=1e-5)
    np.testing.assert_allclose(pooled.df.to_numpy(), ours.df.to_numpy(), rtol=1e-3)


def test_the_file_alone_gives_the_same_model(imputed, written):
    frame, _, text = written
    fits_as_declared(imputed, frame, text)


def test_neither_file_holds_an_id_or_a_path(imputed, written, folder):
    key = imputed.cohort.study.schema.primary_key[0]
    ids = imputed.cohort.data[key].astype("str")
    for name in ("run.dta", "run.do"):
        content = (folder / name).read_bytes()
        assert not [one for one in ids if one.encode() in content]
        assert key.encode() not in content
        for place in (folder, places.project()):
            assert str(place).encode() not in content


def test_the_same_imputations_are_the_same_bytes(imputed, folder):
    shown = mm.to_stata(imputed, "run")
    assert shown.name == "run.dta"
    assert not shown.is_absolute()
    first = (folder / "run.dta").read_bytes()
    assert b"01 Jan 1960 00:00" in first
    mm.to_stata(imputed, "run")
    assert (folder / "run.dta").read_bytes() == first
    assert sorted(path.name for path in folder.iterdir()) == ["run.do", "run.dta"]


def restricted(imputed):
    source = Source("restricted", len(imputed.cohort), "For the research team only.")
    return replace(imputed, cohort=replace(imputed.cohort, source=source))


def test_restricted_rows_stay_outside_the_project(imputed, folder, monkeypatch, tmp_path):
    mm.to_stata(restricted(imputed), "run")
    text = (folder / "run.do").read_text(encoding="utf-8")
    assert text.startswith("* RESTRICTED DATA.")
    assert "NOT LOCKED" in text
    assert "SYNTHETIC" not in text
    assert b"<label>" in (folder / "run.dta").read_bytes()
    assert pyreadstat.read_dta(folder / "run.dta", metadataonly=True)[1].file_label.startswith(
        "RESTRICTED DATA"
    )

    project = tmp_path / "project"
    monkeypatch.setattr(places, "project", lambda: project)
    monkeypatch.setenv(places.OUT, str(project / "outputs"))
    with pytest.raises(mm.UsageError, match="stay outside"):
        mm.to_stata(restricted(imputed), "run")
    assert not project.exists()


@pytest.mark.parametrize("name", ["", "Run", "../run", "a b", "1run", "run.dta", 3])
def test_a_name_is_a_plain_word(imputed, folder, name):
    with pytest.raises(mm.UsageError, match="to_stata"):
        mm.to_stata(imputed, name)
    assert not folder.exists()


def test_only_imputed_cohorts_are_written(demo):
    with pytest.raises(mm.UsageError, match="what impute returns"):
        mm.to_stata(demo, "run")


def test_without_pyreadstat_it_says_what_to_install(imputed, folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyreadstat", None)
    with pytest.raises(mm.UsageError, match="--extra sav"):
        mm.to_stata(imputed, "run")
    assert not folder.exists()


def test_a_failure_leaves_neither_file(imputed, folder, monkeypatch):
    def broken(frame, path, **_):
        path.write_bytes(b"half")
        raise OSError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(pyreadstat, "write_dta", broken)
        with pytest.raises(OSError, match="disk full"):
            mm.to_stata(imputed, "run")
    assert not [*folder.iterdir()]
    (folder / "run.do").mkdir()  # the other file cannot be put in place
    with pytest.raises(OSError, match=r".+"):
        mm.to_stata(imputed, "run")
    assert [path.name for path in folder.iterdir()] == ["run.do"]


def test_names_that_stata_does_not_take():
    taken = {"mj", "mid"}
    long = "a" * 40
    names = [stata_export._name(one, taken) for one in ("long", "str12", "mj", "age", long, long)]
    assert names[:4] == ["long_", "str12_", "mj_2", "age"]
    assert len({*names}) == 6
    assert max(map(len, names)) <= 28


def test_text_cannot_leave_its_place_in_the_do_file():
    text = stata_export._as_text('a "b" `c\' $d\n/* e // f')
    assert not {'"', "`", "\n"} & {*text}
    assert not re.search(r"//|/\*|(?<!\\)\$", text)


def test_letters_are_the_dictionarys_own_and_run_out_loudly(esmi):
    letters = stata_export._letters(
        esmi, ["somewhere else", "not known", "does not apply", "form not completed"]
    )
    assert letters["not known"] == "c"
    assert letters["does not apply"] == "n"
    assert letters["form not completed"] == "a"
    assert letters["somewhere else"] == "e", "no letter that means something else in the dictionary"
    with pytest.raises(mm.UsageError, match="26"):
        stata_export._letters(esmi, [f"reason {k}" for k in range(27)])


def test_a_title_that_is_too_long_stands_in_a_note(imputed, folder, monkeypatch):
    title = 'Whether "anybody" asked ' * 5
    monkeypatch.setattr(type(imputed.cohort.study), "label", lambda study, name: title)
    mm.to_stata(imputed, "run")
    _, about, text = read(folder)
    assert {
        len(label)
        for name, label in about.column_names_to_labels.items()
        if name not in ("mj", "mid")
    } == {80}
    assert f"notes age_years: {' '.join(title.split())}".replace('"', "'") in text


def test_shifts_are_said(demo, folder):
    shifts = {"ctq_physical_abuse": 5}
    shifted = mm.impute(demo, "involved_t1", m=2, burnin=1, shifts=shifts, progress=False)
    mm.to_stata(shifted, "run")
    assert "ctq_physical_abuse by 5" in read(folder)[2]


def test_a_gate_that_is_closed_in_any_imputation_restricts_the_rows():
    """Three rows at m = 0, 1 and 2: only at m = 1 does a variable not apply, to one of them."""
    whys = np.array(["", "", "", "", stata_export.NOT_HERE, "", "", "", ""])

    def variable(name: str, whys: np.ndarray) -> stata_export._Variable:
        values = np.where(whys != "", np.nan, 1.0)
        return stata_export._Variable(name, name, name, "imputed", {}, values, whys, whole=True)

    variables = {"a": variable("a", np.full(9, "")), "b": variable("b", whys)}
    terms = [stata_export._Term(f"c.{name}", name) for name in variables]
    assert stata_export._condition(terms, variables) == " if !missing(b)"
    assert stata_export._condition(terms[:1], variables) == ""


def test_the_model_of_stata_has_the_clusters_of_the_study(imputed, folder):
    study = imputed.cohort.study
    clustered = study.file.models["protocol"].model_copy(update={"cluster": "deprivation_rank"})
    file = study.file.model_copy(update={"models": study.file.models | {"protocol": clustered}})
    cohort = replace(imputed.cohort, study=replace(study, file=file))
    mm.to_stata(replace(imputed, cohort=cohort), "run")
    frame, _, text = read(folder)
    assert "deprivation_rank" in frame
    estimates = [line for line in joined(text).splitlines() if ": logit " in line]
    assert len(estimates) == 2
    assert all(line.endswith(", vce(cluster deprivation_rank)") for line in estimates)
