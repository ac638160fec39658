#!/usr/bin/env python3
"""Compiles each *.cpp of a folder alone: compile_cases.py NAME FOLDER COMPILER [--precompile=HEADER] [FLAG...]

A case whose first lines are `// EXPECT: text` passes when the compiler refuses it and says every one of the texts.
What is said of a handler (`Patchbay: ON_…`) is said at a line of the case, where its author looks.
A case named ok_*.cpp passes when it compiles; it is the control that shows the others fail for their reason alone.
A HEADER that nearly every case begins with is compiled once; it may not matter to a case whether it is there already.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from cases import Cases

STANDARD = ["-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def expected_texts(file):
    texts = []
    for line in file.read_text().splitlines():
        found = re.match(r"// EXPECT: (.+?)\s*$", line)
        if not found:
            break
        texts.append(found[1])
    return texts


def spelled_alike(output):
    """The types that the framework shows, without namespace and as one compiler would spell them."""
    output = re.sub(r"\bpatchbay::(?:json::)?detail::(Text|FixedString|Path|PathVariable|Parameter|Member|Returned)<", r"\1<", output)
    output = re.sub(r"Text<FixedString<\d+>\{(\".*?\")\}>", r"Text<\1>", output)
    output = re.sub(r"Text<('.'(?:, '.')*)>", lambda found: f'Text<"{found[1][1::5]}">', output)
    output = re.sub(r" (?=[*&>])", "", output)
    return output.replace('\\"', '"')


def judge(file, compiled, output):
    """What is wrong with how this case went, or None."""
    texts = expected_texts(file)
    output = spelled_alike(output)
    if file.name.startswith("ok_"):
        if texts:
            return "A case named ok_* must compile, yet it has EXPECT lines."
        return None if compiled else f"It does not compile:\n{output}"
    if not texts:
        return "Its first line is no `// EXPECT: text` (and it is not named ok_*)."
    if compiled:
        return "It compiles, and should not."
    unsaid = [text for text in texts if text not in output]
    if unsaid:
        return f"The compiler did not say: {'; '.join(unsaid)}\nIt said:\n{output}"
    elsewhere = [text for text in texts if text.startswith("Patchbay: ON_")
                 and not re.search(rf"(?m)^{re.escape(str(file))}:\d+:\d+: error: .*{re.escape(text)}", output)]
    return f"The compiler did not say it at its line: {'; '.join(elsewhere)}\nIt said:\n{output}" if elsewhere else None


def compile_alone(command, file):
    run = subprocess.run([*command, str(file)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True, errors="replace", env={**os.environ, "LC_ALL": "C"})
    return run.returncode == 0, run.stdout


def precompiled(header, command, folder):
    """Flags that take the header from where it is compiled already; none where it does not compile: then each case says so."""
    source = pathlib.Path(folder, "header.hpp")
    source.write_text(f"#include <{header}>\n")
    done = subprocess.run([*command, "-x", "c++-header", str(source), "-o", f"{source}.gch"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL)
    return ["-include", str(source)] if done.returncode == 0 else []


def problems(folder, compiler, flags, header=None):
    """(file name, problem or None) of every case, in order of their names."""
    with tempfile.TemporaryDirectory() as scratch:
        command = [compiler, *STANDARD, *flags]
        if header:
            command += precompiled(header, command, scratch)
        yield from judge_all(folder, [*command, "-fsyntax-only"])


def judge_all(folder, command):
    for file in sorted(pathlib.Path(folder).glob("*.cpp")):
        yield file.name, judge(file, *compile_alone(command, file))


if __name__ == "__main__":
    name, folder, compiler, *flags = sys.argv[1:]
    header = flags.pop(0).removeprefix("--precompile=") if flags and flags[0].startswith("--precompile=") else None
    cases = Cases(name)
    for case, problem in problems(folder, compiler, flags, header):
        cases.add(f"{case} [{pathlib.Path(compiler).name}]", problem)
    sys.exit(cases.finish())
