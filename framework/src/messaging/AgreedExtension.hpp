#pragma once
// An extension on one connection, as a handshake has agreed on it. Its library is pinned by what `deployment` keeps of its
// factory, for as long as a loop turns.

#include <patchbay/extension.hpp>

#include <memory>

namespace patchbay::messaging {

struct AgreedExtension {
    const ExtensionFactory* kind = nullptr;  ///< those of one factory read the same broadcast forms; to be compared only
    std::unique_ptr<Extension> object;     ///< nullptr: none was agreed on
};

}  // namespace patchbay::messaging
