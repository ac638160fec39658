"""The commands of the server program: `ban` beside a server that runs, and `token new`, whose tokens others check than those who make them.

Usage: commands_client.py SERVER_PROGRAM
"""
import base64
import hashlib
import hmac
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "support"), os.path.join(HERE, "..", "foreign")]
import cases  # noqa: E402
from programs import PATIENCE, Program  # noqa: E402
import wire  # noqa: E402

PROGRAM = sys.argv[1] if len(sys.argv) == 2 else sys.exit(__doc__)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def run(*words, environment=None):
    """(exit code, standard output, standard error) of the program."""
    done = subprocess.run([PROGRAM, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=False,
                          env={**os.environ, **(environment or {})})
    return done.returncode, done.stdout, done.stderr


class Command(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def done(self, *words, **more):
        """What it says where all is well."""
        code, said, problem = run(*words, **more)
        self.assertEqual((code, problem), (0, ""))
        return said

    def serve(self, *words):
        server = Program(PROGRAM, "--port", "0", *words)
        self.addCleanup(server.stop)
        return server

    def refused(self, *words, code=1, **more):
        """What it says where it is not."""
        is_code, said, problem = run(*words, **more)
        self.assertEqual((is_code, said), (code, ""), problem)
        return problem


class Help(Command):
    def test_of_the_program_names_its_commands_beside_its_options(self):
        said = self.done("--help")
        for word in ("--config", "--port", "--tls", "ban ", "token "):
            self.assertIn(word, said)

    def test_of_a_command_has_examples(self):
        for words in (("ban",), ("token",), ("token", "new")):
            self.assertIn("Examples:", self.done(*words, "--help"))

    def test_is_named_by_whatever_makes_no_sense(self):
        for words in (("ban",), ("ban", "--list"), ("ban", "192.0.2.7"), ("ban", "--lst"), ("ban", "192.0.2.7", "--file", "f", "--for", "1"),
                      ("ban", "192.0.2.7", "--file", "f", "--for", "-1h"), ("ban", "192.0.2.7", "--file", "f", "--for", "1y"),
                      ("ban", "192.0.2.7", "--file", "f", "--for", "999999999999d"), ("ban", "192.0.2.7", "--list", "--file", "f"), ("ban", "--remove", "--file", "f"),
                      ("ban", "192.0.2.7", "--remove", "--for", "1h", "--file", "f"), ("ban", "192.0.2.7", "--file", "f", "--config", "g"),
                      ("token",), ("token", "old"), ("token", "new"), ("token", "new", "--subject", "ann"), ("bann", "192.0.2.7"), ("--port", "0", "ban")):
            with self.subTest(words):
                problem = self.refused(*words, code=2)
                self.assertRegex(problem, r"^patchbay-server.*--help\n$")
                self.assertNotIn("Traceback", problem)


class Ban(Command):
    def setUp(self):
        super().setUp()
        self.file = self.folder / "bans"

    def ban(self, *words):
        return self.done("ban", *words, "--file", self.file)

    def listed(self):
        return self.done("ban", "--list", "--file", self.file).splitlines()

    def test_adds_says_and_removes(self):
        self.assertEqual(self.ban("192.0.2.7"), "address 192.0.2.7\n")
        self.assertRegex(self.ban("user:Ann Smith", "--for", "1h", "--reason", "spam until noon"), rf"^user Ann Smith until {TIME.pattern} because spam until noon\n$")
        self.ban("2001:db8::/48")
        lines = self.listed()
        self.assertEqual((lines[0], lines[2]), ("address 192.0.2.7", "address 2001:db8::/48"))
        self.ban("192.0.2.7", "--remove")
        self.ban("user:Ann Smith", "--remove")
        self.assertEqual(self.listed(), ["address 2001:db8::/48"])
        self.assertIn("is not banned there", self.refused("ban", "192.0.2.7", "--remove", "--file", self.file))

    def test_lasts_as_long_as_was_said(self):
        for words, seconds in (("30s", 30), ("10m", 600), ("10min", 600), ("1h", 3600), ("7d", 604800)):
            until = time.strptime(TIME.search(self.ban("user:bob", "--for", words)).group(), "%Y-%m-%dT%H:%M:%SZ")
            ahead = time.mktime(until) - time.timezone - time.time()
            self.assertTrue(seconds - PATIENCE <= ahead <= seconds + 1, ahead)
        self.assertEqual(len(self.listed()), 1, "each instead of the one before")

    def test_that_is_over_is_not_listed_and_goes_with_the_next(self):
        self.file.write_text("user bob until 2020-01-01\n# ours\n")
        code, said, problem = run("ban", "--list", "--file", str(self.file))
        self.assertEqual((code, said, problem), (0, "", "nobody is banned\n"))
        self.ban("user:ann")
        self.assertEqual(self.file.read_text(), "# ours\nuser ann\n")

    def test_says_what_to_do_where_it_cannot(self):
        def problem(*words):
            return self.refused("ban", *words, "--file", str(self.file))
        self.assertIn("for a user user:bob", problem("bob"))
        self.assertIn("write 192.0.2.0/24", problem("192.0.2.7/24"))
        self.assertIn("from 1 to 64", problem("2001:db8::/128"))
        self.assertIn("name of a user is empty", problem("user:"))
        self.assertIn("longer than 256 bytes", problem("user:" + "x" * 257))
        self.assertIn("does not fit into a line", problem("user:x\ny"))
        self.assertFalse(self.file.exists())
        self.file.write_text("user ann\nbob\n")
        self.assertIn(f"{self.file}:2: ", problem("user:eve"))
        self.assertEqual(self.file.read_text(), "user ann\nbob\n")
        self.assertIn("/nowhere", self.refused("ban", "user:bob", "--file", "/nowhere/at/all/bans"))
        self.assertIn("no plugin guard with a banFile", self.refused("ban", "user:bob", "--config", self.config("plugins: [ heartbeat ]\n")))
        self.assertIn("server.yaml:1:", self.refused("ban", "user:bob", "--config", self.config("plugings: [ heartbeat ]\n")))
        nowhere = self.config("plugins: [ { library: guard, config: { banFile: bans } } ]\n")
        self.assertIn("banFile: bans begins where the server was started", self.refused("ban", "user:bob", "--config", nowhere))
        self.assertFalse(pathlib.Path("bans").exists())

    def config(self, text):
        path = self.folder / "server.yaml"
        path.write_text(text)
        return str(path)

    def test_reaches_a_server_that_runs_on_all_its_loops(self):
        self.file.write_text("# nobody yet\n")
        config = self.config(f"plugins: [ {{ library: guard, config: {{ banFile: {self.file} }} }} ]\napps: [ chat ]\n")
        server = self.serve("--config", config, "--loops", "3")
        everyone = [self.enterContext(wire.Wire(wire.tcp(server.port), f"/chat/lobby?name=n{i}")) for i in range(9)]
        self.done("ban", "127.0.0.0/8", "--for", "1h", "--config", config)
        for one in everyone:
            self.assertEqual(self.goodbye(one), (1008, b"banned"))
        with self.assertRaisesRegex(AssertionError, "HTTP/1.1 403 "):
            wire.Wire(wire.tcp(server.port), "/chat/lobby?name=late")
        self.file.write_text("user ann\nnonsense\n")
        server.says(r"bans:2: .*; the bans are as they were")
        with self.assertRaisesRegex(AssertionError, "HTTP/1.1 403 "):
            wire.Wire(wire.tcp(server.port), "/chat/lobby?name=late")
        self.file.write_text("address 127.0.0.0/8\n")
        self.done("ban", "127.0.0.0/8", "--remove", "--config", config)
        server.says(r"has 0 bans")
        with wire.Wire(wire.tcp(server.port), "/chat/lobby?name=again"):
            pass

    def goodbye(self, connection):
        """Code and text of the Close, behind whatever the room said."""
        while True:
            opcode, payload = connection.frame()
            if opcode & 15 == wire.CLOSE:
                return int.from_bytes(payload[:2], "big"), payload[2:]


class Token(Command):
    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)
        return f"file:{path}"

    def new(self, *words, **more):
        """(header, claims, what is signed, signature) of a token."""
        token = self.done("token", "new", *words, **more).strip()
        parts = token.split(".")
        self.assertEqual(len(parts), 3)
        self.assertNotIn("=", token)
        header, claims, signature = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts)
        return json.loads(header), json.loads(claims), ".".join(parts[:2]).encode(), signature

    def test_says_what_it_was_told_to(self):
        secret = self.file("secret", "0123456789abcdef0123456789abcdef\n")
        header, claims, text, signature = self.new("--subject", "änn", "--name", "Ann \"A\"", "--role", "member", "--role", "judge", "--audience", "chat",
                                                   "--issuer", "https://id.example", "--key-id", "k1", "--for", "10m", "--key", secret)
        self.assertEqual(header, {"alg": "HS256", "typ": "JWT", "kid": "k1"})
        self.assertLess(abs(claims["iat"] - time.time()), PATIENCE)
        self.assertEqual(claims.pop("exp") - claims.pop("iat"), 600)
        self.assertEqual(claims, {"sub": "änn", "name": "Ann \"A\"", "roles": ["member", "judge"], "aud": ["chat"], "iss": "https://id.example"})
        self.assertEqual(signature, hmac.digest(b"0123456789abcdef0123456789abcdef", text, hashlib.sha256))
        header, claims, *_ = self.new("--subject", "ann", "--key", secret)
        self.assertEqual(claims["exp"] - claims["iat"], 3600)
        self.assertEqual((set(header), set(claims)), ({"alg", "typ"}, {"sub", "iat", "exp"}), "what was not said is not there")

    def test_is_signed_by_a_secret_of_the_environment(self):
        for algorithm, digest in (("HS256", hashlib.sha256), ("HS384", hashlib.sha384), ("HS512", hashlib.sha512)):
            *_, text, signature = self.new("--subject", "ann", "--algorithm", algorithm, "--key", "env:TRY", environment={"TRY": "x" * 40})
            self.assertEqual(signature, hmac.digest(b"x" * 40, text, digest))

    def openssl(self, *words, data=b""):
        done = subprocess.run(["openssl", *words], input=data, capture_output=True, timeout=PATIENCE, check=False)
        return done.returncode, done.stdout

    def test_is_signed_by_a_private_key(self):
        kinds = {("ed25519",): ["EdDSA"], ("RSA", "-pkeyopt", "rsa_keygen_bits:2048"): ["RS256", "PS384"],
                 ("EC", "-pkeyopt", "ec_paramgen_curve:P-256"): ["ES256"], ("EC", "-pkeyopt", "ec_paramgen_curve:P-521"): ["ES512"]}
        for kind, algorithms in kinds.items():
            private, public, signed = (str(self.folder / name) for name in ("key.pem", "pub.pem", "signed"))
            self.assertEqual(self.openssl("genpkey", "-algorithm", *kind, "-out", private)[0], 0)
            self.assertEqual(self.openssl("pkey", "-in", private, "-pubout", "-out", public)[0], 0)
            for algorithm in algorithms:
                with self.subTest(algorithm):
                    header, _, text, signature = self.new("--subject", "ann", "--algorithm", algorithm, "--key", f"file:{private}")
                    self.assertEqual(header["alg"], algorithm)
                    if algorithm.startswith("ES"):
                        signature = der(signature)
                    pathlib.Path(signed).write_bytes(signature)
                    pathlib.Path(self.folder, "text").write_bytes(text)
                    verify = ["pkeyutl", "-verify", "-pubin", "-inkey", public, "-sigfile", signed, "-rawin", "-in", str(self.folder / "text")]
                    if algorithm != "EdDSA":
                        verify += ["-digest", f"sha{algorithm[2:]}"]
                    if algorithm.startswith("PS"):
                        verify += ["-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:digest"]
                    self.assertEqual(self.openssl(*verify)[0], 0)
            usual = self.new("--subject", "ann", "--key", f"file:{private}")[0]["alg"]
            self.assertEqual(usual, algorithms[0])

    def test_is_none_by_a_key_that_is_none(self):
        def problem(key, *words):
            return self.refused("token", "new", "--subject", "ann", "--key", key, *words)
        secret = "a secret that is on the command line"
        self.assertNotIn(secret, problem(secret))
        self.assertIn("names where the secret is", problem(secret))
        self.assertIn("it needs 32 at least", problem(self.file("short", "x" * 31)))
        self.assertIn("no private key", problem(self.file("broken", "-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n")))
        self.assertIn("ES256 is not for a key of this kind, but HS256", problem(self.file("long", "x" * 32), "--algorithm", "ES256"))
        self.assertIn("is not for a key", problem(self.file("long", "x" * 32), "--algorithm", "none"))
        self.assertIn("cannot be read", problem("file:/nowhere/key"))
        self.assertIn("TRY", problem("env:TRY"))
        self.openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024", "-out", str(self.folder / "weak.pem"))
        self.assertIn("it needs 2048", problem(f"file:{self.folder}/weak.pem"))
        self.openssl("genpkey", "-algorithm", "ed25519", "-aes128", "-pass", "pass:x", "-out", str(self.folder / "locked.pem"))
        self.assertIn("without a password", problem(f"file:{self.folder}/locked.pem"))

    def test_is_none_for_nobody(self):
        key = self.file("secret", "s" * 32)
        self.assertIn("--subject is empty", self.refused("token", "new", "--subject", "", "--key", key))
        self.assertIn("not valid UTF-8", self.refused("token", "new", "--subject", b"a\xff", "--key", key))

    def test_lets_its_bearer_in(self):
        self.file("secret", "s" * 32)
        config = self.folder / "server.yaml"
        config.write_text(f"plugins: [ {{ library: auth-jwt, config: {{ secret: \"file:{self.folder}/secret\", audiences: [ chat ], query: token }} }} ]\n"
                          "apps: [ chat ]\nendpoints: { \"/chat/{room}\": { roles: [ member ] } }\n")
        server = self.serve("--config", str(config))
        def status(*words):
            token = self.done("token", "new", "--subject", "ann", "--key", f"file:{self.folder}/secret", *words).strip()
            try:
                with wire.Wire(wire.tcp(server.port), f"/chat/lobby?name=ann&token={token}"):
                    return "101"
            except AssertionError as refused:
                return str(refused)[9:12]
        self.assertEqual(status("--audience", "chat", "--role", "member"), "101")
        self.assertEqual(status("--audience", "chat", "--role", "guest"), "403")
        self.assertEqual(status("--audience", "shop", "--role", "member"), "401")


def der(signature):
    """The two numbers of an ECDSA signature as ASN.1 has them."""
    def number(value):
        raw = value.to_bytes(value.bit_length() // 8 + 1, "big")
        return b"\x02" + bytes([len(raw)]) + raw
    half = len(signature) // 2
    body = b"".join(number(int.from_bytes(part, "big")) for part in (signature[:half], signature[half:]))
    length = bytes([len(body)]) if len(body) < 128 else b"\x81" + bytes([len(body)])
    return b"\x30" + length + body


if __name__ == "__main__":
    cases.run_unittest("integration_commands")
