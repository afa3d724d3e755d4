# SPDX-License-Identifier: GPL-2.0-only
"""Scripts inside semantic patches: whether they may run, and whether Python 3 can read them.

This says early, with the place, what `run_spatch` refuses in any case.
"""

from __future__ import annotations

import re

from zpconvert.errors import UserError
from zpconvert.smpl.model import Rule, SemanticPatch
from zpconvert.smpl.trust import concern, consent, without_options


def check_scripts(patch: SemanticPatch, *, bundled: bool, allow: bool) -> None:
    """Raise UserError for what may be a script and may not run, or for one that is no Python 3.

    From then on spatch may be given the text of a patch that is trusted.

    bundled: the patch came with the package, so that its scripts are trusted.
    allow: the user trusts them (`--allow-scripts`).
    """
    text = patch.text.encode()
    if bundled or allow:
        consent(text)
    elif (found := concern(without_options(text))) is not None:
        raise found.error(f"{patch.path}:{found.line}")
    for rule in patch.scripts:
        if rule.language == "python":
            _check_python(patch, rule)


def _check_python(patch: SemanticPatch, rule: Rule) -> None:
    line = python_2_line(rule.body)
    if line is not None:
        raise _fault(patch, rule, line)


def python_2_line(source: str) -> int | None:
    """The first 1-based line of a script that is no Python 3, as far as it can be told."""
    # its import takes a third of a second, and hardly any patch has a script
    import libcst
    from libcst import matchers, metadata

    try:
        module = libcst.parse_module(source)
    except libcst.ParserSyntaxError as error:
        return error.raw_line
    # Python 3.14 reads "except E, e:" as a tuple of two, and libcst with it
    bare = matchers.ExceptHandler(type=matchers.Tuple(lpar=[]))
    # "print" and "print >>f, x" are expressions to it
    word = matchers.Expr(matchers.Name("print", lpar=[]))
    shift = matchers.BinaryOperation(matchers.Name("print"), matchers.RightShift())
    if not re.search(r"\bprint\b(?!\s*\()|\bexcept\b[^:\n]*,", source):
        return None
    wrapper = metadata.MetadataWrapper(module, unsafe_skip_copy=True)
    found = matchers.findall(wrapper, bare | word | shift)
    where = wrapper.resolve(metadata.PositionProvider) if found else {}
    return min((where[node].start.line for node in found), default=None)


def _fault(patch: SemanticPatch, rule: Rule, line: int) -> UserError:
    """The error for a 1-based line of a script; libcst gives no column worth showing."""
    lines = rule.body.splitlines() or [""]
    line = max(1, min(line, len(lines)))
    return UserError(
        f"{patch.path}:{rule.body_line + line - 1}",
        f"no Python 3 syntax: {lines[line - 1].strip()}",
        "bring the script up to date",
    )
