"""Keys that auth-jwt fetches: over TLS, from whom it may believe, within bounds, again when they change, less often when nobody is there.

Usage: jwks.py SERVER
"""
import os
import signal
import socket
import sys
import time
import unittest

for folder in ("support", "foreign"):
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", folder))
import cases  # noqa: E402
from identity import Authority, Identity, Signer, hung, plainly  # noqa: E402
from programs import PATIENCE, Program, Scratch  # noqa: E402

SERVER = sys.argv[1] if len(sys.argv) == 2 else sys.exit(__doc__)


def answering(status, *fields, body=b""):
    """A head of these fields, and nothing that the test did not say."""
    def answer(connection, _):
        connection.sendall("".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", *fields, "")).encode() + body)
    return answer


def in_pieces(connection, identity):
    """As a slow server of many keys does: each piece comes when the one before has been read."""
    body = identity.body() + b" " * 100_000
    connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode())
    for begin in range(0, len(body), 9000):
        connection.sendall(body[begin:begin + 9000])
        time.sleep(0.005)  # its pace, not a wait


def without_length(connection, identity):
    connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + identity.body())


def kept_open(connection, identity):
    """A server that ends no connection that it is not asked to keep."""
    plainly(connection, identity)
    hung(connection, identity)


def dripping(connection, identity):
    """A byte at a time, always in time."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not identity.released.wait(0.2):
        connection.sendall(b" ")


def endless(connection, _):
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b" " * 65536)


def endless_head(connection, _):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-Filler: " + b"x" * 4000 + b"\r\n")


class Jwks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.remove)
        cls.signer = Signer(cls.scratch, "one")
        cls.ours, cls.others = Authority(cls.scratch, "ours"), Authority(cls.scratch, "others")
        cls.good = cls.ours.context("good", "DNS:localhost,IP:127.0.0.1")

    def identity(self, context=None, answer=None):
        identity = Identity(self.signer, context, answer)
        self.addCleanup(identity.stop)
        return identity

    def serve(self, url, **config):
        """A server whose keys are there; of this machine's authorities it knows ours alone."""
        file = self.scratch.write(f"server-{self.id()}.yaml", f"""
server: {{ listen: [ "http://127.0.0.1:0" ], loops: 2, drainTimeout: 2s }}
apps: [ chat ]
plugins: [ {{ library: auth-jwt, config: {{ jwks: "{url}", message: 10s, {", ".join(f"{key}: {value}" for key, value in config.items())} }} }} ]
endpoints: {{ "/chat/{{room}}": {{ roles: [ member ] }} }}
""")
        program = Program(SERVER, "--config", file, environment={"SSL_CERT_FILE": self.ours.certificate})
        self.addCleanup(program.stop)
        return program

    def knock(self, program, token):
        """A handshake with that token, which may take its time: the socket."""
        connection = socket.create_connection(("127.0.0.1", program.port), PATIENCE)
        self.addCleanup(connection.close)
        connection.sendall((f"GET /chat/lobby?name=ann HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                            f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer {token}\r\n\r\n").encode())
        return connection

    def status(self, connection):
        return int(connection.recv(65536).split(b" ", 2)[1])

    def comes_in(self, program, token=None):
        return self.status(self.knock(program, token or self.signer.token())) == 101

    def fails(self, url, reason):
        """No keys are had from there, for that reason, and nobody is believed."""
        program = self.serve(url)
        said = program.says(r"the keys at (\S+) could not be had: (.*); those before hold on")
        self.assertEqual(said.group(1), url.split("?")[0])
        self.assertRegex(said.group(2), reason)
        self.assertFalse(self.comes_in(program))

    # ---- whom it believes

    def test_come_over_tls_from_a_server_with_a_certificate_of_a_private_authority(self):
        identity = self.identity(self.good)
        program = self.serve(identity.url + "?tenant=7")
        self.assertTrue(self.comes_in(program))
        self.assertTrue(self.comes_in(program))
        self.assertEqual(len(identity.asked), 1)
        self.assertRegex(identity.requests[0], rf"^GET /jwks.json\?tenant=7 HTTP/1.0\r\nHost: localhost:{identity.port}\r\n")

    def test_come_from_an_address_as_well(self):
        identity = self.identity(self.good)
        self.assertTrue(self.comes_in(self.serve(identity.url.replace("localhost", "127.0.0.1"))))

    def test_do_not_come_from_a_server_with_another_name(self):
        self.fails(self.identity(self.ours.context("other", "DNS:id.example")).url, "its certificate is not believed: hostname mismatch")

    def test_do_not_come_from_a_server_with_the_name_of_its_authority_and_no_other(self):
        self.fails(self.identity(self.ours.context("localhost", "DNS:id.example")).url, "its certificate is not believed: hostname mismatch")

    def test_do_not_come_from_a_server_whose_certificate_has_expired(self):
        self.fails(self.identity(self.ours.context("late", days=-1)).url, "its certificate is not believed: certificate has expired")

    def test_do_not_come_from_a_server_of_an_unknown_authority(self):
        self.fails(self.identity(self.others.context("good")).url, "its certificate is not believed: unable to get local issuer certificate")

    def test_do_not_come_in_plain_text_over_an_address_of_tls(self):
        self.fails(self.identity().url.replace("http://", "https://"), "wrong version number|packet length too long|the connection has ended")

    def test_do_not_come_in_plain_text_from_elsewhere(self):
        with self.assertRaises(AssertionError) as refused:
            self.serve("http://id.example/jwks.json?key=swordfish")
        self.assertIn("neither https:// nor of this machine", str(refused.exception))
        self.assertNotIn("swordfish", str(refused.exception))

    # ---- how they come

    def test_come_in_pieces_without_a_length_and_on_connections_that_stay_open(self):
        for context in (None, self.good):
            for answer in (in_pieces, without_length, kept_open):
                with self.subTest(f"{answer.__name__}, {'tls' if context else 'plain'}"):
                    self.assertTrue(self.comes_in(self.serve(self.identity(context, answer).url)))

    def test_do_not_come_by_an_answer_that_is_none(self):
        body = Identity.body(self.identity())
        for answer, reason in (
            (answering("500 Oh", "Content-Length: 0"), "it answers 500 Oh"),
            (answering("404 Not Found", body=body), "it answers 404 Not Found"),
            (answering("302 Found", "Location: https://eve.example/keys?key=secret"),
             "it answers 302 Found, which is not followed, and points to https://eve.example/keys$"),
            (answering("200 OK", "Content-Length: 1000000"), "an answer of more than 256 KiB"),
            (answering("200 OK", "Content-Length: 99999999999999999999999"), "no number"),
            (answering("200 OK", "Content-Length: 5000", body=body), "an answer that is cut"),
            (answering("200 OK", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"), "in chunks"),
            (answering("200 OK", "Content-Type: text/html", body=b"<html>"), "no JWKS"),
            (lambda connection, _: connection.sendall(b"SSH-2.0-x\r\n\r\n"), "no HTTP"),
            (lambda *_: None, "the connection has ended|end of file|unexpected eof"),
            (endless, "an answer of more than 256 KiB"),
            (endless_head, "a head of more than 16 KiB"),
        ):
            with self.subTest(reason):
                self.fails(self.identity(None, answer).url, reason)
        self.fails(self.identity(self.good, endless).url, "an answer of more than 256 KiB")

    def test_have_five_seconds_whatever_trickles_in(self):
        identities = [self.identity(self.good, dripping), self.identity(None, hung)]
        programs = [self.serve(identity.url) for identity in identities]
        for identity, program in zip(identities, programs):
            program.says("could not be had: no whole answer within 5 s")
            self.assertGreaterEqual(time.monotonic() - identity.asked[0], 4.5)

    # ---- again

    def test_change_with_their_owner_and_what_was_believed_before_is_not_any_more(self):
        identity = self.identity(self.good)
        program = self.serve(identity.url)
        first = self.signer.token()
        self.assertTrue(self.comes_in(program, first))
        identity.signers = [Signer(self.scratch, "two")]
        second = identity.signers[0].token()
        deadline = time.monotonic() + PATIENCE
        while not self.comes_in(program, second):  # each asks for a key that is not there; the owner hears little of it
            self.assertLess(time.monotonic(), deadline, "the new key was not taken")
            time.sleep(0.1)
        self.assertFalse(self.comes_in(program, first))
        self.assertLessEqual(len(identity.asked), 1 + (time.monotonic() - identity.asked[0]) / 5)

    def test_are_asked_for_less_and_less_where_nobody_answers(self):
        identity = self.identity(None, answering("503 Away"))
        program = self.serve(identity.url)
        for _ in range(3):
            program.says("it answers 503 Away")
            self.assertFalse(self.comes_in(program), "who comes meanwhile waits for nothing")
        pauses = [later - earlier for earlier, later in zip(identity.asked, identity.asked[1:])]
        for pause, least in zip(pauses, (1, 2)):
            self.assertGreater(pause, least - 0.1)
        identity._answer = plainly
        deadline = time.monotonic() + PATIENCE
        while not self.comes_in(program):
            self.assertLess(time.monotonic(), deadline, "it does not come back")
            time.sleep(0.1)

    # ---- a stop

    def test_that_do_not_come_hold_up_no_stop_nor_who_waits_for_them(self):
        identity = self.identity(self.good, hung)
        tokens = [self.signer.token(n=n) for n in range(20)]  # which takes time
        program = self.serve(identity.url)
        waiting = [self.knock(program, token) for token in tokens]
        self.assertFalse(self.comes_in(program, "x.y.z"), "which is judged without keys")
        program.process.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        self.assertEqual({self.status(each) for each in waiting}, {503})
        self.assertEqual(program.process.wait(PATIENCE), 0)
        self.assertLess(time.monotonic() - begun, 10)  # the fetch has its five seconds


cases.run_unittest("integration_jwks")
