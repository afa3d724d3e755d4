# SPDX-License-Identifier: GPL-2.0-only
"""Real spatch runs, and scripts in its stead for what a real one does only when it is ill."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from zpconvert.errors import UserError
from zpconvert.smpl.spatch import Kind, Outcome, Skipped, passed_over, run_spatch, run_to_rest
from zpconvert.smpl.spatch import version as spatch_version

RULE = b"@a@\nexpression e;\n@@\n- old(e)\n+ new(e)\n"
SOURCE = b"int f(int x)\n{\n\treturn old(x);\n}\n"


def run(cocci: bytes, source: bytes = SOURCE, **more: tuple[str, ...]) -> Outcome:
    return run_spatch(cocci, source, timeout=30, **more)


def test_patched() -> None:
    assert run(RULE) == Outcome(Kind.PATCHED, SOURCE.replace(b"old", b"new"))


def test_rules_can_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.cocci"
    path.write_bytes(RULE)
    assert run_spatch(path, SOURCE, timeout=30).kind is Kind.PATCHED


@pytest.mark.parametrize("source", [b"int y;\n", b"int f(int old)\n{\n\treturn 1;\n}\n", b""])
def test_a_rule_that_matches_nothing_is_no_error(source: bytes) -> None:
    assert run(RULE, source) == Outcome(Kind.UNCHANGED, source)


def test_the_last_line_needs_no_newline() -> None:
    assert run(RULE, SOURCE.rstrip()).text == SOURCE.rstrip().replace(b"old", b"new")


def test_white_space_and_bytes_outside_a_match_survive() -> None:
    source = (
        b"/* caf\xe9 */ \t\n\n\n\x0cint   f( int x )\n{  \n    int\ty  =  1 ;\t \n"
        b"\treturn old(x); // \xff\n\n\n}\n\n\n#define  A(x)   \\\n\t ( x )\t\n"
    )
    assert run(RULE, source).text == source.replace(b"old", b"new")


def test_a_function_that_does_not_parse_is_named() -> None:
    source = b"\n/* c */\nint g(int x)\n{\n\tfor_each(x) ) {\n\t\told(x);\n\t}\n}\n" + SOURCE
    done = run(RULE, source)
    assert done.kind is Kind.SKIPPED
    assert done.skipped == (Skipped("g", 3, 5, ")"),)
    assert done.skipped[0].why == "it does not parse at its line 3, near ')'"
    assert done.message == "spatch skipped g() at line 3"
    assert b"return new(x);" in done.text
    assert b"\t\told(x);" in done.text


@pytest.mark.parametrize("statement", [b"goto nowhere;", b"break;"])
def test_a_function_without_control_flow_is_named(statement: bytes) -> None:
    """spatch says nothing at all about these, at any verbosity."""
    done = run(RULE, b"void g(int x)\n{\n\told(x);\n\t" + statement + b"\n}\n" + SOURCE)
    assert done.kind is Kind.SKIPPED
    assert done.skipped == (Skipped("g", 1),)


def test_a_function_that_no_longer_parses_after_a_rule_is_named() -> None:
    cocci = b"@a@\nexpression e;\n@@\n- old(e);\n+ goto nowhere;\n"
    done = run(cocci, b"void g(int x)\n{\n\told(x);\n}\n")
    assert [each.name for each in done.skipped] == ["g"]


def test_which_rules_matched() -> None:
    other = RULE.replace(b"@a@", b"@b@").replace(b"old", b"absent")
    assert run(other + RULE).matched == (False, True)


def test_both_arms_of_an_if_are_accounted_for() -> None:
    other = SOURCE.replace(b"int x", b"int x, int y")
    source = b"#ifdef A\n" + SOURCE + b"#else\n" + other + b"#endif\n"
    assert run(RULE, source).text == source.replace(b"old", b"new")


def test_code_passed_over_inside_a_function_can_be_asked_for() -> None:
    source = b"""int f(int x)
{
#ifdef A
	if (x) {
#else
	if (old(x)) {
#endif
		return 1;
	}
	return 0;
}
"""
    assert run(RULE, source).kind is Kind.UNCHANGED
    assert b"old" in passed_over(source, timeout=30)
    assert b"old" not in passed_over(SOURCE, timeout=30)


def test_spatch_1_3_says_where_it_passed_over_code(fake_spatch: Callable[..., Path]) -> None:
    fake_spatch('echo "source.c:3: passed:#ifdef A "; echo "source.c:6: passed:old ( x ) "')
    assert passed_over(SOURCE, timeout=30) == b"#ifdef A \nold ( x ) "


@pytest.mark.parametrize(
    ("cocci", "line", "text", "message"),
    [
        (RULE.replace(b"old(e)", b"old(e"), 5, "+ new(e)", "parse error"),
        (RULE.replace(b"new(e)", b"new(e);)"), 5, "+ new(e);)", "plus: parse error"),
        (RULE.replace(b"expression e", b"expression b.e"), 2, "expression b.e;", "meta: parse"),
        (b"// c\n" + RULE.replace(b"@a@", b"@a depends on b@"), 2, "@a depends on b@", "rule name"),
        (RULE + RULE, 6, "@a@", "rule name: parse error"),
    ],
)
def test_a_fault_in_the_cocci_has_its_place(
    cocci: bytes, line: int, text: str, message: str
) -> None:
    done = run(cocci)
    assert done.kind is Kind.ERROR
    assert done.text == SOURCE
    assert message in done.message
    assert done.position is not None
    assert (done.position.line, done.position.text) == (line, text)
    assert str(done.position) == f"{line}:{done.position.column}: {text}"


def test_a_fault_names_its_column() -> None:
    done = run(RULE.replace(b"new(e)", b"new(e);)"))
    assert done.position is not None
    assert done.position.column == "+ new(e);)".index(")", 8)


def test_what_is_no_semantic_patch_at_all() -> None:
    done = run_spatch(b"hello\n", SOURCE, timeout=30, trusted=True)
    assert done.kind is Kind.ERROR
    assert done.message == "unexpected code before the first rule"


def test_virtual_rules() -> None:
    cocci = b"virtual patch\nvirtual other\n" + RULE.replace(b"@a@", b"@a depends on patch@")
    assert run(cocci).kind is Kind.UNCHANGED
    assert run(cocci, defines=("other",)).kind is Kind.UNCHANGED
    assert run(cocci, defines=("patch",)).kind is Kind.PATCHED
    wrong = run(cocci, defines=("absent",))
    assert wrong.kind is Kind.ERROR
    assert "absent" in wrong.message


def test_nested_matches_of_one_rule() -> None:
    source = b"int f(int x)\n{\n\treturn old(old(1) + g(old(x)));\n}\n"
    done = run(RULE, source)
    assert (done.kind, done.nested) == (Kind.ERROR, True)
    assert done.message == "rule a changes the same code twice, at line 3 of the source"
    assert run_to_rest(RULE, source, timeout=30).text == source.replace(b"old", b"new")


def test_a_rule_that_feeds_itself_does_not_come_to_rest() -> None:
    cocci = b"@a@\nexpression e;\n@@\n- old(e)\n+ old(e + 1)\n"
    done = run_to_rest(cocci, b"int f(int x)\n{\n\treturn old(old(x));\n}\n", timeout=30)
    assert done.kind is Kind.ERROR
    assert "still find work after 8 runs" in done.message


def test_a_hanging_spatch_is_stopped(fake_spatch: Callable[[str], Path]) -> None:
    fake_spatch("sleep 60")
    started = time.monotonic()
    done = run_spatch(RULE, SOURCE, timeout=0.3)
    assert time.monotonic() - started < 10
    assert (done.kind, done.text) == (Kind.TIMEOUT, SOURCE)
    assert "killed after 0.3 s" in done.message


def test_a_killed_spatch_is_an_error(fake_spatch: Callable[[str], Path]) -> None:
    fake_spatch("echo 'int half' > source.c; kill -9 $$")
    done = run(RULE)
    assert done == Outcome(Kind.ERROR, SOURCE, (), "spatch was killed by signal 9")


def test_a_spatch_that_says_nothing_accounts_for_nothing(
    fake_spatch: Callable[[str], Path],
) -> None:
    fake_spatch("exit 0")
    assert run(RULE).kind is Kind.SKIPPED


def test_version(fake_spatch: Callable[..., Path]) -> None:
    assert spatch_version() >= (1, 1)
    fake_spatch("exit 0", version="1.3")
    assert spatch_version() == (1, 3)


def test_a_spatch_too_old(fake_spatch: Callable[..., Path]) -> None:
    program = fake_spatch("exit 0", version="1.0.8")
    with pytest.raises(UserError, match=r"1\.0\.8 is too old; install 1\.1") as caught:
        spatch_version()
    assert caught.value.where == str(program)


def test_no_spatch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="zpconvert doctor"):
        spatch_version()
    with pytest.raises(UserError, match="zpconvert doctor"):
        run(RULE)
