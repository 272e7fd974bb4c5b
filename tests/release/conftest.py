from pathlib import Path

import pytest

from mothers_margins import places
from mothers_margins.disclosure.ledger_file import FolderLedger, begin_ledger
from tests.release.small_release import Sixty


@pytest.fixture
def sixty(tmp_path, monkeypatch) -> Sixty:
    made = Sixty(tmp_path / "project")
    monkeypatch.setattr(places, "project", lambda: made.folder)
    return made


@pytest.fixture
def internal(sixty, monkeypatch) -> Path:
    """A run of made-up rows."""
    return sixty.run(monkeypatch, restricted=False)


@pytest.fixture
def to(internal) -> Path:
    """Where its release goes."""
    return internal.parents[1] / "release" / "sixty"


@pytest.fixture
def ledger(tmp_path) -> FolderLedger:
    return begin_ledger(tmp_path / "beside_the_data")
