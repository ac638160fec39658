#!/usr/bin/env python3
"""What the framework's headers cost a compiler beside what it cannot do without: compile_time.py COMPILER INCLUDE_FOLDER [--show]

Compared are units by the instructions of the compiler and the assembler, which valgrind counts, and by what GCC allocates for them when
it never gives anything back. Both go with the time, and do not feel the neighbours. --show prints times too, for a quiet machine.

What it cannot do without are the headers below, always the same: were it those that the framework's headers include at the time, each
more of them would make the framework look better.
"""
import os
import pathlib
import re
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
# Of hello, relative to these headers: 1.12 in instructions and 1.02 in memory when this was written.
MOST_INSTRUCTIONS_OF_HELLO = 1.15
MOST_MEMORY_OF_HELLO = 1.1
# Of the memory of an endpoint with four handlers, relative to the same: 0.07 then.
MOST_OF_AN_ENDPOINT = 0.09

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


def compiling(source, *options):
    return [COMPILER, "-std=c++20", "-O0", f"-I{FOLDER}", *options, "-c", source, "-o", source.with_suffix(".o")]


def instructions(text):
    """Of all processes that the compiler starts."""
    with tempfile.TemporaryDirectory() as scratch:
        source = pathlib.Path(scratch, "unit.cpp")
        source.write_text(text)
        subprocess.run(["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", "--trace-children=yes",
                        f"--log-file={scratch}/%p.count", *compiling(source)], check=True)
        counts = [re.search(r"I +refs: +([\d,]+)", log.read_text()) for log in pathlib.Path(scratch).glob("*.count")]
        return sum(int(count[1].replace(",", "")) for count in counts if count)


class Unit:
    def __init__(self, text):
        with tempfile.TemporaryDirectory() as scratch:
            source = pathlib.Path(scratch, "unit.cpp")
            source.write_text(text)
            command = compiling(source, *KEEP_ALL)
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
    TEXTS = {
        "nothing": "int main() {}\n",
        "headers": "".join(f"#include <{header}>\n" for header in HEADERS.split()) + "int main() {}\n",
        "hello": HELLO + MAIN,
        "more": HELLO + "".join(ENDPOINT.replace("@", str(n)) for n in range(4)) + MAIN,
    }

    @classmethod
    def setUpClass(cls):
        cls.units = {name: Unit(text) for name, text in cls.TEXTS.items()}

    def relative(self, before, after):
        """What `after` takes beyond `before`, in units of what the headers take."""
        taken = {name: unit.bytes for name, unit in self.units.items()}
        return (taken[after] - taken[before]) / (taken["headers"] - taken["nothing"])

    def testHelloTakesLittleMoreMemoryThanTheHeadersThatItNeeds(self):
        self.assertLessEqual(self.relative("nothing", "hello"), MOST_MEMORY_OF_HELLO)

    def testHelloTakesLittleMoreTimeThanTheHeadersThatItNeeds(self):
        self.assertLessEqual(instructions(self.TEXTS["hello"]) / instructions(self.TEXTS["headers"]), MOST_INSTRUCTIONS_OF_HELLO)

    def testAnEndpointMoreIsCheap(self):
        self.assertLessEqual(self.relative("hello", "more") / 4, MOST_OF_AN_ENDPOINT)


def show():
    rounds = [{name: Unit(text) for name, text in CompileTime.TEXTS.items()} for _ in range(5)]
    for name, text in CompileTime.TEXTS.items():
        seconds = min(units[name].seconds for units in rounds)
        print(f"{name:8} {rounds[0][name].bytes / 2**20:7.1f} MiB {seconds:6.2f} s {instructions(text) / 1e9:6.2f} G instructions")


if __name__ == "__main__":
    COMPILER, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    if "--show" in sys.argv:
        show()
    else:
        del sys.argv[1:]
        run_unittest("structure_compile_time")
