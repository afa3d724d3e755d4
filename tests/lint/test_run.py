# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from zpconvert.errors import UserError
from zpconvert.lint.model import Edit, Rule
from zpconvert.lint.run import apply, decode, fix, lint, rule, rules

PATH = Path("some.cocci")


def said(text: str, chosen: list[Rule] | None = None) -> list[str]:
    return [str(found) for found in lint(text, PATH, chosen)]


def test_findings_have_places() -> None:
    text = (
        "virtual patch\n// Options: --no-loops\n// Confidence: High\n\n"
        "@a depends on patch && b@\n expression e,\n  f;\n@@\n- one(e)\n+ two(e, x)\n"
    )
    assert said(text, [r for r in rules() if r.code < "SP300"]) == [
        "some.cocci:5:24: SP102 there is no rule or virtual rule 'b'",
        "some.cocci:7:3: SP202 metavariable 'f' is not used",
    ]


def test_places_inside_scripts() -> None:
    text = "@a@\nexpression e;\n@@\n* one(e)\n@script:python@\ne << a.e;\n@@\n\nif e:\n\teval(e)\n"
    assert said(text) == ["some.cocci:10:2: SP405 eval() runs code made from text"]


def test_a_python_2_script_is_looked_into_all_the_same() -> None:
    text = (
        "@a@\nexpression e;\n@@\n* one(e)\n@script:python@\ne << a.e;\n@@\n"
        "import os\nif e:\n\tprint e\n\tos.system(e + oops)\n"
    )
    assert said(text) == [
        "some.cocci:8:1: SP405 'os' reaches outside",
        "some.cocci:10:2: SP401 Python 2: print statement",
        "some.cocci:11:2: SP403 nothing defines 'oops'",
    ]


def test_a_fix_leaves_the_rest_to_the_byte() -> None:
    head = "@a@\nexpression e;\n@@\n* one(e) // print 1\n@script:python@\ne << a.e;\n@@\n"
    before = (
        "x  = [ e,e ]   # print e\n\n"
        "if x :\n"
        '\tprint "%s" % (e),   2 // of SmPL: print 2\n'
        "\tif {}.has_key( e ) :  pass\t\n"
        "else :\n"
        "\tprint ( 1 ) ;\n"
        '\traise  "bad"  # why\n'
        '// print "not Python"\n'
    )
    after = (
        "x  = [ e,e ]   # print e\n\n"
        "if x :\n"
        '\tprint("%s" % (e),   2) // of SmPL: print 2\n'
        "\tif e in {} :  pass\t\n"
        "else :\n"
        "\tprint(( 1 )) ;\n"
        '\traise  Exception("bad")  # why\n'
        '// print "not Python"\n'
    )
    tail = "@b@\n@@\n- print x\n"
    new = fix(head + before + tail, PATH, [r for r in rules() if r.code != "SP901"])
    assert new.replace("print ( 1 )", "print(( 1 ))") == head + after + tail


def test_spatch_is_silent_where_a_rule_speaks() -> None:
    text = "@a@\nexpression e;\nidentifier e;\n@@\n- one(e)\n+ two(e)\n"
    assert [one.code for one in lint(text, PATH)] == ["SP203"]
    assert [one.code for one in lint(text, PATH, [rule("sp901")])] == ["SP901"]


def test_options_inside_the_file_do_not_reach_spatch(tmp_path: Path) -> None:
    target = tmp_path / "made"
    text = f"# spatch -o {target} --no-such-option\n@a@\n@@\n- one()\n+ two()\n"
    assert lint(text, PATH, [rule("SP901")]) == []


def test_fixes_that_overlap_wait() -> None:
    first = (Edit(0, 2, "X"), Edit(4, 5, "Y"))
    second = (Edit(1, 3, "Z"),)
    assert apply("abcdef", [first, second]) == "XcdYf"
    assert apply("abcdef", [second, first]) == "aZdef"


@pytest.mark.parametrize(
    ("data", "where", "what"),
    [(b"a\n\xff", "some.cocci:2", "not UTF-8"), (b"a\n\nb\0", "some.cocci:3", "a NUL byte")],
)
def test_what_is_no_text(data: bytes, where: str, what: str) -> None:
    with pytest.raises(UserError) as caught:
        decode(data, PATH)
    assert (caught.value.where, caught.value.what) == (where, what)


def test_an_unknown_code() -> None:
    with pytest.raises(UserError, match="SP999: no such code; choose one of SP101, "):
        rule("SP999")


def test_libcst_is_imported_for_scripts_only() -> None:
    code = (
        "import sys; from pathlib import Path; from zpconvert.lint.run import lint, rules; "
        "lint('@a@\\n@@\\n- b\\n', Path('a'), [r for r in rules() if r.code != 'SP901']); "
        "sys.exit('libcst' in sys.modules or 'fissix' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
