#pragma once
// The list of endpoints that annotations have registered. Each binary image (a program, a shared library) has one of its
// own: it is hidden from the others, so a library can be asked for its endpoints and leave with them.

#include <patchbay/detail/EndpointModel.hpp>

namespace patchbay::detail {

struct Registration {
    explicit Registration(EndpointModel (*makeModel)()) noexcept;

    EndpointModel (*const make)();
    const Registration* const next;
};

/// The first of this image's registrations.
__attribute__((visibility("hidden"))) inline const Registration*& firstRegistration() noexcept {
    static constinit const Registration* first = nullptr;
    return first;
}

__attribute__((visibility("hidden"))) inline Registration::Registration(EndpointModel (*makeModel)()) noexcept
    : make{makeModel}, next{firstRegistration()} {
    firstRegistration() = this;
}

}  // namespace patchbay::detail
