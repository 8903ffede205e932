"""Serves the hostile answers of tests/hostile, all texts in one, and prints the address when it listens."""

import json
import socketserver
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    TEXT = "\n".join(json.load(file))
LINE = b"(" + bytes(byte for byte in TEXT.encode() if byte >= 32 and byte != 127) + b")"


def answer(place):
    """The answer that has the text in one place."""
    values = {"code": "Bad", "message": "It is bad.", "note": "n"}
    if place in values:
        values[place] = TEXT
    if place == "throttled":
        values["code"] = "Slow" + TEXT
    body = json.dumps(values).encode()
    if place == "key":
        body = body[:-1] + b"," + json.dumps(TEXT).encode() + b":1," + json.dumps(TEXT).encode() + b":2}"
    elif place == "no-json":
        body = b"!" + TEXT.encode()
    elif place == "no-text":
        body = b'{"code":"\xff\xc0\x80\xed\xa0\x80' + TEXT.encode()
    elif place == "surrogate":
        body = rb'{"code":"\ud800","message":"\udc00\ud800","note":"\ud83d"}'
    reason = LINE if place == "reason-phrase" else b"Bad Request"
    kind = LINE if place == "content-type" else b"application/json"
    thing = LINE if place == "header" else b"a"
    head = b"HTTP/1.1 400 " + reason + b"\r\ncontent-type: " + kind + b"\r\nx-thing: " + thing + b"\r\n"
    return head + b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(body) + body


class Handler(socketserver.StreamRequestHandler):
    """Reads the head of a request, and answers what its target names."""

    def handle(self):
        target = self.rfile.readline().decode(errors="replace")
        while self.rfile.readline().strip():
            pass
        if "place=" in target:
            self.wfile.write(answer(target.split("place=")[1].split(" ")[0].split("&")[0]))


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


with Server(("127.0.0.1", 0), Handler) as server:
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()
