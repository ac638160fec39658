"""modules/web as http.client, curl and bare sockets see it, over TCP and TLS.

Usage: web_client.py PROGRAM
"""
import contextlib
import gzip
import hashlib
import http.client
import os
import socket
import subprocess
import sys
import threading
import time
import unittest

from site_of_the_tests import BLOCK, TEXT, Site, large_block, raw, request, write_large
import cases
from programs import PATIENCE, Certificate, Scratch

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else sys.exit(__doc__)
LARGE = 16  # MiB


class Web(unittest.TestCase):
    tls = None
    arguments = ()

    @classmethod
    def setUpClass(cls):
        cls.site = Site(cls, PROGRAM, *cls.arguments)
        write_large(cls.site.root / "large.bin", LARGE)
        cls.site.age("large.bin")

    def ask(self, path, method="GET", **headers):
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        return request(self.site.port, method, path, fields, tls=self.tls)


class Files(Web):
    def test_a_file_comes_with_its_type_and_validators(self):
        file = self.ask("/files/text.txt")
        self.assertEqual((file.status, file.body.decode()), (200, TEXT))
        self.assertEqual(file["Content-Type"], "text/plain; charset=utf-8")
        self.assertEqual(file["Content-Length"], str(len(TEXT)))
        self.assertRegex(file["ETag"], r'^"[0-9a-f-]+"$')
        self.assertRegex(file["Last-Modified"], r"^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$")
        self.assertEqual(file["Accept-Ranges"], "bytes")
        self.assertIsNone(file["Transfer-Encoding"])

    def test_every_answer_has_the_security_headers(self):
        for path in ("/files/text.txt", "/files/none", "/files/docs", "/pages/"):
            answer = self.ask(path)
            self.assertEqual(answer["X-Content-Type-Options"], "nosniff", path)
            self.assertIn("frame-ancestors 'none'", answer["Content-Security-Policy"], path)
            self.assertEqual(answer["Referrer-Policy"], "same-origin", path)
            self.assertEqual(answer["Strict-Transport-Security"], "max-age=31536000" if self.tls else None, path)

    def test_a_folder_is_its_index(self):
        self.assertEqual(self.ask("/files/").body, b"<h1>start</h1>")
        self.assertEqual(self.ask("/files/docs/").body, b"<h1>docs</h1>")
        named = self.ask("/files/docs")
        self.assertEqual((named.status, named["Location"], named.body), (301, "./docs/", b""))

    def test_what_the_client_has_is_not_sent_again(self):
        file = self.ask("/files/text.txt")
        for headers in ({"If_None_Match": file["ETag"]}, {"If_None_Match": f'"x", W/{file["ETag"]}'},
                        {"If_Modified_Since": file["Last-Modified"]}):
            same = self.ask("/files/text.txt", **headers)
            self.assertEqual((same.status, same.body, same["ETag"]), (304, b"", file["ETag"]))
            self.assertIsNone(same["Content-Length"])
        self.assertEqual(self.ask("/files/text.txt", If_None_Match='"x"').status, 200)
        self.assertEqual(self.ask("/files/text.txt", If_Match='"x"').status, 412)

    def test_a_file_that_was_replaced_is_sent_again(self):
        self.site.write("changing.txt", "one")
        one = self.ask("/files/changing.txt")
        self.assertTrue(one["ETag"].startswith('W/"'))
        self.site.write("changing.new", "second")
        os.rename(self.site.root / "changing.new", self.site.root / "changing.txt")
        self.assertEqual(self.ask("/files/changing.txt", If_None_Match=one["ETag"]).body, b"second")

    def test_ranges_are_cut_out_of_small_and_large_files(self):
        for path, whole in (("text.txt", TEXT.encode()), ("large.bin", None)):
            size = len(whole) if whole else LARGE * BLOCK
            for text, first, last in (("0-0", 0, 0), ("100-199", 100, 199), (f"{size - 5}-", size - 5, size - 1),
                                      ("-7", size - 7, size - 1), (f"5-{size * 2}", 5, size - 1)):
                part = self.ask(f"/files/{path}", Range=f"bytes={text}")
                self.assertEqual((part.status, part["Content-Range"]), (206, f"bytes {first}-{last}/{size}"))
                self.assertEqual(part["Content-Length"], str(last - first + 1))
                self.assertEqual(len(part.body), last - first + 1)
                if whole:
                    self.assertEqual(part.body, whole[first:last + 1])
        part = self.ask("/files/large.bin", Range=f"bytes={3 * BLOCK}-{5 * BLOCK - 1}")
        self.assertEqual(part.body, large_block(3) + large_block(4))

    def test_a_range_behind_the_end_is_416(self):
        none = self.ask("/files/text.txt", Range="bytes=999999-")
        self.assertEqual((none.status, none["Content-Range"]), (416, f"bytes */{len(TEXT)}"))

    def test_a_range_of_something_else_by_now_is_the_whole(self):
        file = self.ask("/files/text.txt")
        self.assertEqual(self.ask("/files/text.txt", Range="bytes=0-9", If_Range=file["ETag"]).status, 206)
        self.assertEqual(self.ask("/files/text.txt", Range="bytes=0-9", If_Range=file["Last-Modified"]).status, 206)
        self.assertEqual(self.ask("/files/text.txt", Range="bytes=0-9", If_Range='"old"').status, 200)

    def test_a_compressed_form_goes_to_who_takes_it(self):
        plain, packed = self.ask("/files/text.txt"), self.ask("/files/text.txt", Accept_Encoding="gzip, br")
        self.assertEqual((plain["Content-Encoding"], packed["Content-Encoding"]), (None, "gzip"))
        self.assertEqual(gzip.decompress(packed.body).decode(), TEXT)
        self.assertEqual((plain["Vary"], packed["Vary"]), ("Accept-Encoding", "Accept-Encoding"))
        self.assertEqual(packed["Content-Type"], "text/plain; charset=utf-8")
        self.assertNotEqual(plain["ETag"], packed["ETag"])
        self.assertEqual(self.ask("/files/text.txt", If_None_Match=packed["ETag"]).status, 200)

    def test_head_tells_all_but_the_body(self):
        for path in ("/files/text.txt", "/files/large.bin", "/pages/", "/pages/large.txt"):
            whole, head = self.ask(path), self.ask(path, "HEAD")
            self.assertEqual((head.status, head.body), (200, b""))
            for name in ("Content-Length", "Content-Type", "ETag", "Last-Modified"):
                self.assertEqual(head[name], whole[name], f"{path} {name}")

    def test_other_methods_are_405_with_those_that_there_are(self):
        for path in ("/files/text.txt", "/pages/"):
            answer = self.ask(path, "DELETE")
            self.assertEqual((answer.status, answer["Allow"]), (405, "GET, HEAD"))

    def test_nothing_outside_the_folder_comes_out_of_it(self):
        secret = str(self.site.root.parent / "secret.txt")
        for path in ("../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt", "docs/../../secret.txt", "docs/%2e%2e/%2e%2e/secret.txt",
                     secret, "/" + secret, secret.replace("/", "%2f"), ".hidden", "%2ehidden", "docs/../.hidden", "link.txt",
                     "link.txt%00.html", "text.txt%00", "..\\secret.txt", "..%5csecret.txt", "....//secret.txt", "./.hidden",
                     "docs//../../secret.txt", ";/../secret.txt", "text.txt/../../secret.txt", "%c0%ae%c0%ae/secret.txt"):
            answer = self.bare("/files/" + path)
            self.assertIn(answer.split(b" ", 2)[1], (b"400", b"404"), path)
            self.assertNotIn(b"secret", answer.split(b"\r\n\r\n", 1)[1], path)

    def bare(self, path):
        """As nobody's library would write it."""
        text = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        if not self.tls:
            return raw(self.site.port, text)
        with socket.create_connection(("127.0.0.1", self.site.port), PATIENCE) as plain, \
                self.tls.wrap_socket(plain, server_hostname="localhost") as secure:
            secure.sendall(text.encode())
            told = b""
            while piece := secure.recv(1 << 16):
                told += piece
        return told

    def test_several_large_files_at_once_come_whole(self):
        expected = hashlib.sha256(b"".join(large_block(number) for number in range(LARGE))).hexdigest()
        found = []
        threads = [threading.Thread(target=lambda: found.append(hashlib.sha256(self.ask("/files/large.bin").body).hexdigest()))
                   for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE * 2)
        self.assertEqual(found, [expected] * 4)


class FilesOverTls(Files):
    @classmethod
    def setUpClass(cls):
        scratch = Scratch()
        cls.addClassCleanup(scratch.remove)
        certificate = Certificate(scratch, "server", "localhost")
        cls.tls = certificate.trust()
        cls.arguments = ("--tls", certificate.certificate, certificate.key)
        super().setUpClass()


class Pages(Web):
    def test_pages_in_the_program_are_served_alike(self):
        page = self.ask("/pages/")
        self.assertEqual((page.status, page.body, page["Content-Type"]), (200, b"<h1>hello</h1>", "text/html; charset=utf-8"))
        self.assertEqual(self.ask("/pages/index.html")["ETag"], page["ETag"])
        self.assertEqual(self.ask("/pages/", If_None_Match=page["ETag"]).status, 304)
        self.assertEqual(self.ask("/pages/", Range="bytes=1-2").body, b"h1")
        self.assertIsNone(page["Last-Modified"])

    def test_a_large_one_streams(self):
        self.assertEqual(self.ask("/pages/large.txt").body, b"L" * BLOCK)
        self.assertEqual(len(self.ask("/pages/large.txt", Range="bytes=100000-").body), BLOCK - 100_000)

    def test_one_in_two_forms(self):
        self.assertEqual(self.ask("/pages/two.css").body, b"as it is")
        packed = self.ask("/pages/two.css", Accept_Encoding="gzip")
        self.assertEqual((packed.body, packed["Content-Encoding"], packed["Vary"]), (b"compressed", "gzip", "Accept-Encoding"))
        self.assertEqual(self.ask("/pages/two.css.gz").status, 404)


class Connections(Web):
    def test_pipelined_requests_are_answered_in_order_large_ones_too(self):
        paths = ["/files/large.bin", "/files/text.txt", "/pages/large.txt", "/files/none", "/pages/"]
        told = raw(self.site.port, "".join(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n" for path in paths[:-1]) +
                   f"GET {paths[-1]} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        statuses, sizes = [], []
        while told:
            head, told = told.split(b"\r\n\r\n", 1)
            statuses.append(int(head.split(b" ")[1]))
            size = int(next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")).split(b":")[1])
            sizes.append(size)
            told = told[size:]
        self.assertEqual(statuses, [200, 200, 200, 404, 200])
        self.assertEqual(sizes[:3], [LARGE * BLOCK, len(TEXT), BLOCK])

    def test_a_file_that_becomes_shorter_is_cut_and_not_taken_for_whole(self):
        write_large(self.site.root / "shrinking.bin", 32)
        connection = http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request("GET", "/files/shrinking.bin")
            response = connection.getresponse()
            response.read(BLOCK)
            os.truncate(self.site.root / "shrinking.bin", 2 * BLOCK)
            with self.assertRaises((http.client.IncompleteRead, ConnectionResetError)):
                response.read()

    def test_a_client_that_goes_lets_its_file_go(self):
        before = self.site.open_files()
        with socket.create_connection(("127.0.0.1", self.site.port), PATIENCE) as connection:
            connection.sendall(b"GET /files/large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
            connection.recv(1000)
            self.assertEqual(self.site.open_files(), before + 1)
        deadline = time.monotonic() + PATIENCE
        while self.site.open_files() > before and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(self.site.open_files(), before)


class Curl(Web):
    def curl(self, path, *options):
        done = subprocess.run(["curl", "--silent", "--show-error", "--http1.1", "--max-time", str(PATIENCE), *options,
                               f"http://127.0.0.1:{self.site.port}{path}"], capture_output=True, timeout=2 * PATIENCE, check=True)
        return done.stdout

    def test_it_follows_to_a_folder(self):
        self.assertEqual(self.curl("/files/docs", "--location"), b"<h1>docs</h1>")

    def test_it_unpacks(self):
        self.assertEqual(self.curl("/files/text.txt", "--compressed").decode(), TEXT)

    def test_it_resumes(self):
        part = self.site.root.parent / "part"
        part.write_bytes(b"".join(large_block(number) for number in range(5)) + b"block ")
        self.curl("/files/large.bin", "--continue-at", "-", "--output", str(part))
        self.assertEqual(part.read_bytes(), (self.site.root / "large.bin").read_bytes())

    def test_it_asks_by_date(self):
        kept = self.site.root.parent / "kept"
        self.curl("/files/text.txt", "--remote-time", "--output", str(kept))
        self.assertEqual(self.curl("/files/text.txt", "--time-cond", str(kept), "--write-out", "%{http_code}"), b"304")


cases.run_unittest("integration_web")
