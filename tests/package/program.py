"""Programs under test: run to their end, or started as servers; and what both need from the machine."""
import contextlib
import re
import shutil
import subprocess
import sys
import tempfile

PATIENCE = 20  # seconds, for anything that takes none
BUILDING = 400  # seconds, for a compiler on a busy machine


def need(*programs, package):
    """Ends the test, as failed, where a program that it is about is not there."""
    missing = [program for program in programs if not shutil.which(program, path="/usr/bin:/usr/sbin:/bin:/sbin")]
    if missing:
        sys.exit(f"This test needs {', '.join(missing)}: apt-get install {package}")


def run(*command, patience=PATIENCE, **options):
    """What a command has printed.   Errors: AssertionError, with all it said, where it fails or does not end."""
    result = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            errors="replace", timeout=patience, check=False, **options)
    assert result.returncode == 0, f"{' '.join(map(str, command))} ended with {result.returncode}:\n{result.stdout[-6000:]}"
    return result.stdout


@contextlib.contextmanager
def started(program, *arguments):
    """The process and address (host:port) of a server that runs for as long as the block does, and then stops as it should."""
    with tempfile.TemporaryFile("w+") as said:
        with subprocess.Popen([str(program), "--port", "0", *map(str, arguments)],
                              stdout=subprocess.PIPE, stderr=said, text=True) as server:
            try:
                line = server.stdout.readline()
                found = re.match(r"listening on http://(\S+:\d+)", line)
                said.seek(0)
                assert found, f"{program} gave no address but {line!r} and {said.read()!r}"
                yield server, found.group(1)
                server.terminate()
                code = server.wait(PATIENCE)
                assert code == 0, f"{program} ended with {code}"
            finally:
                server.kill()


@contextlib.contextmanager
def serving(program, *arguments):
    """The address alone."""
    with started(program, *arguments) as (_, address):
        yield address
