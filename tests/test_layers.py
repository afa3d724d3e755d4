# SPDX-License-Identifier: GPL-2.0-only
"""Layers point down, each library has one home, and no module knows a subsystem."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "zpconvert"
MODULES = sorted(PACKAGE.rglob("*.py"))

FEATURES = {"conversion", "rewrite", "smpl", "header", "mail", "kernel", "lint", "check"}
FEATURES |= {"boot", "init", "planner"}
#: The features that stand on another: lint reads what smpl takes apart, and asks spatch; check
#: looks at files with the engine's own analysis, and so do init, which drafts conversions,
#: and the planner, which has it render them.
ABOVE = {"lint": "smpl", "check": "rewrite", "init": "rewrite", "planner": "rewrite"}
#: What features may build on (DESIGN.md, import direction); these know no feature.
GROUND = {"csource", "git", "objcode"}
#: Modules that import no other but of their own kind; the rest of the top level is the
#: pipeline's.
FLOOR = {"ending", "errors", "plural", "process", "resources", "scratch", "space", "typedjson"}
FLOOR |= {"__init__"}
#: What every package below cli may import: the types that are passed on, and the floor.
SHARED = (
    "conversion.complaint",
    "conversion.model",
    "conversion.table",
    "csource.ctype",
    "ending",
    "errors",
    "plural",
    "process",
    "resources",
    "scratch",
    "space",
    "typedjson",
)
#: Features that build on other features.
UPPER = {
    "report": {"kernel", "mail", "validate"},
    "reroll": {"mail"},
    "validate": {"boot", "kernel", "mail"},
}

HOMES = {
    "subprocess": ("process.py",),
    "tree_sitter": ("csource/",),
    "tree_sitter_c": ("csource/",),
    "click": ("cli/",),
    "rich": ("cli/",),
    "libcst": ("smpl/", "lint/"),
    "tomlkit": ("init/documents.py", "conversion/edit.py", "conversion/spell.py"),
    "fissix": ("lint/python2.py",),
    "pygments": ("smpl/lexer.py", "cli/talk.py", "report/code.py"),
    "jinja2": ("report/",),
    "markupsafe": ("report/",),
}
#: How `os` starts programs without process.py.
BACK_DOORS = re.compile(r"exec[lv]p?e?|fork(?:pty)?|popen|posix_spawnp?|spawn[lv]p?e?|system")
SUBSYSTEM = re.compile(r"zsmalloc|z3fold|zbud|zpdesc|zspage", re.IGNORECASE)
TRACKED = sorted(
    path
    for top in ("zpconvert", "tests", "semantic_patches", "fixtures")
    for suffix in ("*.py", "*.cocci", "*.toml")
    for path in (ROOT / top).rglob(suffix)
)


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything that a module imports, at any depth."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            up = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join((*up, *([node.module] if node.module else [])))
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def within(name: str, module: str) -> bool:
    return name == module or name.startswith(module + ".")


def name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_each_library_has_one_home(path: Path) -> None:
    strays = [
        f"{name(path)}:{line}: {imported}"
        for line, imported in imports(path)
        for library, homes in HOMES.items()
        if within(imported, library) and not name(path).startswith(homes)
    ]
    assert not strays


def back_doors(code: str) -> Iterator[tuple[int, str]]:
    """(line, name) of what a module takes from `os` to start a program."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            names = [alias.name for alias in node.names]
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "os"
        ):
            names = [node.attr]
        else:
            continue
        yield from ((node.lineno, name) for name in names if BACK_DOORS.fullmatch(name))


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_programs_start_through_one_door(path: Path) -> None:
    assert list(back_doors(path.read_text())) == []


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import os\nos.execvp(a, b)", [(2, "execvp")]),
        ("import os\nos.system(a)", [(2, "system")]),
        ("import os\nos.popen(a)", [(2, "popen")]),
        ("import os\nos.spawnlp(0, a)", [(2, "spawnlp")]),
        ("from os import path, posix_spawn", [(1, "posix_spawn")]),
        ("import os\nos.environ, platform.system()", []),
    ],
)
def test_the_rule_of_the_one_door_itself(code: str, found: list[tuple[int, str]]) -> None:
    assert list(back_doors(code)) == found


def layer_fault(own: str, imported: str) -> bool:
    """Whether a module of layer `own` may not import `imported` (dotted, within zpconvert)."""
    if own == "cli" or any(within(imported, shared) for shared in SHARED):
        return False
    target = imported.partition(".")[0]
    if own in UPPER:
        return target not in {own} | UPPER[own] | GROUND
    if own in FEATURES | GROUND:
        ground = own in FEATURES and target in GROUND
        return target != own and not ground and ABOVE.get(own) != target
    if own in FLOOR:
        return True
    return target == "cli" and own != "__main__"


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_layers_point_down(path: Path) -> None:
    own = Path(name(path)).parts[0].removesuffix(".py")
    faults = [
        f"{name(path)}:{line}: {imported}"
        for line, imported in imports(path)
        if within(imported, "zpconvert")
        and layer_fault(own, imported.removeprefix("zpconvert").removeprefix("."))
    ]
    assert not faults


@pytest.mark.parametrize(
    ("own", "imported", "fault"),
    [
        ("cli", "pipeline.build", False),
        ("pipeline", "rewrite.engine", False),
        ("pipeline", "cli.main", True),
        ("__main__", "cli.main", False),
        ("rewrite", "csource.parse", False),
        ("rewrite", "smpl.spatch", True),
        ("lint", "smpl.syntax", False),
        ("smpl", "lint.run", True),
        ("init", "rewrite.survey", False),
        ("init", "pipeline.convert", True),
        ("rewrite", "init.look", True),
        ("mail", "git.repo", False),
        ("git", "mail.message", True),
        ("csource", "git.repo", True),
        ("validate", "objcode.compare", False),
        ("objcode", "kernel.replay", True),
        ("mail", "conversion.model", False),
        ("mail", "conversion.load", True),
        ("kernel", "process.run", False),
        ("reroll", "mail.posted", False),
        ("reroll", "pipeline.convert", True),
        ("mail", "reroll.changelog", True),
        ("validate", "kernel.kbuild", False),
        ("validate", "rewrite.engine", True),
        ("validate", "pipeline.convert", True),
        ("kernel", "validate.builder", True),
        ("report", "validate.report", False),
        ("validate", "report.page", True),
        ("process", "errors.UserError", False),
        ("process", "git.repo", True),
    ],
)
def test_the_layer_rule_itself(own: str, imported: str, fault: bool) -> None:
    assert layer_fault(own, imported) is fault


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_no_module_knows_a_subsystem(path: Path) -> None:
    text = path.read_text()
    found = [f"{name(path)}:{text.count(chr(10), 0, m.start()) + 1}: {m[0]}"
             for m in SUBSYSTEM.finditer(text)]  # fmt: skip
    assert not found


def test_every_source_names_its_licence() -> None:
    without = [
        str(path.relative_to(ROOT))
        for path in (*TRACKED, ROOT / "pyproject.toml", ROOT / "setup.cfg", ROOT / "Makefile")
        if "SPDX-License-Identifier: GPL-2.0-only" not in path.read_text()[:300]
    ]
    assert not without


def test_every_package_is_installed() -> None:
    """setup.cfg lists packages by name, because of the one that lies beside the others."""
    packages = {
        ".".join(path.parent.relative_to(ROOT).parts) for path in PACKAGE.rglob("__init__.py")
    }
    listed = set(re.findall(r"(?m)^    (zpconvert(?:\.\w+)*)$", (ROOT / "setup.cfg").read_text()))
    assert listed == packages | {"zpconvert.semantic_patches"}
