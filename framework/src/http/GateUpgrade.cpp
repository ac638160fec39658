// Handshakes: from a head to the connection's successor.
#include "http/Gate.hpp"

#include "base/Guarded.hpp"

#include <utility>

namespace patchbay::http {
namespace {

/// RFC 6454 §7.3: a client sends one Origin, with a value, or none. Of two, only one would be checked.
bool hasDoubtfulOrigin(const RequestHead& head) {
    const std::size_t count = protocol::countFields(head.headers(), "Origin");
    return count > 1 || (count == 1 && head.header("Origin").empty());
}

HttpResponse failed() { return {500, {}, "the server could not complete the handshake\n"}; }

}  // namespace

/// Judges a handshake.
class Gate::UpgradeJob final : public Hosted {
public:
    UpgradeJob(Gate& gate, const RequestHead& head, const Client& client)
        : Hosted{gate.secure_}, gate_{gate}, head_{head}, client_{client} {}

    void handle() noexcept override {
        if (const auto thrown = thrownBy([&] { judge(); })) {
            log::error("http", std::string{head_.target} + ": the handshake failed: " + *thrown);
            result.emplace().refusal = failed();
        }
    }

    std::optional<Upgrade> result;
    protocol::ServerHandshake handshake;

private:
    void judge() {
        handshake = protocol::readServerHandshake({head_.method, 1, head_.minorVersion, head_.headers()});
        if (!handshake.isAccepted()) {
            HttpResponse refusal{handshake.status, {}, handshake.problem + "\n"};
            for (auto& field : protocol::answerFields(handshake)) refusal.addHeader(field.name, field.value);
            result.emplace().refusal = std::move(refusal);
        } else if (hasDoubtfulOrigin(head_)) {
            result.emplace().refusal = {400, {}, "more than one Origin field, or an empty one (RFC 6454 §7.3)\n"};
        } else {
            result = gate_.state_->site.upgrade(
                {head_, handshake, client_, gate_.loopIndex_, gate_.channel_->peerCertificates()});
            checkFields();
        }
    }
    /// What the application adds is its own, or goes nowhere.
    void checkFields() {
        const std::string mistake =
            result->refusal ? mistakeIn(result->refusal->status, result->refusal->headers) : mistakeIn(result->fields);
        if (mistake.empty()) return;
        log::error("http", std::string{head_.target} + ": the handshake's answer: " + mistake + "; the client gets a 500");
        result.emplace().refusal = failed();
    }

    Gate& gate_;
    const RequestHead& head_;
    const Client& client_;
};

/// How many of the bytes behind the head it has taken.
std::size_t Gate::upgrade(const RequestHead& head, const Client& client, std::string_view behind) {
    terms_ = {.toHead = head.method == "HEAD", .minorVersion = head.minorVersion, .keepAlive = false};
    keepAlive_ = false;
    if (head.hasBody()) {
        refuse(400, "a handshake has no body (RFC 6455 §4.1)");
        return behind.size();
    }
    UpgradeJob job{*this, head, client};
    job.tell(head);
    state_->host.runHere(job, loopIndex_);
    if (!job.result) job.result.emplace().refusal = failed();
    if (job.result->refusal) {
        refuse(std::move(*job.result->refusal));
        return behind.size();
    }
    Upgrade& agreed = *job.result;
    std::string& answer = state_->scratch[loopIndex_].answer;
    answer.assign("HTTP/1.1 101 Switching Protocols\r\n");
    for (const auto& field : protocol::answerFields(job.handshake, agreed.subprotocol, agreed.extensions)) {
        writeField(answer, field.name, field.value);
    }
    for (const auto& [name, value] : agreed.fields) writeField(answer, name, value);
    answer.append("\r\n");
    // Whatever becomes of what follows: without the 101 it would be read as the answer.
    if (channel_->sendCommitted(asBytes(answer)) != SendStatus::Queued) {
        log::error("http", std::string{head.target} + ": the handshake's answer is too large: its headers must fit 4 KiB");
        agreed.successor.reset();
        refuse(500, "the server could not complete the handshake");
        return behind.size();
    }
    std::string first{behind};
    first.resize(behind.size() + kSlackBytes);
    const auto keep = std::move(self_);
    leave();
    agreed.successor->takeOver(channel_, std::move(place_), std::as_writable_bytes(std::span{first}).first(behind.size()));
    return behind.size();
}

}  // namespace patchbay::http
