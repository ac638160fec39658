#pragma once
// What the test and its plugins share: a service of the server's that plugins write into.

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace patchbay::test {

/// Lines, in the order in which they came.   Thread: any.
class Notes {
public:
    virtual ~Notes() = default;
    virtual void add(std::string line) = 0;
};

}  // namespace patchbay::test
