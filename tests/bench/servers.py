"""The servers that are compared, and what each needs to be there. A server more is a row in SERVERS."""
import glob
import os
import shutil
import subprocess
from dataclasses import dataclass

SOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "servers")
LIMIT = 1 << 20  # bytes that one slow consumer may take, where a server has such a limit


@dataclass(frozen=True)
class Server:
    """`command` is formatted with the fields of Place; `needs` are functions of Place that say what is missing."""
    command: tuple
    scheme: str = "ws"
    needs: tuple = ()
    counted: bool = True  # machine code whose instructions valgrind can count; what compiles itself as it runs is not
    most_connections: int = 10 ** 6


class Place:
    """Where the programs are, and a folder for what a run makes: certificate, configuration."""

    def __init__(self, programs, folder):
        self.programs = os.path.abspath(programs)
        self.certificate, self.key = os.path.join(folder, "certificate.pem"), os.path.join(folder, "key.pem")
        self.limits = os.path.join(folder, "limits.yaml")
        self.jars = ":".join(jar for jar in sorted(glob.glob("/usr/share/java/tomcat10-*.jar")) if "-10." not in jar)
        self.folder, self.sources = folder, SOURCES
        with open(os.path.join(folder, "page"), "w", encoding="ascii") as file:
            file.write("x" * 1024)
        with open(self.limits, "w", encoding="utf-8") as file:
            file.write("server: { listen: [ 'http://127.0.0.1:0' ] }\n"
                       f"endpoints: {{ /fanout: {{ sendQueue: {{ bytes: {LIMIT}B, whenFull: drop-oldest }} }} }}\n")

    def command(self, server):
        return [part.format(**vars(self)) for part in server.command]


def make(*command):
    """None, or the last line of what it said when it failed."""
    done = subprocess.run(command, capture_output=True, text=True)
    return None if done.returncode == 0 else (done.stderr.strip() or "it failed").splitlines()[-1]


def a_certificate(place):
    if not shutil.which("openssl"):
        return "install openssl"
    if os.path.exists(place.certificate):
        return None
    return make("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
                "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", place.key,
                "-out", place.certificate)


def libwebsockets(place):
    built = os.path.exists(os.path.join(place.programs, "bench-lws"))
    return None if built else "install libwebsockets-dev and pkg-config, and build again"


def nginx(_):
    return None if os.path.exists("/usr/sbin/nginx") else "install nginx-light"


def node(_):
    return None if shutil.which("node") else "install nodejs"


def node_ws(place):
    """Its packages, as the lock file pins them, beside the programs."""
    if not (shutil.which("node") and shutil.which("npm")):
        return "install nodejs and npm"
    folder = os.path.join(place.programs, "ws")
    shutil.copytree(os.path.join(SOURCES, "ws"), folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
    installed = os.path.join(folder, "node_modules", "installed-lock.json")
    lock = os.path.join(folder, "package-lock.json")
    if os.path.exists(installed) and open(installed, "rb").read() == open(lock, "rb").read():
        return None
    failure = make("npm", "ci", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts")
    if failure is None:
        shutil.copy(lock, installed)
    return failure


def tomcat(place):
    if not shutil.which("javac"):
        return "install default-jdk-headless"
    if not place.jars:
        return "install libtomcat10-java"
    return make("javac", "-d", os.path.join(place.programs, "tomcat"), "-cp", place.jars,
                os.path.join(SOURCES, "tomcat", "Bench.java"))


def built(name, *arguments, **fields):
    return Server(("{programs}/" + name, *arguments), **fields)


def patchbay(*arguments, loops=1, **fields):
    return built("patchbay-conformance", "--loops", str(loops), *(arguments or ("--port", "0")), **fields)


TLS = ("--tls", "{certificate}", "{key}")
SECURE = {"scheme": "wss", "needs": (a_certificate,)}
NODE = {"needs": (node_ws,), "counted": False}
JAVA = ("java", "-XX:+UseSerialGC", "-Xmx512m")
BENCH = ("-cp", "{jars}:{programs}/tomcat", "Bench")
OF_TOMCAT = {"needs": (tomcat,), "counted": False, "most_connections": 1000}

SERVERS = {
    "floor": built("bench-floor"),
    "Patchbay": patchbay(),
    "Patchbay, deflate": patchbay("--port", "0", "--plugin", "compression"),
    "Patchbay, TLS": patchbay("--port", "0", *TLS, **SECURE),
    "Patchbay, 1 MiB": patchbay("--config", "{limits}"),
    "Patchbay, 2 loops": patchbay(loops=2),
    "Patchbay, 4 loops": patchbay(loops=4),
    "TCP": built("bench-tcp-echo", scheme="tcp"),
    "Beast": built("bench-beast"),
    "Beast, deflate": built("bench-beast", "--deflate"),
    "Beast, TLS": built("bench-beast", *TLS, **SECURE),
    "libwebsockets": built("bench-lws", needs=(libwebsockets,), most_connections=2000),
    "libwebsockets, deflate": built("bench-lws", "--deflate", needs=(libwebsockets,)),
    "libwebsockets, TLS": built("bench-lws", *TLS, scheme="wss", needs=(libwebsockets, a_certificate)),
    "ws": Server(("node", "{programs}/ws/server.mjs"), **NODE),
    "ws, deflate": Server(("node", "{programs}/ws/server.mjs", "--deflate"), **NODE),
    "ws, TLS": Server(("node", "{programs}/ws/server.mjs", *TLS), scheme="wss", needs=(node_ws, a_certificate), counted=False),
    "POCO": built("bench-poco", most_connections=1000),
    "POCO hosting": built("bench-poco-hosting"),
    "nginx": Server(("python3", "{sources}/nginx.py", "{folder}"), needs=(nginx,), counted=False),
    "Node": Server(("node", "{sources}/page.mjs"), needs=(node,), counted=False),
    "Tomcat": Server((*JAVA, *BENCH), **OF_TOMCAT),
    "Tomcat, TLS": Server((*JAVA, *BENCH, *TLS), scheme="wss", needs=(tomcat, a_certificate), counted=False, most_connections=1000),
    "Tomcat, large messages": Server((*JAVA, "-Dbuffer=262144", *BENCH), **OF_TOMCAT),
}

PACKAGES = {"Beast": "libboost1.81-dev", "POCO": "libpoco-dev", "libwebsockets": "libwebsockets-dev", "Tomcat": "libtomcat10-java",
            "nginx": "nginx-light", "Node": "nodejs", "Java": "default-jre-headless", "OpenSSL": "libssl3"}


def missing(names, place):
    """{name: what to do about it} of the servers that cannot run here."""
    said = {}  # of each need, once
    result = {}
    for name in names:
        for need in SERVERS[name].needs:
            if need not in said:
                said[need] = need(place)
            if said[need]:
                result.setdefault(name, said[need])
    return result


def versions(place):
    """Of what is compared; a peer whose package is not there is left out."""
    result = {}
    for name, package in PACKAGES.items():
        done = subprocess.run(["dpkg-query", "-W", "-f=${Version}", package], capture_output=True, text=True)
        if done.returncode == 0 and done.stdout:
            result[name] = done.stdout
    with open(os.path.join(SOURCES, "ws", "package.json"), encoding="utf-8") as file:
        result["ws"] = file.read().split('"ws": "')[1].split('"')[0]
    return result
