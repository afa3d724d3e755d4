# SPDX-License-Identifier: GPL-2.0-only
"""Ways to run a program from a .cocci: each works in spatch, none works without trust."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from zpconvert.errors import UserError
from zpconvert.smpl.batch import Rewriter
from zpconvert.smpl.examples import run_examples
from zpconvert.smpl.model import parse, read
from zpconvert.smpl.rules import RuleText
from zpconvert.smpl.scripts import check_scripts
from zpconvert.smpl.spatch import Kind, run_spatch
from zpconvert.smpl.trust import concern, loads_code, option_lines, without_options

HEADER = "// Calls the new thing.\n// Before:\n//     old(1);\n// After:\n//     new(1);\n"
RULE = "@a@\nexpression e;\n@@\n- old(e)\n+ new(e)\n"
SOURCE = b"void f(void)\n{\n\told(1);\n}\n"

#: MARK stands for the file that a script makes, INC for a .cocci with a script.
SCRIPT = "@@\nopen('MARK', 'w')\n"
PLAIN = RULE + "@initialize:python@\n" + SCRIPT
TEXTS = {
    "plain": PLAIN,
    "several lines": RULE + "@script:python evil\ndepends on a@\n" + SCRIPT,
    "name on the next line": RULE + "@script:python\nevil@\n" + SCRIPT,
    "comment in the head": RULE + "@/*x*/initialize:python@\n" + SCRIPT,
    "comment before the colon": RULE + "@initialize/*x*/ // y\n:/*z*/python@\n" + SCRIPT,
    "character literals": RULE
    + '@b@\n@@\n- h(\'"\', "/*")\n+ k()\n@initialize:python@\n'
    + SCRIPT
    + "# */\n",
    "#include": '#include "INC"\n' + RULE,
    "# include": 'virtual v\n # include "INC"\n' + RULE,
    "#include with a sign": '+#include "INC"\n' + RULE,
    "#include behind a comment": '/*\n@\n*/ #include "INC"\n' + RULE,
    "blanks": RULE + "@ initialize : python @\n" + SCRIPT,
    "line end before the word": RULE + "@\ninitialize:python@\n" + SCRIPT,
    "line ends all over": RULE + "@\ninitialize\n:\npython\n@\n" + SCRIPT,
    "CRLF": PLAIN.replace("\n", "\r\n"),
    "CR": RULE + "@initialize\r:\rpython@\n" + SCRIPT,
    "form feeds": RULE + "@\finitialize\v:\fpython@\n" + SCRIPT,
    "sign in the head": RULE + "@initialize\n- :python@\n" + SCRIPT,
    "continued comment": "// x\\\n@initialize:python@\n" + SCRIPT + RULE,
    "comment with a quote": '/* "*/\n@initialize:python@\n' + SCRIPT + RULE,
    "finalize": RULE + "@finalize:python@\n" + SCRIPT,
    "embedded": '@a@\nexpression e : script:python() { open("MARK", "w") };\n@@\n'
    "- old(e)\n+ new(e)\n",
    "embedded, spread": '@a@\nexpression e : script\n// x\n:\npython() { open("MARK", "w") };\n@@\n'
    "- old(e)\n+ new(e)\n",
}
OPTIONS = {
    "first column": "# spatch -o MARK\n" + RULE,
    "no blank": "#spatch -o MARK\n" + RULE,
    "indented": " \t# spatch -o MARK\n" + RULE,
    "tabs": "#\tspatch\t-o MARK\n" + RULE,
    "in a comment": "/*\n  # spatch -o MARK\n*/\n" + RULE,
    "after the rule": RULE + "\n# spatch -o MARK\n",
    "after the rule, indented": RULE + "\n  #  spatch -o MARK\n",
    "CRLF": "# spatch -o MARK\r\n" + RULE,
}

Make = Callable[[str], str]


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    return tmp_path / "mark"


@pytest.fixture
def made(tmp_path: Path, mark: Path) -> Make:
    """A text with its marker and its file to include filled in."""

    def make(text: str) -> str:
        included = tmp_path / "included.cocci"
        included.write_text(f"@initialize:python@\n@@\nopen('{mark}', 'w')\n")
        return text.replace("MARK", str(mark)).replace("INC", str(included))

    return make


def _naming(text: str) -> bytes:
    """A function with every name of a text, so that the rules are not left out as idle."""
    names = ", ".join(sorted(set(re.findall(r"[A-Za-z_]\w*", text))))
    return SOURCE.replace(b"}", f"\tuse({names});\n}}".encode())


@pytest.mark.parametrize(
    "text",
    [pytest.param(text, id=name) for name, text in TEXTS.items()]
    + [pytest.param(text, id=f"option: {name}") for name, text in OPTIONS.items()],
)
def test_none_runs_without_trust(text: str, made: Make, mark: Path, tmp_path: Path) -> None:
    path = tmp_path / "some.cocci"
    path.write_bytes((HEADER + made(text)).encode())
    (tmp_path / "a.c").write_bytes(SOURCE)
    with pytest.raises(UserError):
        run_examples(path)
    with pytest.raises(UserError):
        check_scripts(read(path), bundled=False, allow=False)
    rule = RuleText(("a",), made(text))
    refused = nullcontext() if "spatch" in text else pytest.raises(UserError, match="semantic")
    with refused:
        Rewriter([rule], 1, 30).rewrite([(_naming(made(text)), frozenset("a"))])
    assert not mark.exists()
    subprocess.run(
        ["spatch", "--sp-file", path, "a.c"], cwd=tmp_path, capture_output=True, check=False
    )
    assert mark.exists(), "spatch does not take this for a script: the test is void"


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_the_run_itself_refuses(text: str, made: Make, mark: Path) -> None:
    with pytest.raises(UserError) as caught:
        run_spatch(made(text).encode(), SOURCE, timeout=30, where="some.cocci")
    assert caught.value.where == "some.cocci"
    assert not mark.exists()
    run_spatch(made(text).encode(), SOURCE, timeout=30, trusted=True)
    assert mark.exists()


@pytest.mark.parametrize("text", OPTIONS.values(), ids=OPTIONS.keys())
@pytest.mark.parametrize("trusted", [True, False])
def test_options_in_the_text_never_count(text: str, trusted: bool, made: Make, mark: Path) -> None:
    done = run_spatch(made(text).encode(), SOURCE, timeout=30, trusted=trusted)
    assert done.kind is Kind.PATCHED
    assert not mark.exists()
    with pytest.raises(UserError, match="option '-o' is not allowed here"):
        parse(made(text).encode(), Path("some.cocci"))


def test_allowed_options_count_wherever_they_are() -> None:
    text = f"# spatch --no-loops\n// Options: --no-gotos\n{RULE}\n  #spatch --max-width 90\n"
    options = parse(text.encode(), Path("some.cocci")).options
    assert options == ("--no-loops", "--no-gotos", "--max-width", "90")
    assert option_lines(text.encode())[1] == (9, " --max-width 90")
    bare = without_options(text.encode())
    assert len(bare) == len(text)
    assert b"spatch" not in bare


@pytest.mark.parametrize(
    "text",
    [
        RULE + "  @initialize:python@ @@\nprint(1)\n",
        "@initialize:ocaml@\n@@\n",
        "@script:ocaml@\n@@\n",
        "@Script : Python@\n@@\n",
        '@a using "x.iso"@\n@@\n- f()\n',
        "@a@\n@@\n- f()\n@b extends a@\n@@\n- g()\n",
        "@a@\nexpression e : script : ocaml() { true };\n@@\n- f(e)\n",
    ],
)
def test_more_that_is_refused(text: str) -> None:
    assert concern(text.encode()) is not None


def test_using_a_file_is_refused() -> None:
    found = concern(b'// x\nusing "x.iso"\n@a@\n@@\n- f()\n')
    assert found is not None
    assert (found.line, found.what) == (2, "'using' before the first rule")


def test_the_place_of_a_script() -> None:
    found = concern((HEADER + RULE + "@script\n:python@\n@@\n").encode())
    assert found is not None
    assert (found.line, found.what) == (11, "python script")


@pytest.mark.parametrize(
    "text",
    [
        RULE,
        HEADER + '//\n// The script: it initializes. Using "x"; extends y.\n\n' + RULE,
        "/* @initialize:python@ */\n/*\n * more\n */\nvirtual patch\nvirtual a,\n\tb;\n" + RULE,
        (HEADER + RULE).replace("\n", "\r\n"),
        '@a@\nstruct s *e;\n@@\n#include <linux/mm.h>\n+#include "new.h"\n'
        "- initialize(e->script, description)\n+ e->initialize = script[1]\n",
    ],
)
def test_what_is_certainly_harmless_passes(text: str) -> None:
    assert concern(text.encode()) is None


def test_a_harmful_text_is_not_trusted_for_its_company(made: Make, mark: Path) -> None:
    trusted = RuleText(("b",), RULE.replace("@a@", "@b@"), trusted=True)
    harmful = RuleText(("a",), made(PLAIN))
    with pytest.raises(UserError, match="python script"):
        Rewriter([trusted, harmful], 1, 30).rewrite([(SOURCE, frozenset("ab"))])
    assert not mark.exists()


def test_trusted_scripts_run(made: Make, mark: Path, tmp_path: Path) -> None:
    path = tmp_path / "some.cocci"
    path.write_text(HEADER + made(PLAIN))
    check_scripts(read(path), bundled=False, allow=True)
    assert [one.passed for one in run_examples(path)] == [True]
    assert mark.exists()
    mark.unlink()
    rules = read(path).rule_texts()
    Rewriter(rules, 1, 30).rewrite([(SOURCE, frozenset("a"))])
    assert mark.exists()


def test_trust_ends_when_the_file_changes(made: Make, mark: Path, tmp_path: Path) -> None:
    path = tmp_path / "some.cocci"
    path.write_text(HEADER + made(PLAIN))
    check_scripts(read(path), bundled=False, allow=True)
    path.write_text(HEADER + made(PLAIN) + "# more\n")
    with pytest.raises(UserError):
        run_examples(path)
    assert not mark.exists()


@pytest.mark.parametrize("name", ["several lines", "comment in the head", "character literals"])
def test_the_model_sees_the_script(name: str) -> None:
    assert [rule.language for rule in parse(TEXTS[name].encode(), Path("a")).scripts] == ["python"]


@pytest.mark.parametrize(
    ("text", "loads"),
    [
        (RULE, False),
        (PLAIN, False),
        ("@a@\n@@\n+#include <x.h>\n", False),
        ('#include "x"\n' + RULE, True),
        ("@initialize : OCaml@\n@@\n", True),
    ],
)
def test_what_spatch_may_load_when_it_parses(text: str, loads: bool) -> None:
    assert loads_code(text.encode()) == loads
