# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from pathlib import Path

import pytest

from zpconvert.smpl.depends import parse_condition
from zpconvert.smpl.syntax import Block, parse_document

TEXT = """\
// head @not a rule@
virtual patch, context  // two of them
virtual org;

@ one depends on patch && !(context || org)
      disable is_zero exists @
expression list[n] es;
identifier virtual.ns, f =~ "^(a|b);@@$", g != {x, y};
position any two.p, q != {three.p, four.q};
fresh identifier tmp = "x" ## f;
struct platform_device *dev; T **pp;
local idexpression struct dentry *three.dent;
@@

- f@q(es, "@not_a_name@", x->one) // comment f2
+ g(dev->g, pp, tmp)

@script:python three@
(ast, text) << one.f;
p << one.q = "none";
made;
@@
# don't end @ here
print("// no comment @", 'it''s') // smpl comment
@@ is only here
// the next rule's comment
/* and this
   too */
@finalize:ocaml@
@@
let () = print_string "a
@b" (* @c *)
@@ @@
- last()
"""


@pytest.fixture(scope="module")
def blocks() -> tuple[Block, ...]:
    return parse_document(TEXT.replace("@@ is only here\n", "")).blocks


def test_blocks_and_their_heads(blocks: tuple[Block, ...]) -> None:
    assert [(b.kind, b.language, b.name.text if b.name else None) for b in blocks] == [
        ("rule", "smpl", "one"),
        ("script", "python", "three"),
        ("finalize", "ocaml", None),
        ("rule", "smpl", None),
    ]
    assert blocks[0].depends is not None
    assert [name.text for name in blocks[0].depends.names()] == ["patch", "context", "org"]
    assert not any(block.faults for block in blocks)


def test_virtuals_have_places() -> None:
    document = parse_document(TEXT)
    assert [(v.text, *document.place(v.at)) for v in document.virtuals] == [
        ("patch", 2, 9), ("context", 2, 16), ("org", 3, 9),
    ]  # fmt: skip


def test_metavariables(blocks: tuple[Block, ...]) -> None:
    found = [
        (m.name, m.kind, (m.of.rule, m.of.name) if m.of else None) for m in blocks[0].metavariables
    ]
    assert found == [
        ("es", "expression list[n]", None),
        ("n", "list length", None),
        ("ns", "identifier", ("virtual", "ns")),
        ("f", "identifier", None),
        ("g", "identifier", None),
        ("p", "position any", ("two", "p")),
        ("q", "position", None),
        ("tmp", "fresh identifier", None),
        ("dev", "struct platform_device *", None),
        ("pp", "T **", None),
        ("dent", "local idexpression struct dentry *", ("three", "dent")),
    ]
    q = blocks[0].declared["q"]
    assert [(one.rule, one.name) for one in q.references] == [("three", "p"), ("four", "q")]
    assert "f" in blocks[0].declared["tmp"].local
    assert [each.name for each in blocks[0].metavariables if each.constrained] == [
        "f", "g", "q", "tmp",
    ]  # fmt: skip
    for each in blocks[0].metavariables:
        assert TEXT[each.at :].startswith(each.name)


def test_what_a_script_is_bound_to(blocks: tuple[Block, ...]) -> None:
    found = [(m.name, m.kind, m.of.name if m.of else None) for m in blocks[1].metavariables]
    assert found == [("text", "binding", "f"), ("p", "binding", "q"), ("made", "output", None)]
    assert blocks[1].declared["p"].constrained


def test_a_script_ends_before_the_next_rules_comment(blocks: tuple[Block, ...]) -> None:
    assert blocks[1].body.endswith("// smpl comment\n")
    assert "let ()" in blocks[2].body


def test_occurrences(blocks: tuple[Block, ...]) -> None:
    found = [(o.name, o.sign, o.position, o.member) for o in blocks[0].occurrences]
    assert found == [
        ("f", "-", False, False),
        ("q", "-", True, False),
        ("es", "-", False, False),
        ("x", "-", False, False),
        ("one", "-", False, True),
        ("g", "+", False, False),
        ("dev", "+", False, False),
        ("g", "+", False, True),
        ("pp", "+", False, False),
        ("tmp", "+", False, False),
    ]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a &&", "the name of a rule is missing"),
        ("(a || b", "a ')' is missing"),
        ("a b", "'b' does not belong"),
        ("!", "the name of a rule is missing"),
        ("(" * 5000, "a ')' is missing"),
    ],
)
def test_what_is_wrong_with_a_condition(text: str, what: str) -> None:
    _, wrong = parse_condition(text, 7)
    assert what in wrong[0][1]
    assert 7 <= wrong[0][0] <= 7 + len(text)


def test_conditions() -> None:
    condition, wrong = parse_condition('ever a && !b || file in "x/y" && never (c)', 0)
    assert not wrong
    assert condition.op == "or"
    assert [name.text for name in condition.names()] == ["a", "b", "c"]


@pytest.mark.kernel
def test_the_kernels_patches_are_read_without_a_fault(kernel_612: Path) -> None:
    files = sorted((kernel_612 / "scripts/coccinelle").rglob("*.cocci"))
    assert len(files) == 73
    for path in files:
        text = path.read_text()
        document = parse_document(text)
        assert document.blocks
        assert document.faults == ()
        heads = [line for line in text.splitlines() if line.startswith("@") and line != "@@"]
        assert len(document.blocks) >= len([h for h in heads if "script" in h])
