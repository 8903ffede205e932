"""Holds what `run`, `diff` and `coverage` say of moto, dynalite and httpbin against their answers to requests of this
script, judged here by rules that were written by hand. Usage: peers.py PROGRAM NODE_PACKAGES
"""
import http.client, http.server, json, os, re, socket, subprocess, sys, threading, time

program, node = sys.argv[1:3]
here = os.path.dirname(os.path.abspath(__file__))
cases = os.path.join(here, "cases")
wrong = []

VALIDATION = "com.amazon.coral.validate#ValidationException"
NOT_FOUND = "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"
MISSING = r"Requested resource not found: Table: .+ not found"
TAKEN = re.escape("The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")
KEPT = {"Name": "kept", "Value": "x", "Type": "String"}
OWNER = {"owner": {"mail": "a@b.c"}}

# What each case sends, and what it expects of the last answer: status, code, a pattern of the message, values.
DYNAMO = {
    "names/unknown/usual": ([{"TableName": "nosuchtable"}], (400, NOT_FOUND, MISSING, {})),
    "names/unknown/shortest": ([{"TableName": "abc"}], (400, NOT_FOUND, MISSING, {})),
    "names/unknown/longest": ([{"TableName": "a" * 255}], (400, NOT_FOUND, MISSING, {})),
    "names/refused/too-short": ([{"TableName": "ab"}], (400, VALIDATION, r".+", {})),
    "names/refused/too-long": ([{"TableName": "a" * 256}], (400, VALIDATION, r".+", {})),
    "names/refused/slashes": ([{"TableName": "a/b/c"}], (400, VALIDATION, r".+", {})),
    "names/no-name": ([{}], (400, VALIDATION, r".+", {})),
    "names/either": ([{"TableName": "ab"}], (400, None, None, {})),
}
SSM = {
    "values/kept": ([{**KEPT, "Overwrite": True}], (200, None, None, {"Tier": "Standard"})),
    "values/there-already": ([{**KEPT, "Overwrite": True}, KEPT], (400, "ParameterAlreadyExists", TAKEN, {})),
    "values/reserved": ([{**KEPT, "Name": "aws-x"}], (400, "ValidationException", None, {})),
    "values/near-reserved": ([{**KEPT, "Name": "x-aws-x", "Overwrite": True}], (200, None, None, {})),
    "values/empty": ([{**KEPT, "Value": ""}], (400, "ValidationException", None, {})),
    "values/other-type": ([{**KEPT, "Name": "never-kept", "Type": "Nope"}], (400, "ValidationException", None, {})),
    "values/no-name": ([{"Value": "x", "Type": "String"}], (400, "ValidationException", None, {})),
}
ECHO = {
    "echo/two-tags": ([{**OWNER, "tags": ["a", "b"]}], (200, None, None, {"method": "POST", "json": {**OWNER, "tags": ["a", "b"]}})),
    "echo/three-tags": ([{**OWNER, "tags": ["a", "b", "c"]}], (range(400, 500), None, None, {})),
    "echo/any-mail": ([OWNER], (200, None, None, {"json": lambda sent: "@" in sent["owner"]["mail"]})),
    "echo/doubled": ([{**OWNER, "tags": ["a", "a"]}], ((200, 400), None, None, {})),
}
SERVICES = {
    "dynamo/DescribeTable": (DYNAMO, "/", "DynamoDB_20120810.DescribeTable", "application/x-amz-json-1.0", "dynamodb"),
    "ssm/PutParameter": (SSM, "/", "AmazonSSM.PutParameter", "application/x-amz-json-1.1", "ssm"),
    "httpbin/Anything": (ECHO, "/anything", None, "application/json", None),
}

# What the cases test, found by hand: of each limit those within and those past it, and of each row those that meet it.
COVERED = {
    "dynamo/DescribeTable": {
        "TableName required": ("names/unknown/* names/unknown/* names/unknown/*", "names/no-name"),
        "TableName min-length 3": ("names/unknown/shortest", "names/refused/too-short"),
        "TableName max-length 255": ("names/unknown/longest", "names/refused/too-long"),
        "TableName pattern ^[a-zA-Z0-9_.-]*$": ("names/unknown/* names/unknown/* names/unknown/*", "names/refused/slashes"),
        f"row {NOT_FOUND}": "names/unknown/* names/unknown/* names/unknown/*",
        f"row {VALIDATION}": "names/no-name names/refused/* names/refused/* names/refused/*",
    },
    "ssm/PutParameter": {
        "Name required": ("values/kept values/near-reserved values/there-already", "values/no-name"),
        "Name not-prefix aws": ("values/near-reserved", "values/reserved"),
        "Value min-length 1": ("values/kept values/near-reserved values/there-already", "values/empty"),
        "Type one-of String, StringList, SecureString": ("values/kept values/near-reserved values/there-already", "values/other-type"),
        "row ParameterAlreadyExists": "values/there-already",
        "row ValidationException": "values/empty values/no-name values/other-type values/reserved",
    },
    "httpbin/Anything": {
        "owner required": ("echo/any-mail echo/two-tags", ""),
        "tags max-items 2": ("echo/two-tags", "echo/three-tags"),
        "tags unique": ("echo/two-tags", ""),
    },
}


def expect(what, due, found):
    if due != found:
        wrong.append(f"{what}\n    by hand    {due}\n    proofmark  {found}")


def free_port():
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return place.getsockname()[1]


def serve(command):
    """A server on a port of its own, once it accepts connections. Another process may take a port that was free."""
    for _ in range(5):
        started = try_to_serve(command)
        if started:
            return started
    raise SystemExit(f"{command} ends as soon as it is started")


def try_to_serve(command):
    port = free_port()
    command = [part.replace("PORT", str(port)) for part in command]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return process, port
        except OSError:
            if process.poll() is not None:
                return None
            time.sleep(0.1)
    raise SystemExit(f"{command} does not listen")


def ask(port, service, sent):
    """The status, headers and body of an answer."""
    _, path, target, kind, name = SERVICES[service]
    headers = {"content-type": kind}
    if target:
        scope = f"AKIAEXAMPLE/20260101/us-east-1/{name}/aws4_request"
        headers |= {"x-amz-target": target, "x-amz-date": "20260101T000000Z",
                    "authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", path, json.dumps(sent), headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    try:
        return answer.status, json.loads(body)
    except ValueError:
        return answer.status, None


def message_of(service, body):
    return (body or {}).get("message" if service.startswith("dynamo") else "Message")


def passes(service, answer, due):
    status, body = answer
    statuses, code, message, values = due
    statuses = (statuses,) if isinstance(statuses, int) else statuses
    if body is None or status not in statuses:
        return False
    if code and (body.get("__type") != code or (message and not re.fullmatch(message, message_of(service, body) or ""))):
        return False
    is_right = lambda found, value: value(found) if callable(value) else found == value
    return all(is_right(body.get(name), value) for name, value in values.items())


def answers(port, service):
    table = SERVICES[service][0]
    return {case: [ask(port, service, sent) for sent in requests][-1] for case, (requests, _) in table.items()}


def proofmark(*arguments):
    done = subprocess.run([program, *arguments, "--cases", cases], capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def check_run(name, port, service):
    found = answers(port, service)
    table = SERVICES[service][0]
    due = {case: "passed" if passes(service, found[case], table[case][1]) else "failed" for case in table}
    url = f"http://127.0.0.1:{port}"
    code, out, err = proofmark("run", "-q", "--endpoint", url, "--sign", "none", "--report", "json=-", service + "/")
    report = json.loads(out[out.index("{\n") if "{\n" in out else out.index("{"):])
    said = {case["id"][len(service) + 1:]: case["verdict"] for case in report["cases"]}
    expect(f"run on {name}: verdicts of {service}", due, said)
    expect(f"run on {name}: exit code", 1 if "failed" in due.values() else 0, code)
    print(f"{name}: {service}: {list(due.values()).count('passed')} of {len(due)} cases pass by hand")


def difference(service, first, second, due):
    """How two answers differ, at the first level at which they do."""
    if first[0] != second[0]:
        return "other status"
    one, other = first[1] or {}, second[1] or {}
    if one.get("__type") != other.get("__type"):
        return "other code"
    messages = message_of(service, one), message_of(service, other)
    template = MISSING if one.get("__type") == NOT_FOUND else r".+"
    if messages[0] != messages[1] and not all(re.fullmatch(template, text or "") for text in messages):
        return "other message"
    if set(one) != set(other):
        return "other fields"
    if passes(service, first, due) != passes(service, second, due):
        return "other verdict"
    strip = lambda body: {name: value for name, value in body.items() if name not in ("message", "Version")}
    return "same" if strip(one) == strip(other) else "other value"


def check_diff(names, ports, service, volatile=lambda answer, port: answer):
    table = SERVICES[service][0]
    first, second = ({case: volatile(answer, port) for case, answer in answers(port, service).items()} for port in ports)
    due = {case: difference(service, first[case], second[case], table[case][1]) for case in table}
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    code, out, err = proofmark("diff", *urls, "--sign", "none", "--format", "json", service + "/")
    said = {case["id"][len(service) + 1:]: case["difference"] for case in json.loads(out)["cases"]}
    expect(f"diff of {names}: {service}", due, said)
    expect(f"diff of {names}: exit code", 0 if set(due.values()) == {"same"} else 1, code)
    print(f"diff of {names}: {service}: {list(due.values()).count('same')} of {len(due)} alike by hand")


def check_coverage():
    code, out, err = proofmark("coverage", "--format", "json")
    for contract in json.loads(out)["contracts"]:
        service = contract["contract"]
        short = lambda ids: " ".join(sorted(one[len(service) + 1:] for one in ids))
        # Rows of a case are named by `*` where all of them count.
        starred = lambda due, found: " ".join(
            re.sub(r"/[^/]+$", "/*", one) if re.sub(r"/[^/]+$", "/*", one) in due.split() else one for one in found.split())
        said = {}
        for limit in contract["constraints"]:
            name = f"{limit['parameter']} {limit['limit']}"
            due = COVERED[service].get(name, ("", ""))
            said[name] = tuple(starred(each, short(limit[side])) for each, side in zip(due, ("within", "past")))
        for row in contract["error_rows"]:
            name = f"row {row['code']}"
            said[name] = starred(COVERED[service].get(name, ""), short(row["cases"]))
        expect(f"coverage of {service}", COVERED[service], said)
    print("coverage: looked at")


def without_place(answer, port):
    """What httpbin repeats of the request is about another address each time."""
    return answer[0], json.loads(json.dumps(answer[1]).replace(f"127.0.0.1:{port}", "HOST"))


class OtherValue(http.server.BaseHTTPRequestHandler):
    """Answers what httpbin answers, but for one value: who owns it has another address."""

    httpbin = None

    def do_POST(self):
        sent = self.rfile.read(int(self.headers["content-length"]))
        connection = http.client.HTTPConnection("127.0.0.1", self.httpbin, timeout=30)
        # Just the fields that came: httpbin repeats them.
        connection.putrequest("POST", self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            connection.putheader(name, value)
        connection.endheaders(sent)
        answer = connection.getresponse()
        body = json.loads(answer.read())
        connection.close()
        body["json"]["owner"]["mail"] = "a@b.d"
        body = json.dumps(body).encode()
        self.send_response(answer.status)
        self.send_header("content-type", answer.headers["content-type"])
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def check_other_value(httpbin):
    """What a case asserts of the value may hold of both, of one alone, or not be looked at since both fail before."""
    OtherValue.httpbin = httpbin
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), OtherValue)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ports = [httpbin, server.server_port]
    check_diff("httpbin and httpbin with another value", ports, "httpbin/Anything", without_place)
    table = ECHO
    first, second = ({case: without_place(answer, port) for case, answer in answers(port, "httpbin/Anything").items()} for port in ports)
    found = {case: difference("httpbin/Anything", first[case], second[case], table[case][1]) for case in table}
    expect("by hand, the value that differs", {
        "echo/any-mail": "other value", "echo/two-tags": "other verdict", "echo/three-tags": "other value", "echo/doubled": "other value"}, found)
    server.shutdown()


moto_command = [sys.executable, "-c", "from moto.server import main; main(['-H', '127.0.0.1', '-p', 'PORT'])"]
bin_command = [sys.executable, "-m", "flask", "--app", "httpbin", "run", "-h", "127.0.0.1", "-p", "PORT"]
servers = []
try:
    for command in (moto_command, bin_command, bin_command):
        servers.append(serve(command))
    moto, bins = servers[0][1], [servers[1][1], servers[2][1]]
    check_coverage()
    check_run("moto", moto, "dynamo/DescribeTable")
    check_run("moto", moto, "ssm/PutParameter")
    check_run("httpbin", bins[0], "httpbin/Anything")
    check_diff("httpbin and httpbin", bins, "httpbin/Anything", without_place)
    check_other_value(bins[0])
    check_diff("moto and moto", [moto, moto], "ssm/PutParameter")
    if node:
        cli = os.path.join(node, "node_modules/dynalite/cli.js")
        servers.append(serve(["node", cli, "--host", "127.0.0.1", "--port", "PORT"]))
        dynalite = servers[-1][1]
        check_run("dynalite", dynalite, "dynamo/DescribeTable")
        check_diff("dynalite and moto", [dynalite, moto], "dynamo/DescribeTable")
    else:
        print("SKIPPED: dynalite, since there is no Node or npm")
finally:
    for process, _ in servers:
        process.terminate()
    for process, _ in servers:
        process.wait(timeout=30)
for text in wrong:
    print(f"WRONG  {text}")
sys.exit(1 if wrong else 0)
