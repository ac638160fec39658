#pragma once
// Sockets that are there before the program: systemd binds them, listens on them and hands them over (socket activation).
//
//   LISTEN_PID      whom they are for: a child inherits the others, and must not take them for its own
//   LISTEN_FDS      how many; the first is descriptor 3
//   LISTEN_FDNAMES  their names, with colons between them: FileDescriptorName= of the .socket unit, else the unit's own name
//
// Source: sd_listen_fds(3), systemd.socket(5)

#include <string>
#include <vector>

namespace patchbay::transport {

struct ActivatedSocket {
    int descriptor = -1;  ///< stays systemd's: a listener makes a duplicate
    std::string name = {};
};

/// The three variables, nullptr where one is not there.
struct ActivationVariables {
    const char* pid = nullptr;
    const char* count = nullptr;
    const char* names = nullptr;
};

/// Those that are meant for the process `self`.
std::vector<ActivatedSocket> activatedSockets(const ActivationVariables& variables, long self);
/// Those that this process has been handed.
std::vector<ActivatedSocket> activatedSockets();

}  // namespace patchbay::transport
