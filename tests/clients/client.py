"""Drives a served reference endpoint with the official Python client: an accepted start, a replay, and each error row
as the exception that the client raises. Arguments: the endpoint's URL, its state hook, the contract, the rows."""

import json
import re
import sys
import tomllib
import urllib.request
import uuid

from alibabacloud_ecs20140526 import models
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi import utils_models

url, hook, contract_path, rows_path = sys.argv[1:5]
contract = tomllib.load(open(contract_path, "rb"))
published = {row["code"]: row for row in contract["error"]}
rows = json.load(open(rows_path))
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
failures = []
checks = 0


def state(name, params):
    body = json.dumps({"state": name, "params": params, "action": "setup"}).encode()
    request = urllib.request.Request(hook, body, {"content-type": "application/json"})
    return json.load(opener.open(request, timeout=10))


def client(algorithm):
    config = utils_models.Config(
        access_key_id="testid",
        access_key_secret="testsecret",
        endpoint=url.removeprefix("http://"),
        protocol="http",
        signature_algorithm=algorithm,
    )
    return Client(config)


def start(api, region, pipeline, token=None, tags=()):
    tag = [models.StartImagePipelineExecutionRequestTag(key=key, value=value) for key, value in tags] or None
    request = models.StartImagePipelineExecutionRequest(
        region_id=region, image_pipeline_id=pipeline, client_token=token, tag=tag
    )
    return api.start_image_pipeline_execution(request).body


def check(what, holds):
    global checks
    checks += 1
    if not holds:
        failures.append(what)


def matches(template, message):
    pattern = re.escape(template).replace("%s", ".+")
    return re.fullmatch(pattern, message, re.S) is not None and "%s" not in message


for scheme, algorithm in (("V3", None), ("V1", "v2")):
    api = client(algorithm)
    given = state("an image pipeline", {})
    token = str(uuid.uuid4())
    first = start(api, given["region"], given["pipeline"], token, [("k é", "v&= +*~")])
    again = start(api, given["region"], given["pipeline"], token, [("k é", "v&= +*~")])
    check(f"{scheme}: an accepted start has its ids", first.execution_id.startswith("exec-") and first.request_id)
    check(f"{scheme}: a replay gives the first result", again.execution_id == first.execution_id)
    check(f"{scheme}: request ids differ", again.request_id != first.request_id)
    for code, row in rows.items():
        given = state(row["state"], row.get("params", {}))
        try:
            start(api, row.get("region", given["region"]), given["pipeline"], None, row.get("tags", ()))
            check(f"{scheme}: {code} is refused", False)
        except Exception as error:
            status = getattr(error, "status_code", None) or getattr(error, "statusCode", None)
            data = getattr(error, "data", None) or {}
            check(f"{scheme}: {code} has its code, not {error.code}", error.code == code)
            check(f"{scheme}: {code} has its status, not {status}", status == published[code]["status"])
            message = data.get("Message", "")
            check(f"{scheme}: {code} has its message, not {message}", matches(published[code]["message"], message))
            check(f"{scheme}: {code} has its message in the exception", message and message in str(error.message))
            check(f"{scheme}: {code} has a request id", bool(data.get("RequestId") or getattr(error, "request_id", None)))

check("every row of the contract is driven", set(rows) == set(published))
for failure in failures:
    print("FAILED", failure)
passed = checks - len(failures)
print(f"python client: {passed} passed, {len(failures)} failed")
sys.exit(1 if failures else 0)
