#pragma once
// Lets in who brings a JSON Web Token of somebody who is trusted.
//
//     handshake ─ Authorization: Bearer · bearer.<jwt> among the subprotocols · query · cookie ─▶ known? ─▶ at once
//                                                                                    '─ no: deferred ─ pool ─▶ Principal, or 401
//     message ─ {"auth":"…"} ─▶ the same ─▶ Session::setPrincipal: who comes so, or a refresh; of another user: 1008
//
// A handshake without a token is nobody's: endpoints with roles answer 401, the others let guests in. A cookie that is not believed is
// none, since browsers bring it along. A token is neither logged nor kept.

#include "Checker.hpp"
#include "Config.hpp"

#include <patchbay/plugin.hpp>

#include <memory>

namespace patchbay::auth_jwt {

class AuthJwt final : public Plugin {
public:
    using Config = auth_jwt::Config;
    /// Reads the keys.   Errors: std::invalid_argument, which names the key of the configuration.
    explicit AuthJwt(Config config, KeySource::Fetch fetch = &auth_jwt::fetch);

    void install(ServerContainer& server) override;
    void start() override { keys_->start(); }
    void stop() override { keys_->stop(); }

    /// Requires: installed.
    const Checker& checker() const noexcept { return *checker_; }

private:
    const Config config_;
    const std::shared_ptr<KeySource> keys_;
    std::shared_ptr<Checker> checker_;
};

}  // namespace patchbay::auth_jwt
