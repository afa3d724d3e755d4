# SPDX-License-Identifier: GPL-2.0-only
"""A kernel's compiler for hundreds of texts of one file: its headers are read once.

kbuild's own command is replayed, with all that the file includes in a precompiled header; what
a commit adds (the descriptor's header) is read each time. Warnings are those of W=1.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from zpconvert.kernel import diagnostics
from zpconvert.kernel.diagnostics import Diagnostic
from zpconvert.kernel.kbuild import BuildDir
from zpconvert.process import run

SOURCE = "mm/zsmalloc.c"
_INCLUDE = re.compile(r"^#include[^\n]*\n", re.M)


@dataclass(frozen=True)
class Said:
    """What the compiler made of a text: an object (if asked for), and what it said."""

    code: int
    text: str
    diagnostics: tuple[Diagnostic, ...]
    obj: bytes = b""


class Compiler:
    """The compiler of one prepared build directory; `scratch` is a directory for its own."""

    def __init__(self, build: BuildDir, original: str, scratch: Path) -> None:
        self.build, self.scratch = build, scratch
        words = list(build.commands[SOURCE.removesuffix(".c") + ".o"][:-1])
        forced = [words[i + 1] for i, word in enumerate(words) if word == "-include"]
        self.argv = [w for i, w in enumerate(words)
                     if w != "-include" and words[i - 1 : i] != ["-include"]]  # fmt: skip
        lines = [f'#include "{build.path / name}"\n' for name in forced]
        prefix = original[: list(_INCLUDE.finditer(original))[-1].end()]
        self._headers: dict[tuple[str, ...], Path] = {}
        self._text = "".join(lines) + prefix

    def __call__(
        self, files: dict[str, bytes], flags: tuple[str, ...] = ("-fsyntax-only",)
    ) -> Said:
        """Compile the file as `files` (path in the tree to text) have it."""
        wanted = "-fsyntax-only" not in flags
        with tempfile.TemporaryDirectory(dir=self.scratch) as name:
            place = Path(name)
            for path, text in files.items():
                (place / path).parent.mkdir(exist_ok=True)
                (place / path).write_bytes(text)
            argv = [*self.argv, "-include", self._common(flags), "-Winvalid-pch", *flags,
                    f"-fmacro-prefix-map={place}/=", "-o", place / "o.o",
                    place / SOURCE]  # fmt: skip
            done = run(argv, cwd=self.build.path, check=False, timeout=300)
            said = done.stderr.decode("utf-8", "replace").replace(f"{place}/", "")
            obj = (place / "o.o").read_bytes() if wanted and done.code == 0 else b""
        return Said(done.code, said, diagnostics.parse(said), obj)

    def _common(self, flags: tuple[str, ...]) -> Path:
        """The precompiled header for these flags."""
        if flags not in self._headers:
            place = self.scratch / f"common{len(self._headers)}"
            place.mkdir()
            header = place / "common.h"
            header.write_text(self._text)
            needed = [flag for flag in flags if flag != "-fsyntax-only"]
            out = header.with_name("common.h.gch")
            run([*self.argv, *needed, "-x", "c-header", header, "-o", out], cwd=self.build.path)
            self._headers[flags] = header
        return self._headers[flags]
