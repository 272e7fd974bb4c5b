"""pyproject.toml, requirements.lock and environment.yml say the same, and no file says where
packages come from.
"""

import re
import subprocess
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement

from tests.conftest import REPOSITORY

ALIASES = {
    "matplotlib-base": "matplotlib"
}  # conda-forge's name for matplotlib without a window system
FIXED = (
    "jupyterlab",
    "pandas",
    "seaborn",
    "matplotlib",
    "statsmodels",
    "papermill",
    "nbconvert",
    "pytest-notebook",
)


def read(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


PYPROJECT = tomllib.loads(read("pyproject.toml"))
LOCK = dict.fromkeys(
    re.findall(
        r"^([a-z0-9][\w.-]*==[^\s;\\]+(?: ; [^\\\n]+?)?) *\\?$", read("requirements.lock"), re.M
    )
)


def declared() -> dict[str, str]:
    """Name and lower bound of every direct dependency."""
    lines = [*PYPROJECT["project"]["dependencies"], *PYPROJECT["dependency-groups"]["dev"]]
    return {(needed := Requirement(line)).name.lower(): str(needed.specifier) for line in lines}


def test_the_packages_that_the_user_fixed_are_there():
    assert set(FIXED) <= set(declared())
    assert Requirement("pytest-notebook" + declared()["pytest-notebook"]).specifier.contains(
        "0.11.0"
    )
    assert not Requirement("pytest-notebook" + declared()["pytest-notebook"]).specifier.contains(
        "0.10.0"
    )


def test_conda_gets_the_same_packages_and_lower_bounds():
    lines = yaml.safe_load(read("environment.yml"))["dependencies"]
    pip = next(line["pip"] for line in lines if isinstance(line, dict))
    needed = [
        Requirement(line)
        for line in [*lines, *pip]
        if isinstance(line, str) and line not in ("pip", "-e .")
    ]
    conda = {ALIASES.get(one.name.lower(), one.name.lower()): str(one.specifier) for one in needed}
    assert conda.pop("python") == PYPROJECT["project"]["requires-python"]
    assert conda == declared()
    assert "-e ." in pip
    assert "pytest-notebook" in {Requirement(line).name for line in pip if line != "-e ."}


def test_the_lock_and_the_constraints_are_the_same_versions():
    assert list(LOCK) == PYPROJECT["tool"]["uv"]["constraint-dependencies"]
    assert len(LOCK) > 100


def test_every_direct_dependency_is_pinned_within_its_bound():
    pins = [Requirement(line) for line in LOCK]
    for name, bound in declared().items():
        versions = [next(iter(pin.specifier)).version for pin in pins if pin.name.lower() == name]
        assert versions, name
        assert all(Requirement(name + bound).specifier.contains(version) for version in versions), (
            name
        )


def test_every_pin_has_hashes():
    text = read("requirements.lock")
    blocks = re.split(r"\n(?=[a-z0-9])", text)
    assert len(blocks) == len(LOCK)
    assert all("--hash=sha256:" in block for block in blocks)


def test_build_requirements_are_pinned():
    (build,) = PYPROJECT["build-system"]["requires"]
    assert re.fullmatch(r"hatchling==[\d.]+", build)
    assert build in PYPROJECT["tool"]["uv"]["build-constraint-dependencies"]
    assert all("==" in line for line in PYPROJECT["tool"]["uv"]["build-constraint-dependencies"])
    assert build in LOCK


def test_bytecode_is_compiled_when_the_environment_is_made():
    assert PYPROJECT["tool"]["uv"]["compile-bytecode"] is True


def committed() -> list[str]:
    call = ["git", "ls-files"]
    listed = subprocess.run(call, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a checkout")
    return listed.stdout.split("\n")[:-1]


def test_no_committed_file_names_a_registry_or_a_place_on_one_machine():
    hosts = [
        ".".join(parts)
        for parts in (("pypi", "org"), ("python" + "hosted", "org"), ("registry", "npmjs"))
    ]
    places = re.compile(r"(?<![\w.])/(home|root|Users)/\w|file:///|index-url")
    for name in committed():
        path = REPOSITORY / name
        if (
            path.suffix in (".png", ".docx")
            or not path.is_file()
            or name in ("tests/end_to_end/test_environment.py", ".ci/lock")
        ):
            continue
        text = path.read_text(encoding="utf-8")
        assert not [host for host in hosts if host in text], name
        assert not places.search(text), name


def test_what_must_not_be_in_git_is_not():
    names = committed()
    assert "uv.lock" not in names
    assert not [
        name
        for name in names
        if name.startswith("outputs/") or name.endswith((".dta", ".sav", ".key"))
    ]


def test_the_two_commands_of_the_readme_are_the_ones_that_ci_runs():
    first_screen = "\n".join(read("README.md").splitlines()[:40])
    run = "python -m pip install --quiet uv && python -m uv run mothers-margins run --demo"
    test = "python -m pip install --quiet uv && python -m uv run pytest"
    assert run in first_screen
    assert test in first_screen
    assert read(".ci/run").strip().endswith(test)


def test_everything_committed_is_small():
    sizes = {
        name: (REPOSITORY / name).stat().st_size
        for name in committed()
        if (REPOSITORY / name).is_file()
    }
    assert {name: size for name, size in sizes.items() if size > 1_000_000} == {}
