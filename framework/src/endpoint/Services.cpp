#include <patchbay/services.hpp>

#include "base/TypeName.hpp"

namespace patchbay {

void Services::add(const std::type_info& type, void* object, std::shared_ptr<void> shares) {
    if (!object) throw std::invalid_argument{"the service " + readableName(type) + " is a null pointer"};
    if (!entries_.try_emplace(type, Entry{object, std::move(shares)}).second) {
        throw std::invalid_argument{"the service " + readableName(type) + " is provided twice"};
    }
}

const Services::Entry& Services::entry(const std::type_info& type) const {
    for (const Services* scope = this; scope; scope = scope->parent_) {
        const auto found = scope->entries_.find(type);
        if (found != scope->entries_.end()) return found->second;
    }
    throw MissingService{"it asks for " + readableName(type) +
                         " in its constructor and nothing provides one; call server.provide(...) before deploying"};
}

}  // namespace patchbay
