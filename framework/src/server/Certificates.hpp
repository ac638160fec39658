#pragma once
// The certificates of an address, as its connections get them.

#include "transport/TlsContext.hpp"

#include <patchbay/config.hpp>

#include <memory>
#include <mutex>

namespace patchbay::server {

/// What connections to one address start their TLS from; a reload replaces it as a whole.   Thread: any.
class Certificates {
public:
    /// Reads the files of an https address.   Errors: std::invalid_argument, for the operator.
    explicit Certificates(const ListenConfig& listen);
    /// nullptr for an address that is plain http.
    std::shared_ptr<const transport::TlsContext> current() const;
    /// Reads the files again. False when there are none.   Errors: as the constructor's; what was there stays.
    bool reload();

private:
    const ListenConfig listen_;
    mutable std::mutex lock_;
    std::shared_ptr<const transport::TlsContext> current_;
};

}  // namespace patchbay::server
