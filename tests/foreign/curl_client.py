"""curl's opening handshake with the conformance server, over TCP and over TLS.

Usage: curl_client.py PROGRAM
"""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cases  # noqa: E402
from programs import PATIENCE, Certificate, Program, Scratch  # noqa: E402
from wire import ACCEPT, KEY  # noqa: E402

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else sys.exit(__doc__)
UPGRADE = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": KEY}


class OverTcp(unittest.TestCase):
    secure = False

    @classmethod
    def setUpClass(cls):
        scratch = Scratch()
        cls.addClassCleanup(scratch.remove)
        certificate = Certificate(scratch, "server", "localhost")
        files = ("--tls", certificate.certificate, certificate.key) if cls.secure else ()
        cls.server = Program(PROGRAM, "--port", "0", "--loops", "2", *files, ready="^ready$")
        cls.addClassCleanup(cls.server.stop)
        cls.curl = ["curl", "--silent", "--show-error", "--http1.1", "--max-time", str(PATIENCE), "--output", os.devnull,
                    "--cacert", certificate.certificate, "--resolve", f"localhost:{cls.server.port}:127.0.0.1"]

    def head(self, path, headers, *options):
        """Status and headers of the answer, as curl tells them while they come: behind a 101 it waits for more."""
        command = [*self.curl, "--verbose", *options]
        for name, value in headers.items():
            command += ["--header", f"{name}: {value}"]
        scheme = "https" if self.secure else "http"
        curl = subprocess.Popen([*command, f"{scheme}://localhost:{self.server.port}{path}"],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            said, lines = "", []
            while (line := curl.stdout.readline()) and line.rstrip() != "<":
                said += line
                if line.startswith("< "):
                    lines.append(line[2:].rstrip())
        finally:
            curl.terminate()
            curl.wait(PATIENCE)
            curl.stdout.close()
        self.assertTrue(lines, said)
        fields = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
        return lines[0].split(" ", 2)[1], {name.lower(): value for name, value in fields.items()}

    def test_the_handshake_of_the_rfcs_example_is_answered_as_there(self):
        status, fields = self.head("/echo", UPGRADE)
        self.assertEqual(status, "101")
        self.assertEqual(fields["sec-websocket-accept"], ACCEPT)
        self.assertEqual((fields["upgrade"].lower(), fields["connection"].lower()), ("websocket", "upgrade"))
        self.assertNotIn("sec-websocket-extensions", fields)
        self.assertNotIn("sec-websocket-protocol", fields)

    def test_another_version_is_426_with_the_one_that_is_spoken(self):
        status, fields = self.head("/echo", {**UPGRADE, "Sec-WebSocket-Version": "8"})
        self.assertEqual((status, fields["sec-websocket-version"]), ("426", "13"))

    def test_a_request_without_upgrade_is_426(self):
        status, fields = self.head("/echo", {})
        self.assertEqual((status, fields["upgrade"].lower()), ("426", "websocket"))

    def test_a_bad_key_is_400(self):
        self.assertEqual(self.head("/echo", {**UPGRADE, "Sec-WebSocket-Key": "short"})[0], "400")

    def test_a_post_that_asks_for_an_upgrade_is_405(self):
        self.assertEqual(self.head("/echo", UPGRADE, "--data", "")[0], "405")

    def test_a_path_without_an_endpoint_is_404(self):
        self.assertEqual(self.head("/nowhere", UPGRADE)[0], "404")

    def test_plain_pages_are_served_beside_it(self):
        self.assertEqual(self.head("/healthz", {})[0], "200")


class OverTls(OverTcp):
    secure = True

    def test_a_certificate_for_another_name_is_refused_by_curl(self):
        wrong = subprocess.run([*self.curl, "--resolve", f"elsewhere.test:{self.server.port}:127.0.0.1",
                                f"https://elsewhere.test:{self.server.port}/healthz"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
        self.assertEqual(wrong.returncode, 60, wrong.stderr)


cases.run_unittest("integration_foreign_curl")
