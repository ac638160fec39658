#!/usr/bin/env python3
"""Fails where an #include crosses a wall: include_scan.py [ROOT]

The rooms of framework/src see the rooms below them and their own libraries; public headers see none of those libraries;
modules, apps, plugins and templates see public headers, their own files and their own libraries, never the framework's
inside. Adding a room or a wall is a row in a table here; a folder that no row names is itself a breach.
"""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from cases import Cases

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
SOURCES = {".cpp", ".hpp", ".h", ".cc", ".hh"}
PUBLIC = "framework/include/patchbay/"

# What an include that leaves the tree stands for, first match wins.
LIBRARIES = [
    ("std", r"([a-z0-9_]+|cxxabi\.h)$"),  # the second is the compiler's own run time: names of types
    ("POCO Net", r"Poco/Net/"),
    ("POCO", r"Poco/(Util|JWT|Data|Zip|XML|JSON|Crypto|Redis|MongoDB)/"),
    ("POCO Foundation", r"Poco/\w+\.h$"),
    ("yaml-cpp", r"yaml-cpp/"),
    ("simdjson", r"simdjson"),
    ("OpenSSL Crypto", r"openssl/(sha|evp|rand)\.h$"),
    ("OpenSSL", r"openssl/"),
    ("Boost.PFR", r"boost/(pfr(\.hpp|/)|version\.hpp$)"),
    ("Boost.Intrusive", r"boost/intrusive/"),
    ("Boost.SmartPtr", r"boost/smart_ptr/intrusive_(ptr|ref_counter)\.hpp$"),
    ("heap", r"(malloc|sys/mman)\.h$"),
    ("SQLite", r"sqlite3\.h$"),
    ("system", r"(sys|netinet|arpa|linux|net)/|(dlfcn|elf|errno|fcntl|limits|link|netdb|poll|pthread|sched|semaphore|signal"
               r"|spawn|stdlib|string|termios|time|unistd)\.h$"),
]

# Public headers by the lowest room that may see them; those in no row belong to `endpoint`.
PUBLIC_OF_ROOM = {
    "base": {"log.hpp", "bytes.hpp", "client_certificate.hpp", "clock.hpp", "close.hpp", "errors.hpp", "extension.hpp", "extension_terms.hpp", "limits.hpp", "message_buffer.hpp", "printable.hpp", "send_status.hpp",
             "task.hpp", "timer.hpp", "detail/Image.hpp", "detail/Labels.hpp"},
    "http": {"http.hpp", "http_exchange.hpp"},
    "configuration": {"config.hpp", "detail/ConfigReader.hpp"},
    "deployment": {"http_handlers.hpp", "readiness.hpp", "server_container.hpp"},
    "plugins": {"plugin.hpp", "detail/PluginEntry.hpp"},
    "server": {"application.hpp", "server.hpp", "version.hpp"},
    "testkit": {"faulty_store.hpp", "testkit.hpp"},
    "client": {"client.hpp"},
}

POCO_NET = {"POCO Net", "POCO Foundation"}
TLS = {"OpenSSL Crypto", "OpenSSL"}

# room: (rooms it sees besides itself, rooms whose public headers it sees, its libraries)
ROOMS = {
    "base": (set(), {"base"}, {"std", "simdjson", "heap"}),
    "protocol": ({"base"}, {"base"}, {"std", "OpenSSL Crypto"}),
    "transport": ({"base"}, {"base"}, {"std", "system", "Boost.SmartPtr"} | POCO_NET | TLS),
    "endpoint": ({"base"}, {"base", "endpoint"}, {"std", "Boost.PFR", "simdjson"}),
    "wire": ({"base"}, {"base", "endpoint"}, {"std", "OpenSSL Crypto"}),
    "history": ({"base"}, {"base", "endpoint"}, {"std"}),
    "messaging": ({"base", "endpoint", "history", "wire"}, {"base", "endpoint"}, {"std", "Boost.PFR", "Boost.Intrusive", "Boost.SmartPtr"}),
    "http": ({"base", "protocol", "transport"}, {"base", "endpoint", "http"}, {"std", "system", "heap", "Boost.Intrusive"} | POCO_NET),
    "websocket": ({"base", "protocol", "transport", "messaging"}, {"base", "endpoint"}, {"std", "Boost.Intrusive"}),
    "configuration": ({"base"}, {"base", "endpoint", "configuration"}, {"std", "yaml-cpp"}),
    "deployment": ({"base", "protocol", "endpoint", "messaging", "http", "wire"},
                   {"base", "endpoint", "http", "configuration", "deployment"}, {"std", "Boost.PFR"}),
    "plugins": ({"base"}, {"base", "configuration", "deployment", "plugins"}, {"std", "system"}),
    "server": ({"base", "protocol", "transport", "messaging", "http", "websocket", "configuration", "deployment", "plugins"},
               {"base", "endpoint", "http", "configuration", "deployment", "plugins", "server"},
               {"std", "system", "POCO", "POCO Foundation", "Boost.Intrusive"}),
    "testkit": ({"base", "messaging", "http", "deployment"},
                {"base", "endpoint", "http", "configuration", "deployment", "plugins", "server", "testkit"}, {"std"}),
    "client": ({"base", "protocol", "transport", "endpoint", "messaging"}, {"base", "endpoint", "client"},
               {"std", "system", "Boost.PFR"} | POCO_NET | TLS),
}
PUBLIC_LIBRARIES = {"std", "Boost.PFR"}
OF_MODULE = {"SQLite": "modules/store"}  # the one door to it
INSIDE_ONLY = {"POCO", "POCO Net", "POCO Foundation", "yaml-cpp"}  # of the framework
GUESTS = ("modules", "apps", "plugins", "templates")
# What the guests of one kind have in common, which is all that lies outside the folder of one of them.
SHARED = {"plugins/CommandLine.hpp"}


def library_of(name):
    return next((library for library, pattern in LIBRARIES if re.match(pattern, name)), None)


def resolve(root, file, quote, name):
    """The included file within the tree, as a path from the root, or None for a library's."""
    beside = [file.parent] if quote == '"' else []
    top = file.relative_to(root).parts[0]
    shared = [root / top] if top in GUESTS else []
    for folder in beside + shared + [root / "framework/include", root / "framework/src"]:
        found = (folder / name).resolve()
        if found.is_file() and found.is_relative_to(root):
            return found.relative_to(root).as_posix()
    return PUBLIC + name.removeprefix("patchbay/") if name.startswith("patchbay/") else None


def room_of_public(path):
    name = path.removeprefix(PUBLIC)
    return next((room for room, headers in PUBLIC_OF_ROOM.items() if name in headers), "endpoint")


def breach_of_room(room, target, name):
    rooms, publics, libraries = ROOMS[room]
    if target is None:
        return None if library_of(name) in libraries else f"{room} does not use {library_of(name) or 'this library'}"
    if target.startswith(PUBLIC):
        owner = room_of_public(target)
        return None if owner in publics else f"{room} does not see public headers of {owner}"
    other = re.match(r"framework/src/(\w+)/", target)
    if not other:
        return "it lies outside the framework"
    return None if other[1] in rooms | {room} else f"{room} does not see {other[1]}"


def breach_of_public(_, target, name):
    if target is None:
        library = library_of(name)
        return None if library in PUBLIC_LIBRARIES else f"public headers do not name {library or 'this library'}"
    return None if target.startswith(PUBLIC) else "public headers see public headers only"


def breach_of_guest(folder, target, name):
    if target is None:
        library = library_of(name)
        if library in OF_MODULE and folder != OF_MODULE[library]:
            return f"{library} is for {OF_MODULE[library]} alone"
        return f"{library} stays inside the framework" if library in INSIDE_ONLY else None
    if target.startswith("framework/src/"):
        return "only the framework sees its inside"
    if target.startswith((PUBLIC, folder + "/", "modules/")) or target in SHARED and target.startswith(folder.split("/")[0] + "/"):
        return None
    return f"{folder} includes its own files, public headers and modules only"


def breach_of_shared(top, target, name):
    """The rule of files that stand beside the guests' folders: of those that are known, a guest's of no folder."""
    return breach_of_guest(f"{top}/(shared)", target, name)


def breaches_below(root, folder, rule, subject):
    """Every breach in a folder, as text; and how many files it has."""
    lines, count = [], 0
    files = (root / folder).glob("*") if rule is breach_of_shared else (root / folder).rglob("*")
    for file in sorted(files):
        if file.suffix not in SOURCES:
            continue
        count += 1
        if rule is breach_of_shared and file.relative_to(root).as_posix() not in SHARED:
            lines.append(f"{file.relative_to(root)}: it lies in nobody's folder, and no row of SHARED names it")
        for found in INCLUDE.finditer(file.read_text(errors="replace")):
            problem = rule(subject, resolve(root, file, found[1], found[2]), found[2])
            if problem:
                line = file.read_text(errors="replace").count("\n", 0, found.start()) + 1
                lines.append(f"{file.relative_to(root)}:{line}: {found[0].strip()}: {problem}")
    return lines, count


def folders_in(path):
    return sorted(child.name for child in path.iterdir() if child.is_dir()) if path.is_dir() else []


def walls(root):
    """(folder, rule, subject) of everything to look at."""
    for room in folders_in(root / "framework/src"):
        yield f"framework/src/{room}", breach_of_room if room in ROOMS else None, room
    yield "framework/include", breach_of_public, None
    for top in GUESTS:
        yield top, breach_of_shared, top
        for guest in folders_in(root / top):
            yield f"{top}/{guest}", breach_of_guest, f"{top}/{guest}"


def scan(root):
    """[(folder, problem or None)] for every folder that holds sources."""
    root = pathlib.Path(root).resolve()
    results = []
    for folder, rule, subject in walls(root):
        if rule is None:
            results.append((folder, f"No row of ROOMS says what {subject} may include."))
            continue
        lines, count = breaches_below(root, folder, rule, subject)
        if count:
            results.append((folder, "\n".join(lines) or None))
    return results


if __name__ == "__main__":
    cases = Cases("structure_include_scan")
    for folder, problem in scan(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]):
        cases.add(f"{folder} keeps to its walls", problem)
    sys.exit(cases.finish())
