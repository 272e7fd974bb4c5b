"""What was released, and nothing else: the one type that what people read is made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mothers_margins import places
from mothers_margins.errors import UsageError, expect, unknown
from mothers_margins.release.formula_safe import QUOTE, as_text_cell
from mothers_margins.release.manifest import ReleaseManifest, faults, read_manifest, refused
from mothers_margins.results.read import read_results
from mothers_margins.results.results import Results, names_of
from mothers_margins.study.read_study import read_study
from mothers_margins.study.study import Study

TABLES = "tables"
_READ = object()  # what only `read_release` has


@dataclass(frozen=True, eq=False)
class Released:
    """A release, read from its folder by `read_release`, which alone can make one.

    folder: where it lies. study: of which study. names: of its results. manifest: what it says of
    itself.
    """

    folder: Path = field(repr=False)
    study: Study
    manifest: ReleaseManifest = field(repr=False)
    _results: Mapping[str, Results] = field(repr=False)
    _read_by: object = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self._read_by is not _READ:
            remedy = "Read what was released: mm.read_release(folder)"
            raise UsageError("Released is made by read_release only.", (), remedy)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its results."""
        return tuple(self._results)

    def results(self, name: str, variables: Sequence[str] = ()) -> Results:
        """Released results by their name. variables: only their rows, in this order.

        Raises UsageError for results or variables that were not released, naming those there are.
        """
        if name not in self._results:
            raise unknown("released table", [name], self._results, f"study {self.study.name}")
        results = self._results[name].copy()
        if not variables:
            return results
        if isinstance(variables, str) or "variable" not in results:
            raise UsageError(f"Released: {name}: variables must be a list of names.")
        there = {*results["variable"]}
        absent = [one for one in variables if one not in there]
        if absent:
            raise unknown("released variable", absent, sorted(there), f"results {name}")
        parts = [np.flatnonzero(results["variable"] == one) for one in variables]
        chosen: Results = results.iloc[np.concatenate(parts)]
        return chosen


def read_release(folder: Path | Study, study: Study | None = None) -> Released:
    """The release in OUT/release/STUDY.

    folder: where it lies, or a study, whose release lies in the run's folder. Every file is
    compared with the manifest. Raises DisclosureError for anything that is no release as the
    program wrote it: internal results, a file that was changed, added or taken away, another
    version.
    """
    if isinstance(folder, Study):
        return read_release(places.out_folder() / "release" / folder.name, folder)
    expect(folder, Path, "read_release", "a folder or a study")
    manifest = read_manifest(folder)
    wrong = faults(folder, manifest)
    if wrong:
        raise refused(folder, wrong)
    known = study or read_study(manifest.study)
    if known.name != manifest.study:
        raise refused(folder, [f"it is not of study {known.name}"])
    read = read_results(folder / TABLES, known)
    internal = [
        f"{name} holds internal results" for name, one in read.items() if not one.about.released
    ]
    if internal:
        raise refused(folder, internal)
    results = {name: _unquoted(one) for name, one in read.items()}
    return Released(folder, known, manifest, results, _READ)


def only_released(given: object, who: str) -> Released:
    """Released, for a verb that shows nothing else. Raises UsageError, in the name of `who`, for
    internal results.
    """
    if isinstance(given, Released):
        return given
    remedy = "Internal results are never shown to readers: mm.read_release(folder)"
    kind = type(given).__name__
    raise UsageError(f"{who}: needs what read_release returned; it was given a {kind}.", (), remedy)


def released_or_given(
    given: object, who: str, name: str | None, variables: Sequence[str] = ()
) -> object:
    """The results that a table or a figure is asked for: those that a release has under a name, or
    what was given.

    Raises UsageError, in the name of `who`, for a release without a name, or a name without one.
    """
    if isinstance(given, Released):
        if not name:
            raise UsageError(f"{who}: say which of the released results.", given.names)
        return given.results(name, variables)
    if name or variables:
        raise UsageError(f"{who}: a name is of what read_release returns.")
    return given


def _unquoted(results: Results) -> Results:
    """Texts without the quote that keeps spreadsheet programs from computing them."""
    plain = results.copy()
    for column in names_of(results.about.kind):
        plain[column] = [_plain(str(text)) for text in results[column]]
    return plain


def _plain(text: str) -> str:
    bare = text.removeprefix(QUOTE)
    return bare if bare != text and as_text_cell(bare) == text else text
