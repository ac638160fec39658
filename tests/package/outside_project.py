"""The project in outside/, built against a Patchbay that is somewhere, and tried: its test, its program, its page."""
import asyncio
import json
import os
import pathlib
import sys
import tempfile
import unittest
import urllib.request

from program import BUILDING, PATIENCE, run, serving

try:
    import websockets
except ImportError:
    sys.exit("This test needs a foreign WebSocket client: apt-get install python3-websockets")

OUTSIDE = pathlib.Path(__file__).resolve().parent / "outside"


def configure(build, compiler, *settings):
    return run("cmake", "-S", OUTSIDE, "-B", build, "-G", "Ninja", f"-DCMAKE_CXX_COMPILER={compiler}",
               "-DCMAKE_BUILD_TYPE=Debug", *settings, patience=BUILDING)


async def ask(address, path, message):
    async with websockets.connect(f"ws://{address}{path}", open_timeout=PATIENCE) as connection:
        await connection.send(message)
        return await asyncio.wait_for(connection.recv(), PATIENCE)


def page(address, path="/"):
    with urllib.request.urlopen(f"http://{address}{path}", timeout=PATIENCE) as response:
        return response.status, response.read().decode()


class OutsideProject(unittest.TestCase):
    """The tests of a prefix: put_patchbay_into() fills a new folder and says where in it the prefix is."""
    compiler = None

    @classmethod
    def put_patchbay_into(cls, folder):
        raise NotImplementedError

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.prefix = cls.put_patchbay_into(pathlib.Path(folder.name) / "root")
        cls.build = pathlib.Path(folder.name) / "build"
        configure(cls.build, cls.compiler, f"-DCMAKE_PREFIX_PATH={cls.prefix}", "-DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF")
        run("cmake", "--build", cls.build, "-j", os.cpu_count(), patience=BUILDING)

    def test_it_is_found_where_it_was_put(self):
        found = [line for line in (self.build / "CMakeCache.txt").read_text().splitlines() if line.startswith("Patchbay_DIR")]
        self.assertEqual(found, [f"Patchbay_DIR:PATH={self.prefix}/lib/cmake/Patchbay"])

    def test_the_test_kit_tests_its_endpoints(self):
        said = run("ctest", "--test-dir", self.build, "--no-tests=error", "--output-on-failure")
        self.assertIn("100% tests passed, 0 tests failed out of 1", said)

    def test_its_program_answers_websocket_messages(self):
        with serving(self.build / "greeter-server") as address:
            answer = json.loads(asyncio.run(ask(address, "/hello/de", json.dumps({"name": "Ann"}))))
        self.assertEqual(answer, {"type": "Answer", "text": "Hallo, Ann!"})

    def test_the_installed_server_program_loads_its_endpoints_as_a_library(self):
        config = self.build / "server.yaml"
        config.write_text("server: { listen: [ 'http://127.0.0.1:0' ] }\npluginFolders: [ lib/patchbay ]\napps: [ greeter ]\n")
        with serving(self.prefix / "bin" / "patchbay-server", "--config", config) as address:
            answer = json.loads(asyncio.run(ask(address, "/hello/de", json.dumps({"name": "Ann"}))))
        self.assertEqual(answer, {"type": "Answer", "text": "Hallo, Ann!"})

    def test_its_program_carries_its_page(self):
        with serving(self.build / "greeter-server") as address:
            self.assertEqual(page(address), (200, (OUTSIDE / "page" / "index.html").read_text()))

    def test_its_program_runs_on_the_library_of_the_prefix(self):
        libraries = [line.split() for line in run("ldd", self.build / "greeter-server").splitlines()]
        self.assertEqual([words[2] for words in libraries if words[0] == "libpatchbay.so.0.1"],
                         [f"{self.prefix}/lib/libpatchbay.so.0.1"])

    def test_the_server_program_serves_the_chat_page(self):
        with serving(self.prefix / "bin" / "patchbay-server") as address:
            status, text = page(address)
        self.assertEqual(status, 200)
        self.assertIn("<title>", text)
