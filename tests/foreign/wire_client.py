"""What no WebSocket library sends: frames by hand to the conformance server, over TCP and over TLS.

Usage: wire_client.py PROGRAM
"""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cases  # noqa: E402
from programs import Certificate, Program, Scratch  # noqa: E402
from wire import (BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Wire, close_payload, frame, header,  # noqa: E402
                  masked, tcp, tls)

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else sys.exit(__doc__)
LIMIT = 64 << 20  # the conformance server's
MAY_BE_SENT = (*range(1000, 1004), *range(1007, 1015), 3000, 3999, 4000, 4999)
MUST_NOT_BE_SENT = (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)


class OverTcp(unittest.TestCase):
    secure = False

    @classmethod
    def setUpClass(cls):
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.remove)
        cls.certificate = Certificate(cls.scratch, "server", "localhost")
        files = ("--tls", cls.certificate.certificate, cls.certificate.key) if cls.secure else ()
        cls.server = Program(PROGRAM, "--port", "0", "--loops", "2", *files, ready="^ready$")
        cls.addClassCleanup(cls.server.stop)

    def connect(self, path="/echo", behind=b""):
        port = self.server.port
        return Wire(tls(port, self.certificate.trust()) if self.secure else tcp(port), path, behind)

    def fails(self, code, *pieces):
        """Each piece in a segment of its own; the Close must come without another byte, then the end."""
        with self.connect() as wire:
            for piece in pieces:
                wire.send(piece)
            self.assertEqual(wire.close_code(), code, f"for {pieces[-1][:20]!r}")
            wire.send(frame(CLOSE, close_payload(code)))
            self.assertTrue(wire.at_end())

    def test_every_code_that_may_be_sent_is_echoed(self):
        for code in MAY_BE_SENT:
            with self.connect() as wire:
                wire.send(frame(CLOSE, close_payload(code, b"bye")))
                self.assertEqual(wire.close_code(), code)
                self.assertTrue(wire.at_end())

    def test_a_close_without_a_code_is_answered_without_one(self):
        with self.connect() as wire:
            wire.send(frame(CLOSE))
            self.assertEqual(wire.frame(), (0x80 | CLOSE, b""))
            self.assertTrue(wire.at_end())

    def test_every_code_that_must_not_be_sent_is_1002(self):
        for code in MUST_NOT_BE_SENT:
            self.fails(1002, frame(CLOSE, close_payload(code)))

    def test_a_close_with_half_a_code_is_1002(self):
        self.fails(1002, frame(CLOSE, b"\x03"))

    def test_a_message_over_the_limit_is_1009_by_its_header_alone(self):
        for opcode in (TEXT, BINARY):
            self.fails(1009, header(opcode, LIMIT + 1))

    def test_a_fragment_that_goes_over_the_limit_is_1009_by_its_header_alone(self):
        self.fails(1009, frame(BINARY, b"x", fin=False), header(CONTINUATION, LIMIT))

    def test_a_message_of_exactly_the_limit_comes_back(self):
        message = os.urandom(LIMIT - 1) + b"\x00"
        with self.connect() as wire:
            wire.send(frame(BINARY, message))
            self.assertTrue(wire.message() == message, "another message came back")

    def test_bad_utf8_in_the_second_of_three_fragments_fails_before_the_third(self):
        self.fails(1007, frame(TEXT, "Grüße ".encode(), fin=False), frame(CONTINUATION, b"an \xff alle", fin=False))

    def test_bad_utf8_fails_before_the_rest_of_its_frame(self):
        text = "Grüße an ".encode() + b"\xff" + b"x" * 100
        known = header(TEXT, len(text)) + masked(text)[:-100]
        self.fails(1007, known)                               # header, valid part and bad byte
        self.fails(1007, known[:-1], known[-1:])              # the bad byte alone

    def test_a_character_that_cannot_be_completed_fails_in_its_middle(self):
        for start in (b"\xc0", b"\xe0\x80", b"\xed\xa0", b"\xf4\x90"):  # overlong, a surrogate, beyond U+10FFFF
            self.fails(1007, header(TEXT, 1000) + masked(start))

    def test_a_character_split_over_fragments_is_whole_again(self):
        letter = "🌍".encode()
        with self.connect() as wire:
            wire.send(frame(TEXT, letter[:1], fin=False))
            wire.send(frame(CONTINUATION, letter[1:3], fin=False))
            wire.send(frame(CONTINUATION, letter[3:]))
            self.assertEqual(wire.message(), "🌍")

    def test_a_text_that_ends_in_the_middle_of_a_character_is_1007(self):
        self.fails(1007, frame(TEXT, "🌍".encode()[:3]))

    def test_a_ping_inside_a_fragmented_message_is_answered_at_once(self):
        with self.connect() as wire:
            wire.send(frame(TEXT, b"in ", fin=False) + frame(PING, b"now?"))
            self.assertEqual(wire.frame(), (0x80 | PONG, b"now?"))
            wire.send(frame(CONTINUATION, b"two"))
            self.assertEqual(wire.message(), "in two")

    def test_frames_right_behind_the_upgrade_are_kept(self):
        with self.connect(behind=frame(TEXT, b"one") + frame(BINARY, b"two") + frame(TEXT)) as wire:
            self.assertEqual([wire.message() for _ in range(3)], ["one", b"two", ""])

    def test_frames_in_single_bytes_are_frames(self):
        with self.connect() as wire:
            for byte in frame(TEXT, b"a", fin=False) + frame(PING) + frame(CONTINUATION, b"b"):
                wire.send(bytes([byte]))
            self.assertEqual(wire.frame(), (0x80 | PONG, b""))
            self.assertEqual(wire.message(), "ab")


class OverTls(OverTcp):
    secure = True


cases.run_unittest("integration_foreign_wire")
