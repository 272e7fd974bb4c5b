"""Where pandoc is, and what is said where it is not."""

from importlib.machinery import ModuleSpec

import pytest

import mothers_margins as mm
from mothers_margins.documents import pandoc


def test_pandoc_is_the_one_that_the_package_brings():
    assert "pypandoc" in pandoc.program().parts
    assert pandoc.run("a", "--from=html", "--to=plain") == b"a\n"


@pytest.mark.parametrize("there", [False, True])
def test_without_it_the_message_says_what_to_do(there, tmp_path, monkeypatch):
    """No package at all, or pypandoc without the program, which is another package."""
    spec = ModuleSpec("pypandoc", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(pandoc, "find_spec", lambda _: spec if there else None)
    with pytest.raises(mm.UsageError, match="not installed") as caught:
        pandoc.program()
    assert "pip install" in caught.value.remedy
    assert "pypandoc_binary" in caught.value.remedy


def test_a_failure_of_pandoc_itself_has_its_last_words():
    with pytest.raises(mm.MothersMarginsError, match="Unknown option --no-such-option"):
        pandoc.run("a", "--no-such-option")
