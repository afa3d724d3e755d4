# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import itertools
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from zpconvert.errors import UserError
from zpconvert.smpl import batch
from zpconvert.smpl.batch import Job, Rewriter, apply
from zpconvert.smpl.rules import RuleText
from zpconvert.smpl.spatch import Kind, Outcome, run_to_rest


def rule(name: str, old: str, new: str, line: int = 1) -> RuleText:
    text = f"@{name}@\nexpression zz;\n@@\n- {old}\n+ {new}\n"
    return RuleText((name,), text, "rules.cocci", line)


RULES = (
    rule("lock", "old_lock(cast(zz))", "new_lock(zz)"),
    rule("unlock", "old_unlock(cast(zz))", "new_unlock(zz)"),
    rule("chain", "outer(new_lock(zz))", "chained(zz)"),
)
ALL = frozenset({"lock", "unlock", "chain"})


def chunk(name: str, body: str) -> bytes:
    return f"/* {name} */\nstatic int {name}(int p)\n{{\n\t{body}\n}}\n".encode()


LOCKS = chunk("f", "return old_lock(cast(p)) + old_unlock(cast(p));")


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, bytes]]:
    """What spatch is run on, as (rules, source)."""
    seen: list[tuple[bytes, bytes]] = []

    def spy(cocci: bytes, source: bytes, *, timeout: float, trusted: bool, where: str) -> Outcome:
        seen.append((cocci, source))
        return run_to_rest(cocci, source, timeout=timeout, trusted=trusted, where=where)

    monkeypatch.setattr(batch, "run_to_rest", spy)
    return seen


def rewrite(requests: Sequence[tuple[bytes, frozenset[str]]], **more: bytes) -> list[bytes]:
    return Rewriter(RULES, workers=2, timeout=30).rewrite(requests, **more)


def test_jobs_run_side_by_side_and_come_back_in_order() -> None:
    cocci = RULES[0].text.encode()
    sources = [b"int f%d(int p)\n{\n\treturn old_lock(cast(p));\n}\n" % at for at in range(5)]
    done = apply([Job(cocci, source) for source in sources], timeout=30, workers=3)
    assert [one.kind for one in done] == [Kind.PATCHED] * 5
    assert [one.text for one in done] == [
        source.replace(b"old_lock(cast(p))", b"new_lock(p)") for source in sources
    ]


def test_one_job_that_hangs_leaves_the_others_alone(fake_spatch: Callable[[str], Path]) -> None:
    real = shutil.which("spatch")
    fake_spatch(f'grep -q hang source.c && sleep 60; exec {real} "$@"')
    cocci = RULES[0].text.encode()
    good, hang = chunk("good", "old_lock(cast(p));"), chunk("hang", "old_lock(cast(p));")
    started = time.monotonic()
    done = apply([Job(cocci, one) for one in (hang, good, hang)], timeout=3, workers=3)
    assert time.monotonic() - started < 30
    assert [one.kind for one in done] == [Kind.TIMEOUT, Kind.PATCHED, Kind.TIMEOUT]


def test_each_chunk_gets_the_rules_enabled_for_it() -> None:
    half = frozenset({"unlock"})
    assert rewrite([(LOCKS, ALL), (LOCKS, half), (LOCKS, frozenset())]) == [
        LOCKS.replace(b"old_lock(cast(p))", b"new_lock(p)").replace(
            b"old_unlock(cast(p))", b"new_unlock(p)"
        ),
        LOCKS.replace(b"old_unlock(cast(p))", b"new_unlock(p)"),
        LOCKS,
    ]


def test_a_rule_finds_what_an_earlier_one_wrote() -> None:
    text = chunk("f", "return outer(old_lock(cast(p)));")
    assert rewrite([(text, ALL)]) == [chunk("f", "return chained(p);")]
    assert rewrite([(text, frozenset({"chain"}))]) == [text]
    backwards = Rewriter(RULES[::-1], 1, 30).rewrite([(text, ALL)])
    assert backwards == [chunk("f", "return outer(new_lock(p));")]


def test_white_space_outside_a_match_survives() -> None:
    text = (
        b"\n\n/* caf\xe9 */ \t\n\x0c#if 1\nint   f( int p )\n{  \n    int\ty  =  1 ;\t \n"
        b"\treturn old_lock(cast(p)); // \xff\n\n\n}\n#endif   \n\n\t\n"
    )
    wanted = text.replace(b"old_lock(cast(p))", b"new_lock(p)")
    bare = text.rstrip()
    assert rewrite([(text, ALL), (bare, ALL), (LOCKS, ALL)])[:2] == [wanted, wanted.rstrip()]


def test_nothing_relevant_means_no_run(
    runs: list[tuple[bytes, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    comment = b"/* old_lock(cast(p)) */\nint g(void)\n{\n\treturn old_lock(1);\n}\n"
    assert rewrite([(comment, ALL), (LOCKS, frozenset())]) == [comment, LOCKS]
    assert runs == []


def test_chunks_of_different_rules_share_a_run_where_they_can(
    runs: list[tuple[bytes, bytes]],
) -> None:
    only_lock = chunk("a", "old_lock(cast(p));")
    only_unlock = chunk("b", "old_unlock(cast(p));")
    rewrite([(only_lock, frozenset({"lock"})), (only_unlock, frozenset({"unlock", "chain"}))])
    assert len(runs) == 1
    rewrite([(LOCKS, frozenset({"lock"})), (LOCKS, frozenset({"unlock"}))])
    assert len(runs) == 3


def test_a_result_is_remembered_by_chunk_and_relevant_rules(
    runs: list[tuple[bytes, bytes]],
) -> None:
    only = chunk("a", "old_lock(cast(p));")
    rewriter = Rewriter(RULES, 2, 30)
    first = rewriter.rewrite([(only, frozenset({"lock"})), (only, frozenset({"lock"}))])
    again = rewriter.rewrite([(only, frozenset({"lock", "unlock"}))])
    assert first == again * 2
    assert len(runs) == 1
    rewriter.rewrite([(only, ALL)], prelude=b"#define A 1\n")
    assert len(runs) == 2


def test_large_work_is_split_over_the_workers(runs: list[tuple[bytes, bytes]]) -> None:
    chunks = [chunk(f"f{at}", "old_lock(cast(p));" + "a = b;\n\t" * 100) for at in range(40)]
    done = rewrite([(one, ALL) for one in chunks])
    assert len(runs) == 2
    sizes = sorted(len(source) for _, source in runs)
    assert sizes[1] < 1.2 * sizes[0]
    assert done == [one.replace(b"old_lock(cast(p))", b"new_lock(p)") for one in chunks]


def test_any_mixture_gives_what_each_chunk_gives_alone() -> None:
    bodies = ["outer(old_lock(cast(p)));", "old_unlock(cast(p));", "new_lock(p);", "outer(p);"]
    chunks = [chunk(f"f{at}", body) for at, body in enumerate([*bodies, "".join(bodies)])]
    sets = [
        frozenset(one) for size in range(4) for one in itertools.combinations(sorted(ALL), size)
    ]
    requests = list(itertools.product(chunks, sets))
    together = rewrite(requests)
    for (text, enabled), got in zip(requests, together, strict=True):
        cocci = "\n".join(one.text for one in RULES if one.names[0] in enabled)
        want = run_to_rest(cocci.encode(), text, timeout=30).text if cocci else text
        assert got == want


def test_rules_that_use_each_other_see_one_function_at_a_time() -> None:
    text = (
        "@a@\nidentifier f;\nexpression zz;\n@@\n"
        "f(...) { <+...\n- start(zz)\n+ begin(zz)\n...+> }\n"
        "@b@\nidentifier a.f;\n@@\n- f()\n+ called()\n"
    )
    rewriter = Rewriter([RuleText(("a", "b"), text)], 2, 30)
    own = b"int f(int p)\n{\n\tstart(p);\n\tf();\n}\n"
    other = b"int g(int p)\n{\n\tstart(p);\n\tf();\n}\n"
    names = frozenset({"a"})
    assert rewriter.rewrite([(own, names), (other, names)]) == [
        b"int f(int p)\n{\n\tbegin(p);\n\tcalled();\n}\n",
        b"int g(int p)\n{\n\tbegin(p);\n\tf();\n}\n",
    ]


def test_nested_matches() -> None:
    text = chunk("f", "return old_lock(cast(old_lock(cast(p))));")
    assert rewrite([(text, ALL), (LOCKS, ALL)])[0] == chunk("f", "return new_lock(new_lock(p));")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("for_each(p) ) { old_lock(cast(p)); }", "it does not parse at its line 3, near ')'"),
        ("old_lock(cast(p)); goto out;", "no control flow"),
    ],
)
def test_a_skipped_function_is_an_error_that_names_it(body: str, why: str) -> None:
    with pytest.raises(UserError) as caught:
        Rewriter(RULES, 2, 30).rewrite([(LOCKS, ALL), (chunk("bad", body), ALL)], where="mm/file.c")
    assert caught.value.where == "mm/file.c"
    assert "spatch skips bad()" in caught.value.what
    assert why in caught.value.what


def test_a_skipped_function_without_relevant_rules_is_no_matter() -> None:
    bad = chunk("bad", "for_each(p) ) { }")
    assert rewrite([(bad, ALL)]) == [bad]


def test_an_arm_that_spatch_passes_over_is_an_error() -> None:
    """The arm does not parse along with the other one; spatch leaves it out without a word."""
    body = "\n#ifdef A\n\tif (p) {\n#else\n\tif (old_lock(cast(p))) {\n#endif\n\t\treturn 1;\n\t}"
    with pytest.raises(UserError, match=r"skips bad\(\): rule lock was not tried"):
        rewrite([(LOCKS, ALL), (chunk("bad", body), ALL)])


def test_arms_that_parse_are_no_error() -> None:
    body = "\n#ifdef A\n\told_lock(cast(p));\n#else\n\told_unlock(cast(p));\n#endif"
    text = chunk("f", body + "\n\tcast(old_lock(p));")
    wanted = text.replace(b"old_lock(cast(p))", b"new_lock(p)")
    wanted = wanted.replace(b"old_unlock(cast(p))", b"new_unlock(p)")
    assert rewrite([(text, ALL)]) == [wanted]


def test_a_fault_in_a_rule_is_found_in_its_file() -> None:
    faulty = rule("faulty", "old_unlock(cast(zz)", "new(zz);)", line=40)
    with pytest.raises(UserError) as caught:
        Rewriter([RULES[0], faulty], 2, 30).rewrite([(LOCKS, frozenset({"lock", "faulty"}))])
    assert caught.value.where.startswith("rules.cocci:44:")
    assert caught.value.todo == "mend rule faulty"


def test_a_time_limit_names_the_functions(fake_spatch: Callable[[str], Path]) -> None:
    fake_spatch("sleep 60")
    with pytest.raises(UserError, match=r"longer than 0\.3 s on f\(\)"):
        Rewriter(RULES, 2, 0.3).rewrite([(LOCKS, ALL)])


def test_a_function_like_macro_can_be_a_chunk() -> None:
    macro = b"#define take(p)\told_lock(cast(p))\n"
    assert rewrite([(macro, ALL)]) == [b"#define take(p)\tnew_lock(p)\n"]


def test_a_macro_that_spatch_does_not_parse_is_an_error() -> None:
    macro = b"#define take(p)\tdo { old_lock(cast(p)); if (p) } while (0)\n"
    with pytest.raises(UserError, match=r"spatch skips take\(\): rule lock found no match"):
        rewrite([(LOCKS, ALL), (macro, ALL)])


def test_an_attribute_on_a_local_is_no_obstacle() -> None:
    """spatch 1.1.1 skips such a function; one in 6.1's mm/ is."""
    text = chunk("f", "struct s one __attribute__((aligned(BIG)));\n\n\told_lock(cast(p));")
    assert rewrite([(text, ALL)]) == [text.replace(b"old_lock(cast(p))", b"new_lock(p)")]


def test_the_prelude_is_read_and_not_given_back() -> None:
    prelude = b"#define each_item(x)\tfor (; x; x = old_lock(cast(x)))\n"
    text = chunk("f", "each_item(p) {\n\t\told_lock(cast(p));\n\t}")
    assert rewrite([(text, ALL)], prelude=prelude) == [
        text.replace(b"old_lock(cast(p))", b"new_lock(p)")
    ]
