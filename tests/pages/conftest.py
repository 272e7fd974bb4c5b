"""A browser for tests of pages. Where there is none they are skipped: `.ci/pages` installs one."""

import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

PACKAGES = ("playwright", "axe_playwright_python")
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


def missing() -> str:
    """What lacks for a test in a browser; empty if all is there."""
    packages = [name for name in PACKAGES if find_spec(name) is None]
    program = [] if any(map(shutil.which, PROGRAMS)) else ["chromium"]
    return ", ".join([*packages, *program])


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """Debian's Chromium, driven by Playwright; nothing is downloaded.

    It ends with its module: while it lasts an event loop runs, in which tests of others could not
    start one of their own.
    """
    if lacking := missing():
        pytest.skip(f"tests in a browser need {lacking}: .ci/pages installs and runs them")
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, PROGRAMS)))
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core as the wheel carries it."""
    spec = find_spec("axe_playwright_python")
    if spec is None or spec.origin is None:
        pytest.skip("axe is not installed: .ci/pages installs and runs these tests")
    (script,) = Path(spec.origin).parent.rglob("axe.min.js")
    return script.read_text(encoding="utf-8")
