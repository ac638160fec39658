"""The load generator as a user runs it: every mode tells figures that can be, and what is wrong with a server is noticed.

Usage: bench_tool.py PATCHBAY_BENCH CONFORMANCE
"""
import json
import os
import signal
import subprocess
import sys
import threading
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", folder) for folder in ("support", "foreign")]
import cases  # noqa: E402
from fake_server import After, Answering, CLOSE, FakeServer, Stalling  # noqa: E402
from programs import PATIENCE, Certificate, Program, Scratch  # noqa: E402

BENCH, CONFORMANCE = sys.argv[1:3] if len(sys.argv) > 2 else sys.exit(__doc__)
PERCENTILES = ["p50", "p90", "p99", "p999", "max"]
SHORT = ("--seconds", "0.3", "--warm-up", "0.05", "--connections", "8")


def run(*arguments):
    return subprocess.run([BENCH, *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE * 2)


class Measuring(unittest.TestCase):
    """Patchbay's conformance server, with these arguments."""

    arguments = ()
    scheme = "ws"

    @classmethod
    def setUpClass(cls):
        cls.server = Program(CONFORMANCE, "--port", "0", "--loops", "2", *cls.arguments, ready="ready")
        cls.addClassCleanup(cls.server.stop)

    def url(self, path):
        scheme = "http" if "page" in path else self.scheme
        return f"{scheme}://127.0.0.1:{self.server.port}{path}"

    def measure(self, mode, path, *options):
        """What it tells as JSON, once that is found to hang together."""
        done = run(mode, self.url(path), *SHORT, "--pid", self.server.process.pid, "--json", "yes", *options)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        told = json.loads(done.stdout)
        self.assertEqual(told["mode"], mode)
        self.assertEqual(told["errors"], 0)
        self.assertGreater(told["messages"], 0)
        self.assertAlmostEqual(told["messages_per_second"], told["messages"] / told["seconds"], delta=told["messages_per_second"] * 0.01)
        latencies = [told["latency_us"][name] for name in PERCENTILES]
        self.assertEqual(list(told["latency_us"]), PERCENTILES)
        self.assertEqual(latencies, sorted(latencies))
        self.assertGreater(latencies[0], 0)
        self.assertGreater(told["cpu_seconds"], 0)
        self.assertGreater(told["rss_before_bytes"], 1 << 20)
        self.assertGreater(told["rss_bytes"], 1 << 20)
        return told


class Modes(Measuring):
    def test_echo_of_every_kind_of_message(self):
        for kind in ("binary", "ascii", "mixed", "json"):
            with self.subTest(kind):
                told = self.measure("echo", "/echo", "--message", kind, "--size", 300, "--in-flight", 4)
                self.assertGreater(told["seconds"], 0.29)
                # Frames of 300 bytes have headers of 8 bytes one way and 4 the other; some are on their way at either end.
                self.assertAlmostEqual(told["bytes_sent"], told["messages"] * 308, delta=308 * 33)
                self.assertAlmostEqual(told["bytes_received"], told["messages"] * 304, delta=304 * 33)

    def test_echo_of_messages_larger_than_what_is_read_at_once(self):
        self.measure("echo", "/echo", "--size", 3_000_000, "--message", "mixed", "--connections", 2)

    def test_json_that_the_server_wrote_anew(self):
        self.measure("echo", "/json", "--message", "json", "--size", 128)

    def test_so_many_messages_and_no_more_than_are_on_their_way(self):
        told = self.measure("echo", "/echo", "--messages", 1000, "--seconds", 30)
        self.assertLessEqual(1000, told["messages"])
        self.assertLess(told["messages"], 1000 + 8 + 1)
        self.assertLess(told["seconds"], 30)

    def test_a_rate_is_kept(self):
        told = self.measure("echo", "/echo", "--rate", 2000, "--seconds", 0.5)
        self.assertAlmostEqual(told["messages"], 1000, delta=500)  # what a busy machine answers late is not counted

    def test_a_fan_out_reaches_everyone(self):
        for options in ((), ("--in-flight", 3, "--message", "json", "--size", 128)):
            told = self.measure("fanout", "/fanout", *options)
            self.assertGreaterEqual(told["bytes_received"], 60 * (told["messages"] - 8 * 3))

    def test_a_fan_out_at_a_rate_counts_deliveries(self):
        told = self.measure("fanout", "/fanout", "--rate", 200, "--seconds", 0.5)
        self.assertAlmostEqual(told["messages"], 100 * 8, delta=50 * 8)

    def test_a_storm_counts_handshakes(self):
        told = self.measure("storm", "/echo")
        self.assertGreater(told["bytes_sent"], told["messages"] * 100)

    def test_pages_are_asked_for_again_and_again(self):
        for path in ("/page", "/worker-page"):
            told = self.measure("pages", path, "--in-flight", 4)
            self.assertGreater(told["bytes_received"], told["messages"] * 1024)

    def test_a_page_that_is_not_there_is_told(self):
        done = run("pages", self.url("/no-page"), *SHORT)
        self.assertEqual(done.returncode, 1)
        self.assertIn("404", done.stderr)

    def test_connections_come_from_several_addresses(self):
        told = self.measure("idle", "/echo", "--connections", 90, "--addresses", 3)
        self.assertEqual(told["messages"], 90)

    def test_slow_ones_are_not_waited_for(self):
        told = self.measure("slow", "/fanout", "--stalled", 2, "--size", 20000)
        self.assertAlmostEqual(told["bytes_received"], told["messages"] * 20004, delta=20004 * 8 * 2)

    def test_a_ramp_doubles_until_the_server_no_longer_keeps_up(self):
        told = self.measure("ramp", "/echo", "--rate", 100, "--most-ms", 0.000001)
        self.assertEqual([step["kept_up"] for step in told["rates"]], [False])
        told = self.measure("ramp", "/echo", "--rate", 20000, "--seconds", 0.1)
        rates = [step["rate"] for step in told["rates"]]
        self.assertEqual(rates, [20000 * 2 ** index for index in range(len(rates))])
        self.assertFalse(told["rates"][-1]["kept_up"])
        self.assertTrue(all(step["kept_up"] for step in told["rates"][:-1]))

    def test_the_table_has_units(self):
        done = run("echo", self.url("/echo"), *SHORT, "--pid", self.server.process.pid)
        self.assertEqual(done.returncode, 0, done.stderr)
        for pattern in (r"8 connections, 1 in flight each, 64 B binary", r"messages +[\d ]+ in 0\.3\d s: [\d ]+ per second",
                        r"latency +p50 [\d.]+ (µs|ms)", r"server CPU +[\d.]+ s, [\d.]+ µs each", r"server RSS +[\d.]+ MiB"):
            self.assertRegex(done.stdout, pattern)

    def test_a_path_that_is_not_there_is_refused_in_a_sentence(self):
        done = run("echo", self.url("/nowhere"), *SHORT)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(done.stderr, "patchbay-bench: handshake refused with HTTP/1.1 404 Not Found\n")

    def test_a_server_without_deflate_is_not_measured_as_one_with_it(self):
        done = run("echo", self.url("/echo"), *SHORT, "--deflate", "yes")
        self.assertEqual(done.returncode, 1)
        self.assertIn("did not agree to permessage-deflate", done.stderr)


class Idle(Measuring):
    def test_idle_tells_memory_per_connection_and_everyone_speaks_once(self):
        told = self.measure("idle", "/echo", "--connections", 600)
        self.assertEqual(told["messages"], 600)
        self.assertGreater(told["rss_per_connection_bytes"], 100)  # of a server that has not had so many before
        self.assertLess(told["rss_per_connection_bytes"], 1 << 17)


class OverTls(Measuring):
    scheme = "wss"

    @classmethod
    def setUpClass(cls):
        scratch = Scratch()
        cls.addClassCleanup(scratch.remove)
        cls.certificate = Certificate(scratch, "own", "own.test")  # and 127.0.0.1
        cls.arguments = ("--tls", cls.certificate.certificate, cls.certificate.key)
        super().setUpClass()

    def measure(self, mode, path, *options):
        return super().measure(mode, path, "--ca", self.certificate.certificate, *options)

    def test_echo_of_small_and_large_messages(self):
        self.measure("echo", "/echo", "--in-flight", 4)
        self.measure("echo", "/echo", "--size", 1_000_000, "--connections", 2)

    def test_fan_out(self):
        self.measure("fanout", "/fanout")

    def test_storm(self):
        self.measure("storm", "/echo")

    def test_a_certificate_that_nobody_vouches_for_is_not_trusted_unless_asked_to(self):
        done = run("echo", self.url("/echo"), *SHORT)
        self.assertEqual(done.returncode, 1)
        self.assertIn("certificate not trusted", done.stderr)
        self.assertIn("--ca FILE or --insecure yes", done.stderr)
        self.assertEqual(run("echo", self.url("/echo"), *SHORT, "--insecure", "yes").returncode, 0)

    def test_a_certificate_of_another_host_is_not_trusted(self):
        done = run("echo", self.url("/echo").replace("127.0.0.1", "localhost"), *SHORT, "--ca", self.certificate.certificate)
        self.assertEqual(done.returncode, 1)
        self.assertIn("certificate not trusted", done.stderr)

    def test_the_wrong_scheme_is_told(self):
        done = run("echo", self.url("/echo").replace("wss", "ws"), *SHORT)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "handshake")


class Deflated(Measuring):
    arguments = ("--plugin", "compression")

    def test_compressed_messages_come_back_right_and_smaller(self):
        for mode, path in (("echo", "/echo"), ("fanout", "/fanout")):
            for kind in ("ascii", "mixed", "json"):
                with self.subTest(mode=mode, kind=kind):
                    told = self.measure(mode, path, "--deflate", "yes", "--message", kind, "--size", 1000, "--in-flight", 3)
                    self.assertLess(told["bytes_received"], told["messages"] * 900)

    def test_json_written_anew_and_compressed(self):
        self.measure("echo", "/json", "--deflate", "yes", "--message", "json", "--size", 1000)


class WrongServers(unittest.TestCase):
    def complaint(self, server, *options, mode="echo"):
        """The one sentence with which it ended."""
        self.addCleanup(server.close)
        done = run(mode, f"ws://127.0.0.1:{server.port}/", "--seconds", 20, "--connections", 1, *options)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertEqual(done.stderr.count("\n"), 1)
        return done.stderr

    def test_a_server_that_is_right_is_fine(self):
        server = FakeServer()
        self.addCleanup(server.close)
        done = run("echo", f"ws://127.0.0.1:{server.port}/", "--messages", 100, "--connections", 2)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_fragmented_answer_and_a_ping_within_are_fine(self):
        def in_parts(connection, opcode, payload):
            connection.send(opcode, payload[:3], first=0)
            connection.send(0x9, b"there?")
            assert connection.read_frame() == (0xa, b"there?")
            connection.send(0, payload[3:])
        server = After(in_parts)
        self.addCleanup(server.close)
        done = run("echo", f"ws://127.0.0.1:{server.port}/", "--messages", 100, "--connections", 1)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_wrong_byte_is_noticed(self):
        def flipped(connection, opcode, payload):
            connection.send(opcode, payload[:-1] + bytes([payload[-1] ^ 1]))
        self.assertRegex(self.complaint(After(flipped)), r"message \d+ came back with wrong content")

    def test_a_wrong_number_is_noticed(self):
        def numbered(connection, opcode, payload):
            connection.send(opcode, b"\xff" + payload[1:])
        self.assertIn("message 10 came back with a wrong number", self.complaint(After(numbered)))

    def test_a_wrong_opcode_or_length_is_noticed(self):
        self.assertIn("wrong opcode", self.complaint(After(lambda to, _, payload: to.send(1, payload))))
        self.assertIn("too short", self.complaint(After(lambda to, opcode, payload: to.send(opcode, payload[:-1]))))
        self.assertIn("too long", self.complaint(After(lambda to, opcode, payload: to.send(opcode, payload + b"x"))))

    def test_an_answer_too_many_is_noticed(self):
        def twice(connection, opcode, payload):
            frames = [bytes([0x80 | opcode, len(payload), number]) + payload[1:] for number in (payload[0], payload[0] + 1)]
            connection.peer.sendall(b"".join(frames))
        self.assertIn("nobody asked for", self.complaint(After(twice)))

    def test_a_close_is_told_with_its_code_and_reason(self):
        def closes(connection, _opcode, _payload):
            connection.send(CLOSE, b"\x03\xe9moving")
        self.assertIn("closed a connection with 1001 (moving)", self.complaint(After(closes)))

    def test_an_end_is_noticed(self):
        self.assertIn("ended a connection", self.complaint(After(lambda connection, *_: connection.peer.shutdown(2))))

    def test_silence_is_noticed_after_ten_seconds(self):
        self.assertIn("no answer for 10 s, with 1 messages on their way", self.complaint(After(lambda *_: None)))

    def test_a_handshake_that_is_refused_or_wrong_is_told(self):
        self.assertIn("handshake refused with HTTP/1.1 404 Gone fishing",
                      self.complaint(Answering("HTTP/1.1 404 Gone fishing\r\nContent-Length: 0\r\n\r\n")))
        self.assertIn("wrong Sec-WebSocket-Accept", self.complaint(Answering(FakeServer.answer.replace("{accept}", "x"))))
        self.assertIn("not answered with HTTP/1.1", self.complaint(Answering("SSH-2.0-OpenSSH_9.2\r\n\r\n")))
        self.assertIn("extension that nobody offered",
                      self.complaint(Answering(FakeServer.answer.replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: x\r\n\r\n"))))

    def test_nobody_there_is_told(self):
        server = FakeServer()
        server.close()
        self.assertIn("connection refused", self.complaint(server))

    def test_what_it_had_measured_is_told_all_the_same(self):
        server = After(lambda connection, *_: connection.peer.shutdown(2))
        self.addCleanup(server.close)
        done = run("echo", f"ws://127.0.0.1:{server.port}/", "--connections", 1, "--warm-up", 0, "--json", "yes")
        self.assertEqual(done.returncode, 1)
        told = json.loads(done.stdout)
        self.assertEqual((told["messages"], told["errors"]), (10, 1))


class Interrupted(unittest.TestCase):
    def test_ctrl_c_ends_it_with_what_it_has_so_far(self):
        measuring = threading.Event()

        def measured(connection, opcode, payload):
            connection.send(opcode, payload)
            measuring.set()
        server = After(measured)
        self.addCleanup(server.close)
        command = [BENCH, "echo", f"ws://127.0.0.1:{server.port}/", "--connections", "1", "--seconds", "3600", "--warm-up", "0", "--json", "yes"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            self.assertTrue(measuring.wait(PATIENCE))
            process.send_signal(signal.SIGINT)
            printed, complaint = process.communicate(timeout=PATIENCE)
        self.assertEqual((process.returncode, complaint), (0, ""))
        self.assertGreaterEqual(json.loads(printed)["messages"], 10)


class CoordinatedOmission(unittest.TestCase):
    """A server that stalls for 300 ms, once in a second, is late for all that was due meanwhile."""

    def latency_of_a_stall(self, *options):
        server = Stalling(at_message=100, seconds=0.3)
        self.addCleanup(server.close)
        done = run("echo", f"ws://127.0.0.1:{server.port}/", "--connections", 1, "--seconds", 1, "--warm-up", 0, "--json", "yes", *options)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)["latency_us"]

    def test_at_a_rate_every_message_that_was_due_is_late(self):
        latency = self.latency_of_a_stall("--rate", 500)
        self.assertGreaterEqual(latency["max"], 299_000)
        self.assertGreaterEqual(latency["p99"], 250_000)
        self.assertGreaterEqual(latency["p90"], 100_000)  # 30 % were due in the stall, a third of them in its first 100 ms

    def test_without_a_rate_one_message_is_late(self):
        latency = self.latency_of_a_stall()
        self.assertGreaterEqual(latency["max"], 299_000)
        self.assertLess(latency["p90"], 100_000)


class Usage(unittest.TestCase):
    def test_without_arguments_it_teaches(self):
        done = run()
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        for word in ("echo", "fanout", "storm", "idle", "slow", "ramp", "--in-flight", "ws://localhost:8080/echo"):
            self.assertIn(word, done.stderr)

    def test_a_mistake_is_told_before_the_usage(self):
        done = run("echo", "ws://localhost:1/", "--rat", "5")
        self.assertEqual(done.returncode, 2)
        self.assertTrue(done.stderr.startswith("patchbay-bench: there is no option '--rat'\n"), done.stderr)
        self.assertIn("--rate R", done.stderr)

    def test_a_process_that_is_not_there_is_told(self):
        done = run("echo", "ws://127.0.0.1:1/", "--pid", 4194304)  # Linux gives none above 4194303
        self.assertEqual(done.returncode, 1)
        self.assertIn("there is no process 4194304", done.stderr)

    def test_more_connections_than_descriptors_are_told_with_what_to_do(self):
        done = subprocess.run(["sh", "-c", 'ulimit -n 200 && exec "$0" idle ws://127.0.0.1:1/ --connections 300', BENCH],
                              capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"300 connections need 364 descriptors.*200 here.*ulimit -n 364")


cases.run_unittest("integration_bench_tool")
