"""Parameters of notebooks as papermill's command line hands them over."""

import re

import pytest
from papermill.cli import _resolve_type

import mothers_margins as mm


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("true", True),
        ("True", True),
        ("TRUE", True),
        ("tRue", True),
        ("false", False),
        ("False", False),
        ("FALSE", False),
    ],
)
def test_true_and_false_are_understood_in_any_capitals(typed, expected):
    assert mm.true_or_false("percent", _resolve_type(typed)) is expected
    assert mm.true_or_false("percent", typed) is expected  # as `papermill -r` hands it over


@pytest.mark.parametrize("typed", ["no", "yes", "0", "1", "0.0", "none", "", " false", "fa1se"])
def test_anything_else_is_refused_with_what_is_allowed(typed):
    allowed = r"^percent: must be true or false, in any capitals; it was given "
    with pytest.raises(mm.UsageError, match=allowed) as refusal:
        mm.true_or_false("percent", _resolve_type(typed))
    assert not re.search(r"fa1se|yes", str(refusal.value))
    with pytest.raises(mm.UsageError, match="it was given another text"):
        mm.true_or_false("percent", typed)


@pytest.mark.parametrize("given", [None, 0, 1, 0.0, [], [False]])
def test_what_python_takes_for_true_or_false_is_neither(given):
    with pytest.raises(mm.UsageError, match=f"it was given {type(given).__name__}"):
        mm.true_or_false("percent", given)
