// Drives a served reference endpoint with the official Node client, as client.py does with the Python one.
// Arguments: the endpoint's URL, its state hook, the published rows as JSON, the states of the rows.

import { readFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";

const require = createRequire(process.cwd() + "/");
const Ecs = require("@alicloud/ecs20140526");
const { $OpenApiUtil } = require("@alicloud/openapi-core");

const [url, hook, publishedPath, rowsPath] = process.argv.slice(2);
const published = JSON.parse(readFileSync(publishedPath, "utf8"));
const rows = JSON.parse(readFileSync(rowsPath, "utf8"));
const failures = [];
let checks = 0;

function check(what, holds) {
  checks += 1;
  if (!holds) failures.push(what);
}

async function state(name, params) {
  const body = JSON.stringify({ state: name, params, action: "setup" });
  const answer = await fetch(hook, { method: "POST", headers: { "content-type": "application/json" }, body });
  return answer.json();
}

function client(algorithm) {
  const config = new $OpenApiUtil.Config({
    accessKeyId: "testid",
    accessKeySecret: "testsecret",
    endpoint: url.replace("http://", ""),
    protocol: "http",
    signatureAlgorithm: algorithm,
  });
  return new Ecs.default(config);
}

async function start(api, regionId, imagePipelineId, clientToken, tags) {
  const tag = tags?.map(([key, value]) => new Ecs.StartImagePipelineExecutionRequestTag({ key, value }));
  const request = new Ecs.StartImagePipelineExecutionRequest({ regionId, imagePipelineId, clientToken, tag });
  return (await api.startImagePipelineExecution(request)).body;
}

function matches(template, message) {
  const pattern = template.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("%s", "[^]+");
  return new RegExp(`^${pattern}$`, "s").test(message) && !message.includes("%s");
}

for (const [scheme, algorithm] of [["V3", undefined], ["V1", "v2"]]) {
  const api = client(algorithm);
  const given = await state("an image pipeline", {});
  const token = randomUUID();
  const tags = [["k é", "v&= +*~"]];
  const first = await start(api, given.region, given.pipeline, token, tags);
  const again = await start(api, given.region, given.pipeline, token, tags);
  check(`${scheme}: an accepted start has its ids`, first.executionId?.startsWith("exec-") && first.requestId);
  check(`${scheme}: a replay gives the first result`, again.executionId === first.executionId);
  check(`${scheme}: request ids differ`, again.requestId !== first.requestId);
  for (const [code, row] of Object.entries(rows)) {
    const given = await state(row.state, row.params ?? {});
    try {
      await start(api, row.region ?? given.region, given.pipeline, undefined, row.tags);
      check(`${scheme}: ${code} is refused`, false);
    } catch (error) {
      const status = error.statusCode ?? error.data?.statusCode;
      check(`${scheme}: ${code} has its code, not ${error.code}`, error.code === code);
      check(`${scheme}: ${code} has its status, not ${status}`, status === published[code].status);
      const message = error.data?.Message ?? "";
      check(`${scheme}: ${code} has its message, not ${message}`, matches(published[code].message, message));
      check(`${scheme}: ${code} has its message in the error`, message !== "" && error.message.includes(message));
      check(`${scheme}: ${code} has a request id`, Boolean(error.requestId ?? error.data?.RequestId));
    }
  }
}

for (const failure of failures) console.log("FAILED", failure);
console.log(`node client: ${checks - failures.length} passed, ${failures.length} failed`);
process.exit(failures.length > 0 ? 1 : 0);
