#pragma once
// The answers to plain requests, as a client takes them off a connection that is kept: 200 with a Content-Length, and the body
// that the first of them had.

#include "wire/Stream.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

/// A GET of the URL's path, as short as it may be.
std::string pageRequest(std::string_view path, std::string_view host);

class Answers {
public:
    /// The size of the answer that `bytes` begins with; 0 while it is not whole.
    /// Errors: std::runtime_error for another status, for one whose end cannot be seen, and for another body.
    std::size_t take(Bytes bytes);

private:
    std::optional<std::string> body_;
};

}  // namespace bench
