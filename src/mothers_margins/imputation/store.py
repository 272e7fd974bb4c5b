"""Imputed cells in a file: what the chains drew, without the data around it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mothers_margins.imputation.completed import Chain, Imputations
from mothers_margins.imputation.engine import restored
from mothers_margins.imputation.equations import Equations, Event

PARTS = ("imputed", "means", "spreads")


def write_cells(path: Path, made: Imputations) -> None:
    """Write the imputed cells of finished chains, their course and their events (numpy's npz; nothing is pickled)."""
    events = [[asdict(event) for event in chain.events] for chain in made.chains]
    arrays = {
        f"{part}/{target.name}": np.array([getattr(chain, part)[target.name] for chain in made.chains])
        for target in made.targets
        for part in PARTS
    }
    said = json.dumps({"events": events, "failed": made.failed})
    with path.open("wb") as file:
        np.savez_compressed(file, said=np.frombuffer(said.encode(), dtype=np.uint8), **arrays)  # type: ignore[arg-type]


def read_cells(path: Path, data: pd.DataFrame, equations: Equations, m: int) -> Imputations | None:
    """The first m chains of a file, with the data and equations that they were made of; None if it does not hold them.

    That data and equations are the same is for the caller to know: by a key of both in the file's name.
    """
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    said = json.loads(arrays.pop("said").tobytes().decode())
    if len(said["events"]) + len(said["failed"]) < m:
        return None
    failed = {int(number): why for number, why in said["failed"].items() if int(number) <= m}
    parts: dict[str, dict[str, Any]] = {part: {} for part in PARTS}
    for key, rows in arrays.items():
        part, _, name = key.partition("/")
        parts[part][name] = rows
    chains = tuple(
        Chain(
            imputed={name: rows[k] for name, rows in parts["imputed"].items()},
            means={name: list(rows[k]) for name, rows in parts["means"].items()},
            spreads={name: list(rows[k]) for name, rows in parts["spreads"].items()},
            events=tuple(Event(**event) for event in said["events"][k]),
        )
        for k in range(m - len(failed))
    )
    return restored(data, equations, chains, failed)
