"""Results of several studies in one run: run lists, inputs, whose result is whose, and which
packages count.
"""

import json
import re
import shutil
import sys
from html import escape

import pandas as pd
import pytest

import mothers_margins as mm
from mothers_margins.batch import cache_key, manifest
from mothers_margins.batch.plan import plan, read_run_list
from tests.small_project import REPOSITORY, SAVE

STUDIES = ("esmi", "hscc_2019")

STUDY_NAME = 'study_name: str = "esmi"'
ETHNICITY = """import mothers_margins as mm
cohort = mm.derive(mm.demo_cohort(study_name))
mm.save(mm.summarise(cohort, ["ethnicity"], list(cohort.study.groups)[:1]), "ethnicity")"""


def parts(project, name: str) -> dict[str, str]:
    """The key of an entry as things stand."""
    batch = project.prepared(name)
    return batch.key(batch.steps[name])


# ---- run lists


def test_one_notebook_on_two_studies_overwrites_nothing(project):
    project.write("both", "# Both", ETHNICITY, parameters=STUDY_NAME)
    project.study_list("esmi", "name: both_esmi, notebook: both")
    project.study_list("hscc_2019", "name: both_2019, notebook: both")
    assert project.run() == (0, {"both_esmi": "done", "both_2019": "done"})
    for study in STUDIES:
        saved = pd.read_csv(project.out / "internal" / study / "ethnicity.csv")
        assert set(saved["study"]) == {study}
        described = project.out / "internal" / study / "ethnicity.json"
        assert json.loads(described.read_text(encoding="utf-8"))["study"] == study
    assert manifest.verify(project.out) == []
    index = (project.out / "index.html").read_text(encoding="utf-8")
    esmi, other = (f"<h2>{escape(mm.read_study(name).title)}</h2>" for name in STUDIES)
    assert index.index(esmi) < index.index("both_esmi.html") < index.index(other)


def test_all_run_lists_are_read_together_and_needs_cross_them(project):
    project.write("one", "# One")
    project.study_list("esmi", "name: late, notebook: one, needs: [early]")
    project.study_list("hscc_2019", "name: early, notebook: one")
    project.lines = ["  - {name: all, notebook: one, study: [esmi, hscc_2019], needs: [late]}"]
    project.write_list()
    entries = read_run_list()
    assert {name: entry.studies for name, entry in entries.items()} == {
        "late": ("esmi",),
        "early": ("hscc_2019",),
        "all": ("esmi", "hscc_2019"),
    }
    assert list(plan(entries)) == ["early", "late", "all"]
    assert list(plan(entries, study="hscc_2019")) == ["early"]
    (
        project.folder / "notebooks" / "run_list.yaml"
    ).unlink()  # a project of single studies needs none
    assert list(plan(read_run_list())) == ["early", "late"]


@pytest.mark.parametrize(
    ("own", "shared", "said"),
    [
        ("name: one, notebook: one, study: hscc_2019", "", "one names another study than esmi"),
        (
            "name: one, notebook: one, study: [esmi, hscc_2019]",
            "",
            "one names another study than esmi",
        ),
        (
            "name: one, notebook: one",
            "name: one, notebook: one, study: esmi",
            "name stands more than once: one",
        ),
        ("name: one, notebook: one", "name: two, notebook: one", "two names no study"),
        ("name: one, notebook: one, needs: [two]", "", "one needs 'two', which is no entry"),
        (
            "name: one, notebook: one, inputs: [notebooks/prose.md]",
            "",
            "there is no input notebooks/prose.md",
        ),
        (
            "name: one, notebook: one, inputs: [../prose.md]",
            "",
            "input '../prose.md' must be a path inside",
        ),
        (
            "name: one, notebook: one, inputs: [/prose.md]",
            "",
            "input '/prose.md' must be a path inside",
        ),
        ("name: one, notbook: one", "", "data_dictionary/esmi/run_list.yaml: entries.0.notbook"),
    ],
)
def test_faults_of_run_lists_are_said_before_anything_runs(project, own, shared, said):
    project.write("one", "# One")
    project.study_list("esmi", own)
    project.lines = [f"  - {{{shared}}}"] if shared else []
    if shared:
        project.write_list()
    with pytest.raises(mm.UsageError) as raised:
        read_run_list()
    assert said in str(raised.value)
    assert not project.out.exists()


def test_a_studys_run_list_may_name_its_own_study(project):
    project.write("one", "# One")
    project.study_list("esmi", "name: one, notebook: one, study: esmi")
    assert read_run_list()["one"].studies == ("esmi",)


def test_the_shipped_lists_hold_every_study_in_its_own_folder():
    for study in ("esmi", "hscc_2019"):
        assert (REPOSITORY / "data_dictionary" / study / "run_list.yaml").is_file()
    assert len(read_run_list()) == 23
    assert {len(entry.studies) for entry in read_run_list().values()} == {1}


# ---- what the key counts


def test_a_new_entry_changes_no_key(project):
    project.write("one", "# One")
    project.study_list("esmi", "name: one, notebook: one")
    before = parts(project, "one")
    project.study_list("esmi", "name: one, notebook: one", "name: two, notebook: one")
    assert parts(project, "one") == before


def test_inputs_count_for_their_entry_alone(project):
    folder = project.folder / "prose"
    folder.mkdir()
    (folder / "intro.md").write_text("first", encoding="utf-8")
    (project.folder / "feedback.yaml").write_text("none: true", encoding="utf-8")
    project.notebook("one", "# One", more=", inputs: [prose, feedback.yaml]")
    project.notebook("two", "# Two")
    before = {name: parts(project, name) for name in ("one", "two")}
    for change in (
        lambda: (folder / "intro.md").write_text("second", encoding="utf-8"),
        lambda: (folder / "more.md").write_text("more", encoding="utf-8"),
        lambda: (project.folder / "feedback.yaml").write_text("none: false", encoding="utf-8"),
    ):
        change()
        assert list(cache_key.changed(before["one"], parts(project, "one"))) == ["inputs"]
        before["one"] = parts(project, "one")
        assert parts(project, "two") == before["two"]


def test_an_entry_of_two_studies_depends_on_both(project):
    project.write("one", "# One")
    project.lines = ["  - {name: one, notebook: one, study: [esmi, hscc_2019]}"]
    project.write_list()
    before = parts(project, "one")
    for study in ("esmi", "hscc_2019"):
        path = project.folder / "data_dictionary" / study / "study.yaml"
        path.write_text(path.read_text(encoding="utf-8") + "# a comment\n", encoding="utf-8")
        assert list(cache_key.changed(before, parts(project, "one"))) == ["dictionary"]
        before = parts(project, "one")
    assert project.run() == (0, {"one": "done"})
    assert set(project.manifest()["data"]) == {"esmi", "hscc_2019"}
    assert project.run() == (0, {"one": "unchanged"})


# ---- whose result is whose


def test_the_study_of_an_entry_is_set_by_itself(project):
    project.write("any", "# Any", parameters=STUDY_NAME)
    project.study_list("hscc_2019", "name: any, notebook: any")
    assert plan(read_run_list())["any"].parameters == {"study_name": "hscc_2019"}


@pytest.mark.parametrize(
    ("line", "settings"),
    [
        ("name: any, notebook: any", ["any.study_name=esmi"]),
        ("name: any, notebook: any, parameters: {study_name: esmi}", []),
    ],
)
def test_an_entry_does_not_run_another_study_under_its_name(project, line, settings):
    project.write("any", "# Any", parameters=STUDY_NAME)
    project.study_list("hscc_2019", line)
    with pytest.raises(mm.UsageError) as raised:
        plan(read_run_list(), settings=settings)
    assert raised.value.problems == ("any.study_name must be hscc_2019, the study of the entry",)


def test_an_entry_of_several_studies_is_told_one_of_them(project):
    project.write("any", "# Any", parameters='study_name: str = "margins"')
    project.lines = ["  - {name: any, notebook: any, study: [esmi, hscc_2019]}"]
    project.write_list()
    with pytest.raises(mm.UsageError, match=r"any\.study_name must be esmi or hscc_2019"):
        plan(read_run_list())
    step = plan(read_run_list(), settings=["any.study_name=hscc_2019"])["any"]
    assert step.parameters == {"study_name": "hscc_2019"}


@pytest.mark.parametrize(
    "place",
    ["internal/hscc_2019/first.csv", "internal/first.csv", "release/hscc_2019/tables/first.csv"],
)
def test_a_result_of_another_study_fails_its_entry(project, place):
    if place.startswith("internal/hscc_2019"):
        save = SAVE.format(name="first")
    else:
        save = (
            "from mothers_margins import "
            f"places\nplaces.write_whole(places.staged({place!r}), lambda p: p.touch())"
        )
    project.write("one", "# One", save)
    project.study_list("esmi", "name: one, notebook: one")
    assert project.run() == (1, {"one": "failed"})
    failure = project.failure("one")
    assert failure["error"] == "Result of another study"
    assert place in failure["message"]
    assert not (project.out / place).exists()


# ---- packages


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A folder first on the path, to which a test adds distributions; returns what the key then
    counts.
    """
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))

    def counted(*distributions: str, requires: str = "") -> dict[str, str]:
        for name in distributions:
            (folder / f"{name}.dist-info").mkdir()
            package, _, version = name.partition("-")
            text = (
                f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n{requires}\nA "
                "description\n"
            )
            (folder / f"{name}.dist-info" / "METADATA").write_text(text, encoding="utf-8")
        cache_key.packages.cache_clear()
        versions = dict(cache_key.packages())
        cache_key.packages.cache_clear()
        return versions

    return counted


def test_a_development_package_changes_no_key(installed):
    before = installed()
    assert not {"pytest", "ruff", "mypy", "hypothesis", "hatchling"} & set(before)
    assert installed("pytest-99.0", "ruff-99.0", "brand_new-1.0") == before


def test_a_package_that_the_runtime_needs_changes_the_key(installed):
    before = installed()
    assert {"python", "pandas", "numpy", "pydantic", "papermill"} <= set(before)
    assert installed("patsy-99.0")["patsy"] == "99.0"  # needed by one that is needed


def test_a_reader_of_files_counts_with_what_it_requires(installed):
    assert {"pyarrow", "pyreadstat", "narwhals"} <= set(installed())


def test_requirements_are_read_as_packaging_reads_them(installed):
    """The closure by importlib.metadata and packaging, which take ten times as long."""
    from importlib.metadata import PackageNotFoundError, distribution

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    waiting = [("mothers-margins", ()), ("pyarrow", ()), ("pyreadstat", ())]
    expected, visited = {}, set()
    while waiting:
        name, extras = waiting.pop()
        try:
            own = distribution(name)
        except PackageNotFoundError:
            continue
        if (name, extras) in visited:
            continue
        visited.add((name, extras))
        expected[canonicalize_name(name)] = own.version
        for line in own.requires or ():
            needed = Requirement(line)
            if needed.marker is None or any(
                needed.marker.evaluate({"extra": extra}) for extra in extras or ("",)
            ):
                waiting.append((canonicalize_name(needed.name), tuple(sorted(needed.extras))))
    found = installed()
    found.pop("python")
    assert found == expected


@pytest.mark.parametrize(
    ("requires", "counts"),
    [
        ("Requires-Dist: brand_new", True),
        ("Requires-Dist: Brand.New>=1 ; python_version > '3'", True),
        ("Requires-Dist: brand-new ; python_version < '3'", False),
        ("Requires-Dist: brand-new ; extra == 'more'", False),
        ("License: several\n        \n        lines\nRequires-Dist: brand-new", True),
    ],
)
def test_markers_and_spellings_of_requirements(installed, requires, counts):
    installed("brand_new-1.0")
    versions = installed("patsy-99.0", requires=requires)
    assert ("brand-new" in versions) == counts


def test_without_the_project_among_the_installed_every_package_counts(tmp_path, monkeypatch):
    (tmp_path / "brand_new-1.0.dist-info").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    cache_key.packages.cache_clear()
    assert cache_key.packages()["brand-new"] == "1.0"
    cache_key.packages.cache_clear()


def test_a_project_without_run_lists_says_so(project):
    shutil.rmtree(project.folder / "notebooks")
    with pytest.raises(mm.UsageError, match="lists an entry"):
        read_run_list()


def test_pages_of_one_notebook_have_names_of_their_own(project):
    """The timepoint or the outcome stands in the title, the heading and the link."""
    heading = "# What is missing?\n\n**Question.** Who has no answers?\n\nMore."
    parameters = f"{STUDY_NAME}\ntimepoint: int = 1\noutcome: str = ''"
    project.write("missing", heading, "1 + 1", parameters=parameters)
    project.lines = [
        "  - {name: one, notebook: missing, study: esmi, parameters: {timepoint: 1}}",
        "  - {name: two, notebook: missing, study: esmi, parameters: {timepoint: 2}}",
    ]
    project.write_list()
    assert project.run()[0] == 0
    index = (project.out / "index.html").read_text(encoding="utf-8")
    for name, number in (("one", 1), ("two", 2)):
        title = f"What is missing? Timepoint {number}"
        page = (project.out / "notebooks" / f"{name}.html").read_text(encoding="utf-8")
        assert f"<title>{title}</title>" in page
        assert re.search(rf"<h1[^>]*>{re.escape(title)}</h1>", page)
        assert f"<a href='notebooks/{name}.html'>{title}</a>" in index
    assert index.count("<p>Who has no answers?</p>") == 1  # the question stands above its pages
    assert "mothers-margins run --demo" in index


def test_an_outcome_is_called_by_its_title(project):
    parameters = f"{STUDY_NAME}\noutcome: str = 'cpp_t1'"
    project.write("rare", "# A rare outcome", parameters=parameters)
    project.study_list("esmi", "name: rare, notebook: rare")
    project.run()
    index = (project.out / "index.html").read_text(encoding="utf-8")
    title = mm.read_study("esmi").outcomes["cpp_t1"].title
    assert f"A rare outcome: {title}</a>" in index


def test_what_failed_stands_first(project):
    project.write("good", "# Good", parameters=STUDY_NAME)
    project.write("bad", "# Bad", "1 / 0", parameters=STUDY_NAME)
    project.study_list("esmi", "name: good, notebook: good", "name: bad, notebook: bad")
    project.run(keep_going=True)
    index = (project.out / "index.html").read_text(encoding="utf-8")
    failed = "<h2>What failed</h2><ul><li>Bad: failed in cell 3, under “Bad”</li>"
    assert index.index(failed) < index.index(escape(mm.read_study("esmi").title))
