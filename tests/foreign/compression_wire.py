"""permessage-deflate byte by byte: what is agreed on for any offer, what the server's frames hold, and what ends a
connection and nobody else's.

Usage: compression_wire.py PROGRAM
"""
import json
import os
import re
import sys
import unittest
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cases  # noqa: E402
from compression_servers import (CONTEXT, OWN, RSV1, RSV2, RSV3, Offering, Window, compressed, compressing,  # noqa: E402
                                 deflated)
from wire import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, close_payload, frame, header, tcp  # noqa: E402

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else sys.exit(__doc__)
LIMIT = 64 << 10
JSON = "".join(json.dumps({"from": f"user{i % 7}", "text": f"message number {i}"}) for i in range(400)).encode()

# offers, each a header -> the answer's header by the default settings, windows of 2^12
ACCEPTED = {
    (CONTEXT,): CONTEXT,
    (CONTEXT + "; client_max_window_bits",): CONTEXT + "; client_max_window_bits=12",
    (CONTEXT + "; client_max_window_bits=15",): CONTEXT + "; client_max_window_bits=12",
    (CONTEXT + "; client_max_window_bits=8",): CONTEXT + "; client_max_window_bits=8",
    (CONTEXT + "; server_max_window_bits=15",): CONTEXT + "; server_max_window_bits=12",
    (CONTEXT + "; server_max_window_bits=8",): CONTEXT + "; server_max_window_bits=8",
    (CONTEXT + '; client_max_window_bits="10"',): CONTEXT + "; client_max_window_bits=10",
    (CONTEXT + '; server_max_window_bits="9"',): CONTEXT + "; server_max_window_bits=9",
    (CONTEXT + ' ; client_max_window_bits = "1\\0" ,,',): CONTEXT + "; client_max_window_bits=10",
    (CONTEXT + ";server_no_context_takeover",): CONTEXT + "; server_no_context_takeover",
    (CONTEXT + "; client_no_context_takeover",): CONTEXT + "; client_no_context_takeover",
    (CONTEXT + "; server_max_window_bits=11; client_no_context_takeover; client_max_window_bits=10;"
     " server_no_context_takeover",):
        OWN + "; server_max_window_bits=11; client_max_window_bits=10",
    # the first that can be accepted, in one header or in several
    (CONTEXT + "; server_max_window_bits=16, " + CONTEXT + "; client_max_window_bits=9",):
        CONTEXT + "; client_max_window_bits=9",
    (CONTEXT + "; server_no_context_takeover, " + CONTEXT,): CONTEXT + "; server_no_context_takeover",
    (CONTEXT + "; unknown", CONTEXT + "; client_max_window_bits=10"): CONTEXT + "; client_max_window_bits=10",
    ("x-webkit-deflate-frame, another; with=1, " + CONTEXT,): CONTEXT,
}
DECLINED = (
    "unknown", "unknown=1", "server_no_context_takeover=1", "client_no_context_takeover=true",
    "server_no_context_takeover; server_no_context_takeover", "client_no_context_takeover; client_no_context_takeover",
    "server_max_window_bits=10; server_max_window_bits=10", "client_max_window_bits; client_max_window_bits",
    "client_max_window_bits; client_max_window_bits=10", "server_max_window_bits", "server_max_window_bits=7",
    "server_max_window_bits=16", "server_max_window_bits=08", "server_max_window_bits=010", "server_max_window_bits=1",
    "server_max_window_bits=a", "client_max_window_bits=7", "client_max_window_bits=16", "client_max_window_bits=010",
    'client_max_window_bits="16"', "client_max_window_bits=-9", "client_max_window_bits=256",
    "client_max_window_bits=4294967304",
)
MALFORMED = (CONTEXT + ";", CONTEXT + '; client_max_window_bits="10', CONTEXT + "; client_max_window_bits=",
             CONTEXT + '; client_max_window_bits=""', CONTEXT + " client_max_window_bits", CONTEXT + "; =10", "; client_max_window_bits",
             CONTEXT + "; client_max_window_bits=1 0")


class OneServer(unittest.TestCase):
    settings, endpoints = {}, "{}"

    @classmethod
    def setUpClass(cls):
        cls.server = compressing(cls, PROGRAM, cls.endpoints, **cls.settings)

    def connect(self, *offers):
        return Offering(tcp(self.server.port), *offers)

    def agrees(self, expected, *offers):
        with self.connect(*offers) as wire:
            self.assertEqual((wire.status, wire.agreed), (101, expected), offers)


class Offers(OneServer):
    def test_what_can_be_agreed_on_is(self):
        for offers, answer in ACCEPTED.items():
            self.agrees(answer, *offers)

    def test_what_cannot_is_declined_and_the_connection_goes_on_plain(self):
        for offer in DECLINED:
            self.agrees(None, CONTEXT + "; " + offer)
        with self.connect(CONTEXT + "; unknown") as wire:
            wire.send(frame(TEXT, JSON))
            self.assertEqual(wire.message(), JSON.decode())

    def test_what_is_no_header_at_all_is_400(self):
        for offer in MALFORMED:
            with self.connect(offer) as wire:
                self.assertEqual(wire.status, 400, offer)


class OffersToLargeWindows(OneServer):
    settings = {"serverMaxWindowBits": 15, "clientMaxWindowBits": 15}

    def test_a_window_of_the_largest_size_is_not_mentioned_but_where_it_was_asked_for(self):
        self.agrees(CONTEXT, CONTEXT + "; client_max_window_bits")
        self.agrees(CONTEXT, CONTEXT + "; client_max_window_bits=15")
        self.agrees(CONTEXT + "; server_max_window_bits=15", CONTEXT + "; server_max_window_bits=15")


class OffersWithoutABudget(OneServer):
    settings = {"memoryBudget": "0B"}

    def test_context_is_agreed_away(self):
        self.agrees(OWN, CONTEXT)
        self.agrees(OWN + "; server_max_window_bits=9; client_max_window_bits=12",
                    CONTEXT + "; client_max_window_bits; server_max_window_bits=9")


class Frames(OneServer):
    """What the server sends. The threshold is the default: 256 bytes."""

    def echo(self, wire, message):
        wire.send(frame(BINARY, message))
        return wire.frame()

    def test_a_message_is_compressed_from_the_threshold_on(self):
        with self.connect(CONTEXT) as wire:
            for size in (0, 1, 255):
                self.assertEqual(self.echo(wire, JSON[:size]), (0x80 | BINARY, JSON[:size]))
            first, payload = self.echo(wire, JSON[:256])
            self.assertEqual(first, 0x80 | RSV1 | BINARY)
            self.assertLess(len(payload), 200)
            self.assertEqual(Window(12).message(payload), JSON[:256])

    def test_what_gets_no_smaller_is_plain_and_the_next_refers_to_none_of_it(self):
        noise, window = os.urandom(100 << 10), Window(12)
        with self.connect(CONTEXT) as wire:
            for _ in range(3):
                first, payload = self.echo(wire, JSON[:3000])
                self.assertEqual(first, 0x80 | RSV1 | BINARY)
                self.assertEqual(window.message(payload), JSON[:3000])
                self.assertTrue(self.echo(wire, noise) == (0x80 | BINARY, noise), "random bytes did not come back plain")

    def test_context_makes_a_repetition_small_and_is_not_used_where_that_was_agreed(self):
        for offer, repeats in ((CONTEXT, True), (CONTEXT + "; client_no_context_takeover", True),
                               (CONTEXT + "; server_no_context_takeover", False)):
            with self.connect(offer) as wire:
                sizes = []
                window = Window(12)
                for _ in range(3):
                    first, payload = self.echo(wire, JSON[:1000])
                    sizes.append(len(payload))
                    reader = window if repeats else Window(12)
                    self.assertEqual((first, reader.message(payload)), (0x80 | RSV1 | BINARY, JSON[:1000]))
                self.assertEqual(sizes[1] < sizes[0] // 2, repeats, (offer, sizes))

    def test_nothing_refers_back_over_the_agreed_window(self):
        near = os.urandom(200)
        for bits in range(8, 13):
            window = Window(bits)
            with self.connect(f"{CONTEXT}; server_max_window_bits={bits}") as wire:
                self.assertEqual(wire.agreed, f"{CONTEXT}; server_max_window_bits={bits}")
                for distance in (1 << bits) - 300, (1 << bits) - 200, (1 << bits) - 1, 1 << bits, (1 << bits) + 1:
                    message = near + bytes(max(distance, 0)) + near + JSON[:1000]
                    first, payload = self.echo(wire, message)
                    self.assertEqual(first, 0x80 | RSV1 | BINARY)
                    self.assertTrue(window.message(payload) == message, f"{bits} bits, {distance} bytes between")

    def test_control_frames_are_never_compressed(self):
        with self.connect(CONTEXT) as wire:
            wire.send(compressed(TEXT, deflated(JSON)[:100], fin=False) + frame(PING, b"a" * 125))
            self.assertEqual(wire.frame(), (0x80 | PONG, b"a" * 125))
            wire.send(frame(CONTINUATION, deflated(JSON)[100:]) + frame(CLOSE, close_payload(1000, b"a" * 123)))
            self.assertEqual(wire.frame()[0], 0x80 | RSV1 | TEXT)
            self.assertEqual(wire.frame(), (0x80 | CLOSE, close_payload(1000)))

    def test_nothing_is_compressed_where_nothing_was_agreed(self):
        with self.connect() as wire:
            self.assertIsNone(wire.agreed)
            self.assertEqual(self.echo(wire, JSON), (0x80 | BINARY, JSON))


class Received(OneServer):
    """What a client may send, and what ends its connection. A bystander, who keeps context, notices nothing."""
    settings, endpoints = {"threshold": "1B"}, f'{{ "/echo": {{ maxMessageSize: {LIMIT}B }} }}'

    def setUp(self):
        self.bystander = self.connect(CONTEXT)
        self.addCleanup(self.bystander.socket.close)
        self.sending, self.window = zlib.compressobj(wbits=-15), Window(12)
        self.assert_others_are_served()
        self.addCleanup(self.assert_others_are_served)

    def assert_others_are_served(self):
        payload = self.sending.compress(JSON[:2000]) + self.sending.flush(zlib.Z_SYNC_FLUSH)
        self.bystander.send(compressed(BINARY, payload[:-4]))
        first, payload = self.bystander.frame()
        self.assertEqual((first, self.window.message(payload)), (0x80 | RSV1 | BINARY, JSON[:2000]))

    def fails(self, code, *frames, offer=CONTEXT):
        with self.connect(offer) if offer else self.connect() as wire:
            wire.send(b"".join(frames))
            self.assertEqual(wire.close_code(), code, f"for {frames[-1][:20]!r} of {sum(map(len, frames))} bytes")
            wire.send(frame(CLOSE, close_payload(code)))
            self.assertTrue(wire.at_end())

    def comes_back(self, message, *frames, offer=CONTEXT):
        with self.connect(offer) as wire:
            wire.send(b"".join(frames))
            first, payload = wire.frame()
            read = Window(12).message(payload) if first & RSV1 else payload
            self.assertTrue((first & 0x8f, read) == (0x80 | BINARY, message), f"{first:#x}, {len(read)} bytes")

    def test_a_reserved_bit_where_nothing_was_agreed_is_1002(self):
        for rsv in (RSV1, RSV2, RSV3):
            self.fails(1002, compressed(TEXT, deflated(JSON), rsv=rsv), offer=None)

    def test_a_reserved_bit_that_nobody_has_agreed_on_is_1002(self):
        for rsv in (RSV2, RSV3, RSV1 | RSV2, RSV1 | RSV3):
            self.fails(1002, compressed(BINARY, deflated(JSON), rsv=rsv))

    def test_rsv1_on_a_continuation_is_1002(self):
        payload = deflated(JSON)
        for start in (compressed, frame):
            self.fails(1002, start(BINARY, payload[:100], fin=False), compressed(CONTINUATION, payload[100:]))

    def test_rsv1_on_a_control_frame_is_1002(self):
        for control in (PING, PONG, CLOSE):
            self.fails(1002, compressed(control, b""))
            self.fails(1002, compressed(BINARY, b"x", fin=False), compressed(control, b""))

    def test_broken_deflate_is_1007(self):
        for offer in (CONTEXT, CONTEXT + "; client_no_context_takeover"):
            for payload in (b"\x06",                             # a block of the type that does not exist
                            b"\x00\x05\x00\x00\x00hello",        # a stored block whose lengths disagree
                            b"\x04\xff\xff\xff\xff",             # a Huffman code that is none
                            b"\xff" * 100, b"plain text"):
                self.fails(1007, compressed(TEXT, payload), offer=offer)
                self.fails(1007, compressed(BINARY, payload[:1], fin=False), frame(CONTINUATION, payload[1:]), offer=offer)

    def test_a_reference_to_what_was_never_sent_is_1007(self):
        stream = zlib.compressobj(wbits=-15, zdict=JSON[:1000])
        payload = stream.compress(JSON[:1000]) + stream.flush(zlib.Z_SYNC_FLUSH)
        self.fails(1007, compressed(BINARY, payload[:-4]))

    def test_a_stream_cut_short_is_1007_wherever_it_is_cut(self):
        whole = deflated(JSON[:150])
        for length in range(len(whole)):
            self.fails(1007, compressed(BINARY, whole[:length]))

    def test_text_that_is_not_utf8_once_inflated_is_1007(self):
        self.fails(1007, compressed(TEXT, deflated(b"Gr\xfc\xdfe")))
        self.fails(1007, compressed(TEXT, deflated("🌍".encode()[:3])))

    def test_any_kind_of_block_may_make_a_message(self):
        last = zlib.compressobj(wbits=-15)
        ended = last.compress(JSON[:1000]) + last.flush(zlib.Z_FINISH)
        stored, fixed = deflated(JSON[:1000], level=0), zlib.compressobj(9, wbits=-15, strategy=zlib.Z_FIXED)
        pieces = [fixed.compress(JSON[at:at + 100]) + fixed.flush(zlib.Z_SYNC_FLUSH) for at in range(0, 1000, 100)]
        for payload in (stored, b"".join(pieces)[:-4], b"".join(pieces) + b"\x00", ended + b"\x00"):
            self.comes_back(JSON[:1000], compressed(BINARY, payload))
        self.comes_back(b"", compressed(BINARY, b"\x00"))
        self.comes_back(b"", compressed(BINARY, b"\x02\x00"), offer=OWN)

    def test_a_message_may_be_cut_into_single_bytes(self):
        payload = deflated(JSON[:600])
        middle = [frame(CONTINUATION, payload[at:at + 1], fin=False) for at in range(1, len(payload))]
        self.comes_back(JSON[:600], compressed(BINARY, payload[:1], fin=False), *middle, frame(CONTINUATION))

    def test_plain_messages_in_between_leave_the_context_alone(self):
        stream, window = zlib.compressobj(wbits=-15), Window(12)
        with self.connect(CONTEXT) as wire:
            for turn in range(20):
                text = JSON[turn * 50:turn * 50 + 2000]
                wire.send(frame(BINARY, text) + compressed(
                    BINARY, (stream.compress(text) + stream.flush(zlib.Z_SYNC_FLUSH))[:-4]))
                for _ in range(2):
                    first, payload = wire.frame()
                    self.assertEqual((first, window.message(payload)), (0x80 | RSV1 | BINARY, text))

    def test_the_limit_is_that_of_the_message_itself(self):
        self.comes_back(bytes(LIMIT), compressed(BINARY, deflated(bytes(LIMIT))))
        noise = os.urandom(LIMIT)
        self.comes_back(noise, compressed(BINARY, deflated(noise)))
        self.fails(1009, compressed(BINARY, deflated(bytes(LIMIT + 1))))
        self.fails(1009, compressed(BINARY, deflated(noise + b"x")))

    def test_a_bomb_is_1009_and_takes_no_memory(self):
        bomb = deflated(bytes(64 << 20), level=9)
        self.assertLess(len(bomb), 66 << 10)
        before = self.peak_memory()
        for offer in (CONTEXT, OWN):
            self.fails(1009, compressed(BINARY, bomb), offer=offer)
            self.fails(1009, compressed(TEXT, bomb[:30000], fin=False), frame(CONTINUATION, bomb[30000:]), offer=offer)
        self.assertLess(self.peak_memory() - before, 4 << 20)

    def test_too_many_compressed_bytes_are_1009_by_their_header_alone(self):
        start = header(BINARY, 2 * LIMIT)
        self.fails(1009, bytes([start[0] | RSV1]) + start[1:])

    def peak_memory(self):
        """The most that the server ever had in memory.   Units: bytes."""
        with open(f"/proc/{self.server.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmHWM:\s+(\d+) kB", status.read()).group(1)) << 10


cases.run_unittest("integration_compression_wire")
