#pragma once
// What a test and the library that leaves while others hold its handles share.

#include <patchbay/session.hpp>
#include <patchbay/topics.hpp>

#include <memory>
#include <string>

namespace patchbay::test {

/// A service of the test's; the library tells it what happens in it, and gives it handles to keep.   Thread: any.
class Witness {
public:
    virtual ~Witness() = default;
    virtual void tell(std::string line) = 0;
    virtual void keep(const Session& session, std::shared_ptr<Topics> topics) = 0;
    virtual void keep(Timer timer) = 0;
    /// Something with code of the library's, beyond its server.
    virtual void keep(Task task) = 0;
};

}  // namespace patchbay::test
