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
    for (const Entry& entry : entries_) {
        if (*entry.type == type) throw std::invalid_argument{"the service " + readableName(type) + " is provided twice"};
    }
    entries_.push_back({&type, object, std::move(shares)});
}

const Services::Entry& Services::entry(const std::type_info& type) const {
    for (const Services* scope = this; scope; scope = scope->parent_) {
        for (const Entry& entry : scope->entries_) {
            if (*entry.type == type) return entry;
        }
    }
    throw MissingService{"it asks for " + readableName(type) +
                         " in its constructor and nothing provides one; call server.provide(...) before deploying"};
}

}  // namespace patchbay
