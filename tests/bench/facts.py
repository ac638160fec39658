"""Where a benchmark ran: what its figures cannot be read without."""
import os
import platform
import shutil
import subprocess

import servers


def first_match(path, key):
    with open(path, encoding="utf-8") as file:
        return next((line.split(":", 1)[1].strip() for line in file if line.startswith(key)), "unknown")


def revision():
    if not shutil.which("git"):
        return "unknown"
    done = subprocess.run(["git", "-C", os.path.dirname(os.path.abspath(__file__)), "describe", "--always", "--dirty"],
                          capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def gather(place):
    return {"machine": f"{os.cpu_count()} × {first_match('/proc/cpuinfo', 'model name')}", "memory": first_match("/proc/meminfo", "MemTotal"),
            "kernel": platform.release(), "system": platform.freedesktop_os_release().get("PRETTY_NAME", "unknown"),
            "revision": revision(), "versions": servers.versions(place)}


def as_text(facts):
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    return (f"{facts['machine']}, {facts['memory']}, Linux {facts['kernel']}, {facts['system']}; Patchbay {facts['revision']}\n"
            f"{versions}")
