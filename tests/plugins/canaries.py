"""That nobody reads a secret who is not told it: a server at its most talkative, with secrets wherever one may come from, brought in every way,
well and badly; then everything that it has printed, logged, answered, said in a close, and what the process table shows is searched for them.

Usage: canaries.py SERVER TEST_PLUGINS
"""
import base64
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import re
import secrets
import struct
import subprocess
import sys
import threading
import time
import unittest

for folder in ("support", "foreign"):
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", folder))
import cases  # noqa: E402
import wire  # noqa: E402
from programs import PATIENCE, Certificate, Program, Scratch  # noqa: E402

SERVER, PLUGINS = sys.argv[1:] if len(sys.argv) == 3 else sys.exit(__doc__)


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Canaries:
    """Secrets that nobody has seen before, and the search for them."""

    def __init__(self):
        self.known = set()

    def new(self, what):
        return self.remember(f"{what}-{secrets.token_hex(20)}")

    def remember(self, text):
        """A token is searched for by its parts, too: each may be shown alone. Short ones are in other texts by chance."""
        self.known.update(part for part in (text, *text.split(".")) if len(part) >= 16)
        return text

    def in_text(self, text):
        return sorted(secret for secret in self.known if secret in text)

    def in_processes(self):
        """What anybody on this machine sees: the command line of each process."""
        found = []
        for file in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                found += self.in_text(file.read_bytes().decode(errors="replace"))
            except OSError:
                pass  # it has ended
        return found


class Key(http.server.BaseHTTPRequestHandler):
    """A set of keys that asks for a secret in its URL, and has none for it."""

    def do_GET(self):  # noqa: N802
        self.send_error(403)

    def log_message(self, *_):
        pass


class Visit:
    """One connection; everything that the server says on it is kept in `heard`."""

    def __init__(self, port, trust, heard):
        self.socket = wire.tls(port, trust) if trust else wire.tcp(port)
        self.heard, self.rest = heard, b""

    def ask(self, target, *fields, method="GET", body=b"", upgrade=True):
        """The status of the answer; 0 where there is none."""
        head = [f"{method} {target} HTTP/1.1", "Host: localhost", *fields]
        if upgrade:
            head += ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {wire.KEY}"]
        if body:
            head.append(f"Content-Length: {len(body)}")
        try:
            self.socket.sendall("".join(line + "\r\n" for line in (*head, "")).encode() + body)
        except OSError:
            pass  # it has been answered before its end
        while b"\r\n\r\n" not in self.rest and self._hear():
            pass
        answer, _, self.rest = self.rest.partition(b"\r\n\r\n")
        status = int(answer.split(b" ", 2)[1]) if answer else 0
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", answer)
        while length and method != "HEAD" and len(self.rest) < int(length.group(1)) and self._hear():
            pass
        return status

    def say(self, text):
        self.socket.sendall(wire.frame(wire.TEXT, text.encode()))

    def end(self):
        """The code and reason of the server's Close frame, for which it waits."""
        while True:
            first, size = self._take(2)
            payload = self._take(struct.unpack("!H", self._take(2))[0] if size == 126 else size)
            if first & 0x0F == wire.CLOSE:
                return struct.unpack("!H", payload[:2])[0], payload[2:].decode()

    def close(self):
        self.socket.close()

    def _take(self, count):
        while len(self.rest) < count:
            assert self._hear(), "the server has ended the connection without a Close frame"
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def _hear(self):
        try:
            piece = self.socket.recv(65536)
        except OSError:
            return False
        self.heard.append(piece)
        self.rest += piece
        return bool(piece)


class Secrets(unittest.TestCase):
    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.remove)
        self.canaries, self.heard = Canaries(), []

    def token(self, secret=None, head=None, **claims):
        everything = {"sub": "ann", "jti": self.canaries.new("jti"), "roles": ["member"], "exp": int(time.time()) + 600, **claims}
        text = base64url(json.dumps(head or {"alg": "HS256"}).encode()) + "." + base64url(json.dumps(everything).encode())
        code = hmac.new((secret or self.secret).encode(), text.encode(), hashlib.sha256).digest()
        return self.canaries.remember(text + "." + base64url(code))

    def serve(self, place, environment=None, secure=False, queries=False, message="10s"):
        """A server whose secret is there, with every plugin, at its most talkative."""
        keys = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Key)
        threading.Thread(target=keys.serve_forever, daemon=True).start()
        self.addCleanup(keys.server_close)
        self.addCleanup(keys.shutdown)
        listen, self.trust = "http://127.0.0.1:0", None
        if secure:
            certificate = Certificate(self.scratch, "server", "localhost")
            with open(certificate.key, encoding="ascii") as file:
                for line in file.read().split("\n")[1:-2]:
                    self.canaries.remember(line)
            listen = {"url": "https://127.0.0.1:0", "certificate": certificate.certificate, "key": certificate.key}
            self.trust = certificate.trust()
        self.log = self.scratch.path("access.log")
        config = {
            "server": {"listen": [listen], "loops": 2, "drainTimeout": "2s"},
            "pluginFolders": [PLUGINS],
            "plugins": [
                {"library": "access-log", "config": {"file": self.log, "queries": queries}},
                "heartbeat", "compression", "introspecting", {"library": "guard", "config": {"handshakesAtOnce": 10_000, "handshakesPerMinute": 100_000}},
                {"library": "auth-jwt", "config": {"secret": place, "jwks": f"http://127.0.0.1:{keys.server_port}/keys?key={self.canaries.new('jwks')}",
                                                   "cookie": "session", "query": "token", "message": message}}],
            "apps": ["chat"],
            "endpoints": {"/chat/{room}": {"roles": ["member"]}},
            "logging": {"level": "debug"},
        }
        self.program = Program(SERVER, "--config", self.scratch.write("server.yaml", json.dumps(config)), environment=environment)
        self.addCleanup(self.program.stop)

    def visit(self):
        visit = Visit(self.program.port, self.trust, self.heard)
        self.addCleanup(visit.close)
        return visit

    def comes(self, target="/chat/lobby?name=ann", *fields, **how):
        return self.visit().ask(target, *fields, **how)

    def ways(self, token):
        """Each way in, as target and fields."""
        room = "/chat/lobby?name=ann"
        return {"header": (room, f"Authorization: Bearer {token}"), "cookie": (room, f"Cookie: a=b; session={token}"),
                "subprotocol": (room, f"Sec-WebSocket-Protocol: chat.v1, bearer.{token}"), "query": (f"{room}&token={token}",)}

    def by_message(self, message):
        """How a session ends that begins with it."""
        visit = self.visit()
        self.assertEqual(visit.ask("/chat/lobby?name=ann"), 101)
        visit.say(message)
        return visit

    def come_in_every_way(self):
        for way, how in self.ways(self.token()).items():
            self.assertEqual(self.comes(*how), 101, way)
        for user in ("ann", "eve"):  # a refresh, and one that is none
            visit = self.visit()
            self.assertEqual(visit.ask("/chat/lobby?name=ann", f"Authorization: Bearer {self.token()}"), 101)
            visit.say(json.dumps({"auth": self.token(sub=user, exp=int(time.time()) + 1200)}))
        self.assertEqual(visit.end(), (1008, "another user's token"))
        expiring = self.by_message(json.dumps({"auth": self.token(exp=int(time.time()) + 2)}))
        self.assertEqual(self.by_message(json.dumps({"auth": self.token(exp=1)})).end(), (1008, "expired"))
        self.assertEqual(self.by_message(json.dumps({"auth": self.token(roles=["other"])})).end(), (1008, "not allowed"))
        self.assertEqual(self.by_message(json.dumps({"auth": self.token("x" * 40)})).end(), (1008, "not signed in"))
        self.assertEqual(self.by_message(json.dumps({"say": self.canaries.new("first")})).end(), (1008, "not signed in"))
        self.assertEqual(self.by_message('{"auth":"' + self.canaries.new("cut")).end(), (1008, "not signed in"))
        banned = self.visit()
        self.assertEqual(banned.ask("/chat/lobby?name=ann", f"Authorization: Bearer {self.token(sub='eve')}"), 101)
        self.assertEqual(self.comes("/ban/eve", method="POST", upgrade=False, body=b"x"), 200)
        self.assertEqual(banned.end(), (1008, "banned"))
        self.assertEqual(expiring.end(), (1008, "expired"))

    def are_refused(self):
        forged = [self.token("x" * 40), self.token(exp=1), self.token(nbf=int(time.time()) + 600), self.token(aud=self.canaries.new("aud")), self.token(exp="abc"),
                  self.token(head={"alg": "none", "x": self.canaries.new("head")}), self.token(head={"alg": "HS256", "kid": self.canaries.new("kid")}, exp=1),
                  self.canaries.remember("A" * 20000 + secrets.token_hex(20))]
        for token in forged:
            for way, how in self.ways(token).items():
                # A cookie that is not believed is none, and who has none may send a message.
                self.assertIn(self.comes(*how), (101, 431) if way == "cookie" else (401, 431, 414), way)
        for way, how in self.ways(self.token(roles=["other"])).items():
            self.assertEqual(self.comes(*how), 403, way)
        one, other = self.token(), self.token()
        bearer = f"Authorization: Bearer {one}"
        self.assertEqual(self.comes("/chat/lobby?name=ann", bearer, f"Authorization: Bearer {other}"), 400)
        self.assertEqual(self.comes(f"/chat/lobby?token={one}&token={other}", f"Cookie: session={one}; session={other}", bearer), 400)
        self.assertEqual(self.comes("/chat/lobby", f"Authorization: Basic {self.canaries.remember(base64url(self.canaries.new('basic').encode()))}"), 101)

    def go_wrong(self):
        """With secrets in what is refused before anybody looks for a token, and in what fails afterwards."""
        bearer, query = f"Authorization: Bearer {self.token()}", f"token={self.token()}"
        self.assertEqual(self.comes(f"/chat/lobby?name=ann&{query}", "Origin: https://eve.example"), 403)
        self.assertEqual(self.comes(f"/nowhere?{query}", bearer), 404)
        self.assertEqual(self.comes(f"/chat/lobby?{query}", bearer, "Host: eve.example"), 400)
        self.assertEqual(self.comes(f"http://eve.example/chat/lobby?{query}", bearer), 421)
        self.assertEqual(self.comes(f"/chat/lobby?{query}", bearer, " folded"), 400)
        self.assertEqual(self.comes("/chat/lobby", f"Authorization: Bearer {self.canaries.new('control')}\x01"), 400)
        self.assertEqual(self.comes("/chat/lobby", f"X{self.canaries.new('name')}\xe4: y"), 400)
        self.assertEqual(self.comes("/chat/lobby", "Cookie: session=" + "x" * 100_000 + self.canaries.new("cookie")), 431)
        self.assertIn(self.comes("/chat/lobby?token=" + "x" * 100_000 + self.canaries.new("query")), (414, 431))
        self.assertEqual(self.comes(f"/chat/%zz?{query}&x=%2"), 101)
        for page in ("/", "/healthz", "/readyz", "/nowhere", f"/asked?{query}"):
            for method in ("GET", "HEAD", "POST", "BREW"):
                body = json.dumps({"auth": self.token()}).encode() if method == "POST" else b""
                self.comes(page, bearer, f"Cookie: session={self.token()}", method=method, upgrade=False, body=body)
        for ask, status in (("throws", 500), ("mistaken", 500), ("large", 500), ("later", 101)):
            self.assertEqual(self.comes(f"/chat/lobby?ask={ask}&{query}"), status)
        visit = self.by_message(json.dumps({"auth": self.token()}))
        visit.say('{"type":"Say","text":7,"token":"' + self.canaries.new("member") + '"}')
        visit.say('{"type":"' + self.canaries.new("type") + '"}')
        visit.socket.sendall(wire.frame(wire.CLOSE, b"\x0f\xa0bye"))
        self.assertEqual(visit.end()[0], 4000)

    def found(self):
        """Where a secret is that nobody may read."""
        self.program.stop()
        with open(self.log, encoding="utf-8", errors="replace") as file:
            logged = file.read()
        heard = b"".join(self.heard).decode(errors="replace")
        self.assertGreater(len(logged), 50)
        self.assertGreater(len(heard), 100)
        places = {"the log": "".join(self.program.output), "the access log": logged, "answers, messages and close reasons": heard}
        return {name: secrets for name, text in places.items() if (secrets := self.canaries.in_text(text))}

    def everything(self):
        self.assertEqual(self.canaries.in_processes(), [])
        self.come_in_every_way()
        self.are_refused()
        self.go_wrong()
        self.assertEqual(self.canaries.in_processes(), [])
        self.assertEqual(self.found(), {})

    # ---- wherever the secret comes from

    def test_from_a_file_over_tcp(self):
        self.secret = self.canaries.new("secret")
        self.serve("file:" + self.scratch.write("secret", self.secret + "\n"))
        self.everything()

    def test_from_the_environment_over_tls(self):
        self.secret = self.canaries.new("secret")
        self.serve("env:PATCHBAY_TEST_CANARY", {"PATCHBAY_TEST_CANARY": self.secret}, secure=True)
        self.everything()

    def test_from_a_credential_of_systemds_over_tcp(self):
        self.secret = self.canaries.new("secret")
        self.scratch.write("jwt", self.secret)
        self.serve("credential:jwt", {"CREDENTIALS_DIRECTORY": self.scratch.folder})
        self.everything()

    def test_by_a_message_where_handlers_hear_it(self):
        """A client that signs in by a message where the server does not know of that: a handler gets it, and cannot read it."""
        self.secret = self.canaries.new("secret")
        self.serve("file:" + self.scratch.write("secret", self.secret), message="off")
        visit = self.visit()
        self.assertEqual(visit.ask("/chat/lobby?name=ann", f"Authorization: Bearer {self.token()}"), 101)
        visit.say(json.dumps({"auth": self.token()}))
        visit.say(json.dumps({"type": "Say", "auth": self.token()}))
        visit.socket.sendall(wire.frame(wire.CLOSE, b"\x03\xe8"))
        self.assertEqual(visit.end()[0], 1000)
        self.assertEqual(self.comes("/nowhere", method="GET", upgrade=False), 404)
        self.assertEqual(self.found(), {})

    # ---- the search itself

    def test_are_found_where_somebody_shows_them(self):
        self.secret = self.canaries.new("secret")
        self.serve("file:" + self.scratch.write("secret", self.secret), queries=True)
        name = self.canaries.new("name")[-24:]
        self.canaries.remember(name)
        visit = self.visit()
        token = self.token()
        self.assertEqual(visit.ask(f"/chat/lobby?name={name}&token={token}"), 101)
        visit.socket.sendall(wire.frame(wire.CLOSE, b"\x03\xe8" + self.canaries.new("bye").encode()))
        visit.end()
        shown = subprocess.Popen(["tail", "-f", self.scratch.write(self.canaries.new("argument"), "")], stdout=subprocess.DEVNULL)
        self.addCleanup(shown.wait)
        self.addCleanup(shown.kill)
        deadline = time.monotonic() + PATIENCE
        while not self.canaries.in_processes():  # its line is there a moment after it has begun
            self.assertLess(time.monotonic(), deadline)
        for _ in range(20):
            self.comes("/healthz", upgrade=False)
        self.assertEqual(set(self.found()), {"the log", "the access log", "answers, messages and close reasons"})


cases.run_unittest("integration_canaries")
