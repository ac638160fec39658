#include "http/Workers.hpp"

namespace patchbay::http {
namespace {

thread_local const Workers::Turn* current = nullptr;

}  // namespace

Workers::Turn::Turn(Workers& workers, std::string_view method, std::string_view target) : workers_{workers}, outer_{current} {
    std::string request{method};
    request.append(" ").append(target.substr(0, target.find('?')));  // what follows may be a secret
    const std::lock_guard guard{workers_.lock_};
    place_ = workers_.requests_.insert(workers_.requests_.end(), std::move(request));
    current = this;
}

Workers::Turn::~Turn() {
    current = outer_;
    const std::lock_guard guard{workers_.lock_};
    workers_.requests_.erase(place_);
}

bool Workers::here() const noexcept {
    for (const Turn* turn = current; turn; turn = turn->outer_) {
        if (&turn->workers_ == this) return true;
    }
    return false;
}

std::vector<std::string> Workers::requests() const {
    const std::lock_guard guard{lock_};
    return {requests_.begin(), requests_.end()};
}

}  // namespace patchbay::http
