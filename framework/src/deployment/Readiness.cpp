#include <patchbay/readiness.hpp>

#include "base/Guarded.hpp"

#include <utility>

namespace patchbay {

struct Readiness::Check {
    detail::ImagePin pin;  // first: goes last
    std::string name;
    std::function<bool()> isWell;
};

Readiness::Readiness() = default;
Readiness::~Readiness() = default;

void Readiness::add(std::string name, std::function<bool()> isWell, detail::ImagePin pin) {
    auto check = std::make_shared<const Check>(Check{std::move(pin), std::move(name), std::move(isWell)});
    const std::lock_guard guard{lock_};
    checks_.push_back(std::move(check));
}

std::vector<std::string> Readiness::missing() const {
    Checks checks;
    {
        const std::lock_guard guard{lock_};
        checks = checks_;
    }
    std::vector<std::string> names;
    for (const auto& check : checks) {
        bool isWell = false;
        if (!guarded("readyz", "the check '" + check->name + "'", [&] { isWell = check->isWell(); }) || !isWell) names.push_back(check->name);
    }
    return names;
}

void Readiness::clear() noexcept {
    Checks gone;
    const std::lock_guard guard{lock_};
    gone.swap(checks_);
}

}  // namespace patchbay
