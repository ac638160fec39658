"""Built programs as processes of a test, and the certificates that they are given.

A program is up once it has printed `ready`, or, without such a line, the address it listens on. Every wait has a bound.
"""
import os
import queue
import re
import shutil
import signal
import ssl
import subprocess
import tempfile
import threading
import time

PATIENCE = 30  # seconds, for one step of a test


class Scratch:
    """A folder that goes with the test."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="patchbay-")

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def remove(self):
        shutil.rmtree(self.folder)


class Certificate:
    """A self-signed certificate and its key, made by OpenSSL's own program. Making it again replaces both files."""

    def __init__(self, scratch, name, *hosts):
        self.certificate = scratch.path(name + ".pem")
        self.key = scratch.path(name + ".key")
        self.names = ",".join(f"DNS:{host}" for host in hosts)
        self.make()

    def make(self):
        """Under other names first: a server that reads meanwhile must not find a half."""
        fresh = [path + ".new" for path in (self.certificate, self.key)]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", "2", "-subj", "/CN=Patchbay test", "-addext", f"subjectAltName={self.names},IP:127.0.0.1",
                        "-out", fresh[0], "-keyout", fresh[1]], check=True, capture_output=True, timeout=PATIENCE)
        for path in (self.certificate, self.key):
            os.replace(path + ".new", path)

    def der(self):
        with open(self.certificate, encoding="ascii") as file:
            return ssl.PEM_cert_to_DER_cert(file.read())

    def trust(self):
        """What a client needs to accept this certificate and no other."""
        return ssl.create_default_context(cafile=self.certificate)


class Program:
    """Its output, both streams, is kept and can be waited for. `environment` is added to that of the test."""

    def __init__(self, path, *arguments, ready=None, environment=None):
        self.process = subprocess.Popen([path, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True, encoding="utf-8", errors="replace", env={**os.environ, **(environment or {})})
        self.output = []
        self._lines = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            found = self.says(r"listening on (https?)://\S+:(\d+)")
            self.secure, self.port = found.group(1) == "https", int(found.group(2))
            if ready:
                self.says(ready)
        except AssertionError:
            self.process.kill()
            raise

    def says(self, pattern):
        """Waits for a line that was not waited for before."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                line = self._lines.get(timeout=max(deadline - time.monotonic(), 0))
            except queue.Empty:
                line = None
            if line is None:
                ended = "" if self.process.poll() is None else f", ended with {self.process.returncode}"
                raise AssertionError(f"never said {pattern!r}{ended}; all it said:\n" + "".join(self.output))
            if found := re.search(pattern, line):
                return found

    def hang_up(self):
        self.process.send_signal(signal.SIGHUP)

    def stop(self):
        """Like an operator; twice is once.   Errors: AssertionError when it does not end, or not with 0."""
        if self.process.stdout.closed:
            return
        self.process.terminate()
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = "nothing within the bound"
        self._reader.join(PATIENCE)
        self.process.stdout.close()
        assert code == 0, f"the program ended with {code}:\n" + "".join(self.output)

    def kill(self):
        """Like a power cut: kill -9."""
        self.process.kill()
        self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        self.process.stdout.close()

    def _read(self):
        for line in self.process.stdout:
            self.output.append(line)
            self._lines.put(line)
        self._lines.put(None)


def listening(scratch, secure, path, *arguments, **options):
    """A Program on a port of its choice, over TLS where that is wanted, and what a client needs to trust it: (program, trust or None)."""
    files, trust = (), None
    if secure:
        certificate = Certificate(scratch, "server", "localhost")
        files, trust = ("--tls", certificate.certificate, certificate.key), certificate.trust()
    return Program(path, "--port", "0", *arguments, *files, **options), trust
