#!/usr/bin/env python3
"""Shows that the include scan fails where it should: each wall is breached once, in a small tree of its own."""
import pathlib
import sys
import tempfile
import unittest
import unittest.mock

import include_scan

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from cases import run_unittest

HOUSE = {
    "framework/include/patchbay/bytes.hpp": "#include <span>\n",
    "framework/include/patchbay/server.hpp": "#include <patchbay/bytes.hpp>\n#include <boost/pfr.hpp>\n",
    "framework/src/base/Log.hpp": "#include <string>\n",
    "framework/src/protocol/Frame.hpp": '#include "base/Log.hpp"\n#include <openssl/sha.h>\n',
    "framework/src/transport/Loop.hpp": "#include <sys/epoll.h>\n#include <Poco/Net/Context.h>\n",
    "framework/src/configuration/Config.cpp": '#include "base/Log.hpp"\n#include <yaml-cpp/yaml.h>\n',
    "modules/web/Pages.cpp": "#include <patchbay/server.hpp>\n#include <zlib.h>\n",
    "apps/chat/ChatRoom.hpp": "#include <patchbay/bytes.hpp>\n",
    "apps/chat/ChatRoom.cpp": '#include "ChatRoom.hpp"\n',
}


class IncludeScan(unittest.TestCase):
    def breach(self, path, text):
        """What the scan says of a house in which one more file stands."""
        with tempfile.TemporaryDirectory() as root:
            for name, content in {**HOUSE, path: text}.items():
                file = pathlib.Path(root, name)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(content)
            return "\n".join(problem for _, problem in include_scan.scan(root) if problem)

    def assertBreach(self, path, include, expected):
        self.assertIn(expected, self.breach(path, f"#pragma once\n#include {include}\n"))
        self.assertIn(f"{path}:2: ", self.breach(path, f"#pragma once\n#include {include}\n"))

    def testAHouseThatKeepsToItsWallsPasses(self):
        self.assertEqual(self.breach("framework/src/base/More.hpp", "#include <vector>\n"), "")

    def testBaseSeesTheStandardLibraryOnly(self):
        self.assertBreach("framework/src/base/Bad.hpp", "<Poco/Logger.h>", "base does not use POCO Foundation")
        self.assertBreach("framework/src/base/Bad.hpp", '"protocol/Frame.hpp"', "base does not see protocol")

    def testProtocolSeesNoSocketAndNoHost(self):
        self.assertBreach("framework/src/protocol/Bad.cpp", "<sys/socket.h>", "protocol does not use system")
        self.assertBreach("framework/src/protocol/Bad.cpp", '"transport/Loop.hpp"', "protocol does not see transport")
        self.assertBreach("framework/src/protocol/Bad.cpp", "<openssl/ssl.h>", "protocol does not use OpenSSL")
        self.assertBreach("framework/src/protocol/Bad.cpp", "<patchbay/server.hpp>", "public headers of server")

    def testTransportSeesNoProtocol(self):
        self.assertBreach("framework/src/transport/Bad.cpp", '"../protocol/Frame.hpp"', "does not see protocol")

    def testAnUnknownLibraryIsABreachInARoom(self):
        self.assertBreach("framework/src/protocol/Bad.cpp", "<boost/asio.hpp>", "does not use this library")

    def testPublicHeadersNameNeitherPocoNorYamlNorSimdjson(self):
        for include, library in (("<Poco/Net/Socket.h>", "POCO Net"), ("<yaml-cpp/yaml.h>", "yaml-cpp"),
                                 ("<simdjson.h>", "simdjson"), ('"../../src/base/Log.hpp"', "public headers only")):
            self.assertBreach("framework/include/patchbay/bad.hpp", include, library)

    def testGuestsSeeNoInsideOfTheFramework(self):
        for guest in ("apps/chat", "plugins/guard", "modules/web", "templates/chat"):
            self.assertBreach(f"{guest}/Bad.cpp", '"../../framework/src/base/Log.hpp"', "sees its inside")
            self.assertBreach(f"{guest}/Bad.cpp", "<configuration/Config.cpp>", "sees its inside")
            self.assertBreach(f"{guest}/Bad.cpp", "<Poco/Net/WebSocket.h>", "stays inside the framework")

    def testWhatGuestsHaveInCommonIsNamedAndOfTheirKindAlone(self):
        house = {"plugins/CommandLine.hpp": "#include <CLI/CLI.hpp>\n"}
        with unittest.mock.patch.dict(HOUSE, house):
            self.assertEqual(self.breach("plugins/guard/Good.cpp", '#include "CommandLine.hpp"\n'), "")
            self.assertEqual(self.breach("plugins/guard/Good.cpp", '#include "../CommandLine.hpp"\n'), "")
            self.assertBreach("apps/chat/Bad.cpp", '"../../plugins/CommandLine.hpp"', "its own files")
        with unittest.mock.patch.dict(HOUSE, {"plugins/CommandLine.hpp": '#include "base/Log.hpp"\n'}):
            self.assertIn("plugins/CommandLine.hpp:1: ", self.breach("plugins/guard/Good.cpp", ""))
        self.assertIn("plugins/Helpers.hpp: it lies in nobody's folder", self.breach("plugins/Helpers.hpp", ""))
        with unittest.mock.patch.dict(HOUSE, {"plugins/Helpers.hpp": ""}):
            self.assertBreach("plugins/guard/Bad.cpp", '"Helpers.hpp"', "its own files")

    def testSqliteHasOneDoor(self):
        self.assertEqual(self.breach("modules/store/Good.cpp", "#include <sqlite3.h>\n"), "")
        self.assertBreach("apps/chat/Bad.cpp", "<sqlite3.h>", "SQLite is for modules/store alone")
        self.assertBreach("framework/src/base/Bad.cpp", "<sqlite3.h>", "base does not use SQLite")

    def testAnAppSeesNoOtherApp(self):
        self.assertBreach("apps/charts/Bad.cpp", '"../chat/ChatRoom.hpp"', "its own files")

    def testARoomWithoutARowIsABreach(self):
        self.assertIn("No row of ROOMS", self.breach("framework/src/cellar/Wine.hpp", ""))


if __name__ == "__main__":
    run_unittest("structure_include_scan_itself")
