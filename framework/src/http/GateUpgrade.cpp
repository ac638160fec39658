// Handshakes: from a head to the connection's successor.
#include "http/Gate.hpp"

#include "base/Guarded.hpp"

#include <array>
#include <string>
#include <utility>

namespace patchbay::http {
namespace {

/// RFC 6454 §7.3: a client sends one Origin, with a value, or none. Of two, only one would be checked.
bool hasDoubtfulOrigin(const RequestHead& head) {
    const std::size_t count = protocol::countFields(head.headers(), "Origin");
    return count > 1 || (count == 1 && head.header("Origin").empty());
}

/// Of a target, what may stand in the log: a query may hold a token.
std::string shown(std::string_view target) { return std::string{target.substr(0, target.find('?'))}; }

HttpResponse failed() { return {500, {}, "the server could not complete the handshake\n"}; }

/// What the application adds is its own, or goes nowhere.
void checkFields(Upgrade& upgrade, std::string_view target) {
    const std::string mistake = upgrade.refusal ? mistakeIn(upgrade.refusal->status, upgrade.refusal->headers) : mistakeIn(upgrade.fields);
    if (mistake.empty()) return;
    log::error("http", shown(target) + ": the handshake's answer: " + mistake + "; the client gets a 500");
    upgrade.refusal = failed();
}

}  // namespace

/// Judges a handshake.
class Gate::UpgradeJob final : public Hosted {
public:
    UpgradeJob(Gate& gate, const RequestHead& head, const Client& client)
        : Hosted{gate.secure_}, gate_{gate}, head_{head}, client_{client} {}

    void handle() noexcept override {
        UpgradeJob*& judging = gate_.state_->scratch[gate_.loopIndex_].judging;
        judging = this;
        const auto thrown = thrownBy([&] { judge(); });
        judging = nullptr;
        if (thrown) {
            log::error("http", shown(head_.target) + ": the handshake failed: " + *thrown);
            result.emplace().refusal = failed();
        }
    }

    std::optional<Upgrade> result;
    std::shared_ptr<void> awaited;  // the verdict takes time
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
            awaited = gate_.state_->site.upgrade({head_, handshake, client_, gate_.loopIndex_, gate_.channel_->peerCertificates()},
                                                 [gate = &gate_](Upgrade&& upgrade) {
                                                     UpgradeJob* const job = gate->state_->scratch[gate->loopIndex_].judging;
                                                     if (!job || &job->gate_ != gate) return gate->decided(std::move(upgrade));
                                                     checkFields(upgrade, job->head_.target);
                                                     job->result = std::move(upgrade);
                                                 });
        }
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
    if (job.awaited) {
        stage_ = Stage::Busy;
        deciding_ = std::make_unique<Deciding>(Deciding{std::move(job.handshake), std::string{head.target}, std::move(job.awaited)});
        return 0;
    }
    if (!job.result) job.result.emplace().refusal = failed();
    agree(std::move(*job.result), job.handshake, head.target, behind);
    return behind.size();
}

/// The verdict on a handshake that took its time. What the client has sent meanwhile is its successor's.
void Gate::decided(Upgrade upgrade) {
    const auto keep = self_;
    withMemory([&] {
        handingOver_ = true;
        channel_->resumeReading();
        if (stage_ == Stage::Ended) return;  // that was the end
        const auto mine = std::move(deciding_);
        std::string behind;
        behind.swap(buffer_);
        checkFields(upgrade, mine->target);
        agree(std::move(upgrade), mine->handshake, mine->target, behind);
    });
}

/// Answers a handshake; `behind` came right behind it.
void Gate::agree(Upgrade&& agreed, const protocol::ServerHandshake& handshake, std::string_view target, std::string_view behind) {
    if (agreed.refusal) return refuse(std::move(*agreed.refusal));
    std::string& answer = state_->scratch[loopIndex_].answer;
    answer.assign("HTTP/1.1 101 Switching Protocols\r\n");
    for (const auto& field : protocol::answerFields(handshake, agreed.subprotocol, agreed.extensions)) {
        writeField(answer, field.name, field.value);
    }
    for (const auto& [name, value] : agreed.fields) writeField(answer, name, value);
    answer.append("\r\n");
    // Whatever becomes of what follows: without the 101 it would be read as the answer.
    if (channel_->sendCommitted(asBytes(answer)) != SendStatus::Queued) {
        log::error("http", shown(target) + ": the handshake's answer is too large: its headers must fit 4 KiB");
        agreed.successor.reset();
        return refuse(500, "the server could not complete the handshake");
    }
    std::array<char, kSlackBytes> onlySlack{};
    std::string first;
    if (!behind.empty()) first.append(behind).append(onlySlack.data(), onlySlack.size());
    const std::span<char> readable = behind.empty() ? std::span<char>{onlySlack} : std::span<char>{first};
    const auto keep = std::move(self_);
    leave();
    agreed.successor->takeOver(channel_, std::move(place_), std::as_writable_bytes(readable).first(behind.size()));
}

}  // namespace patchbay::http
