"""Holds a report in JSON and one of events, line by line, against the schemas that the program prints."""

import json
import subprocess
import sys

from jsonschema import Draft202012Validator

program, report, events = sys.argv[1:]


def validator(kind):
    printed = subprocess.run([program, "schema", kind], check=True, capture_output=True).stdout
    schema = json.loads(printed)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


with open(report, encoding="utf-8") as file:
    validator("report").validate(json.load(file))
of_events, count = validator("events"), 0
with open(events, encoding="utf-8", newline="\n") as file:
    for count, line in enumerate(file, start=1):
        of_events.validate(json.loads(line))
assert count > 2, count
print(f"jsonschema: a report and {count} lines of events are valid")
