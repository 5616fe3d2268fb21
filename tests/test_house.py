"""The house rules that no other tool checks: what lies where, who imports whom, what is pinned."""

import ast
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOP_LEVEL = {
    ".ci", ".gitignore", "CHANGELOG.md", "CITATION.cff", "LICENSE", "LICENSE-text", "Makefile", "README.md",
    "_config.yml", "autograder", "book", "cnnkit", "exercises", "pyproject.toml", "requirements.txt", "scripts",
    "solutions", "tests",
}  # fmt: skip
# Who may not import whom. hidden_tests, mistakes and alternatives are the modules of a unit in solutions/.
UNIT_MODULES = {"hidden_tests", "mistakes", "alternatives"}
FORBIDDEN_IMPORTS = {
    "autograder": {"cnnkit", "solutions", "book"} | UNIT_MODULES,
    "cnnkit": {"autograder", "solutions", "book"} | UNIT_MODULES,
    "book": {"autograder", "solutions"} | UNIT_MODULES,
}
MACHINE_PATH = re.compile(r"(?:^|[^\w.])/(?:root|work|farm|Users)/[A-Za-z]", re.MULTILINE)
PIN = re.compile(r'[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*(; python_version < "3\.\d+")?')


def house_files() -> list[Path]:
    """The files that git tracks or would track; without git, all but what is built."""
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listing.returncode == 0:
        return sorted(path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file())
    return sorted(built_files_left_out())


def built_files_left_out() -> Iterator[Path]:
    for folder, subfolders, names in os.walk(ROOT):
        hidden = [name for name in subfolders if name.startswith(".") and name != ".ci"]
        for name in [*hidden, "_build", "__pycache__", "cnn_course.egg-info"]:
            if name in subfolders:
                subfolders.remove(name)
        yield from (Path(folder, name) for name in names)


def imported_modules(source: str) -> set[str]:
    nodes = list(ast.walk(ast.parse(source)))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    return {name.split(".")[0] for name in names}


def pins() -> list[str]:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_top_level_holds_the_names_of_the_design_only() -> None:
    names = {path.relative_to(ROOT).parts[0] for path in house_files()}
    assert names <= TOP_LEVEL, f"not in the design: {', '.join(sorted(names - TOP_LEVEL))}"


@pytest.mark.parametrize("package", sorted(FORBIDDEN_IMPORTS))
def test_imports_follow_the_arrows_of_the_design(package: str) -> None:
    sources = [path for path in house_files() if path.suffix == ".py" and path.is_relative_to(ROOT / package)]
    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources
        for name in imported_modules(path.read_text()) & FORBIDDEN_IMPORTS[package]
    }
    assert sources, f"no source files in {package}/"
    assert not wrong, "\n".join(sorted(wrong))


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    found = []
    for path in house_files():
        try:
            match = MACHINE_PATH.search(path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            continue
        if match:
            found.append(f"{path.relative_to(ROOT)}: {match.group().strip()}")
    assert not found, "\n".join(found)


def test_every_requirement_is_pinned_to_one_public_version() -> None:
    loose = [line for line in pins() if not PIN.fullmatch(line)]
    assert not loose, "\n".join(loose)


def test_no_package_is_required_twice() -> None:
    names = [re.sub(r"[-_.]+", "-", line.split("==")[0]).lower() for line in pins()]
    assert len(names) == len(set(names))
    assert "torchvision" not in names


def test_version_is_the_same_everywhere() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"\n## {version}" in (ROOT / "CHANGELOG.md").read_text()


def test_scripts_can_be_run() -> None:
    scripts = [path for path in house_files() if path.is_relative_to(ROOT / "scripts")]
    assert scripts
    assert [path.name for path in scripts if not os.access(path, os.X_OK)] == []


def test_readme_names_targets_and_files_that_exist() -> None:
    text = (ROOT / "README.md").read_text()
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z]+)", text)) | set(re.findall(r"^make ([a-z]+)", text, re.MULTILINE))
    assert {"course", "test"} <= named <= targets
    links = re.findall(r"\]\(([^)#:]+)\)", text) + re.findall(r'src="([^":]+)"', text)
    assert [link for link in links if not (ROOT / link).exists()] == []
