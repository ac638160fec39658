"""An identity provider for tests of auth-jwt: tokens, signed by OpenSSL's own program, and its keys, served over HTTP or HTTPS as a test says."""
import base64
import json
import socket
import ssl
import subprocess
import threading
import time

from programs import PATIENCE


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*arguments, given=None):
    return subprocess.run(["openssl", *arguments], input=given, check=True, capture_output=True, timeout=PATIENCE).stdout


class Signer:
    """An RSA key, its JWK, and tokens (RS256)."""

    def __init__(self, scratch, kid):
        self.kid, self.file = kid, scratch.path(f"signer-{kid}.pem")
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", self.file)
        modulus = openssl("rsa", "-in", self.file, "-modulus", "-noout").decode().split("=")[1].strip()
        self.jwk = {"kty": "RSA", "kid": kid, "n": base64url(bytes.fromhex(modulus)), "e": "AQAB", "use": "sig"}

    def token(self, **claims):
        everything = {"sub": "ann", "roles": ["member"], "exp": int(time.time()) + 600, **claims}
        head = base64url(json.dumps({"alg": "RS256", "kid": self.kid}).encode())
        text = head + "." + base64url(json.dumps(everything).encode())
        return text + "." + base64url(openssl("dgst", "-sha256", "-sign", self.file, given=text.encode()))


class Authority:
    """A private certificate authority."""

    def __init__(self, scratch, name):
        self.scratch, self.name = scratch, name
        self.certificate, self.key = scratch.path(name + ".pem"), scratch.path(name + ".key")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                "-out", self.certificate, "-keyout", self.key)

    def context(self, name, names="DNS:localhost", days=2):
        """For a server with a certificate of this authority's; negative `days`: expired."""
        path = self.scratch.path(f"{self.name}-{name}")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}", "-out", path + ".csr", "-keyout", path + ".key")
        extension = self.scratch.write(f"{self.name}-{name}.ext", f"subjectAltName={names}\n")
        openssl("x509", "-req", "-in", path + ".csr", "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial", "-days", str(days), "-extfile", extension,
                "-out", path + ".pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path + ".pem", path + ".key")
        return context


class Identity:
    """Serves a set of keys, one thread for each connection; `answer(connection, identity)` may do otherwise."""

    def __init__(self, signer, context=None, answer=None):
        self.signers, self.context, self._answer = [signer], context, answer
        self.asked = []  # when
        self.requests = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if context else 'http'}://localhost:{self.port}/jwks.json"
        self.released = threading.Event()  # what holds an answer back waits for it
        threading.Thread(target=self._serve, daemon=True).start()

    def body(self):
        return json.dumps({"keys": [signer.jwk for signer in self.signers]}).encode()

    def stop(self):
        self.released.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.asked.append(time.monotonic())
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        try:
            with connection:
                connection.settimeout(PATIENCE)
                if self.context:
                    connection = self.context.wrap_socket(connection, server_side=True)
                with connection:
                    request = b""
                    while b"\r\n\r\n" not in request and request[:1] != b"\x16":  # whoever wants TLS where there is none
                        piece = connection.recv(65536)
                        if not piece:
                            return
                        request += piece
                    self.requests.append(request.decode(errors="replace"))
                    (self._answer or plainly)(connection, self)
        except OSError:
            pass  # who asked has left, as some of the tests want it


def plainly(connection, identity):
    body = identity.body()
    connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)


def hung(_, identity):
    """Takes the request and says nothing."""
    identity.released.wait(2 * PATIENCE)
