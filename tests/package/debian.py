"""The two .deb files: their fields, what is in them, what they depend on. Nothing is installed.

Usage: debian.py PACKAGES VERSION SOURCE_DIR
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cases  # noqa: E402
from program import need, run  # noqa: E402

need("dpkg-deb", "dpkg-shlibdeps", "file", package="dpkg dpkg-dev file")
PACKAGES, VERSION, SOURCE = sys.argv[1:] if len(sys.argv) == 4 else sys.exit(__doc__)
ARCHITECTURE = run("dpkg", "--print-architecture").strip()
SOURCE = pathlib.Path(SOURCE)

SERVER_FILES = {
    "/etc/patchbay/patchbay.yaml", "/usr/bin/patchbay-bench", "/usr/bin/patchbay-server", "/usr/lib/libpatchbay.so.0.1",
    f"/usr/lib/libpatchbay.so.{VERSION}", "/usr/lib/systemd/system/patchbay.service", "/usr/share/doc/patchbay/CHANGELOG.md",
    *(f"/usr/lib/patchbay/lib{name}.so" for name in ("access-log", "auth-jwt", "chat", "compression", "guard", "heartbeat")),
    "/usr/share/doc/patchbay/README.md", "/usr/share/doc/patchbay/copyright", "/usr/share/doc/patchbay/nginx.conf"}
HEADERS = {f"/usr/include/{header.relative_to(folder)}" for folder in (SOURCE / "framework/include", *SOURCE.glob("modules/*/include"))
           for header in folder.rglob("*.hpp")}
DEV_FILES = HEADERS | {"/usr/lib/libpatchbay.so", "/usr/lib/libpatchbay-web.a", "/usr/lib/libpatchbay-yjs.a", "/usr/lib/libpatchbay-store.a", "/usr/share/doc/libpatchbay-dev/copyright"}
CMAKE_FILES = {"PatchbayConfig.cmake", "PatchbayConfigVersion.cmake", "PatchbayHelpers.cmake", "PatchbayTargets.cmake"}


class Package:
    def __init__(self, name):
        self.path = pathlib.Path(PACKAGES) / f"{name}_{VERSION}_{ARCHITECTURE}.deb"

    def field(self, name):
        return run("dpkg-deb", "-f", self.path, name).strip()

    def dependencies(self):
        """Each with its version, alternatives left as they are written."""
        return [one.strip() for one in self.field("Depends").split(",")]

    def entries(self):
        """Path: its line of `dpkg-deb -c`, for files and links."""
        lines = [line.split(None, 5) for line in run("dpkg-deb", "-c", self.path).splitlines()]
        return {line[5].split(" -> ")[0][1:]: line for line in lines if not line[0].startswith("d")}

    def control(self, name):
        return run("dpkg-deb", "-I", self.path, name)


class Debian(unittest.TestCase):
    server, dev = Package("patchbay"), Package("libpatchbay-dev")

    def test_there_are_two_packages_and_no_other(self):
        self.assertEqual({path for path in pathlib.Path(PACKAGES).glob("*.deb")}, {self.server.path, self.dev.path})

    def test_the_fields_say_what_they_are(self):
        for package, name, section in ((self.server, "patchbay", "httpd"), (self.dev, "libpatchbay-dev", "libdevel")):
            fields = {field: package.field(field) for field in ("Package", "Version", "Section", "Architecture", "Priority")}
            self.assertEqual(fields, {"Package": name, "Version": VERSION, "Section": section,
                                      "Architecture": ARCHITECTURE, "Priority": "optional"})
            self.assertRegex(package.field("Maintainer"), r"^[^<>]+ <[^@<>]+@[^@<>]+>$")
            self.assertRegex(package.field("Description"), r"^Real-time servers [^\n]{1,60}\n \S(?s:.{80,})")

    def test_the_server_holds_these_files_and_no_other(self):
        self.assertEqual(set(self.server.entries()), SERVER_FILES)

    def test_the_development_files_are_every_public_header_and_what_find_package_reads(self):
        files = set(self.dev.entries())
        cmake = {path for path in files if path.startswith("/usr/lib/cmake/Patchbay/")}
        names = {pathlib.PurePath(path).name for path in cmake}
        self.assertEqual(files - cmake, DEV_FILES)
        self.assertTrue(any(path.endswith("/detail/Binding.hpp") for path in files))
        self.assertEqual(CMAKE_FILES, {name for name in names if not name.startswith("PatchbayTargets-")})

    def test_everything_belongs_to_root_and_only_the_programs_are_executable(self):
        for path, (mode, owner, *_) in (self.server.entries() | self.dev.entries()).items():
            wanted = "-rwxr-xr-x" if path.startswith("/usr/bin/") else "-rw-r--r--"
            self.assertEqual((path, owner), (path, "root/root"))
            if not mode.startswith("l"):
                self.assertEqual((path, mode), (path, wanted))

    def test_no_link_dangles(self):
        with tempfile.TemporaryDirectory() as root:
            for package in (self.server, self.dev):
                run("dpkg-deb", "-x", package.path, root)
            links = [path for path in pathlib.Path(root).rglob("*") if path.is_symlink()]
            self.assertEqual(len(links), 2)
            self.assertEqual([link for link in links if not link.exists()], [])

    def test_the_server_depends_on_the_packages_of_the_libraries_it_is_linked_with(self):
        names = {one.split()[0] for one in self.server.dependencies()}
        self.assertLessEqual({"libc6", "libstdc++6", "libpoconet80", "libpocoutil80", "libyaml-cpp0.7", "libssl3", "libisal2"}, names)
        self.assertEqual({name for name in names if name.endswith("-dev")}, set())
        self.assertRegex(self.server.field("Depends"), r"libc6 \(>= 2\.\d+\)")

    def test_the_development_files_depend_on_this_very_server_and_on_the_boost_that_has_pfr_and_sqlite(self):
        self.assertEqual(sorted(self.dev.dependencies()), ["libboost1.81-dev", "libsqlite3-dev", f"patchbay (= {VERSION})"])

    def test_an_operators_configuration_outlives_an_upgrade(self):
        self.assertEqual(self.server.control("conffiles"), "/etc/patchbay/patchbay.yaml\n")

    def test_programs_built_against_the_library_will_depend_on_the_server_package(self):
        self.assertEqual(self.server.control("shlibs").split(None, 2)[:2], ["libpatchbay", "0.1"])
        self.assertIn("patchbay (>= ", self.server.control("shlibs"))
        self.assertIn("activate-noawait ldconfig", self.server.control("triggers"))

    def test_what_runs_at_installation_is_correct_shell(self):
        for script in ("postinst", "prerm"):
            subprocess.run(["sh", "-n"], input=self.server.control(script), text=True, check=True)
            self.assertIn("/run/systemd/system", self.server.control(script))  # a machine without systemd is none of its business

    def test_the_configuration_and_the_unit_are_those_of_the_source(self):
        with tempfile.TemporaryDirectory() as root:
            run("dpkg-deb", "-x", self.server.path, root)
            for packed, source in (("etc/patchbay/patchbay.yaml", "patchbay.yaml"), ("usr/share/doc/patchbay/nginx.conf", "nginx.conf"),
                                   ("usr/lib/systemd/system/patchbay.service", "patchbay.service")):
                self.assertEqual((pathlib.Path(root) / packed).read_text(), (SOURCE / "apps/patchbay" / source).read_text())


if __name__ == "__main__":
    cases.run_unittest("integration_package_debian")
