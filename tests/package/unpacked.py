"""The two .deb files, unpacked into a folder, are all that an outside project needs.

Usage: unpacked.py PACKAGES COMPILER
"""
import os
import pathlib
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cases  # noqa: E402
import outside_project  # noqa: E402
from program import need, run  # noqa: E402

need("dpkg-deb", package="dpkg")
PACKAGES, COMPILER = sys.argv[1:] if len(sys.argv) == 3 else sys.exit(__doc__)


class Unpacked(outside_project.OutsideProject):
    compiler = COMPILER

    @classmethod
    def put_patchbay_into(cls, folder):
        for package in pathlib.Path(PACKAGES).glob("*.deb"):
            run("dpkg-deb", "-x", package, folder)
        return folder / "usr"

    def test_the_server_program_reads_the_packaged_configuration(self):
        with outside_project.serving(self.prefix / "bin/patchbay-server", "--config",
                                     self.prefix.parent / "etc/patchbay/patchbay.yaml") as address:
            self.assertIn("<title>", outside_project.page(address)[1])


if __name__ == "__main__":
    cases.run_unittest("integration_package_unpacked")
