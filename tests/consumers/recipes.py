"""Holds the Kubernetes objects of a document against the published schemas, strictly: no field that they do not know."""

import re
import sys

import kubernetes_validate
import yaml

page = open(sys.argv[1], encoding="utf-8").read()
blocks = re.findall(r"^```yaml kubernetes-\S+\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
objects = [item for block in blocks for item in yaml.safe_load_all(block)]
version = kubernetes_validate.latest_version()
for item in objects:
    kubernetes_validate.validate(item, version, strict=True)
kinds = [item["kind"] for item in objects]
assert kinds.count("Job") == 2, kinds

# The schemas do find what is wrong.
objects[-1]["spec"]["template"]["spec"]["containers"][0]["comand"] = []
try:
    kubernetes_validate.validate(objects[-1], version, strict=True)
except kubernetes_validate.ValidationError:
    print(f"kubernetes-validate: {', '.join(kinds)} are as the schemas of {version} have them")
else:
    sys.exit("a field that there is not was not found")
