#pragma once
// Readiness: what has to be well besides the server itself before it takes new clients. A service: ask for a `Readiness&`.
//
//     server.service<Readiness>()->add("database", [database] { return database->health().ok(); });
//
// While something is not, GET /readyz is answered with 503 and its name. Those who are connected stay.

#include <patchbay/detail/Image.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace patchbay {

/// Thread: any.
class Readiness {
public:
    Readiness();
    ~Readiness();
    Readiness(const Readiness&) = delete;
    Readiness& operator=(const Readiness&) = delete;

    /// `isWell` is asked with each GET /readyz, on a loop: it must not block. One that throws is not well, and is logged.
    /// `name` is read by whoever asks: a word, and no secret.
    void add(std::string name, std::function<bool()> isWell, detail::ImagePin pin = detail::thisImage());
    /// The names of what is not well, in the order in which they were added.
    std::vector<std::string> missing() const;
    /// Lets go of them all.
    void clear() noexcept;

private:
    struct Check;
    using Checks = std::vector<std::shared_ptr<const Check>>;

    mutable std::mutex lock_;  // guards what follows; not held while a check is asked
    Checks checks_;
};

}  // namespace patchbay
