#include <patchbay/services.hpp>

#include <cxxabi.h>

#include <cstdlib>
#include <memory>

namespace patchbay {
namespace {

std::string readable(const std::type_info& type) {
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> name{
        abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free};
    return status == 0 ? name.get() : type.name();
}

}  // namespace

void Services::add(const std::type_info& type, void* object, std::shared_ptr<void> shares) {
    if (!object) throw std::invalid_argument{"the service " + readable(type) + " is a null pointer"};
    if (!entries_.try_emplace(type, Entry{object, std::move(shares)}).second) {
        throw std::invalid_argument{"the service " + readable(type) + " is provided twice"};
    }
}

const Services::Entry& Services::entry(const std::type_info& type) const {
    for (const Services* scope = this; scope; scope = scope->parent_) {
        const auto found = scope->entries_.find(type);
        if (found != scope->entries_.end()) return found->second;
    }
    throw MissingService{"it asks for " + readable(type) +
                         " in its constructor and nothing provides one; call server.provide(...) before deploying"};
}

}  // namespace patchbay
