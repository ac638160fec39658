"""A large file to a client that pauses, and to many that read nothing: what the server holds meanwhile.

Usage: memory.py PROGRAM        with PATCHBAY_LONG in the environment the file has 2 GB
"""
import os
import socket
import sys
import time
import unittest

from site_of_the_tests import BLOCK, Site, large_block, write_large
import cases
from programs import PATIENCE

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else sys.exit(__doc__)
MEGABYTES = 2048 if os.environ.get("PATCHBAY_LONG") else 64
PAUSE = 0.3  # seconds
ALLOWED = 2 << 20  # bytes: a piece, and what an allocator rounds up
IDLERS = 50
EACH = 320 << 10  # bytes for one of them: a piece in the stream's queue, its copy on the way to the kernel, the rest of an exchange


class Memory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site(cls, PROGRAM)
        write_large(cls.site.root / "large.bin", MEGABYTES)

    def connect(self, path, receive_buffer=1 << 16):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(PATIENCE)
        connection.connect(("127.0.0.1", self.site.port))
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        return connection

    def head(self, connection):
        told = b""
        while b"\r\n\r\n" not in told:
            told += connection.recv(1)
        return told

    def read(self, connection):
        block = bytearray()
        while len(block) < BLOCK and (piece := connection.recv(BLOCK - len(block))):
            block += piece
        return bytes(block)

    def test_a_client_that_pauses_three_times_costs_no_more_than_a_piece(self):
        with self.connect("/files/large.bin") as warm:
            self.head(warm)
            self.read(warm)
        before, most = self.site.memory(), 0
        pauses = [MEGABYTES // 4, MEGABYTES // 2, MEGABYTES * 3 // 4]
        with self.connect("/files/large.bin") as connection:
            self.assertTrue(self.head(connection).startswith(b"HTTP/1.1 200 "))
            for number in range(MEGABYTES):
                if number in pauses:
                    time.sleep(PAUSE)  # the pause that this is about
                self.assertEqual(self.read(connection), large_block(number))
                most = max(most, self.site.memory() - before)
            self.assertEqual(connection.recv(1), b"")
        print(f"{MEGABYTES} MB, {most / 1024:.0f} KB more at most")
        self.assertLess(most, ALLOWED)

    def test_a_range_from_the_middle_is_no_dearer(self):
        middle, before = MEGABYTES // 2, self.site.memory()
        with self.connect("/files/large.bin") as connection:
            pass
        with socket.create_connection(("127.0.0.1", self.site.port), PATIENCE) as connection:
            connection.sendall(f"GET /files/large.bin HTTP/1.1\r\nHost: localhost\r\nRange: bytes={middle * BLOCK}-\r\n"
                               "Connection: close\r\n\r\n".encode())
            self.assertTrue(self.head(connection).startswith(b"HTTP/1.1 206 "))
            for number in range(middle, MEGABYTES):
                self.assertEqual(self.read(connection), large_block(number))
        self.assertLess(self.site.memory() - before, ALLOWED)

    def test_those_who_read_nothing_hold_a_piece_each(self):
        before = self.site.memory()
        idlers = [self.connect("/files/large.bin", 4096) for _ in range(IDLERS)]
        try:
            for connection in idlers:
                self.head(connection)
            time.sleep(PAUSE)
            each = (self.site.memory() - before) / IDLERS
        finally:
            for connection in idlers:
                connection.close()
        print(f"{each / 1024:.0f} KB for each of {IDLERS} who read nothing")
        self.assertLess(each, EACH)


cases.run_unittest("integration_web_memory")
