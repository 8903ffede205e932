// Reads a report in TAP, strictly, and holds it against the report in JSON of the same run.

import assert from "node:assert";
import { readFileSync } from "node:fs";
import { Parser } from "tap-parser";

const [tap, json] = process.argv.slice(2).map((path) => readFileSync(path, "utf8"));
const points = [];
const parser = new Parser({ strict: true }, (results) => {
  assert.deepEqual(results.failures.filter((failure) => failure.tapError), [], "every line is TAP");
  assert.equal(results.plan.end, points.length);
});
parser.on("assert", (point) => points.push(point));
parser.on("extra", (line) => assert.fail(`no TAP: ${line}`));
parser.end(tap);

const verdicts = new Map(JSON.parse(json).cases.map((one) => [one.id, one.verdict]));
const expected = [...verdicts].map(([id, verdict]) => [id, verdict === "passed"]);
assert.deepEqual(points.map((point) => [point.name, point.ok]), expected);
for (const point of points.filter((point) => !point.ok)) {
  assert.equal(point.diag.verdict, verdicts.get(point.name));
  assert.ok(point.diag.text.includes(point.name));
}
assert.ok(points.some((point) => !point.ok));
console.log(`tap-parser: ${points.length} points as in the JSON report`);
