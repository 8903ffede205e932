"""Reads a report in SARIF with Microsoft's sarif-tools and holds it against the report in JSON of the same run."""

import json
import sys

from sarif import loader

log = loader.load_sarif_file(sys.argv[1])
with open(sys.argv[2], encoding="utf-8") as file:
    cases = json.load(file)["cases"]

assert log.get_distinct_tool_names() == ["proofmark"], log.get_distinct_tool_names()
places = {(case["file"], case["line"]) for case in cases if case["verdict"] == "failed"}
found = {(record["Location"], int(record["Line"])) for record in log.get_records() if record["Severity"] == "error"}
assert found == places and found, found ^ places
print(f"sarif-tools: {log.get_result_count()} results at {len(found)} places")
