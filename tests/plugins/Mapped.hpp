#pragma once
// Whether a library is part of this process, as the kernel sees it.

#include <fstream>
#include <string>

namespace patchbay::test {

inline bool isMapped(const std::string& library) {
    std::ifstream maps{"/proc/self/maps"};
    for (std::string line; std::getline(maps, line);) {
        if (line.ends_with("/lib" + library + ".so")) return true;
    }
    return false;
}

}  // namespace patchbay::test
