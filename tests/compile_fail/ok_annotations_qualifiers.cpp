// Handlers may be private, const, noexcept, virtual, inherited or bound to an lvalue; their class may be final.
#include <patchbay/annotations.hpp>

namespace app {

struct Greeter {
    void greet(patchbay::Session session);
};

class Room final : public Greeter {
    SERVER_ENDPOINT(Room, "/chat/{room}")
    ON_OPEN(greet)

    ON_MESSAGE(said)
    std::string_view said(std::string_view text) const noexcept { return text; }

    ON_MESSAGE(got)
    patchbay::Bytes got(patchbay::Bytes bytes) const& { return bytes; }

    ON_CLOSE(left)
    virtual void left() noexcept {}

    ON_ERROR(failed)
    void failed(const std::exception& error) &;
};

struct Open {
    SERVER_ENDPOINT(Open, "/open")
    ON_MESSAGE(said)
    void said(bool yes) noexcept;
};

}  // namespace app
