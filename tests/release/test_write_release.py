"""The whole way out: what is written, what is refused, and what later releases may say."""

import json
import stat
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

import mothers_margins as mm
from mothers_margins import places
from mothers_margins.disclosure.ledger import LedgerError, MemoryLedger
from mothers_margins.release import by_kind, write_release
from mothers_margins.release.by_kind import Left
from mothers_margins.release.checker import checker_page
from mothers_margins.release.prepared import prepared
from mothers_margins.release.run_folder import read_run
from mothers_margins.release.write_release import release, shares_of
from mothers_margins.results.results import COLUMNS, About, tidy
from mothers_margins.study.source import Source
from tests.release.small_release import DISCLOSURE, ID, STUDY, record, rows

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="file modes and links of POSIX")


def files(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def shown(released: mm.Released, variable: str) -> dict[tuple[str, str], float | None]:
    """Counts of a variable by level and group; None where one is hidden."""
    table = released.results("people")
    own = table[(table["variable"] == variable) & (table["statistic"] == "n")]
    return {
        (row["level"], row["group"]): None if row["status"] == "suppressed" else row["value"]
        for row in own.to_dict("records")
    }


# ---- what is written


def test_a_release_holds_protected_tables_and_a_manifest(internal, to):
    written = release(internal, to)
    assert written.tables == ("people",)
    assert set(files(to)) == {"manifest.json", "tables/people.csv", "tables/people.json"}
    released = mm.read_release(to)
    assert shown(released, "smokes")["Yes", "everyone"] == 42
    assert shown(released, "smokes")["No", "left"] is None  # 9 of 34
    hidden = released.results("people").query("status == 'suppressed'")
    assert hidden[["value", "n", "denominator", "missing"]].isna().all(axis=None)


def test_the_manifest_says_every_rule_and_version_and_no_place_or_person(internal, to):
    release(internal, to)
    text = (to / "manifest.json").read_text(encoding="utf-8")
    manifest = json.loads(text)
    assert manifest["standard"] == "SATRE 3.3.09"
    assert manifest["policy"]["threshold"] == 10
    assert manifest["policy"]["not_known"] == "shown"
    assert set(manifest["packages"]) == {"highspy", "numpy", "pandas", "scipy"}
    assert manifest["forms"]["smokes"] == "counts"
    assert manifest["tables"]["people"]["accepted"] == "sixty are few"
    assert manifest["withheld"] == {"joint_counts": "internal_only", "missingness": "internal_only"}
    assert len(manifest["ledger"]["own_hash"]) == 64
    assert str(to) not in text
    assert "rule" not in manifest["tables"]["people"]  # it would say something of what is hidden


def test_the_same_rows_give_the_same_files(internal, to):
    release(internal, to)
    first = files(to)
    release(internal, to)
    assert files(to) == first


def test_every_kind_that_is_not_handled_stays(internal):
    assert {"joint_counts", "events", "flow", "checks"} <= {*COLUMNS} - {*by_kind.KINDS}


def test_planted_bins_never_leave(internal, to):
    study = mm.read_study("sixty")
    groups = {name: study.groups[name] for name in ("everyone", "left")}
    about = About("bins", study, Source("synthetic", 60, "Made up."), groups)
    places_of = [("everyone", 41.25, 41), ("everyone", 51.25, 19), ("left", 41.25, 34)]
    rows = [
        {"variable": "age_years", "lower": lower, "upper": lower + 10, "group": group, "n": n}
        | {"denominator": 7771, "missing": 0}
        for group, lower, n in places_of
    ]
    mm.save(tidy(rows, about), "numbers")
    record(internal.parents[1], "sixty", "with bins")
    written = release(internal, to)
    assert written.tables == ("people",)
    manifest = json.loads((to / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["withheld"]["numbers"] == "bins"
    for name, content in files(to).items():
        assert b"41.25" not in content, name
        assert b"7771" not in content, name
    checker = (internal / "for_the_output_checker.html").read_text(encoding="utf-8")
    assert "numbers in bins" in checker


def test_a_preview_is_written_without_protecting_again(internal, to, monkeypatch):
    preview = mm.preview_release("sixty")
    assert not to.exists()
    monkeypatch.setattr(write_release, "prepared", None)
    assert mm.write_release(preview).tables == ("people",)
    assert mm.read_release(to).names == ("people",)


def test_in_the_batch_files_wait_under_another_name(internal, to, monkeypatch, tmp_path):
    monkeypatch.setenv(places.STAGE, str(tmp_path / "stage"))
    release(internal, to)
    assert not to.exists()
    waiting = set(files(tmp_path / "stage"))
    assert "release/sixty/manifest.json.part" in waiting
    assert "internal/sixty/for_the_output_checker.html.part" in waiting
    assert all(name.endswith(".part") for name in waiting)


# ---- what must not leave (T10)


def test_no_id_path_or_internal_number_is_in_what_leaves(internal, to, tmp_path):
    assert ID not in (internal / "people.csv").read_text(encoding="utf-8")
    release(internal, to)
    for name, content in files(to).items():
        for canary in (ID, str(tmp_path), "joint_counts.csv", "papermill", "for_the_output"):
            assert canary.encode() not in content, (name, canary)


@pytest.mark.parametrize(
    "canary", ["/ho" + "me/somebody/data.csv", "Traceback (most recent call last)"]
)
def test_a_leak_in_what_was_written_refuses_all_of_it(internal, to, monkeypatch, canary):
    original = write_release.as_files

    def leaking(results: mm.Results, name: str) -> dict[str, str]:
        texts = original(results, name)
        return {ending: text.replace("SYNTHETIC", canary) for ending, text in texts.items()}

    monkeypatch.setattr(write_release, "as_files", leaking)
    with pytest.raises(mm.DisclosureError, match="must not leave") as refused:
        release(internal, to)
    assert canary not in str(refused.value)
    assert not to.exists()
    assert not list(to.parent.iterdir())


def test_a_small_number_that_slips_through_is_found_before_it_leaves(internal, to, monkeypatch):
    def careless(name: str, results: mm.Results, *_: object) -> Left:
        return (results if name == "people" else None), []

    monkeypatch.setattr("mothers_margins.release.prepared.released_results", careless)
    with pytest.raises(mm.DisclosureError, match="count_below"):
        release(internal, to)
    assert not to.exists()


def test_a_label_cannot_become_a_formula_and_comes_back_as_it_was(internal, to):
    release(internal, to)
    text = (to / "tables" / "people.csv").read_text(encoding="utf-8")
    assert ",'@low," in text
    assert ",@low," not in text
    assert ("@low", "everyone") in shown(mm.read_release(to), "feeling")


# ---- what is refused


@pytest.mark.parametrize("given", [None, MemoryLedger()])
def test_restricted_rows_need_a_ledger_that_stays(sixty, monkeypatch, given):
    internal = sixty.run(monkeypatch)
    to = internal.parents[1] / "release" / "sixty"
    with pytest.raises(mm.DisclosureError, match="--ledger DIR"):
        release(internal, to, ledger=given)
    assert not to.parent.exists()


def test_a_study_without_a_policy_is_refused_with_the_lines_to_add(sixty, monkeypatch, ledger):
    sixty.define(STUDY.replace(DISCLOSURE, ""))
    internal = sixty.run(monkeypatch)  # internal notebooks still run
    with pytest.raises(mm.DisclosureError) as refused:
        release(internal, internal.parents[1] / "release" / "sixty", ledger=ledger)
    for line in ("not_known: protected", "follow_up: protected", "precedence:", "decided_by:"):
        assert line in str(refused.value)
    assert refused.value.exit_code == 4


def test_much_hidden_is_refused_with_forms_and_the_lines_to_add(sixty, monkeypatch):
    sixty.define(STUDY.replace("  accept_hidden: {people: sixty are few}\n", ""))
    internal = sixty.run(monkeypatch, restricted=False)
    with pytest.raises(mm.DisclosureError, match="More than a quarter") as refused:
        release(internal, internal.parents[1] / "release" / "sixty")
    assert "smokes: counts shows 50%" in str(refused.value)
    assert "alone would show: share_of_all" in str(refused.value)
    assert "accept_hidden:\n    people: WHY" in str(refused.value)


def test_results_that_the_run_did_not_make_are_not_released(internal, to):
    path = internal / "people.csv"
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    with pytest.raises(mm.UsageError, match="gone or was changed"):
        release(internal, to)
    record(internal.parents[1], "sixty", "x")
    (internal / "other.csv").write_text("a\n1\n", encoding="utf-8")  # it is not in the manifest
    with pytest.raises(mm.UsageError, match="not as the program wrote it"):
        release(internal, to)


def test_where_nothing_was_run_the_command_is_named(tmp_path, sixty):
    with pytest.raises(mm.UsageError, match="mothers-margins run --demo --study sixty"):
        release(tmp_path / "nowhere" / "internal" / "sixty", tmp_path / "to", study=sixty.study)


def test_a_folder_that_is_no_release_is_not_replaced(internal, to):
    to.mkdir(parents=True)
    (to / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(mm.DisclosureError, match="no release"):
        release(internal, to)
    assert set(files(to)) == {"mine.txt"}


# ---- nothing half-written


class KilledError(BaseException):
    """The end of the process."""


@pytest.mark.parametrize("step", ["_fill", "_refuse_leaks", "_put_checker", "_put_in_place"])
def test_killed_between_nothing_is_half_written(internal, to, monkeypatch, step):
    release(internal, to)
    before = files(to)

    def killed(*_: object) -> None:
        raise KilledError

    monkeypatch.setattr(write_release, step, killed)
    with pytest.raises(KilledError):
        release(internal, to)
    assert files(to) == before
    assert [path.name for path in to.parent.iterdir()] == ["sixty"]


def test_interrupted_while_it_is_put_in_place_the_earlier_one_is_there(internal, to, monkeypatch):
    release(internal, to)
    before = files(to)
    original = Path.replace

    def interrupted(path: Path, target: Path) -> Path:
        if path.name == "release":
            raise KeyboardInterrupt
        return original(path, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        release(internal, to)
    assert files(to) == before
    monkeypatch.setattr(Path, "replace", original)
    (to.parent / ".release-abcd1234.part").mkdir()  # a process that was killed outright
    release(internal, to)
    assert [path.name for path in to.parent.iterdir()] == ["sixty"]


def test_a_ledger_that_cannot_be_written_leaves_no_release(sixty, monkeypatch, ledger):
    internal = sixty.run(monkeypatch)
    to = internal.parents[1] / "release" / "sixty"

    def full(*_: object, **__: object) -> None:
        raise LedgerError("The ledger cannot be written.")

    monkeypatch.setattr(ledger, "append", full)
    with pytest.raises(mm.DisclosureError, match="cannot be written"):
        release(internal, to, ledger=ledger)
    assert not to.exists()


@POSIX
def test_what_comes_of_restricted_rows_is_private(sixty, monkeypatch, ledger):
    internal = sixty.run(monkeypatch)
    to = internal.parents[1] / "release" / "sixty"
    release(internal, to, ledger=ledger, when=NOON)
    for path in [to, *to.rglob("*"), internal / "for_the_output_checker.html"]:
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path.name


# ---- one release after another (T8)


@pytest.fixture
def first(sixty, monkeypatch, ledger) -> Path:
    """The first release of restricted rows."""
    internal = sixty.run(monkeypatch)
    to = internal.parents[1] / "release" / "sixty"
    release(internal, to, ledger=ledger, when=NOON)
    return to


def again(sixty, monkeypatch, ledger, people=None, consent=""):
    """The next release, of corrected rows."""
    internal = sixty.run(monkeypatch, people, name="next")
    to = internal.parents[1] / "release" / "sixty"
    written = release(internal, to, ledger=ledger, when=NOON, consent=consent)
    return written, mm.read_release(to), internal


def corrected(number: int, variable: str, value: str) -> list[dict[str, str]]:
    people = rows()
    people[number][variable] = value
    return people


def someone(variable: str, value: str) -> int:
    """Somebody of the right side with this answer."""
    people = rows()
    return next(number for number in range(59, 0, -1) if people[number][variable] == value)


def test_identical_content_is_one_entry(first, sixty, monkeypatch, ledger):
    written, _, _ = again(sixty, monkeypatch, ledger)
    assert written.entry == 1
    assert len(ledger.entries()) == 1


def test_a_corrected_record_needs_consent_which_the_checker_sees(first, sixty, monkeypatch, ledger):
    people = corrected(someone("smokes", "Yes"), "smokes", "No")
    with pytest.raises(mm.DisclosureError, match="--consent WHO") as refused:
        again(sixty, monkeypatch, ledger, people)
    assert "people / smokes / Yes / everyone" in str(refused.value)
    assert "42" not in str(refused.value)
    assert len(ledger.entries()) == 1
    written, released, internal = again(sixty, monkeypatch, ledger, people, "A. Checker")
    assert written.entry == 2
    assert shown(released, "smokes")["Yes", "everyone"] == 41
    page = (internal / "for_the_output_checker.html").read_text(encoding="utf-8")
    assert page.index("Consent given by A. Checker") < page.index("3. Hidden")
    assert "people / smokes / Yes / everyone: changed by few" in page
    assert released.manifest.consent
    assert "Checker" not in (internal.parents[1] / "release/sixty/manifest.json").read_text()


def test_what_was_hidden_stays_hidden_though_it_could_be_shown(first, sixty, monkeypatch, ledger):
    people = rows()
    for number, person in enumerate(people):
        person["smokes"] = "Yes" if number % 2 else "No"  # 17 and 17 on the left
    _, released, _ = again(sixty, monkeypatch, ledger, people, "A. Checker")
    before = shown(mm.read_release(first), "smokes")
    assert before["Yes", "left"] is None
    assert shown(released, "smokes")["Yes", "left"] is None


def test_a_printed_cell_that_falls_below_is_told_to_the_checker(first, sixty, monkeypatch, ledger):
    people = rows()
    for person in people:
        person["drives"] = "Yes"
    for person in people[50:55]:
        person["drives"] = "No"
    internal = sixty.run(monkeypatch, people, name="next")
    ready = prepared(read_run(internal), ledger)
    assert "fallen_below" in {*ready.changes["finding"]}
    assert "now below the threshold" in checker_page(ready, shares_of(ready), "")


def test_a_veto_hides_what_was_shown_and_says_so(first, sixty, monkeypatch, ledger):
    veto = "{table: people, variable: drives, who: A, when: 2026-11-27, why: told}"
    veto = f"  withhold:\n    - {veto}\n"
    sixty.define(STUDY.rstrip() + "\n" + veto)
    _, released, internal = again(sixty, monkeypatch, ledger)
    assert set(shown(released, "drives").values()) == {None}
    page = (internal / "for_the_output_checker.html").read_text(encoding="utf-8")
    assert "people / drives / Yes / everyone: printed before, now hidden" in page
    assert "people / drives: A, 2026-11-27: told" in page
    manifest = (internal.parents[1] / "release/sixty/manifest.json").read_text(encoding="utf-8")
    assert "told" not in manifest
    assert released.manifest.withheld_cells[0]["variable"] == "drives"


def test_a_whole_table_can_be_held_back(sixty, monkeypatch):
    veto = "  withhold:\n    - {table: people, who: A, when: 2026-11-27, why: told}\n"
    sixty.define(STUDY.rstrip() + "\n" + veto)
    internal = sixty.run(monkeypatch, restricted=False)
    written = release(internal, internal.parents[1] / "release" / "sixty")
    assert written.tables == ()
    assert written.withheld["people"] == "withheld_by_person"


def test_a_variable_in_another_form_than_before_is_refused(first, sixty, monkeypatch, ledger):
    sixty.define(STUDY.rstrip() + "\n  forms: {drives: share_of_all}\n")
    with pytest.raises(mm.DisclosureError, match="drives was released as counts"):
        again(sixty, monkeypatch, ledger)
    assert len(ledger.entries()) == 1


# ---- what was published before


def test_published_tables_leave_as_they_are(table_1, study, cohort, tmp_path, monkeypatch):
    out = tmp_path / "out"
    for name, results in {
        "table_1": table_1,
        "table_1_check": mm.check_published(table_1),
        "table_2": mm.list_themes(study),
        "custody_paragraph": mm.summarise(cohort, ["age"], ["hssi_without_custody"]),
    }.items():
        mm.save(results, name)
    record(out, "hscc_2019", "x")
    written = mm.write_release(study)
    assert written.tables == ("table_1", "table_2")
    released = mm.read_release(out / "release" / "hscc_2019")
    assert released.results("table_1")["value"].tolist() == table_1["value"].tolist()
    page = (out / "internal/hscc_2019/for_the_output_checker.html").read_text(encoding="utf-8")
    assert "Counts of 1 that follow" in page


def test_what_is_public_is_no_policy_for_restricted_rows(other_rows, study, tmp_path, ledger):
    plan = study.plan("table_1")
    mm.save(mm.summarise(other_rows(), plan.variables, plan.groups), "table_1")
    record(tmp_path / "out", "hscc_2019", "x")
    with pytest.raises(mm.DisclosureError, match="already public"):
        mm.write_release(study, ledger=ledger)
    assert not (tmp_path / "out" / "release").exists()
