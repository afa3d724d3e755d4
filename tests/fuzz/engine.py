# SPDX-License-Identifier: GPL-2.0-only
"""Runs a fuzz target with Hypothesis or with atheris for some seconds (`make fuzz`).

A crasher is put down under build/fuzz/VERB and told; it belongs into the tests of the verb.
What atheris learnt is kept there too, and the next run starts from it.
"""

from __future__ import annotations

import contextlib
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

Part = Callable[[bytes], None]
#: Where crashers are put.
PLACE = Path("build/fuzz")
#: Bytes of the longest text that is tried, and of the longest word that libFuzzer puts in.
_LONGEST = 2000
_LONGEST_WORD = 60
#: Examples between two looks at the clock.
_BATCH = 200


@dataclass(frozen=True)
class Target:
    """A verb under test.

    parts: each takes a text and fails if the verb does; with it a strategy of texts, examples
    to start from, and pieces that texts are made of.
    """

    verb: str
    parts: dict[Part, tuple[st.SearchStrategy[bytes], Sequence[bytes], Sequence[bytes]]]

    @staticmethod
    def instrumented() -> AbstractContextManager[object]:
        """What is imported inside is watched by atheris, if that is what runs."""
        if "atheris" not in sys.argv[1:2]:
            return contextlib.nullcontext()
        import atheris

        return atheris.instrument_imports(include=["zpconvert", "unidiff"])


def main(target: Target) -> int:
    """`hypothesis|atheris SECONDS`: 1 if a crasher was found."""
    engine, limit = sys.argv[1], int(sys.argv[2])
    warnings.simplefilter("ignore")
    place = PLACE / target.verb
    place.mkdir(parents=True, exist_ok=True)
    if engine == "atheris":
        return _atheris(target, limit, place)
    count, crashers, batch = 0, 0, 0
    end = time.monotonic() + limit
    while time.monotonic() < end:
        batch += 1
        for part, (texts, _, _) in target.parts.items():
            tried: list[bytes] = []
            error = _try_some(part, texts, tried, batch)
            if error is not None:
                crashers += 1
                path = place / f"{part.__name__}-{batch}"
                path.write_bytes(tried[-1])
                print(f"{path}: {error!r}", flush=True)
            count += len(tried)
    print(f"{target.verb}, hypothesis: {count} executions in {limit} s, {crashers} crashers")
    return 1 if crashers else 0


def _try_some(
    part: Part, texts: st.SearchStrategy[bytes], tried: list[bytes], batch: int
) -> Exception | None:
    """Try a batch of texts; the shortest that fails is the last in `tried`."""

    @seed(batch)
    @settings(
        max_examples=_BATCH,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(texts)
    def attempt(text: bytes) -> None:
        tried.append(text)
        part(text)

    try:
        attempt()
    except Exception as error:  # noqa: BLE001 (this is what is looked for)
        return error
    return None


def _atheris(target: Target, limit: int, place: Path) -> NoReturn:
    """libFuzzer ends the process: not with 0 if there is a crasher, which it writes and names."""
    import atheris

    parts = list(target.parts)

    def one(data: bytes) -> None:
        if data:
            parts[data[0] % len(parts)](data[1:])

    corpus = place / "corpus"
    corpus.mkdir(exist_ok=True)
    words = set()
    for number, (_, examples, pieces) in enumerate(target.parts.values()):
        for at, text in enumerate(examples):
            (corpus / f"{number}-{at}").write_bytes(bytes([number]) + text)
        words |= {piece for piece in pieces if 0 < len(piece) <= _LONGEST_WORD}
    quoted = ("".join(f"\\x{byte:02x}" for byte in word) for word in sorted(words))
    (place / "dict").write_text("".join(f'"{word}"\n' for word in quoted))
    argv = [
        sys.argv[0], f"-max_total_time={limit}", f"-max_len={_LONGEST}", "-timeout=60",
        f"-dict={place}/dict", f"-artifact_prefix={place}/", "-print_final_stats=1", str(corpus),
    ]  # fmt: skip
    atheris.Setup(argv, one)
    atheris.Fuzz()
    raise SystemExit
