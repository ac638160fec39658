#!/usr/bin/env python3
"""What the framework's headers cost a compiler beside what it cannot do without: compile_time.py COMPILER INCLUDE_FOLDER [--show]

Compared are units by what GCC allocates for them, when it never gives anything back: that goes with the time, and does not feel the
neighbours. --show prints the times too, for a quiet machine.

What it cannot do without are the headers below, always the same: were it those that the framework's headers include at the time, each
more of them would make the framework look better.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from cases import run_unittest

HEADERS = """
    algorithm any array atomic charconv chrono cmath coroutine cstdint exception functional iterator map memory optional span string
    string_view tuple typeindex unordered_map utility variant vector boost/pfr/core.hpp
"""
# Of hello: what it takes, relative to these headers.
MOST_OF_HELLO = 1.2
# Of an endpoint with four handlers, relative to the same.
MOST_OF_AN_ENDPOINT = 0.1

KEEP_ALL = ["--param", "ggc-min-expand=1000000", "--param", "ggc-min-heapsize=10000000"]

HELLO = """#include <patchbay/annotations.hpp>
#include <patchbay/server.hpp>

#include <string>

struct Greeting { std::string name; };
struct Answer { std::string text; };

class Hello {
    SERVER_ENDPOINT(Hello, "/hello/{language}", .origins = {"*"})
public:
    ON_MESSAGE(greet)
    Answer greet(const Greeting& greeting, patchbay::PathParam<"language"> language) {
        return {(language.value == "de" ? "Hallo, " : "Hello, ") + greeting.name + "!"};
    }
    ON_ERROR(failed)
    void failed(patchbay::Session session, const patchbay::DecodeError& error) { session.send(Answer{error.what()}); }
};
"""
MAIN = """
int main() {
    patchbay::Server server;
    server.deploy<Hello>();
    return server.run();
}
"""
ENDPOINT = """
struct Say@ { std::string text; };
struct Said@ { std::string from, text; };
class Room@ {
    SERVER_ENDPOINT(Room@, "/room@/{room}")
public:
    ON_OPEN(opened)
    void opened(patchbay::Session session, patchbay::PathParam<"room"> room) { session.subscribe(room); }
    ON_MESSAGE(said)
    Said@ said(patchbay::Session session, const Say@& say) { return {session.displayName(), say.text}; }
    ON_CLOSE(left)
    void left(patchbay::Session session) { session.unsubscribe("x"); }
    ON_ERROR(failed)
    void failed(patchbay::Session session, const std::exception& error) { session.send(Said@{"", error.what()}); }
};
"""


class Unit:
    def __init__(self, compiler, folder, text):
        with tempfile.TemporaryDirectory() as scratch:
            source = pathlib.Path(scratch, "unit.cpp")
            source.write_text(text)
            command = [compiler, "-std=c++20", "-O0", f"-I{folder}", *KEEP_ALL, "-c", source, "-o", source.with_suffix(".o")]
            with open(source.with_suffix(".log"), "w+") as log:
                process = subprocess.Popen(command, stderr=log)
                _, status, used = os.wait4(process.pid, 0)  # the driver waits for the compiler, whose figures are in its own
                process.returncode = os.waitstatus_to_exitcode(status)
                log.seek(0)
                if process.returncode != 0:
                    raise RuntimeError(log.read())
        self.seconds = used.ru_utime
        self.bytes = used.ru_maxrss * 1024


class CompileTime(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        def unit(text):
            return Unit(COMPILER, FOLDER, text)
        cls.nothing = unit("int main() {}\n")
        cls.headers = unit("".join(f"#include <{header}>\n" for header in HEADERS.split()) + "int main() {}\n")
        cls.hello = unit(HELLO + MAIN)
        cls.more = unit(HELLO + "".join(ENDPOINT.replace("@", str(n)) for n in range(4)) + MAIN)

    def relative(self, before, after):
        """What `after` takes beyond `before`, in units of what the headers take."""
        return (after.bytes - before.bytes) / (self.headers.bytes - self.nothing.bytes)

    def testHelloIsNotMuchMoreThanTheHeadersThatItNeeds(self):
        self.assertLessEqual(self.relative(self.nothing, self.hello), MOST_OF_HELLO)

    def testAnEndpointMoreIsCheap(self):
        self.assertLessEqual(self.relative(self.hello, self.more) / 4, MOST_OF_AN_ENDPOINT)


def show():
    CompileTime.setUpClass()
    for name in ("nothing", "headers", "hello", "more"):
        unit = getattr(CompileTime, name)
        print(f"{name:8} {unit.bytes / 2**20:7.1f} MiB {unit.seconds:6.2f} s")


if __name__ == "__main__":
    COMPILER, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    if "--show" in sys.argv:
        show()
    else:
        del sys.argv[1:]
        run_unittest("structure_compile_time")
