#include <patchbay/services.hpp>

#include "base/TypeName.hpp"

namespace patchbay {

namespace detail {
namespace {

struct Pinned {
    ImagePin pin;  // first: goes last
    std::shared_ptr<void> object;
};

}  // namespace

std::shared_ptr<void> pinned(std::shared_ptr<void> object, ImagePin pin) {
    if (!pin.image()) return object;
    void* const address = object.get();
    return {std::make_shared<Pinned>(Pinned{std::move(pin), std::move(object)}), address};
}

}  // namespace detail

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
