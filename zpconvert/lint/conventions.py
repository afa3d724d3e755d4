# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's conventions for its own semantic patches.

They are those of Documentation/dev-tools/coccinelle.rst and scripts/coccicheck in the kernel
tree (6.1 and 6.12), and hold for a file that declares one of coccicheck's four modes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from zpconvert.lint.model import Problem, Rule, Subject
from zpconvert.lint.reach import may_run
from zpconvert.smpl.syntax import Block, Document
from zpconvert.smpl.text import lines

MODES = ("patch", "context", "org", "report")
_HEAD = "// Confidence: High\n// Options: --no-includes\n"
_FOUR = "virtual patch\nvirtual context\nvirtual org\nvirtual report\n"
_RULES = """\
@depends on patch@
expression e;
@@
- one(e)
+ two(e)
@r depends on context || org || report@
expression e;
position p;
@@
* one@p(e)
@script:python depends on org@
p << r.p;
@@
coccilib.org.print_todo(p[0], "use two()")
@script:python depends on report@
p << r.p;
@@
coccilib.report.print_report(p[0], "use two()")
"""
_WHOLE = _HEAD + _FOUR + _RULES


def _modes(document: Document) -> dict[str, int]:
    """Declared modes of coccicheck, and where."""
    return {name.text: name.at for name in document.virtuals if name.text in MODES}


def _label(subject: Subject, label: str) -> Iterator[Problem]:
    """Missing or empty header line, for a file that coccicheck can run."""
    document = subject.document
    if not _modes(document):
        return
    found = re.search(rf"^//[/ \t]*{label}:[ \t]*(.*)$", document.text, re.MULTILINE)
    if found is None:
        yield Problem(0, f"no '// {label}:' line in the header")
    elif label == "Confidence" and not found[1].strip():
        yield Problem(found.start(), "'Confidence:' says nothing")


def _confidence(subject: Subject) -> Iterator[Problem]:
    return _label(subject, "Confidence")


def _options(subject: Subject) -> Iterator[Problem]:
    yield from _label(subject, "Options")
    # spatch 1.0 gave up the old spelling, and stops at it
    for line in re.finditer(r"^//[/ \t]*Options:(.*)$", subject.text, re.MULTILINE):
        for word in re.finditer(r"(?<!\S)-[a-z]\w+", line[1]):
            yield Problem(
                line.start(1) + word.start(),
                f"option '{word.group()}' is in the spelling of spatch before 1.0",
            )


def _missing(subject: Subject) -> Iterator[Problem]:
    document = subject.document
    modes = _modes(document)
    if not modes:
        return
    absent = [mode for mode in ("report", "org", "context") if mode not in modes]
    if absent:
        yield Problem(
            min(modes.values()),
            f"{'modes' if len(absent) > 1 else 'mode'} {', '.join(absent)} of coccicheck missing",
        )


def _without_effect(subject: Subject) -> Iterator[Problem]:
    document = subject.document
    for mode, at in _modes(document).items():
        blocks = [b for b in document.blocks if may_run(b, document, frozenset({mode}))]
        if not any(_speaks(block, mode) for block in blocks):
            yield Problem(at, f"mode '{mode}' {_SILENT[mode]}")


_SILENT = {
    "patch": "changes no code",
    "context": "marks no code",
    "org": "prints nothing",
    "report": "prints nothing",
}


def _speaks(block: Block, mode: str) -> bool:
    if block.is_smpl:
        signs = {"patch": "-+", "context": "*"}.get(mode, "")
        return any(line[:1] and line[:1] in signs for line in lines(block.masked))
    return block.kind in ("script", "finalize") and mode in ("org", "report")


RULES = (
    Rule(
        "SP301",
        "The header does not say how far its findings can be trusted",
        "coccicheck's users choose by it: '// Confidence: High', 'Moderate' or 'Low'.",
        _confidence,
        valid=(_WHOLE, "@a@\n@@\n- one\n+ two\n"),
        invalid=(
            _WHOLE.replace("// Confidence: High\n", ""),
            _WHOLE.replace("Confidence: High", "Confidence:"),
        ),
    ),
    Rule(
        "SP302",
        "The header does not give spatch its options",
        "coccicheck reads them from '// Options:' and passes them on; without it spatch reads "
        "the includes that it finds. Options have two dashes since spatch 1.0.",
        _options,
        valid=(_WHOLE, _WHOLE.replace("--no-includes", "")),
        invalid=(
            _WHOLE.replace("// Options: --no-includes\n", ""),
            _WHOLE.replace("--no-includes", "-no_includes"),
        ),
    ),
    Rule(
        "SP303",
        "A mode of coccicheck is missing",
        "report is the mode that coccicheck runs unless told otherwise; org and context show the "
        "same findings. patch is not asked for: not every finding has a fix.",
        _missing,
        valid=(_WHOLE, _HEAD + _FOUR.replace("virtual patch\n", "") + _RULES.partition("@r ")[2]),
        invalid=(_WHOLE.replace("virtual org\n", ""),),
    ),
    Rule(
        "SP304",
        "A mode of coccicheck is declared and does nothing",
        "Run in this mode the file gives no output, whatever it finds: patch needs lines with - "
        "or +, context lines with *, org and report a script.",
        _without_effect,
        valid=(_WHOLE,),
        invalid=(
            _WHOLE.replace("@depends on patch@", "@depends on patch && context@"),
            _WHOLE.replace("* one@p", "one@p"),
            _WHOLE.replace("depends on org@", "depends on org && !org@"),
        ),
    ),
)
