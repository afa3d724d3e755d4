# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from pathlib import Path

import pytest

from zpconvert.errors import UserError
from zpconvert.smpl.model import Example, parse, read

PATH = Path("some.cocci")
TEXT = """\
// SPDX-License-Identifier: GPL-2.0-only
// Calls the new thing
// by its new name.
// Options: --no-loops --max-width 100
// Before:
//     if (old(a))
//     \tb();
//
//     c();
// After:
//     if (new(a))
//     \tb();
//
//     c();
#spatch --smpl-spacing
virtual patch, context

@one depends on patch@
expression e; // of @any@ kind
@@
- old(e)
+ new(e)

@@ @@
- unnamed()
+ named()

/* @two@ is a script */
@script:python two depends on one && !context@
e << one.e;
@@
print("a@b // c")
@finalize:ocaml@
@@
let () = ()
"""


def test_a_whole_file() -> None:
    patch = parse(TEXT.encode(), PATH)
    assert patch.about == "Calls the new thing by its new name."
    assert patch.options == ("--no-loops", "--max-width", "100", "--smpl-spacing")
    assert patch.virtuals == ("patch", "context")
    assert patch.examples == (
        Example("if (old(a))\n\tb();\n\nc();\n", "if (new(a))\n\tb();\n\nc();\n", 5),
    )
    assert [(r.name, r.line, r.language, r.kind) for r in patch.rules] == [
        ("one", 18, "smpl", "rule"),
        (None, 24, "smpl", "rule"),
        ("two", 29, "python", "script"),
        (None, 33, "ocaml", "finalize"),
    ]
    one, _, two, _ = patch.rules
    assert (one.depends, one.metavariables) == ("patch", "expression e; // of @any@ kind")
    assert (one.body, one.body_line) == ("- old(e)\n+ new(e)\n\n", 21)
    assert (two.depends, two.uses) == ("one && !context", {"one", "context"})
    assert (two.body, two.body_line) == ('print("a@b // c")\n', 32)
    assert [rule.line for rule in patch.scripts] == [29, 33]
    assert TEXT.endswith("".join(rule.text for rule in patch.rules))


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 1, "no rule"),
        ("// only a comment\n", 1, "no rule"),
        ("\nhello\n@a@\n@@\n- b\n+ c\n", 2, "text before the first rule"),
        ("// c\n@a\nexpression e;\n@@\n- b\n+ c\n", 2, "head does not end"),
        ("// c\n@a@\nexpression e;\n- b\n+ c\n", 2, "metavariables do not end"),
        ("@a@\nexpression e;\n- b\n@b@\n@@\n- c\n", 1, "metavariables do not end"),
        ("@a@\n@@\n- b\n+ c\n@a@\n@@\n- d\n+ e\n", 5, "rule 'a' is also on line 1"),
        ("@script:ruby@\n@@\nputs\n", 1, "script language 'ruby'"),
        ("// After:\n//     b();\n@a@\n@@\n- b\n+ c\n", 1, "an example without its other half"),
        ("// c\n// Before:\n//     b();\n@a@\n@@\n- b\n+ c\n", 2, "an example without its other"),
        ("// Options: --no-loops -o x\n@a@\n@@\n- b\n+ c\n", 1, "option '-o' is not allowed"),
        ("# spatch --parse-handler x\n@a@\n@@\n- b\n+ c\n", 1, "option '--parse-handler' is not"),
        ("// Options: --max-width --python\n@a@\n@@\n- b\n+ c\n", 1, "option '--python' is not"),
    ],
)
def test_a_fault_names_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(UserError) as caught:
        parse(text.encode(), PATH)
    assert caught.value.where == f"some.cocci:{line}"
    assert what in caught.value.what


def test_not_utf8() -> None:
    with pytest.raises(UserError, match=r"some\.cocci:2: not UTF-8"):
        parse(b"// a\n// \xff\n@a@\n@@\n- b\n+ c\n", PATH)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        read(tmp_path / "none.cocci")
    with pytest.raises(UserError, match="cannot be read"):
        read(tmp_path)


def test_rules_that_use_each_other_stay_together() -> None:
    text = """\
@a@
expression e;
@@
- one(e)
+ two(e)
@b@
expression e;
@@
- three(e)
+ four(e)
@c@
expression b.e;
@@
- five(e)
+ six(e)
@d depends on b@
@@
- seven
+ eight
@e@
@@
- nine
+ ten
"""
    texts = parse(text.encode(), PATH).rule_texts()
    assert [rule.names for rule in texts] == [("a",), ("b", "c", "d"), ("e",)]
    assert [rule.line for rule in texts] == [1, 6, 20]
    assert "".join(rule.text for rule in texts) == text
    assert [rule.where for rule in texts] == ["some.cocci"] * 3


def test_a_sequence_of_rules_has_names_and_no_virtual_ones() -> None:
    with pytest.raises(UserError, match=r"some\.cocci:2: a rule without a name"):
        parse(b"\n@@ @@\n- a\n+ b\n", PATH).rule_texts()
    with pytest.raises(UserError, match="virtual rule 'patch'"):
        parse(b"virtual patch\n@a@ @@\n- a\n+ b\n", PATH).rule_texts()
