# SPDX-License-Identifier: GPL-2.0-only
"""Scripts inside semantic patches: whether they may run, and whether Python 3 can read them."""

from __future__ import annotations

from zpconvert.errors import UserError
from zpconvert.smpl.model import Rule, SemanticPatch


def check_scripts(patch: SemanticPatch, *, bundled: bool, allow: bool) -> None:
    """Raise UserError for a script that may not run, or that is no Python 3.

    bundled: the patch came with the package, so that its scripts are trusted.
    allow: the user trusts them (`--allow-scripts`).
    """
    scripts = patch.scripts
    if scripts and not (bundled or allow):
        first = scripts[0]
        line = first.embedded or first.line
        language = first.language if first.language != "smpl" else "embedded"
        raise UserError(
            f"{patch.path}:{line}",
            f"{language} script in a semantic patch from outside the package",
            "read it, then pass --allow-scripts to let it run",
        )
    for rule in scripts:
        if rule.language == "python":
            _check_python(patch, rule)


def _check_python(patch: SemanticPatch, rule: Rule) -> None:
    # its import takes a third of a second, and hardly any patch has a script
    import libcst

    try:
        libcst.parse_module(rule.body)
    except libcst.ParserSyntaxError as error:
        lines = rule.body.splitlines() or [""]
        at = max(1, min(error.raw_line, len(lines)))
        raise UserError(
            f"{patch.path}:{rule.body_line + at - 1}:{error.raw_column + 1}",
            f"no Python 3 syntax: {lines[at - 1].strip()}",
            "bring the script up to date",
        ) from None
