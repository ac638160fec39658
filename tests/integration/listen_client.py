"""Sockets that are no port of the server's own: Unix sockets, and what systemd binds for it (socket activation).

Usage: listen_client.py SERVER_PROGRAM

systemd-socket-activate, which is systemd's own, hands one over where it is installed; else this script does, as sd_listen_fds(3) says.
"""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cases  # noqa: E402

PROGRAM = sys.argv[1] if len(sys.argv) == 2 else sys.exit(__doc__)
PATIENCE = 20


def ask(connection, host="chat.example", fields=""):
    connection.settimeout(PATIENCE)
    connection.sendall(f"GET /healthz HTTP/1.1\r\nHost: {host}\r\n{fields}Connection: close\r\n\r\n".encode())
    answer = b""
    while piece := connection.recv(65536):
        answer += piece
    return answer.decode()


def ask_unix(path, **options):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE)
        connection.connect(str(path))
        return ask(connection, **options)


class Listening(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    @contextlib.contextmanager
    def server(self, listen, more="", command=(), **options):
        """The server, and the lines that it prints when it listens."""
        config = self.folder / "server.yaml"
        config.write_text(f"server: {{ listen: {listen}, drainTimeout: 2s{more} }}\n")
        with subprocess.Popen([*command, PROGRAM, "--config", config], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options) as server:
            try:
                yield server
            finally:
                server.kill()

    def stopped(self, server):
        server.terminate()
        self.assertEqual(server.wait(PATIENCE), 0)

    def says(self, server, pattern):
        for line in server.stdout:
            if re.search(pattern, line):
                return line
        self.fail(f"it never said {pattern}")

    def test_a_unix_socket_is_served_to_any_host_and_goes_with_the_server(self):
        path = self.folder / "server.sock"
        with self.server(f'[ "unix:{path}" ]') as server:
            self.says(server, f"listening on unix:{path}")
            self.assertEqual(path.stat().st_mode & 0o777, 0o660)
            self.assertIn("200 OK", ask_unix(path))
            self.stopped(server)
        self.assertFalse(path.exists())

    def test_what_a_killed_server_leaves_is_replaced_and_one_that_lives_is_not(self):
        path = self.folder / "server.sock"
        with self.server(f'[ "unix:{path}" ]') as server:
            self.says(server, "listening")
            server.send_signal(signal.SIGKILL)
            server.wait(PATIENCE)
        self.assertTrue(path.exists())
        with self.server(f'[ {{ url: "unix:{path}", mode: "0600" }} ]') as server:
            self.says(server, "listening")
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)
            with self.server(f'[ "unix:{path}" ]') as second:
                self.says(second, "is another server running")
                self.assertEqual(second.wait(PATIENCE), 1)
            self.assertIn("200 OK", ask_unix(path))
            self.stopped(server)

    def test_both_worlds_have_one_port(self):
        with self.server('[ "http://0.0.0.0:0" ]') as first:
            port = re.search(r":(\d+)$", self.says(first, "listening")).group(1)
            with self.server(f'[ "http://[::]:{port}" ]') as second:
                self.says(second, "listening")
                with socket.create_connection(("::1", port), PATIENCE) as six, socket.create_connection(("127.0.0.1", port), PATIENCE) as four:
                    self.assertIn("200 OK", ask(six))
                    self.assertIn("200 OK", ask(four))

    def handed(self, bound, names):
        """A command and options by which the program finds sockets as descriptors from 3 on, as systemd's."""
        def place():
            kept = [os.dup(one.fileno()) for one in bound]
            for number, one in enumerate(kept, 3):
                if one != number:
                    os.dup2(one, number)
                os.set_inheritable(number, True)
        environment = {**os.environ, "LISTEN_FDS": str(len(bound)), "LISTEN_FDNAMES": names}
        return {"command": ("/bin/sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh"), "preexec_fn": place, "close_fds": False, "env": environment}

    def test_sockets_of_systemd_are_served_by_their_name(self):
        with contextlib.ExitStack() as stack:
            one, two, other = (stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(3))
            with self.server("[ systemd:web ]", **self.handed([one, other, two], "web:other:web")) as server:
                self.says(server, f"listening on http://127.0.0.1:{one.getsockname()[1]}")
                self.says(server, f"listening on http://127.0.0.1:{two.getsockname()[1]}")
                for bound in (one, two):
                    with socket.create_connection(bound.getsockname(), PATIENCE) as connection:
                        self.assertIn("200 OK", ask(connection, host="localhost"))
                    with socket.create_connection(bound.getsockname(), PATIENCE) as connection:
                        self.assertIn("421 ", ask(connection))
                self.stopped(server)

    def test_a_name_that_systemd_does_not_know_is_told_with_those_that_it_does(self):
        with socket.create_server(("127.0.0.1", 0)) as bound, self.server("[ systemd:web ]", **self.handed([bound], "other")) as server:
            self.says(server, "no socket named web, but other")
            self.assertEqual(server.wait(PATIENCE), 1)
        with self.server("[ systemd:web ]") as server:
            self.says(server, "no socket named web, but none")

    @unittest.skipUnless(shutil.which("systemd-socket-activate"), "systemd-socket-activate is not installed")
    def test_systemds_own_program_hands_one_over(self):
        path = self.folder / "server.sock"
        with self.server("[ systemd:web ]", command=("systemd-socket-activate", "-l", str(path), "--fdname=web")) as server:
            self.says(server, "Listening on")
            self.assertIn("200 OK", ask_unix(path))

    def test_a_proxy_on_a_unix_socket_is_believed_where_it_is_trusted(self):
        path = self.folder / "server.sock"
        for trusted, status in (("", "421"), (", trustedProxies: [ unix ]", "200")):
            with self.server(f'[ "unix:{path}" ]', f", hosts: [ chat.example ]{trusted}") as server:
                self.says(server, "listening")
                self.assertIn(status, ask_unix(path, host="inner", fields="X-Forwarded-Host: chat.example\r\n").split("\r\n")[0])
                self.stopped(server)


if __name__ == "__main__":
    cases.run_unittest("integration_listen")
