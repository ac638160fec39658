#!/usr/bin/env python3
"""Draws mutants of a room and shows which of them its quick tests kill; one that survives shows a missing test.

    tests/mutants/mutants.py ROOM [--count N] [--seed TEXT] [--with TEST]... [--list]

ROOM is a folder of framework/src, or a plugin. A mutant is one line changed: left out, a comparison turned, a condition or a
constant the other way. The seed, by default the commit's hash, says which are drawn, so that the same are drawn again. All
happens in a copy of the tree, build/mutants; the tree itself is not touched. The tests are unit_ROOM; --with adds
others, such as contract_tests. What the compiler refuses is no mutant, and another is drawn.
It ends with 0 where all were killed.
"""
import argparse
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TREE = ROOT / "build" / "mutants"
BUILD = TREE / "build" / "test"
PATIENCE = 120  # seconds: a mutant that hangs its tests is dead

# (what to look for, what to put there): each place where one fits is a mutant.
TURNS = [(r" < ", " <= "), (r" <= ", " < "), (r" > ", " >= "), (r" >= ", " > "), (r" == ", " != "), (r" != ", " == "),
         (r" && ", " || "), (r" \|\| ", " && "), (r" \+ 1\b", ""), (r" - 1\b", ""), (r"\btrue\b", "false"), (r"\bfalse\b", "true"),
         (r" \+= ", " -= "), (r"\bif \(!", "if ("), (r"\bif \((?!constexpr|const |auto )([^;{}]*)\) ", r"if (!(\1)) "),
         (r"\breturn !", "return "), (r" \+ ", " - "), (r" - ", " + ")]
# A statement that can be left out: a call or an assignment alone on its line.
STATEMENT = re.compile(r"^\s+(?!return\b|using\b|static_assert|throw\b|case\b|const\b|auto\b|else\b|default\b|friend\b|break;)"
                       r"(?:\+\+|--)?[A-Za-z_:*(][\w:>.\-\[\]*()]*(\(.*\)|\+\+|--|\s*[+\-|&]?=\s.*)?;\s*(//.*)?$")
DECLARATION = re.compile(r"^\s+\w[\w:<>,*& ]* [*&]?\w+(\{.*\}|\(.*\))?( = .*)?;")
TEMPLATE_BRACKETS = re.compile(r"template\s*<|#|^\s*//")


def mutants_of(line):
    """Every changed form of a line."""
    if TEMPLATE_BRACKETS.search(line) or "static_assert" in line or '"' in line and line.lstrip().startswith('"'):
        return
    if STATEMENT.match(line) and not DECLARATION.match(line):
        yield re.match(r"\s*", line)[0] + ";"
    code = line.split("//")[0]
    for pattern, change in TURNS:
        for found in re.finditer(pattern, code):
            if code[:found.start()].count('"') % 2 == 0:
                yield line[:found.start()] + found.expand(change) + line[found.end():]


def all_mutants(folder):
    """(file, line number, line, changed line) of every mutant, in order."""
    for file in sorted([*folder.rglob("*.cpp"), *folder.rglob("*.hpp")]):
        for number, line in enumerate(file.read_text().splitlines()):
            for changed in mutants_of(line):
                if changed.strip() != line.strip():
                    yield file, number, line, changed


def copy_tree():
    """What git knows of the tree, as it stands, and nothing else; unchanged files keep their time, so that little is compiled again."""
    names = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z", "-co", "--exclude-standard"], check=True,
                           stdout=subprocess.PIPE, text=True).stdout.split("\0")
    for name in filter(None, names):
        source, target = ROOT / name, TREE / name
        if source.is_file() and not (target.is_file() and target.read_bytes() == source.read_bytes()):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    known = {TREE / name for name in names if (ROOT / name).is_file()}
    for old in TREE.rglob("*"):
        if old.is_file() and old not in known and TREE / "build" not in old.parents:
            old.unlink()


def configure():
    """False where the copy cannot be configured; the reason has been printed."""
    cache = shutil.which("ccache")
    return subprocess.run(["cmake", "-S", str(TREE), "--preset", "test", "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O0",
                           f"-DCMAKE_CXX_COMPILER_LAUNCHER={cache or ''}"], stdout=subprocess.DEVNULL).returncode == 0


def build(tests):
    jobs = str(os.cpu_count() or 1)
    return subprocess.run(["cmake", "--build", str(BUILD), "-j", jobs, "--target", *tests], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace")


def killer(tests):
    """The first test that fails, or None."""
    quiet = {**os.environ, "GTEST_BRIEF": "1", "GTEST_FAIL_FAST": "1"}
    for test in tests:
        try:
            run = subprocess.run([str(BUILD / "bin" / test)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True, errors="replace", timeout=PATIENCE, env=quiet)
        except subprocess.TimeoutExpired:
            return f"{test}, which hung"
        if run.returncode != 0:
            named = re.search(r"\[  FAILED  \] (\S+)", run.stdout)
            return named[1].rstrip(",") if named else f"{test}, which ended with {run.returncode}"
    return None


def fate(mutant, tests):
    """"refused", the name of what killed it, or None where it survives."""
    file, number, line, changed = mutant
    text = file.read_text()
    lines = text.splitlines(keepends=True)
    lines[number] = changed + "\n"
    try:
        file.write_text("".join(lines))
        return "refused" if build(tests).returncode != 0 else killer(tests)
    finally:
        file.write_text(text)


def tell(mutant, outcome):
    file, number, line, changed = mutant
    print(f"{outcome}\n    {file.relative_to(TREE)}:{number + 1}\n  - {line.strip()}\n  + {changed.strip()}", flush=True)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("room")
    parser.add_argument("--count", type=int, default=5)
    parser.add_argument("--seed")
    parser.add_argument("--with", dest="others", action="append", default=[], metavar="TEST")
    parser.add_argument("--list", action="store_true", help="only say which would be drawn")
    return parser.parse_args()


def main():
    asked = arguments()
    folder = next((TREE / place / asked.room for place in ("framework/src", "plugins")
                   if (ROOT / place / asked.room).is_dir()), None)
    if not folder:
        sys.exit(f"There is neither a room nor a plugin '{asked.room}'.")
    seed = asked.seed or subprocess.run(["git", "-C", str(ROOT), "rev-parse", "HEAD"], check=True, stdout=subprocess.PIPE,
                                        text=True).stdout.strip()
    copy_tree()
    drawn = list(all_mutants(folder))
    random.Random(f"{seed} {asked.room}").shuffle(drawn)
    print(f"{asked.room}, seed {seed}: {len(drawn)} mutants to draw from")
    if asked.list:
        for mutant in drawn[:asked.count]:
            tell(mutant, "drawn")
        return 0
    tests = [f"unit_{asked.room}", *asked.others]
    if not configure():
        sys.exit("The copy could not be configured; the reason stands above.")
    done = build(tests)
    if done.returncode != 0 or killer(tests):
        sys.exit(f"Without any mutant the tests do not build and pass:\n{done.stdout[-3000:]}")
    killed, survived = 0, 0
    for mutant in drawn:
        if killed + survived == asked.count:
            break
        death = fate(mutant, tests)
        if death == "refused":
            continue
        killed, survived = (killed + 1, survived) if death else (killed, survived + 1)
        tell(mutant, f"killed by {death}" if death else "SURVIVED")
    print(f"{asked.room}: {killed} killed, {survived} survived")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
