"""Imputed cells in a file: what the chains drew, without the data around it."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from mothers_margins.imputation.engine import restored
from mothers_margins.imputation.equations import Equations, Event
from mothers_margins.imputation.imputations import Chain, Imputations

Array = np.ndarray
PARTS = ("imputed", "means", "spreads", "expected")


def write_cells(path: Path, imputations: Imputations) -> None:
    """Write the imputed cells of finished chains, their course and their events (numpy's npz;
    nothing is pickled).
    """
    events = [[asdict(event) for event in chain.events] for chain in imputations.chains]
    arrays = {
        f"{part}/{target.name}": np.array(
            [getattr(chain, part)[target.name] for chain in imputations.chains]
        )
        for target in imputations.targets
        for part in PARTS
    }
    account = json.dumps({"events": events, "failed": imputations.failed})
    with path.open("wb") as file:
        np.savez_compressed(file, said=np.frombuffer(account.encode(), dtype=np.uint8), **arrays)  # type: ignore[arg-type]


def read_cells(path: Path, data: pd.DataFrame, equations: Equations, m: int) -> Imputations | None:
    """The first m chains of a file, with the data and equations that they were made of; None if it
    does not hold them.

    A file that cannot be read, or holds something else, counts as one that is not there: the cells
    are then made again. That data and equations are the same is for the caller to know: by a key of
    both in the file's name.
    """
    try:
        stored = _chains(path, m)
    except (
        OSError,
        EOFError,
        BadZipFile,
        zlib.error,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        IndexError,
    ):
        return None
    if stored is None:
        return None
    chains, failed = stored
    if not chains:
        return None
    imputations = restored(data, equations, chains, failed)
    whole = all(_fits(imputations, chain) for chain in chains)
    return imputations if whole else None


def _chains(path: Path, m: int) -> tuple[tuple[Chain, ...], dict[int, str]] | None:
    """The first m chains of a file without those that failed, and why these did; None if there are
    fewer.
    """
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    account = json.loads(arrays.pop("said").tobytes().decode())
    if len(account["events"]) + len(account["failed"]) < m:
        return None
    reasons = {int(number): str(why) for number, why in account["failed"].items()}
    failed = {number: why for number, why in reasons.items() if number <= m}
    parts = _by_part(arrays)
    chains = tuple(_chain(parts, account["events"][k], k) for k in range(m - len(failed)))
    return chains, failed


# Any: arrays, whose items have whatever type their part holds
def _by_part(arrays: Mapping[str, Array]) -> dict[str, dict[str, Any]]:
    """Arrays named PART/NAME by part, then by name."""
    parts: dict[str, dict[str, Any]] = {part: {} for part in PARTS}
    for key, rows in arrays.items():
        part, _, name = key.partition("/")
        parts[part][name] = rows
    return parts


def _chain(
    parts: Mapping[str, Mapping[str, Any]], events: Sequence[Mapping[str, Any]], k: int
) -> Chain:
    """The chain whose rows stand at place k."""
    return Chain(
        imputed={name: rows[k] for name, rows in parts["imputed"].items()},
        means={name: list(rows[k]) for name, rows in parts["means"].items()},
        spreads={name: list(rows[k]) for name, rows in parts["spreads"].items()},
        expected={name: float(rows[k]) for name, rows in parts["expected"].items()},
        events=tuple(Event(**{**event, "names": tuple(event["names"])}) for event in events),
    )


def _fits(imputations: Imputations, chain: Chain) -> bool:
    """Whether a chain has a cell for every missing one of every target, and for no other
    variable.
    """
    sizes = {target.name: int(target.missing.sum()) for target in imputations.targets}
    held = {name: len(values) for name, values in chain.imputed.items()}
    beside = (chain.means, chain.spreads, chain.expected)
    return held == sizes and all({*numbers} == {*sizes} for numbers in beside)
