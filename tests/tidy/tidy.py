#!/usr/bin/env python3
"""Runs clang-tidy over every source that is shipped: tidy.py NAME CLANG_TIDY ROOT COMPILE_COMMANDS

One case per source of framework, modules, apps and plugins; .clang-tidy says what is looked for, and why not for more.
"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from cases import Cases

SHIPPED = ("framework", "modules", "apps", "plugins")


def sources(root, compile_commands):
    """Those that a person wrote: generated ones lie in the build folder."""
    files = {pathlib.Path(entry["file"]) for entry in json.loads(pathlib.Path(compile_commands).read_text())}
    return sorted(file for file in files for folder in SHIPPED if file.is_relative_to(root / folder))


def problem(clang_tidy, compile_commands, file):
    run = subprocess.run([clang_tidy, "-quiet", "-p", str(pathlib.Path(compile_commands).parent), str(file)],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")
    return None if run.returncode == 0 else run.stdout or run.stderr


def main(name, clang_tidy, root, compile_commands):
    root, cases = pathlib.Path(root), Cases(name)
    files = sources(root, compile_commands)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for file, found in zip(files, pool.map(lambda file: problem(clang_tidy, compile_commands, file), files)):
            cases.add(str(file.relative_to(root)), found)
    return cases.finish()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
