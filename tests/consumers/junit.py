"""Holds a report in JUnit's XML against the strict schema junit-10, and against the report in JSON of the same run."""

import json
import sys

import xmlschema
from junitparser import Error, Failure, JUnitXml

xmlschema.XMLSchema(sys.argv[3]).validate(sys.argv[1])
report = JUnitXml.fromfile(sys.argv[1])
with open(sys.argv[2], encoding="utf-8") as file:
    expected = {case["id"]: case["verdict"] for case in json.load(file)["cases"]}

found = {}
for suite in report:
    failures = errors = 0
    for case in suite:
        kinds = [type(result) for result in case.result]
        failures += Failure in kinds
        errors += Error in kinds
        verdict = "failed" if Failure in kinds else "inconclusive" if Error in kinds else "passed"
        found[f"{suite.name}/{case.name}"] = verdict
    assert (suite.tests, suite.failures, suite.errors) == (len(suite), failures, errors), suite.name

assert found == expected, {id: (found.get(id), expected.get(id)) for id in found.keys() | expected.keys()}
assert "failed" in found.values() and "passed" in found.values()
print(f"junitparser: {len(found)} cases as in the JSON report, valid against junit-10")
