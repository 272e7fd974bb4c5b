"""From internal results to a release: the only way out."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import isnan
from pathlib import Path

import pandas as pd

from mothers_margins import __version__, places
from mothers_margins.disclosure.ledger import (
    Content,
    Entry,
    Ledger,
    LedgerError,
    MemoryLedger,
    content_of,
    next_entry,
    same_content,
)
from mothers_margins.disclosure.ledger_file import FolderLedger
from mothers_margins.errors import DisclosureError, UsageError
from mothers_margins.release import manifest as manifests
from mothers_margins.release.audit import audit
from mothers_margins.release.checker import checker_page
from mothers_margins.release.checker_details import cells_file, changes_file, rows_file
from mothers_margins.release.formula_safe import as_text_cell
from mothers_margins.release.manifest import (
    CELLS_OF_CHECKER,
    CHANGES_OF_CHECKER,
    CHECKER,
    ROWS_OF_CHECKER,
    LedgerEntry,
    ReleaseManifest,
    TableShare,
)
from mothers_margins.release.prepared import Prepared, is_held_back, prepared
from mothers_margins.release.preview_release import Preview
from mothers_margins.release.released import TABLES
from mothers_margins.release.run_folder import RunFolder, read_run
from mothers_margins.release.shares import (
    MOST_HIDDEN,
    Share,
    planned_in,
    share_of_table,
    share_of_variable,
)
from mothers_margins.release.ways import ways_alone
from mothers_margins.results.results import P_IN_FILES, Record, Results, codes, names_of
from mothers_margins.results.save import as_files, of_study
from mothers_margins.study.study import Study

# The demonstration has no time, so that each run writes the same files.
NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
NEEDS_CONSENT = ("small_change", "unsized_change")
OF_VETO = ("table", "variable", "level", "group", "when")  # who and why stay with the checker
Files = dict[str, bytes]
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Written:
    """What a release wrote. folder: where, as it may be printed. tables: their names. withheld: by
    name, why results stay internal. entry: the ledger's.
    """

    folder: str
    tables: tuple[str, ...]
    withheld: Mapping[str, str]
    entry: int

    def _repr_markdown_(self) -> str:
        return "\n".join(f"- `{self.folder}/{TABLES}/{name}.csv`" for name in self.tables)


def write_release(
    what: Study | str | Preview,
    *,
    ledger: Ledger | None = None,
    consent: str = "",
    when: datetime | None = None,
) -> Written:
    """Protect the results of a run's folder together, and write what may leave into its folder
    release/STUDY.

    what: a study, or its preview, which need not be made again. ledger: what was released before;
    restricted rows need one that is kept in a folder. consent: who has seen and allowed the changed
    numbers. Raises DisclosureError where anything forbids it; then nothing is written.
    """
    out = places.out_folder()
    if isinstance(what, Preview):
        place = out / "release" / what.ready.run.study.name
        with _as_refusal():
            own = _own_ledger(what.ready.run, ledger or what.ledger)
            return _written(what.ready, own, out / "internal" / place.name, place, consent, when)
    name = what if isinstance(what, str) else what.name
    study = None if isinstance(what, str) else what
    internal, to = out / "internal" / name, out / "release" / name
    return release(internal, to, ledger=ledger, consent=consent, when=when, study=study)


def release(
    internal: Path,
    to: Path,
    *,
    ledger: Ledger | None = None,
    consent: str = "",
    when: datetime | None = None,
    tell: Tell = lambda _: None,
    study: Study | None = None,
) -> Written:
    """Release internal/STUDY of a run into a folder `to`; see `write_release`."""
    run = read_run(internal, study)
    own = _own_ledger(run, ledger)
    with _as_refusal():
        ready = prepared(run, own, tell)
        tell("searching what was written")
        return _written(ready, own, internal, to, consent, when)


def _written(
    ready: Prepared,
    ledger: Ledger,
    internal: Path,
    to: Path,
    consent: str,
    when: datetime | None,
) -> Written:
    """Write a release that was prepared against a ledger."""
    restricted = ready.run.restricted
    at = (when or datetime.now(UTC)) if restricted else NO_TIME
    shares = shares_of(ready)
    _refuse_changes(ready, consent)
    _refuse_hidden(ready, shares)
    content = content_of(ready.run.study.name, ready.run.data_key, ready.policy, ready.cells)
    entry = _entry_to_be(ledger, content, at)
    files = files_of(ready, shares, entry, bool(consent))
    with _beside(to, restricted) as folder:
        _fill(folder, files, restricted)
        _refuse_leaks(folder)
        _put_checker(internal, _files_of_checker(ready, shares, consent))
        kept = ledger.append(content, when=at, version=__version__)
        if kept.own_hash != entry.own_hash:  # another process released meanwhile
            raise DisclosureError("The ledger changed meanwhile.", (), "Release again.")
        _put_in_place(folder, to, files, restricted)
    names = tuple(ready.released)
    return Written(places.shown(to), names, dict(ready.withheld), entry.number)


@contextmanager
def _as_refusal() -> Iterator[None]:
    """A ledger that cannot be used is a refusal like any other."""
    try:
        yield
    except LedgerError as error:
        raise DisclosureError(error.summary, error.problems, error.remedy) from None


def _own_ledger(run: RunFolder, ledger: Ledger | None) -> Ledger:
    """The ledger of a release. Raises DisclosureError for restricted rows without one that
    stays.
    """
    if not run.restricted:
        return ledger or MemoryLedger()
    if not isinstance(ledger, FolderLedger):
        raise DisclosureError(
            "Restricted data are released with a ledger only; nothing was released.",
            ["without it, what was hidden before cannot be kept hidden"],
            "Say where it lies, beside the data: mothers-margins release --ledger DIR",
        )
    return ledger


def _entry_to_be(ledger: Ledger, content: Content, when: datetime) -> Entry:
    before = ledger.entries()
    return same_content(before, content) or next_entry(before, content, when, __version__)


# ---- what forbids a release


def _refuse_changes(ready: Prepared, consent: str) -> None:
    changes = ready.changes
    shown_again = changes[changes["finding"] == "must_stay_hidden"]
    if len(shown_again):
        raise DisclosureError("A number that was hidden would be shown.", called(shown_again))
    small = changes[changes["finding"].isin(NEEDS_CONSENT)]
    if len(small) and not consent.strip():
        below = ready.policy.threshold - 1
        raise DisclosureError(
            "Numbers that were released before have changed; who holds both releases learns of the "
            "few participants between them.",
            called(small),
            f"A change of 1 to {below}, or one whose size cannot be told, needs the consent of the "
            "person who checks outputs: --consent WHO",
        )


def called(changes: pd.DataFrame) -> list[str]:
    """The cells of findings by name, without their numbers."""
    keys = ["table", "variable", "level", "group"]
    rows = changes[keys].drop_duplicates().itertuples(index=False, name=None)
    return [" / ".join(part for part in row if part) for row in rows]


def shares_of(ready: Prepared) -> dict[str, Share]:
    """The share of each declared table that is shown."""
    if ready.protected is None:
        return {}
    return {table: share_of_table(ready.protected, table) for table in ready.run.study.tables}


def _refuse_hidden(ready: Prepared, shares: Mapping[str, Share]) -> None:
    """Raise DisclosureError where more than a quarter of a table is hidden and nobody said why it
    may be.
    """
    declared = ready.run.study.file.disclosure
    accepted = declared.accept_hidden if declared else {}
    much = [
        table
        for table, share in shares.items()
        if share.hidden > MOST_HIDDEN
        and table not in accepted
        and not is_held_back(ready.run.study, table)
    ]
    if not much or ready.protected is None:
        return
    problems = []
    for table in much:
        problems.append(f"{table}: {shares[table].hidden:.0%} hidden")
        problems += list(_ways(ready, table))
    raise DisclosureError(
        "More than a quarter of a table would be hidden.",
        problems,
        f"Choose a form or put levels together in data_dictionary/{ready.run.study.name}/study.yaml"
        ", or add under disclosure:\n  accept_hidden:\n"
        + "\n".join(f"    {table}: WHY" for table in much),
    )


def _ways(ready: Prepared, table: str) -> Iterator[str]:
    if ready.protected is None:
        return
    plan = ready.protected.plan
    for name in planned_in(plan, table):
        share = share_of_variable(ready.protected, table, name)
        if share.hidden > MOST_HIDDEN:
            form = ready.protected.form(name)
            others = ways_alone(plan, name).other_than(form)
            told = ", ".join(way.told(table, name) for way in others)
            alone = f"alone would show: {told}" if told else "no other form or merge"
            yield f"  {name}: {form} shows {share.part_shown:.0%}; {alone}"


def _refuse_leaks(folder: Path) -> None:
    found = audit(folder)
    if found:
        told = [f"{one.file}, {one.place}: {one.kind}" for one in found]
        raise DisclosureError("What was written holds what must not leave.", told[:20])


# ---- the files


def files_of(ready: Prepared, shares: Mapping[str, Share], entry: Entry, consent: bool) -> Files:
    """All files of a release by their names, the manifest last."""
    files: Files = {}
    for name, results in ready.released.items():
        for ending, text in as_files(_safe(results), name).items():
            files[f"{TABLES}/{name}.{ending}"] = text.encode()
    manifest = _manifest(ready, shares, entry, consent)
    hashes = {name: manifests.sha(content) for name, content in files.items()}
    files[manifests.NAME] = manifests.text_of(replace(manifest, files=hashes)).encode()
    return files


def _safe(results: Results) -> Results:
    """Results whose texts no spreadsheet program computes."""
    safe = results.copy()
    safe.about = replace(results.about, released=True)
    for column in names_of(results.about.kind):
        safe[column] = [as_text_cell(str(text)) for text in results[column]]
    if "p_value" in safe:
        safe["p_value"] = [_p_in_file(row) for row in results.to_dict("records")]
    return safe


def _p_in_file(row: Record) -> str | float:
    """p as it stands in a file: of a class its limit, and on which side of it p lies."""
    number = float(row["p_value"])
    signs = [P_IN_FILES[code] for code in codes(row) if code in P_IN_FILES]
    return f"{signs[0]}{number:g}" if signs and not isnan(number) else number


def _manifest(
    ready: Prepared, shares: Mapping[str, Share], entry: Entry, consent: bool
) -> ReleaseManifest:
    declared = ready.run.study.file.disclosure
    accepted = declared.accept_hidden if declared else {}
    vetoes = declared.withhold if declared else ()
    plan = ready.protected.plan if ready.protected else None
    names = {name for request in plan.requests for name in request.variables} if plan else set()
    return ReleaseManifest(
        schema=manifests.SCHEMA,
        standard="SATRE 3.3.09",
        study=ready.run.study.name,
        mark=ready.run.source.mark,
        rows_are=ready.run.source.kind,
        **manifests.about_this_program(),
        packages=manifests.versions(),
        policy=ready.policy.fields(),  # type: ignore[arg-type]  # pydantic checks it
        largest_hidden_part=MOST_HIDDEN,
        forms={name: ready.protected.form(name) for name in sorted(names)}
        if ready.protected
        else {},
        merges=dict(plan.merged) if plan else {},
        withheld_cells=tuple(
            {
                key: str(getattr(veto, key))
                for key in ("table", "variable", "level", "group", "when")
            }
            for veto in vetoes
        ),
        tables={
            table: TableShare(share.cells, share.shown, accepted.get(table, ""))
            for table, share in shares.items()
        },
        withheld=dict(sorted(ready.withheld.items())),
        consent=consent,
        ledger=LedgerEntry(
            entry.number,
            entry.own_hash,
            entry.content_hash,
            entry.previous,
            "beside_the_data" if ready.run.restricted else "in_memory",
            entry.when[:10] if ready.run.restricted else "",
        ),
        files={},
    )


# ---- put in place


@contextmanager
def _beside(to: Path, restricted: bool) -> Iterator[Path]:
    """A folder beside the place of the release, gone when it is left."""
    stage = os.environ.get(places.STAGE)
    parent = Path(stage) if stage else to.parent
    if restricted and places.inside_project(to):
        raise UsageError("What comes of restricted data stays outside the project's folder.")
    places.make_folder(parent, private=restricted)
    for left in parent.glob(f".*{places.PART}"):  # of a process that was killed
        if left.is_dir() and places.is_left_over(left):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=".release-", suffix=places.PART, dir=parent))
    try:
        yield folder / "release"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fill(folder: Path, files: Files, restricted: bool) -> None:
    for name, content in files.items():
        places.write_whole(
            folder / name,
            lambda part, content=content: part.write_bytes(content),  # type: ignore[misc]
            private=restricted,
        )


def _put_in_place(folder: Path, to: Path, files: Files, restricted: bool) -> None:
    """Give a release its place whole. In the batch its files wait like those of any notebook."""
    if os.environ.get(places.STAGE):
        for name, content in files.items():
            places.write_whole(
                places.staged(f"release/{to.name}/{name}"),
                lambda part, content=content: part.write_bytes(content),  # type: ignore[misc]
                private=restricted,
            )
        return
    old = to.with_name(f".{to.name}-{secrets.token_hex(4)}{places.PART}")
    if to.exists():
        manifests.read_manifest(to)  # nothing but a release is replaced
        to.replace(old)
    try:
        folder.replace(to)
    except BaseException:  # also when it is interrupted
        if old.exists():
            old.replace(to)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _files_of_checker(ready: Prepared, shares: Mapping[str, Share], consent: str) -> Files:
    """The page for the person who checks outputs, and the details behind it."""
    return {
        CHECKER: checker_page(ready, shares, consent).encode(),
        CHANGES_OF_CHECKER: changes_file(ready.changes),
        CELLS_OF_CHECKER: cells_file(ready.protected),
        ROWS_OF_CHECKER: rows_file(ready.rows),
    }


def _put_checker(internal: Path, files: Files) -> None:
    """What is for the person who checks outputs, private, among the internal results."""
    is_staged = bool(os.environ.get(places.STAGE))
    for name, content in files.items():
        target = places.staged(of_study(internal.name, name)) if is_staged else internal / name
        places.write_whole(
            target,
            lambda part, content=content: part.write_bytes(content),  # type: ignore[misc]
            private=True,
        )
