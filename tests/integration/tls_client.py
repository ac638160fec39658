"""The server as TLS server, seen by Python's ssl module: versions, ALPN, names, resumption, new certificates while it runs.

Usage: tls_client.py CONFORMANCE SERVER
"""
import os
import socket
import ssl
import struct
import sys
import time
import unittest
import warnings

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", folder) for folder in ("support", "foreign")]
import cases  # noqa: E402
from programs import PATIENCE, Certificate, Program, Scratch  # noqa: E402
from wire import BINARY, TEXT, Wire, frame, tcp, tls, upgrade  # noqa: E402

CONFORMANCE, SERVER = sys.argv[1:3] if len(sys.argv) > 2 else sys.exit(__doc__)
HANDSHAKE_TIMEOUT = 1  # seconds, as configured below
CONFIGURATION = """
server:
  listen:
    - {{ url: "{scheme}://127.0.0.1:0"{files} }}
  loops: 2
  drainTimeout: 2s
limits: {{ handshakeTimeout: 1s }}
apps: [{apps}]
"""


def anyone():
    """A client that accepts every certificate, and shows which it got."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def only(version, context=None):
    context = context or anyone()
    if version < ssl.TLSVersion.TLSv1_2:
        context.set_ciphers("ALL:@SECLEVEL=0")  # or the client would not offer it
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # old versions are there to be refused
        context.minimum_version = context.maximum_version = version
    return context


def page(connection):
    """The answer to a GET, read to its end; a TLS 1.3 client has the server's tickets then."""
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


class TlsServer(unittest.TestCase):
    program = CONFORMANCE
    apps = ""

    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.remove)
        self.first = Certificate(self.scratch, "first", "localhost", "first.test")
        self.second = Certificate(self.scratch, "second", "second.test", "*.second.test")
        files = (f', certificate: first.pem, key: first.key, '
                 f'moreCertificates: [ {{ certificate: second.pem, key: second.key }} ]')
        self.start("https", files)

    def start(self, scheme, files=""):
        config = self.scratch.write("server.yaml", CONFIGURATION.format(scheme=scheme, files=files, apps=self.apps))
        self.server = Program(self.program, "--config", config)
        self.addCleanup(self.server.stop)

    def connect(self, context=None, **options):
        return tls(self.server.port, context or anyone(), **options)

    def shown(self, host="localhost"):
        """The certificate that a new connection gets."""
        with self.connect(host=host) as connection:
            return connection.getpeercert(binary_form=True)

    def refusal(self, context):
        with self.assertRaises(ssl.SSLError) as refused:
            self.connect(context).close()
        return refused.exception.args[1]


class Handshakes(TlsServer):
    def test_tls_1_2_and_1_3_are_spoken(self):
        for version, name in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")):
            with Wire(self.connect(only(version))) as wire:
                self.assertEqual(wire.socket.version(), name)
                wire.send(frame(TEXT, name.encode()))
                self.assertEqual(wire.message(), name)

    def test_tls_1_1_and_1_0_are_refused_with_an_alert(self):
        for version in (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1):
            self.assertIn("alert protocol version", self.refusal(only(version)))

    def test_a_cipher_without_forward_secrecy_is_refused(self):
        context = only(ssl.TLSVersion.TLSv1_2)
        context.set_ciphers("AES128-GCM-SHA256")
        self.assertIn("alert handshake failure", self.refusal(context))

    def test_http_1_1_is_chosen_by_alpn_wherever_it_stands(self):
        for offered in (["http/1.1"], ["h2", "http/1.1"], ["http/1.1", "h2"]):
            context = anyone()
            context.set_alpn_protocols(offered)
            with self.connect(context) as connection:
                self.assertEqual(connection.selected_alpn_protocol(), "http/1.1", offered)

    def test_a_client_without_alpn_gets_none(self):
        with self.connect() as connection:
            self.assertIsNone(connection.selected_alpn_protocol())

    def test_a_client_that_speaks_h2_only_is_refused(self):
        context = anyone()
        context.set_alpn_protocols(["h2"])
        self.assertIn("alert no application protocol", self.refusal(context))

    def test_the_certificate_is_that_of_the_name_asked_for(self):
        for host, expected in (("first.test", self.first), ("second.test", self.second), ("a.second.test", self.second),
                               ("unknown.test", self.first), (None, self.first)):
            self.assertEqual(self.shown(host), expected.der(), host)

    def test_a_client_that_verifies_accepts_each_for_its_names(self):
        for certificate, host in ((self.first, "localhost"), (self.second, "second.test")):
            with self.connect(certificate.trust(), host=host) as connection:
                self.assertIn(b"200 OK", page(connection))

    def test_a_session_is_resumed_in_both_versions_and_under_both_names(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            for host in ("first.test", "second.test"):
                context = only(version)
                with self.connect(context, host=host) as connection:
                    self.assertFalse(connection.session_reused)
                    page(connection)
                    session = connection.session
                with self.connect(context, host=host, session=session) as connection:
                    self.assertTrue(connection.session_reused, f"{version.name} {host}")
                    self.assertIn(b"200 OK", page(connection))

    def test_frames_in_one_record_with_the_upgrade_are_kept(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            frames = frame(TEXT, b"1") + frame(BINARY, b"2") + frame(TEXT, b"3")
            with Wire(self.connect(only(version)), behind=frames) as wire:
                self.assertEqual([wire.message() for _ in range(3)], ["1", b"2", "3"], version)

    def test_a_handshake_in_single_bytes_is_a_handshake(self):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = anyone().wrap_bio(incoming, outgoing)
        with tcp(self.server.port) as peer:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while True:
                try:
                    client.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    for byte in outgoing.read():
                        peer.send(bytes([byte]))
                    incoming.write(peer.recv(65536))
        self.assertEqual(client.version(), "TLSv1.3")


class WrongPort(TlsServer):
    """Whoever speaks the wrong language meets an end soon, and nobody else notices."""

    def ends(self, connected, data):
        started = time.monotonic()
        with connected:
            connected.sendall(data)
            said = b""
            try:
                while part := connected.recv(65536):
                    said += part
            except ConnectionResetError:
                pass
        self.assertLess(time.monotonic() - started, HANDSHAKE_TIMEOUT + PATIENCE / 3)
        return said

    def test_plain_http_on_the_https_port(self):
        with Wire(self.connect()) as bystander:
            for data in (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", upgrade("/echo"), b"\0" * 100, b"\x16\x03\x01"):
                self.assertNotIn(b"HTTP/1.1 2", self.ends(tcp(self.server.port), data))
            bystander.send(frame(TEXT, b"undisturbed"))
            self.assertEqual(bystander.message(), "undisturbed")

    def test_silence_on_the_https_port(self):
        with Wire(self.connect()) as bystander:
            self.assertEqual(self.ends(tcp(self.server.port), b""), b"")
            bystander.send(frame(TEXT, b"undisturbed"))
            self.assertEqual(bystander.message(), "undisturbed")

    def test_a_handshake_that_is_cut_off(self):
        with Wire(self.connect()) as bystander:
            for _ in range(20):
                outgoing = ssl.MemoryBIO()
                with self.assertRaises(ssl.SSLWantReadError):
                    anyone().wrap_bio(ssl.MemoryBIO(), outgoing).do_handshake()
                with tcp(self.server.port) as peer:
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    peer.sendall(outgoing.read()[:100])
            bystander.send(frame(TEXT, b"undisturbed"))
            self.assertEqual(bystander.message(), "undisturbed")

    def test_tls_on_the_http_port(self):
        self.start("http")
        with Wire(tcp(self.server.port)) as bystander:
            started = time.monotonic()
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                self.connect().close()
            self.assertLess(time.monotonic() - started, HANDSHAKE_TIMEOUT + PATIENCE / 3)
            bystander.send(frame(TEXT, b"undisturbed"))
            self.assertEqual(bystander.message(), "undisturbed")


class Reload(TlsServer):
    """FEATURES S8: new certificate on new connections, old sockets live."""

    RELOADED = "new connections get the certificates that were just read"
    KEPT = "the old certificate stays"

    def reload(self, says):
        self.server.hang_up()
        self.server.says(says)

    def test_new_connections_get_the_new_certificate_and_an_open_one_lives_on(self):
        old = self.first.der()
        with Wire(self.connect()) as wire:
            self.assertEqual(wire.socket.getpeercert(binary_form=True), old)
            self.first.make()
            self.assertEqual(self.shown(), old, "nothing changes before the signal")
            self.reload(self.RELOADED)
            self.assertNotEqual(self.first.der(), old)
            self.assertEqual(self.shown(), self.first.der())
            self.assertEqual(self.shown("second.test"), self.second.der())
            wire.send(frame(TEXT, b"still the same socket"))
            self.assertEqual(wire.message(), "still the same socket")

    def test_the_certificates_of_other_names_are_read_again_too(self):
        old = self.second.der()
        self.second.make()
        self.reload(self.RELOADED)
        self.assertNotEqual(self.second.der(), old)
        self.assertEqual(self.shown("second.test"), self.second.der())

    def test_a_session_from_before_is_no_error_afterwards(self):
        context = anyone()
        with self.connect(context) as connection:
            page(connection)
            session = connection.session
        self.first.make()
        self.reload(self.RELOADED)
        with self.connect(context, session=session) as connection:
            self.assertFalse(connection.session_reused)
            self.assertIn(b"200 OK", page(connection))

    def test_a_broken_certificate_is_told_and_the_old_one_stays(self):
        old, key = self.first.der(), self.first.key
        for name, text in (("first.pem", "no certificate\n"), ("first.pem", ""), ("first.key", "no key\n")):
            with open(self.scratch.path(name), encoding="ascii") as file:
                good = file.read()
            self.scratch.write(name, text)
            self.reload(f"{name}.*{self.KEPT}")
            self.assertEqual(self.shown(), old)
            self.scratch.write(name, good)
        os.replace(self.second.key, key)
        self.reload(f"first.key.* is not the key of the certificate.*{self.KEPT}")
        self.assertEqual(self.shown(), old)
        os.remove(key)
        self.reload(f"first.key.* cannot be read.*{self.KEPT}")
        self.assertEqual(self.shown(), old)

    def test_mended_files_are_taken_by_the_next_signal(self):
        self.scratch.write("first.pem", "no certificate\n")
        self.reload(self.KEPT)
        self.first.make()
        self.reload(self.RELOADED)
        self.assertEqual(self.shown(), self.first.der())

    def test_sighup_without_tls_does_not_end_the_server(self):
        self.start("http")
        with Wire(tcp(self.server.port)) as wire:
            self.reload("SIGHUP, but no address has a certificate")
            wire.send(frame(TEXT, b"still here"))
            self.assertEqual(wire.message(), "still here")
            with tcp(self.server.port) as connection:
                self.assertIn(b"200 OK", page(connection))


class ServerProgram(TlsServer):
    """The program that people run takes the same configuration."""

    program = SERVER
    apps = "chat"

    def test_it_serves_its_pages_over_https_and_takes_a_new_certificate(self):
        with self.connect(self.first.trust()) as connection:
            self.assertIn(b"200 OK", page(connection))
        self.first.make()
        self.server.hang_up()
        self.server.says(Reload.RELOADED)
        with self.connect(self.first.trust()) as connection:
            self.assertIn(b"200 OK", page(connection))


cases.run_unittest("integration_tls_client")
