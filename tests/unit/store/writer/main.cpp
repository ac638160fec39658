// Commits to a file until it is killed, and says of each when it is acknowledged: store-writer FILE

#include "../Load.hpp"

#include <string>

#include <unistd.h>

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    patchbay::test::Load load{{.file = argv[1], .group = 10}};
    load.run(900, [](std::uint64_t number) {
        const std::string line = "acknowledged " + std::to_string(number) + "\n";
        if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) _exit(1);
    });
    ::pause();
}
