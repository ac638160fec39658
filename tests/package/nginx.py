"""The nginx snippet as it is, but for its ports, in front of the server: pages and the chat, over https and wss.

Usage: nginx.py SNIPPET SERVER_PROGRAM
"""
import asyncio
import contextlib
import http.client
import json
import os
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cases  # noqa: E402
from program import PATIENCE, need, run, serving  # noqa: E402

try:
    import websockets
except ImportError:
    sys.exit("This test needs a foreign WebSocket client: apt-get install python3-websockets")

need("nginx", "openssl", package="nginx-light openssl")
SNIPPET, PROGRAM = map(pathlib.Path, sys.argv[1:]) if len(sys.argv) == 3 else sys.exit(__doc__)
ATTEMPTS = 5  # a port that is free now may be taken when nginx comes to it
MAIN = """daemon off;
pid nginx.pid;
error_log stderr;
events {}
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include patchbay.conf;
}
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def accepts(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def with_ports(plain, secure, server):
    text = SNIPPET.read_text()
    for old, new in (("listen 80;", f"listen 127.0.0.1:{plain};"), ("listen 443 ssl;", f"listen 127.0.0.1:{secure} ssl;"),
                     ("server 127.0.0.1:8080;", f"server {server};")):
        assert text.count(old) == 1, f"{SNIPPET} has not one '{old}'"
        text = text.replace(old, new)
    return text


def configuration():
    """What the snippet says that Patchbay's configuration needs."""
    needed = re.search(r"^# configuration: (server: \{.*?\}),", SNIPPET.read_text(), re.M)
    assert needed, f"{SNIPPET} does not say what the configuration needs"
    return needed.group(1) + "\napps: [ chat ]\n"


def start_nginx(folder, server):
    """The process and its two ports, once it accepts connections."""
    for _ in range(ATTEMPTS):
        plain, secure = free_port(), free_port()
        (folder / "patchbay.conf").write_text(with_ports(plain, secure, server))
        with (folder / "said").open("w") as said:
            nginx = subprocess.Popen(["/usr/sbin/nginx", "-p", folder, "-c", folder / "nginx.conf", "-e", "stderr"], stderr=said)
        deadline = time.monotonic() + PATIENCE
        while nginx.poll() is None and time.monotonic() < deadline:
            if accepts(secure) and accepts(plain):
                return nginx, plain, secure
            with contextlib.suppress(subprocess.TimeoutExpired):
                nginx.wait(0.02)
        stop(nginx)
        if "Address already in use" not in (folder / "said").read_text():
            break
    raise AssertionError("nginx does not start: " + (folder / "said").read_text())


def stop(nginx):
    nginx.terminate()
    try:
        nginx.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        nginx.kill()
        nginx.wait(PATIENCE)


class Nginx(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)  # for its workers, who are somebody else where nginx runs as root
        (folder / "ssl").mkdir()
        certificate = folder / "ssl/chat.example.crt"
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=chat.example",
            "-addext", "subjectAltName=DNS:chat.example", "-keyout", folder / "ssl/chat.example.key", "-out", certificate)
        (folder / "nginx.conf").write_text(MAIN)
        (folder / "patchbay.yaml").write_text(configuration())
        server = cls.enterClassContext(serving(PROGRAM, "--config", folder / "patchbay.yaml"))
        nginx, cls.plain, cls.secure = start_nginx(folder, server)
        cls.addClassCleanup(stop, nginx)
        cls.trust = ssl.create_default_context(cafile=certificate)
        cls.origin = f"https://chat.example:{cls.secure}"

    def chat(self, **options):
        """A visitor of the page https://chat.example, which is this machine."""
        options = {"origin": self.origin, "ssl": self.trust, "server_hostname": "chat.example", "host": "127.0.0.1",
                   "port": self.secure, "open_timeout": PATIENCE, "subprotocols": ["chat.v1"], **options}
        return websockets.connect(f"wss://chat.example:{self.secure}/chat/lobby", **options)

    async def heard(self, connection, kind):
        while True:
            message = json.loads(await asyncio.wait_for(connection.recv(), PATIENCE))
            if message["type"] == kind:
                return message

    def get(self, path, headers=None):
        connection = http.client.HTTPSConnection("127.0.0.1", self.secure, timeout=PATIENCE, context=self.trust)
        plain = socket.create_connection(("127.0.0.1", self.secure), PATIENCE)
        connection.sock = self.trust.wrap_socket(plain, server_hostname="chat.example")
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Host": f"chat.example:{self.secure}", **(headers or {})})
            response = connection.getresponse()
            return response.status, response.read().decode()

    def test_the_chat_page_comes_over_https(self):
        status, text = self.get("/")
        self.assertEqual(status, 200)
        self.assertIn("<title>", text)

    def test_plain_http_is_sent_to_https(self):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.plain, timeout=PATIENCE)) as connection:
            connection.request("GET", "/chat", headers={"Host": "chat.example"})
            response = connection.getresponse()
        self.assertEqual((response.status, response.getheader("Location")), (301, "https://chat.example/chat"))

    async def test_two_visitors_of_the_https_page_talk(self):
        async with self.chat() as ann, self.chat() as bob:
            await bob.send(json.dumps({"type": "Say", "text": "Grüße"}))
            said = await self.heard(ann, "Said")
        self.assertEqual((ann.subprotocol, said["text"]), ("chat.v1", "Grüße"))

    async def test_a_page_of_another_server_is_refused(self):
        with self.assertRaises(websockets.InvalidStatusCode) as refused:
            async with self.chat(origin="https://elsewhere.example"):
                pass
        self.assertEqual(refused.exception.status_code, 403)

    async def test_a_page_of_the_same_host_on_another_port_is_refused(self):
        with self.assertRaises(websockets.InvalidStatusCode) as refused:
            async with self.chat(origin="https://chat.example"):
                pass
        self.assertEqual(refused.exception.status_code, 403)

    def test_what_the_client_says_of_itself_does_not_get_through(self):
        self.assertEqual(self.get("/", {"X-Forwarded-Host": "evil.example", "X-Forwarded-Port": "1", "Forwarded": "host=evil.example"})[0], 200)
        self.assertEqual(self.get("/", {"Host": f"evil.example:{self.secure}"})[0], 421)

    def test_what_is_no_upgrade_stays_an_ordinary_request(self):
        self.assertEqual(self.get("/chat/lobby")[0], 426)
        self.assertEqual(self.get("/nothing/here")[0], 404)

    def test_silence_is_ended_by_patchbay_and_not_by_nginx(self):
        longest = 2 * 60  # minutes: the chat's idleTimeout
        minutes = {"m": 1, "h": 60}
        for setting in ("proxy_read_timeout", "proxy_send_timeout"):
            number, unit = re.search(rf"{setting} (\d+)([mh]);", SNIPPET.read_text()).groups()
            self.assertGreater(int(number) * minutes[unit], longest)


if __name__ == "__main__":
    cases.run_unittest("integration_package_nginx")
