"""From percent text to the learner's notebook: nothing lost, nothing leaked, every fault refused with its place."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest

from autograder import marks
from autograder.course import Role
from autograder.lint import lint
from autograder.notebooks import Unreadable, read_ipynb, read_percent, to_ipynb
from autograder.release import build_release, build_sources, student_version
from autograder.sources import CourseError, expand, read_source, source_folders
from autograder.suites import from_import, from_text, read_suite
from autograder.units import UnknownUnit, check_name, find_course, load_course

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TOY = HERE / "toy_course"
FOLDERS = [*source_folders(TOY), *source_folders(ROOT)]
WORDS = Path("solutions", "01_words", "words.py")


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return shutil.copytree(TOY, tmp_path / "course")


def edit(course: Path, old: str, new: str, path: Path = WORDS) -> None:
    text = (course / path).read_text()
    assert old in text
    (course / path).write_text(text.replace(old, new))


def faults(course: Path) -> str:
    with pytest.raises(CourseError) as error:
        build_release(course)
    return str(error.value)


def unit_name(folder: Path) -> str:
    return folder.name


def test_release_is_byte_for_byte_what_nbgraders_command_writes(toy: Path) -> None:
    for folder in source_folders(ROOT):
        shutil.copytree(folder, toy / "solutions" / folder.name)
    config = [
        "c = get_config()",
        "c.CourseDirectory.source_directory = '_build/source'",
        f"c.ClearSolutions.code_stub = {{'python': {marks.CODE_STUB!r}}}",
    ]
    (toy / "nbgrader_config.py").write_text("\n".join(config))
    build_sources(toy)
    built = build_release(toy)
    assert len(built) == len(FOLDERS)
    programs = str(Path(sys.executable).parent)
    subprocess.run(
        [f"{programs}/nbgrader", "generate_assignment", "--assignment=*", "--log-level=ERROR"],
        cwd=toy,
        env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "HOME": str(toy)},
        check=True,
    )
    for path in built:
        assert (toy / path).read_bytes() == (toy / "release" / path.relative_to("exercises")).read_bytes()


def test_only_what_changed_is_written_again(toy: Path) -> None:
    (path,) = build_release(toy)
    first = (toy / path).stat().st_mtime_ns
    assert build_release(toy) == []
    assert (toy / path).stat().st_mtime_ns == first
    edit(toy, "Ten minutes", "Twelve minutes")
    assert build_release(toy) == [path]
    (toy / path).write_text("edited by hand")
    assert build_release(toy, check=True) == [path]
    assert build_release(toy) == [path]
    assert build_release(toy, check=True) == []


def test_released_notebooks_of_removed_units_go(toy: Path) -> None:
    build_release(toy)
    shutil.copytree(toy / "exercises/01_words", toy / "exercises/02_numbers")
    assert build_release(toy, check=True) == [Path("exercises/02_numbers/words.ipynb")]
    assert build_release(toy) == [Path("exercises/02_numbers/words.ipynb")]
    assert not (toy / "exercises/02_numbers/words.ipynb").exists()


def test_a_broken_build_changes_nothing(toy: Path) -> None:
    build_release(toy)
    before = (toy / "exercises/01_words/words.ipynb").read_bytes()
    edit(toy, "points=4", "points=5")
    faults(toy)
    assert (toy / "exercises/01_words/words.ipynb").read_bytes() == before


@pytest.mark.parametrize("folder", FOLDERS, ids=unit_name)
def test_released_notebooks_hold_no_solution_and_no_hidden_test(folder: Path) -> None:
    source = read_source(folder)
    text = student_version(to_ipynb(expand(source)))
    released = "\n".join(cell.source for cell in read_ipynb(text.encode()))
    shown = "\n".join(marks.replaced(cell.source, marks.SOLUTION, "") for cell in source.cells)
    for cell in source.cells:
        for line in marks.inside(cell.source, marks.SOLUTION).split("\n"):
            alone = line.strip()
            assert len(alone) < 20 or alone not in released or alone in shown, alone
    for word in ("SOLUTION", "HIDDEN TESTS", "hidden_tests", "suite."):
        assert word not in text


@pytest.mark.parametrize("folder", FOLDERS, ids=unit_name)
def test_percent_text_is_read_as_jupytext_reads_it(folder: Path) -> None:
    source = read_source(folder)
    known = jupytext.reads(source.path.read_text(), "py:percent").cells
    assert [(cell.kind, cell.source) for cell in source.cells] == [(cell.cell_type, cell.source) for cell in known]
    keys = {"setup", "exercise", "tests", "points", "answer"}
    options = [{key: value for key, value in cell.metadata.items() if key in keys} for cell in known]
    assert [dict(cell.metadata) for cell in source.cells] == options


@pytest.mark.parametrize("folder", FOLDERS, ids=unit_name)
def test_source_notebooks_are_valid_and_written_as_nbformat_writes_them(folder: Path) -> None:
    text = to_ipynb(expand(read_source(folder)))
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert nbformat.writes(notebook) + "\n" == text
    ids = [cell.id for cell in notebook.cells]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("folder", FOLDERS, ids=unit_name)
def test_facts_read_from_text_are_those_of_the_imported_suite(folder: Path) -> None:
    path = folder / "hidden_tests.py"
    modules, places = set(sys.modules), list(sys.path)
    imported = from_import(path)
    assert places == sys.path
    assert not [name for name in set(sys.modules) - modules if "hidden_tests" in name]
    assert read_suite(folder) == imported


def test_facts_that_are_no_literals_are_left_to_the_import() -> None:
    text = "suite = Suite()\na = suite.exercise('a', 2, 'a(x)')\n"
    fixed = from_text(text + "@a.family('f', 2)\ndef f(t): ...\n")
    assert fixed is not None and fixed.exercises["a"].families == (("f", 2.0),)
    assert from_text("") is None
    assert from_text("suite = Suite(('torch',))\n") is None
    assert from_text("suite = Suite(without=SLOW)\n") is None
    eager = from_text("suite = Suite(patience={'call': 30})\n")
    assert eager is not None and eager.patience == {"call": 30}
    assert from_text("suite = Suite()\na = suite.exercise('a', POINTS, 'a(x)')\n") is None
    assert from_text(text + "for name in 'fg':\n    a.family(name, 1)(check)\n") is None
    assert from_text(text + "@other(a).family('f', 2)\ndef f(t): ...\n") is None


def test_visible_and_hidden_tests_stand_in_two_cells() -> None:
    unit = load_course(TOY)["01_words"]
    roles = {cell.id: cell.role for cell in unit.cells if cell.role is not Role.PROSE and cell.role is not Role.CODE}
    assert roles == {
        "imports": Role.SETUP,
        "is-palindrome": Role.ANSWER,
        "check-is-palindrome": Role.CHECK,
        "test-is-palindrome": Role.TESTS,
        "encode": Role.ANSWER,
        "check-encode": Role.CHECK,
        "test-encode": Role.TESTS,
        "keys": Role.WRITTEN,
    }
    hidden = next(cell for cell in unit.cells if cell.id == "test-encode")
    assert hidden.points == 3
    assert hidden.source.split("\n") == [
        "# 3 points, graded when you hand in: there 2, and back 1.",
        "### BEGIN HIDDEN TESTS",
        'from hidden_tests import suite; suite.grade("encode", encode, decode)',
        "### END HIDDEN TESTS",
    ]
    assert unit.tests == TOY / "solutions" / "01_words"
    assert unit.without == ("textwrap",)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('setup="imports"', 'prepare="imports"', "unknown option prepare; known are answer, exercise, points"),
        ('setup="imports"', "setup=imports", 'expected name="text" or name=1'),
        ('setup="imports"', 'setup="a" setup="b"', "the option setup is given twice"),
        ('setup="imports"', 'setup="My imports"', "is no name in kebab-case"),
        ('setup="imports"', 'setup="keys"', "the id keys is taken by an earlier cell"),
        ('setup="imports"', 'setup="imports" points=1', "cannot have the options points, setup"),
        ("points=4", "points=5", "5 points here, 4 in hidden_tests.py, whose families add up to 4"),
        ("points=4", 'points="four"', "points are a number above 0, not 'four'"),
        ('tests="encode"', 'tests="is-palindrome"', "the id test-is-palindrome is taken"),
        ('exercise="encode"', 'exercise="encoded"', 'no tests: a cell with tests="encoded" must follow'),
        ('exercise="encode"', 'exercise="encoded"', 'no exercise: a cell with exercise="encode" must come before'),
        ("def decode(", "def decipher(", "the hidden tests call decode, which the solution does not define"),
        ("    ### BEGIN SOLUTION\n", "", "must alternate"),
        (
            "import string\n",
            "import string\n### BEGIN SOLUTION\n### END SOLUTION\n",
            "outside of an exercise or answer",
        ),
        ("import string\n", "import string\n### BEGIN HIDDEN TESTS\n", "hidden tests belong in hidden_tests.py"),
        ("import string\n", "# %matplotlib inline\nimport string\n", "are for cells without options only"),
        ("import string\n", "import string as\n", "line 1 of the cell: "),
        ("ALPHABET = string", "ALPHABET = strings", "uses strings, which no set-up before it defines"),
        ("for word in (", "for word in sorted(letters, ", "uses letters, which neither set-up nor an exercise before"),
        ('tests="encode"\n', 'tests="encode"\nprint(alphabet)\n', "uses alphabet"),
        ("Twenty-six,", "# The keys\nTwenty-six,", "the heading '# The keys' is part of the answer"),
        ("Twenty-six,", "The keys\n---\nTwenty-six,", "the heading 'The keys' is part of the answer"),
        (
            'tests="encode"\n',
            'tests="encode"\nassert eval("1")\n',
            "uses eval: what comes from a learner",
        ),
        (
            'tests="encode"\n',
            'tests="encode"\nassert encode.__code__\n',
            "uses __code__: learners' functions",
        ),
        (
            'tests="encode"\n',
            'tests="encode"\nimport inspect as i\nassert i\n',
            "uses inspect: learners'",
        ),
        ('tests="encode"\n', 'tests="encode"\nassert encode("a", 1) is encode("b", 1)\n', "uses is: compare values"),
        ("Letters count", "```{note}\nLetters count", "'```{note}' is MyST"),
        ("Letters count", "{term}`Letters` count", "is MyST"),
        ('r"""\n# Words', '"""\n# Words', "line 1: a prose cell is"),
        ("# %% [markdown]\nr", "# A title\n# %% [markdown]\nr", "line 1: text before the first"),
    ],
)
def test_the_build_refuses(toy: Path, old: str, new: str, fault: str) -> None:
    text = (toy / WORDS).read_text()
    assert old in text
    (toy / WORDS).write_text(text.replace(old, new, 1))
    said = faults(toy)
    assert fault in said
    assert all(line.startswith(str(WORDS)) for line in said.split("\n"))


def test_an_exercise_needs_marks(toy: Path) -> None:
    edit(toy, "### BEGIN SOLUTION\n", "\n")
    edit(toy, "### END SOLUTION\n", "\n")
    assert f'{WORDS}:21: exercise="is-palindrome": no ### BEGIN SOLUTION' in faults(toy)


def test_hidden_tests_without_a_cell_are_refused(toy: Path) -> None:
    path = WORDS.with_name("hidden_tests.py")
    edit(toy, "\n\n@pal", "\nguess = suite.exercise('guess', 1, 'guess(text)')\n\n@pal", path)
    assert "hidden_tests.py grades guess, which no cell of the notebook has" in faults(toy)


@pytest.mark.parametrize(
    "line", ["import pickle", "from pickle import loads", "eval('1')", "builtins.eval('1')", "Suite is Trial"]
)
def test_hidden_tests_work_on_data(toy: Path, line: str) -> None:
    edit(toy, "\n\n@pal", f"\n{line}\n\n@pal", WORDS.with_name("hidden_tests.py"))
    assert re.search(r"hidden_tests.py: uses (pickle|eval|is): ", faults(toy))


def test_a_suite_that_cannot_be_read_is_refused(toy: Path) -> None:
    edit(toy, "suite = Suite(", "suite = Suite(1 / 0, ", WORDS.with_name("hidden_tests.py"))
    assert "hidden_tests.py: ZeroDivisionError: division by zero" in faults(toy)


@pytest.mark.parametrize(
    "prose",
    [
        "An inline `{x}` and $\\frac{a}`b`$",
        "```python\n# no heading\n```",
        "a | b\n---|---\n1 | 2",
        "`{x}`, then `y`",
    ],
)
def test_harmless_prose_passes(toy: Path, prose: str) -> None:
    edit(toy, "Letters count", f"{prose}\n\nLetters count")
    edit(toy, "Twenty-six,", "Twenty-six:\n\n```python\n# 26\n```\n\n| a |\n|---|\n\n* so")
    assert lint(read_source((toy / WORDS).parent)) == ()


def test_an_answer_may_keep_its_question(toy: Path) -> None:
    edit(toy, "Twenty-six,", "## How many keys?\n### BEGIN SOLUTION\nTwenty-six,")
    edit(toy, "tried by hand.\n", "tried by hand.\n### END SOLUTION\n")
    build_release(toy)
    text = (toy / "exercises/01_words/words.ipynb").read_text()
    assert "How many keys" in text and "YOUR ANSWER HERE" in text and "Twenty-six" not in text


def test_ids_stay_when_other_cells_come_and_go(toy: Path) -> None:
    cells = {cell.source: cell.id for cell in expand(read_source((toy / WORDS).parent))}
    edit(toy, "# %% setup", '# %% [markdown]\nr"""\nNew.\n"""\n\n# %% [markdown]\nr"""\nNew.\n"""\n\n# %% setup')
    now = expand(read_source((toy / WORDS).parent))
    assert {cell.source: cell.id for cell in now if cell.source in cells} == cells
    first, second = (cell.id for cell in now if cell.source == "New.")
    assert second == f"{first}-2"


def test_percent_text_must_be_well_formed() -> None:
    with pytest.raises(Unreadable, match="line 3"):
        read_percent("# %%\nx = 1\n# %% [raw]\nfoo\n")
    assert [cell.source for cell in read_percent("# %%\n\n\nx = 1\n\n\n# %%\n")] == ["x = 1", ""]
    assert read_percent("") == ()


def test_a_course_of_nbgraders_layout_is_read_by_its_metadata() -> None:
    unit = load_course(TOY)["02_averages"]
    assert unit.notebook == "averages" and unit.tests is None
    roles = {cell.id: (cell.role, cell.points) for cell in unit.cells if cell.role is not Role.PROSE}
    assert roles == {
        "averages-1": (Role.CODE, 0),
        "averages-1-trusted": (Role.SETUP, 0),  # not read-only, but the tests need its imports
        "mean_solution": (Role.ANSWER, 0),
        "mean_tests": (Role.TESTS, 3),
        "median_solution": (Role.ANSWER, 0),
        "samples": (Role.SETUP, 0),
        "show_medians": (Role.CHECK, 0),  # read-only, and calls the learner's function
        "median_tests": (Role.TESTS, 2),
        "robust": (Role.WRITTEN, 1),
        "averages-10": (Role.CODE, 0),
    }
    assert [cell.id for cell in unit.exercises] == ["mean_tests", "median_tests", "robust"]


def test_sources_of_both_kinds_are_in_one_folder(toy: Path) -> None:
    folder = build_sources(toy)
    assert sorted(str(path.relative_to(folder)) for path in folder.glob("*/*")) == [
        "01_words/words.ipynb",
        "02_averages/averages.ipynb",
    ]
    shutil.rmtree(toy / "solutions")
    assert build_sources(toy) == toy / "source"
    with pytest.raises(CourseError, match="nothing to release from"):
        build_release(toy)


def test_unknown_units_and_missing_courses_are_named(toy: Path, tmp_path: Path) -> None:
    assert list(load_course(toy, ["02_averages"])) == ["02_averages"]
    with pytest.raises(UnknownUnit, match=r"no unit '01_word': did you mean 01_words\?"):
        load_course(toy, ["01_word"])
    with pytest.raises(UnknownUnit, match="there are 01_words, 02_averages"):
        check_name("xyz", ["01_words", "02_averages"])
    assert find_course(toy / "solutions" / "01_words") == toy
    with pytest.raises(CourseError, match="expected solutions/<NN_unit>/"):
        load_course(tmp_path)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda notebook: notebook["cells"].clear(), "no cell is graded"),
        (lambda notebook: notebook["cells"].append(notebook["cells"][3]), "two cells have the id mean_tests"),
        (lambda notebook: notebook.pop("cells"), "not a notebook"),
    ],
)
def test_faulty_plain_notebooks_are_refused(toy: Path, change: object, fault: str) -> None:
    path = toy / "source/02_averages/averages.ipynb"
    notebook = json.loads(path.read_text())
    assert callable(change)
    change(notebook)
    path.write_text(json.dumps(notebook))
    with pytest.raises(CourseError, match=fault):
        dict(load_course(toy))


def test_an_assignment_has_one_notebook(toy: Path) -> None:
    shutil.copy(toy / "source/02_averages/averages.ipynb", toy / "source/02_averages/more.ipynb")
    with pytest.raises(CourseError, match="2 notebooks"):
        dict(load_course(toy))
