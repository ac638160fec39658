#pragma once
// OpenSSL's errors as error codes.

#include <system_error>

namespace patchbay::transport {

/// Takes the oldest error that OpenSSL noted on this thread; some error in any case.
std::error_code takeTlsError() noexcept;

}  // namespace patchbay::transport
