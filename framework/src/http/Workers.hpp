#pragma once
// The requests that workers are at: what a stop names when it gives up, and how a thread knows that it is one of them.

#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::http {

/// Thread: any.
class Workers {
public:
    /// From its construction to its end this thread is one of `workers`, at that request.
    class Turn {
    public:
        Turn(Workers& workers, std::string_view method, std::string_view target);
        ~Turn();
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;

    private:
        friend class Workers;
        Workers& workers_;
        const Turn* const outer_;
        std::list<std::string>::iterator place_;
    };

    /// True on a thread that is at one of these requests.
    bool here() const noexcept;
    /// Each as `GET /slow`.
    std::vector<std::string> requests() const;

private:
    mutable std::mutex lock_;
    std::list<std::string> requests_;
};

}  // namespace patchbay::http
