import multiprocessing
import shutil
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings

import mothers_margins as mm
from mothers_margins import places
from tests import readable
from tests.demo_run import KEY, DemoRun
from tests.small_project import REPOSITORY, Project

settings.register_profile(
    "same everywhere",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # speed is measured in benchmarks/
settings.load_profile("same everywhere")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch, tmp_path):
    """No test sees an analyst's own file, and none writes into outputs/."""
    for name in (places.DATA, places.STAGE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(places.OUT, str(tmp_path / "out"))


@pytest.fixture(scope="session")
def study() -> mm.Study:
    return mm.read_study("hscc_2019")


@pytest.fixture(scope="session")
def cohort() -> mm.Cohort:
    return mm.derive(mm.demo_cohort("hscc_2019"))


@pytest.fixture(scope="session")
def table_1(study, cohort) -> mm.Results:
    plan = study.plan("table_1")
    return mm.summarise(cohort, plan.variables, plan.groups)


@pytest.fixture(scope="session")
def esmi() -> mm.Study:
    return mm.read_study("esmi")


@pytest.fixture(scope="session")
def demo() -> mm.Cohort:
    """The shipped ESMI cohort, derived."""
    return mm.derive(mm.demo_cohort("esmi"))


@pytest.fixture(scope="session")
def imputed_demo() -> mm.Imputed:
    """One short imputation of it (m = 4) for all tests that only read it."""
    return readable.imputed_demo()


@pytest.fixture(scope="session")
def shipped(esmi) -> pd.DataFrame:
    """Its rows as text, as they stand in the file."""
    return pd.read_csv(esmi.folder / esmi.file.data.demo, dtype="str", keep_default_na=False)


@pytest.fixture(scope="session")
def demo_run(request) -> DemoRun:
    """The demo run of this session; it was started when the tests had been collected."""
    return request.config.stash[KEY]


@pytest.fixture(scope="session")
def pool():
    """Any Executor will do; one pool for all tests saves their start."""
    from mothers_margins.batch.worker import prepare_worker

    with ProcessPoolExecutor(
        2, multiprocessing.get_context("spawn"), initializer=prepare_worker
    ) as executor:
        yield executor


@pytest.fixture
def project(tmp_path, monkeypatch, pool) -> Project:
    made = Project(tmp_path / "project", pool)
    monkeypatch.setattr(places, "project", lambda: made.folder)
    return made


@pytest.fixture
def altered_study(tmp_path) -> Callable[..., Path]:
    """A copy of the 2019 definition with one text replaced in one file; returns its folder."""

    def alter(file: str, old: str, new: str) -> Path:
        folder = tmp_path / "hscc_2019"
        shutil.copytree(REPOSITORY / "data_dictionary" / "hscc_2019", folder, dirs_exist_ok=True)
        text = (folder / file).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"'{old}' stands {text.count(old)} times in {file}"
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")
        return folder

    return alter


@pytest.fixture
def unmarked(study) -> Callable[..., str]:
    """The shipped rows as a restricted file would hold them: other ids, no mark; cells of the first
    row changed.
    """

    def text(**changes: str) -> str:
        frame = pd.read_csv(study.folder / study.file.data.demo, dtype="str", keep_default_na=False)
        frame["woman_id"] = frame["woman_id"].str.replace("SYN", "W")
        for name, value in changes.items():
            frame.loc[0, name] = value
        return frame.drop(columns="data_status").to_csv(index=False, lineterminator="\n")

    return text


@pytest.fixture
def other_rows(study, unmarked, tmp_path) -> Callable[..., mm.Cohort]:
    """A restricted cohort made of them."""

    def cohort(**changes: str) -> mm.Cohort:
        (tmp_path / "own.csv").write_text(unmarked(**changes), encoding="utf-8")
        return mm.derive(mm.read_cohort(tmp_path / "own.csv", study))

    return cohort


SMALL_SCHEMA = """
$schema: https://datapackage.org/profiles/2.0/tableschema.json
name: women
title: Six women
primaryKey: [woman_id]
missingValues:
  - {value: "", label: not asked}
  - {value: "-9", label: refused}
x-multi-response-sets:
  - {name: services, title: Services, note: several are possible}
fields:
  - {name: woman_id, title: Id, type: string, x-role: identifier,
     constraints: {required: true, unique: true}}
  - {name: side, title: Side, type: string, categories: [left, right], x-role: group}
  - {name: score, title: Score, type: number, x-role: variable, x-summary: mean_sd,
     constraints: {minimum: 0, maximum: 100}}
  - {name: visits, title: Visits, type: integer, x-role: variable, x-summary: median_iqr}
  - {name: house, title: House, type: string, categories: [own, rent], x-role: variable}
  - {name: team, title: Team, type: boolean, x-role: variable,
     trueValues: ["1"], falseValues: ["0"], x-multi-response: services}
  - {name: ward, title: Ward, type: boolean, x-role: variable,
     trueValues: ["1"], falseValues: ["0"], x-multi-response: services}
"""
SMALL_STUDY = """
name: small
title: Six women
citation: {text: nowhere, doi: none}
unit: {one: woman, many: women}
data: {schema: women.schema.yaml, demo: six.csv, demo_status: synthetic, statement: Made up.}
groups:
  all: {label: All, where: {}, contains: [left]}
  left: {label: Left, where: {side: left}}
  owners: {label: Owners, where: {house: own}}
derived:
  - {name: band, title: Band, from: visits,
     bands: [{level: few, maximum: 2}, {level: many, minimum: 3, maximum: 9}]}
tables:
  table: {title: Table, groups: [all, left], blocks: [{title: House, variables: [house]}]}
rounding: {rule: half_up, percent: 0, mean: 1}
tests: {reported: none, reason: none}
disclosure: {policy: already_public, decided_by: nobody, reason: made up}
"""
# Worked by hand in analysis/test_summarise.py. Row 3 has no side, row 4 no score, row 5 refused
# house, row 6 no visits.
SIX_WOMEN = """woman_id,side,score,visits,house,team,ward
w1,left,10,1,own,1,0
w2,left,20,2,rent,1,1
w3,,30,3,own,0,1
w4,right,,4,own,0,0
w5,left,50,12,-9,,1
w6,right,60,,rent,1,0
"""


@pytest.fixture
def small_study(tmp_path) -> mm.Study:
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "women.schema.yaml").write_text(SMALL_SCHEMA, encoding="utf-8")
    (folder / "study.yaml").write_text(SMALL_STUDY, encoding="utf-8")
    (folder / "six.csv").write_text(SIX_WOMEN, encoding="utf-8")
    return mm_read(folder)


def mm_read(folder: Path) -> mm.Study:
    from mothers_margins.study.read_study import read_study

    return read_study(folder.name, folder)


@pytest.fixture
def six_women(small_study) -> mm.Cohort:
    return mm.derive(mm.read_cohort(small_study.folder / "six.csv", small_study))
