#!/usr/bin/env python3
"""Runs clang-tidy over every source that is shipped: tidy.py NAME CLANG_TIDY ROOT COMPILE_COMMANDS

One case per source of framework, modules, apps and plugins; .clang-tidy says what is looked for, and why not for more.

Most of clang-tidy's time goes into the headers that sources have in common, so the sources of a folder are read some at once, as if
one included the others. What is found there, or is no longer C++ because two sources have a name in common, is looked for in each
half of them. Lost that way: unused aliases of namespaces, which are told of a main file only.

What was clean once, as the preprocessor sees it, under the same .clang-tidy and clang-tidy, is not looked at again: a folder of the
user's cache has an empty file for it, for thirty days after it was last of use.
"""
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from cases import Cases

SHIPPED = ("framework", "modules", "apps", "plugins")
AT_ONCE = 32
KNOWN_CLEAN = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache", "patchbay", "clang-tidy")
KEPT = 30 * 86400  # seconds


def sources_of(entry):
    """The sources that a command compiles: those that one of a unity build includes, or its own."""
    file = pathlib.Path(entry["file"])
    if file.parent.name != "Unity":
        return [file]
    return [pathlib.Path(name) for name in re.findall(r'^#include "(.*)"', file.read_text(), re.MULTILINE)]


def shipped(root, compile_commands):
    """The compile commands of what a person wrote, one for each source: generated ones lie in the build folder."""
    commands = {}
    for entry in json.loads(pathlib.Path(compile_commands).read_text()):
        for file in sources_of(entry):
            command = entry["command"].replace(entry["file"], str(file))
            commands.setdefault(file, {**entry, "file": str(file), "command": command})  # tests compile some of it too
    return {file: commands[file] for file in sorted(commands) for folder in SHIPPED if file.is_relative_to(root / folder)}


def flags(entry):
    """Where headers lie and what is defined, as the command says it: pieces that belong together."""
    words = shlex.split(entry["command"])
    return [words[at:at + 2] if word == "-isystem" else [word]
            for at, word in enumerate(words) if word == "-isystem" or word.startswith(("-I", "-D"))]


def entry_for(commands, files):
    """How all of `files` are compiled at once: as the one with most flags, and with those of the others."""
    entry = max((commands[file] for file in files), key=lambda entry: len(flags(entry)))
    known, more = flags(entry), []
    for file in files:
        more += [piece for piece in flags(commands[file]) if piece not in known + more]
    return {**entry, "command": " ".join([entry["command"], *map(shlex.join, more)])}


def is_entry(file):
    """A program or a plugin begins there: two of them are not one unit."""
    return re.search(r"^(int main\(|PATCHBAY_PLUGIN\()", file.read_text(), re.MULTILINE) is not None


def groups(commands, root):
    """Groups of a top folder's sources that may be read at once. Those of one name have mostly more in common."""
    for top in SHIPPED:
        found = []  # each with what another may not be in
        for file in (file for file in commands if file.is_relative_to(root / top)):
            marks = {file.name} | ({None} if is_entry(file) else set())
            group = next((group for group in found if len(group[0]) < AT_ONCE and not marks & group[1]), None)
            if group is None:
                group = ([], set())
                found.append(group)
            group[0].append(file)
            group[1].update(marks)
        yield from (files for files, _ in found)


@functools.cache
def version(clang_tidy):
    return subprocess.run([clang_tidy, "--version"], stdout=subprocess.PIPE, check=True).stdout


def known_clean(clang_tidy, root, folder, command, options):
    """The file that says that nothing was found in what `command` compiles in `folder`; None where it does not preprocess."""
    words = shlex.split(command)
    at = words.index("-o")
    seen = subprocess.run([*words[:at], *words[at + 2:], "-E", "-C", "-P"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder)
    parts = (version(clang_tidy), (root / ".clang-tidy").read_bytes(), "\0".join(options).encode(), seen.stdout)
    return KNOWN_CLEAN / hashlib.sha256(b"\0".join(parts)).hexdigest() if seen.returncode == 0 else None


def forget_old():
    for file in KNOWN_CLEAN.glob("*"):
        if file.stat().st_mtime < time.time() - KEPT:
            file.unlink(missing_ok=True)


def problem(clang_tidy, root, entry, file, *options):
    """What is wrong with `file`, compiled as `entry` says."""
    command = entry["command"].replace(entry["file"], str(file))
    clean = known_clean(clang_tidy, root, entry["directory"], command, options)
    if clean and clean.exists():
        clean.touch()
        return None
    found = look_at(clang_tidy, root, entry, file, command, *options)
    if clean and not found:
        KNOWN_CLEAN.mkdir(parents=True, exist_ok=True)
        clean.touch()
    return found


def look_at(clang_tidy, root, entry, file, command, *options):
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "compile_commands.json").write_text(
            json.dumps([{**entry, "file": str(file), "command": command}]))
        run = subprocess.run([clang_tidy, "-quiet", "-p", folder, f"--config-file={root / '.clang-tidy'}", *options, str(file)],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")
        return None if run.returncode == 0 else run.stdout or run.stderr


def problems(clang_tidy, root, commands, files):
    """What is wrong with each of `files`."""
    if len(files) == 1:
        return [problem(clang_tidy, root, commands[files[0]], files[0])]
    with tempfile.TemporaryDirectory() as folder:
        together = pathlib.Path(folder, "together.cpp")
        together.write_text("".join(f'#include "{file}"\n' for file in files))
        if problem(clang_tidy, root, entry_for(commands, files), together, "--checks=-bugprone-suspicious-include") is None:
            return [None] * len(files)
    half = len(files) // 2
    return [one for part in (files[:half], files[half:]) for one in problems(clang_tidy, root, commands, part)]


def main(name, clang_tidy, root, compile_commands):
    root, cases = pathlib.Path(root), Cases(name)
    forget_old()
    commands = shipped(root, compile_commands)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = sorted(groups(commands, root), key=len, reverse=True)
        for files, found in zip(parts, pool.map(lambda files: problems(clang_tidy, root, commands, files), parts)):
            for file, one in zip(files, found):
                cases.add(str(file.relative_to(root)), one)
    return cases.finish()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
