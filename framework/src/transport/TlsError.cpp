#include "transport/TlsError.hpp"

#include <openssl/err.h>
#include <openssl/sslerr.h>

#include <string>

namespace patchbay::transport {
namespace {

/// A value is OpenSSL's packed code: library and reason.
class TlsCategory final : public std::error_category {
public:
    const char* name() const noexcept override { return "tls"; }
    std::string message(int value) const override {
        const char* reason = ERR_reason_error_string(static_cast<unsigned long>(value));
        return std::string{"TLS: "} + (reason ? reason : "unknown error");
    }
};

}  // namespace

std::error_code takeTlsError() noexcept {
    static const TlsCategory category;
    unsigned long packed = ERR_get_error();
    if (packed == 0 || ERR_SYSTEM_ERROR(packed)) packed = ERR_PACK(ERR_LIB_SSL, 0, SSL_R_BAD_DATA);
    return {static_cast<int>(packed), category};
}

}  // namespace patchbay::transport
