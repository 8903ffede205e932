// Holds reports in SARIF against the schema that Microsoft publishes for its own readers.

import assert from "node:assert";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const Ajv = require("ajv");
const ajv = new Ajv({ schemaId: "auto", unknownFormats: "ignore" });
ajv.addMetaSchema(require("ajv/lib/refs/json-schema-draft-04.json"));
const validate = ajv.compile(require("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"));

for (const path of process.argv.slice(2)) {
  const log = JSON.parse(readFileSync(path, "utf8"));
  assert.ok(validate(log), JSON.stringify(validate.errors));
  log.runs[0].results.push({ ...log.runs[0].results[0], level: "grave" });
  assert.ok(!validate(log), "the schema refuses what is none");
}
console.log(`ajv: ${process.argv.length - 2} logs are valid SARIF`);
