#pragma once
// The keys that session tickets are sealed with. Who has one can read every connection that its tickets resume, so each is used
// for an hour, opens what it has sealed for one more, and is gone then: drawn anew, never written anywhere.
//
//     age    0 ── seals and opens ── kLife ── opens only ── 2 × kLife ── forgotten
//
// Source: RFC 5077 §5.5 (key management), RFC 8446 §4.6.1

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

using SSL_CTX = struct ssl_ctx_st;

namespace patchbay::transport {

/// Thread: any.
class TicketKeys {
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::hours kLife{1};

    struct Key {
        std::array<std::uint8_t, 16> name;
        std::array<std::uint8_t, 32> cipher;  // AES-256
        std::array<std::uint8_t, 32> mac;     // HMAC-SHA-256
    };

    TicketKeys() = default;
    ~TicketKeys();
    TicketKeys(const TicketKeys&) = delete;
    TicketKeys& operator=(const TicketKeys&) = delete;

    /// Makes a context seal and open its tickets with these.   Requires: they outlive it.
    void use(SSL_CTX* context);

    /// The one that seals now; nothing when the system has no random numbers.
    std::optional<Key> sealing(Time now);
    struct Found {
        Key key;
        bool isCurrent;  ///< false: who shows this ticket gets a new one
    };
    /// The one that has sealed a ticket with that name of a key.
    std::optional<Found> opening(const std::uint8_t* name, Time now);

private:
    struct Aged {
        Key key;
        Time born;
    };
    void forgetOld(Time now);

    std::mutex lock_;
    std::optional<Aged> current_, previous_;
};

}  // namespace patchbay::transport
