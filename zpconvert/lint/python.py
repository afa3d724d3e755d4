# SPDX-License-Identifier: GPL-2.0-only
"""Rules about the Python inside semantic patches. Their checks are in `scriptcheck` and
`scriptreach`, which import libcst; this table does not, so that a patch without scripts is
linted quickly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from zpconvert.lint.model import Problem, Rule, Subject

if TYPE_CHECKING:
    from zpconvert.lint.script import Script

_A = "@a@\nexpression e;\nposition p;\n@@\n* one@p(e)\n"
_HEAD = _A + "@script:python@\np << a.p;\n@@\n"


def _each(name: str) -> Callable[[Subject], Iterator[Problem]]:
    """The check `name`, over every script."""

    def check(subject: Subject) -> Iterator[Problem]:
        scripts: tuple[Script, ...] = subject.scripts
        if scripts or any(block.embedded is not None for block in subject.document.blocks):
            from zpconvert.lint import scriptcheck, scriptreach

            home = scriptcheck if hasattr(scriptcheck, name) else scriptreach
            yield from getattr(home, name)(subject, scripts)

    return check


def _script(body: str, head: str = _HEAD) -> str:
    return f"{head}{body}\n"


RULES = (
    Rule(
        "SP401",
        "A script is Python 2",
        "spatch runs scripts with Python 3. The fix rewrites statements that changed; a script "
        "that neither grammar takes has to be mended by hand.",
        _each("python_2"),
        valid=(_script("print(p)"), _script("print(p) // of SmPL")),
        invalid=(
            _script('print "at %s" % p'),
            _script("print"),
            _script('print >>log, p\nlog = "x"'),
            _script("try:\n\tf(p)\nexcept E, e:\n\tpass"),
            _script("if p <> 0: print `p`, 0777 // why"),
            _script('raise "no", p'),
            _script("if p:\n    print(p"),
            _script("if p:\n\tprint(p)\n        print(p)"),
        ),
        fixed=(
            _script('print("at %s" % p)'),
            _script("print()"),
            _script('print(p, file=log)\nlog = "x"'),
            _script("try:\n\tf(p)\nexcept E as e:\n\tpass"),
            _script("if p != 0: print(repr(p), 0o777) // why"),
            _script('raise Exception("no", p)'),
            _script("if p:\n    print(p"),
            _script("if p:\n\tprint(p)\n        print(p)"),
        ),
    ),
    Rule(
        "SP402",
        "A script uses what Python 3 no longer has",
        "It parses, and fails when it runs: has_key(), iteritems() and their like, strings "
        "raised as exceptions.",
        _each("gone"),
        valid=(_script('if p in {}: raise Exception("no")'),),
        invalid=(
            _script("if d.has_key(p): d = {}"),
            _script("x = not d.has_key(a or p) + 1"),
            _script('raise "no %s" % p'),
            _script("for k, v in p.iteritems(): v"),
        ),
        fixed=(
            _script("if p in d: d = {}"),
            _script("x = not ((a or p) in d) + 1"),
            _script('raise Exception("no %s" % p)'),
            _script("for k, v in p.items(): v"),
        ),
    ),
    Rule(
        "SP403",
        "A script uses a name that nothing gives it",
        "A script knows what it is bound to, what it sets itself, what an initialize block sets, "
        "and coccilib. Where just one binding is unused and just one name unknown, the "
        "metavariable was renamed, and the fix follows.",
        _each("undefined"),
        valid=(
            _script("for q in p: coccilib.report.print_report(q, str(len(p)))"),
            _script("f(p)", "@initialize:python@\n@@\ndef f(x): return x\n" + _HEAD),
            _script("coccinelle.q = cocci.make_ident(p)\nx = [y for y in p]"),
            "@initialize:python@\n@@\ndef fits(p): return p\n"
            "@a@\nposition p : script:python() { fits(p) and len(p) };\n@@\n* one@p\n",
        ),
        invalid=(
            _script("print(p, pp)"),
            _script("print(old)\nf = lambda old: old"),
            _script("print(p, unicode(p))"),
            "@a@\nposition p : script:python() { fits(p) };\n@@\n* one@p\n",
        ),
        fixed=(
            _script("print(p, pp)"),
            _script("print(p)\nf = lambda old: old"),
            _script("print(p, unicode(p))"),
            "@a@\nposition p : script:python() { fits(p) };\n@@\n* one@p\n",
        ),
    ),
    Rule(
        "SP404",
        "A script is bound to a metavariable that it does not use",
        "It runs once for each value of it, with the same result. A binding that decides whether "
        "the script runs at all is left alone: one from a rule of which no other is used, or one "
        "that not every match of its rule has.",
        _each("unused"),
        valid=(_script("print(p)"), _script("print('found')"), _script("print(locals())")),
        invalid=(_script("print(p)", _A + "@script:python@\np << a.p;\ne << a.e;\n@@\n"),),
    ),
    Rule(
        "SP405",
        "A script reaches outside",
        "A semantic patch is run over other people's code by people who did not read it: no "
        "other programs, no network, no files written, no code made from text.",
        _each("outside"),
        valid=(
            _script("import re, os.path\nprint(os.path.basename(p[0].file), open('a').read())"),
            _script("def eval(x): return x\neval(p)"),
        ),
        invalid=(
            _script("import subprocess\nprint(p)"),
            _script("import os\nos.system(p)"),
            _script("from os import popen as q\nq(p)"),
            _script("open(p, 'w')"),
            _script("open(p, mode=p)"),
            _script("eval(p)"),
            _script("__import__('os')\nprint(p)"),
        ),
    ),
    Rule(
        "SP406",
        "spatch takes '//' inside a script for a comment",
        "What follows it on the line is not run: a floor division loses its divisor.",
        _each("divisions"),
        valid=(_script("print(p) // the place"), _script("print('a//b', p)  # // no")),
        invalid=(_script("x = len(p) // 2"),),
    ),
)
