#pragma once
// Where secrets come from: files, the environment, systemd's credentials; never a command line or a configuration, which others read.
// A process that has one is not dumpable: no core file of it, and nobody traces it.

#include <string>

namespace patchbay::auth_jwt {

/// All of a file.   Errors: std::invalid_argument.
std::string textOf(const std::string& path);

/// No core file of this process from now on, and nobody traces it.
void hideProcess() noexcept;

/// `file:PATH`, `env:NAME` or `credential:NAME`; a line's end behind it is none of it.   Errors: std::invalid_argument, without the secret.
std::string readSecret(const std::string& place);

}  // namespace patchbay::auth_jwt
