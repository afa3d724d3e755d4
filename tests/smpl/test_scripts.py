# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from zpconvert.errors import UserError
from zpconvert.smpl.model import SemanticPatch, parse
from zpconvert.smpl.scripts import check_scripts

RULE = "@a@\nexpression e;\n@@\n- old(e)\n+ new(e)\n"


def patch(text: str) -> SemanticPatch:
    return parse(text.encode(), Path("some.cocci"))


@pytest.mark.parametrize(
    ("script", "language"),
    [
        ("@script:python@\ne << a.e;\n@@\nprint(e)\n", "python"),
        ("@initialize:python@\n@@\nimport os\n", "python"),
        ("@finalize:ocaml@\n@@\nlet () = ()\n", "ocaml"),
        ("@b@\nidentifier f : script:python() { f == 1 };\n@@\n- f\n+ g\n", "python"),
    ],
)
def test_scripts_from_outside_run_only_when_allowed(script: str, language: str) -> None:
    one = patch(RULE + script)
    with pytest.raises(UserError) as caught:
        check_scripts(one, bundled=False, allow=False)
    assert caught.value.where == f"some.cocci:{7 if 'identifier' in script else 6}"
    assert caught.value.what.startswith(language)
    assert "--allow-scripts" in caught.value.todo
    check_scripts(one, bundled=False, allow=True)
    check_scripts(one, bundled=True, allow=False)


def test_no_script_no_question() -> None:
    check_scripts(patch(RULE), bundled=False, allow=False)


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ('@script:python@\ne << a.e;\n@@\n\nimport os\nif e:\n\tprint "x"\n', 12),
        ("@initialize:python@ @@\nexec 'a' in {}\n", 7),
        ("@finalize:python@\n@@\ntry:\n    f()\nexcept E, e:\n    pass\n", 10),
    ],
)
def test_python_2_is_found_at_its_line(script: str, line: int) -> None:
    with pytest.raises(UserError) as caught:
        check_scripts(patch(RULE + script), bundled=True, allow=False)
    assert caught.value.where == f"some.cocci:{line}"
    assert (RULE + script).splitlines()[line - 1].strip() in caught.value.what


def test_libcst_is_imported_for_a_script_only() -> None:
    code = (
        "import sys; from pathlib import Path; from zpconvert.smpl.model import parse; "
        "from zpconvert.smpl.scripts import check_scripts; "
        f"check_scripts(parse({RULE!r}.encode(), Path('a')), bundled=True, allow=False); "
        "sys.exit('libcst' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
