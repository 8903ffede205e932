"""Checks a signed statement with published libraries alone: envelope, signature, name of the key, statement, predicate.

Arguments: the envelope, the signer's public key in PEM, and if there is one, the folder of the bundle that it was taken
from, whose files must be the signed ones. Then bytes of envelope and files are changed in turn, and no changed one may
pass.
"""

import base64
import hashlib
import json
import pathlib
import sys

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from google.protobuf.json_format import Parse, ParseDict
from in_toto_attestation.predicates.test_result.v0.test_result_pb2 import TestResult
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1.statement_pb2 import Statement as StatementMessage
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

STATEMENT = "https://in-toto.io/Statement/v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"


def fingerprint(public):
    """The SHA-256 of the public key in DER, by which an envelope names it."""
    return hashlib.sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def canonical(value):
    """The one encoding: RFC 8785, of which texts and whole numbers need no more than this."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def checked(envelope, public):
    """The statement in an envelope that the key has signed; any other raises."""
    raw = json.loads(envelope)
    assert canonical(raw) == envelope, "the envelope is not canonical"
    # That base64 has one spelling, no library sees to.
    for text in [raw["payload"], *(signature["sig"] for signature in raw["signatures"])]:
        assert base64.b64encode(base64.b64decode(text, validate=True)).decode() == text, "not one base64"
    opened = Envelope.from_dict(raw)
    assert opened.payload_type == "application/vnd.in-toto+json", opened.payload_type
    name = fingerprint(public)
    assert list(opened.signatures) == [name], "the envelope names another key"
    opened.verify([SSlibKey.from_crypto(public, keyid=name)], 1)
    assert canonical(json.loads(opened.payload)) == opened.payload, "the statement is not canonical"
    return opened.payload


def stated(payload):
    """The statement and its predicate as the libraries of in-toto read them."""
    message = Parse(payload, StatementMessage())
    statement = Statement.copy_from_pb(message)
    statement.validate()
    assert message.type == STATEMENT and message.predicate_type == TEST_RESULT, message
    predicate = json.loads(payload)["predicate"]
    # The message knows no extensions; everything else has to be a field of it.
    extension = predicate.pop("proofmarkConformance")
    return message, ParseDict(predicate, TestResult()), extension


def digest(content):
    return hashlib.sha256(content).hexdigest()


def unsigned(folder, predicate, change=lambda name, content: content):
    """The files of a bundle that are not the ones that are signed for, as `change` makes of what is read."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    read = lambda name: change(name, files[name].read_bytes())
    named = {resource.name: resource.digest["sha256"] for resource in predicate.configuration}
    wrong = [name for name, due in named.items() if digest(read(name)) != due]
    listed = {file["name"]: file for file in json.loads(files["manifest.json"].read_bytes())["files"]}
    wrong += [name for name, due in listed.items() if digest(read(name)) != due["sha256"]]
    return set(wrong) | (set(files) - set(listed) - {"manifest.json", "statement.dsse.json"})


envelope = open(sys.argv[1], "rb").read()
public = load_pem_public_key(open(sys.argv[2], "rb").read())
message, predicate, extension = stated(checked(envelope, public))
assert predicate.result in ("PASSED", "WARNED", "FAILED"), predicate.result
assert all(subject.digest["sha256"] for subject in message.subject)
assert sorted(case["id"] for case in extension["waived"]) == list(predicate.warned_tests)

# Of a long envelope some 2000 bytes, evenly spread, so that it takes seconds.
places = range(0, len(envelope), max(1, len(envelope) // 2000))
for at in places:
    changed = envelope[:at] + bytes([envelope[at] ^ 1]) + envelope[at + 1 :]
    try:
        checked(changed, public)
    except Exception:
        continue
    sys.exit(f"a change of byte {at} was not found")

files = ""
if len(sys.argv) > 3:
    bundle = pathlib.Path(sys.argv[3])
    assert unsigned(bundle, predicate) == set(), unsigned(bundle, predicate)
    names = [file["name"] for file in json.loads((bundle / "manifest.json").read_bytes())["files"]] + ["manifest.json"]
    for name in names:
        flipped = lambda it, content: bytes([content[0] ^ 1]) + content[1:] if it == name else content
        assert unsigned(bundle, predicate, flipped) == {name}, f"a change of {name} was not found"
    files = f", and {len(names)} changed files"

counts = f"{len(predicate.passed_tests)} passed, {len(predicate.warned_tests)} warned, {len(predicate.failed_tests)} failed"
print(f"securesystemslib, in-toto-attestation: {predicate.result}, {counts}; {len(places)} changed bytes{files} found")
