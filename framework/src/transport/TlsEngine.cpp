#include "transport/TlsEngine.hpp"

#include "transport/PeerCertificates.hpp"
#include "transport/TlsError.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

namespace patchbay::transport {
namespace {

/// Memory of the last engine that had everything sent, for the next one that has something to send.
thread_local std::vector<std::byte> spare;

constexpr std::size_t kFullRecord = 16384;

/// What other calls of this thread left behind, which SSL_get_error() would take for its own. To look is cheaper than
/// to clear, and there is hardly ever anything.
void forgetErrors() noexcept {
    if (ERR_peek_error() != 0) ERR_clear_error();
}

/// True when it seems so, from its header (RFC 8446 §5.1): what is the middle of a record may look like one as well.
bool isOneRecord(Bytes bytes) noexcept {
    constexpr std::size_t kHeader = 5;
    if (bytes.size() < kHeader) return false;
    const auto length = std::to_integer<std::size_t>(bytes[3]) << 8 | std::to_integer<std::size_t>(bytes[4]);
    return bytes.size() == kHeader + length;
}

}  // namespace

/// The BIO between OpenSSL and an engine.
struct EngineBio {
    static int read(BIO* bio, char* into, std::size_t most, std::size_t* got) {
        auto& engine = *static_cast<TlsEngine*>(BIO_get_data(bio));
        BIO_clear_retry_flags(bio);
        *got = std::min(most, engine.incoming_.size());
        if (*got == 0) {
            BIO_set_retry_read(bio);
            return 0;
        }
        std::memcpy(into, engine.incoming_.data(), *got);
        engine.incoming_ = engine.incoming_.subspan(*got);
        return 1;
    }

    static int write(BIO* bio, const char* from, std::size_t count, std::size_t* put) {
        auto& engine = *static_cast<TlsEngine*>(BIO_get_data(bio));
        BIO_clear_retry_flags(bio);
        if (engine.unsent_.capacity() == 0) engine.unsent_.swap(spare);
        const Bytes bytes = asBytes({from, count});
        try {
            engine.unsent_.insert(engine.unsent_.end(), bytes.begin(), bytes.end());
        } catch (const std::bad_alloc&) {
            return 0;
        }
        *put = count;
        return 1;
    }

    static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

    static BIO_METHOD* method() {
        static BIO_METHOD* const made = [] {
            BIO_METHOD* bio = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "patchbay");
            BIO_meth_set_read_ex(bio, &read);
            BIO_meth_set_write_ex(bio, &write);
            BIO_meth_set_ctrl(bio, &control);
            return bio;
        }();
        return made;
    }
};

TlsEngine::TlsEngine(std::shared_ptr<const TlsContext> context)
    : context_{std::move(context)}, connection_{SSL_new(context_->native()), &SSL_free} {
    BIO* bio = connection_ ? BIO_new(EngineBio::method()) : nullptr;
    if (!bio) throw std::bad_alloc{};
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(connection_.get(), bio, bio);
    SSL_set_accept_state(connection_.get());
}

TlsEngine::~TlsEngine() = default;

bool TlsEngine::isReady() const noexcept { return SSL_is_init_finished(connection_.get()) == 1; }

std::vector<ClientCertificate> TlsEngine::peerCertificates() const { return transport::peerCertificates(connection_.get()); }

Decrypted TlsEngine::decrypt(Bytes ciphertext, std::span<std::byte> into) noexcept {
    incoming_ = ciphertext;
    Decrypted result;
    forgetErrors();
    // Takes its header and its rest with one read. With more behind it OpenSSL would move that up, record by record.
    SSL_set_read_ahead(connection_.get(), isOneRecord(ciphertext) ? 1 : 0);
    while (!incoming_.empty() || SSL_has_pending(connection_.get()) == 1) {
        std::size_t got = 0;
        const auto room = into.subspan(result.bytes);
        const int done = SSL_read_ex(connection_.get(), room.data(), room.size(), &got);
        if (done == 1) {
            result.bytes += got;
            continue;
        }
        const int why = SSL_get_error(connection_.get(), done);
        if (why == SSL_ERROR_ZERO_RETURN) result.ended = true;
        if (why != SSL_ERROR_ZERO_RETURN && why != SSL_ERROR_WANT_READ) {
            result.error = takeTlsError();
            if (ERR_GET_REASON(static_cast<unsigned long>(result.error.value())) == SSL_R_HTTP_REQUEST) answerPlainHttp();
        }
        break;
    }
    incoming_ = {};
    // A peer that asks for answers which it does not read, such as key updates.
    if (!result.error && unsent().size() > kMaxUnsentBytes) {
        result.error = std::make_error_code(std::errc::no_buffer_space);
    }
    return result;
}

/// Somebody wrote http:// where https:// was due, and reads what comes back.
void TlsEngine::answerPlainHttp() noexcept {
    static constexpr std::string_view kAnswer =
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 56\r\nConnection: close\r\n\r\n"
        "this port speaks TLS: begin the address with https://.\r\n";
    const Bytes answer = asBytes(kAnswer);
    try {
        unsent_.insert(unsent_.end(), answer.begin(), answer.end());
    } catch (const std::bad_alloc&) {
        return;  // then the connection just ends
    }
}

std::size_t TlsEngine::encryptOne(Bytes plaintext) noexcept {
    std::size_t put = 0;
    return SSL_write_ex(connection_.get(), plaintext.data(), plaintext.size(), &put) == 1 ? put : 0;
}

std::size_t TlsEngine::encrypt(std::span<const iovec> from) noexcept {
    static thread_local std::array<std::byte, kFullRecord> record;
    std::size_t total = 0;
    std::size_t filled = 0;
    for (const iovec& piece : from) {
        Bytes rest{static_cast<const std::byte*>(piece.iov_base), piece.iov_len};
        while (!rest.empty() && total + filled < kMaxEncryptedAtOnce) {
            const Bytes part = rest.first(std::min(rest.size(), kFullRecord - filled));
            rest = rest.subspan(part.size());
            // With nothing before it and nothing to come behind it in its record, it is encrypted where it lies.
            const bool direct = filled == 0 && (part.size() == kFullRecord || &piece == &from.back());
            if (!direct) std::memcpy(record.data() + filled, part.data(), part.size());
            filled += part.size();
            if (!direct && filled < kFullRecord) continue;
            if (encryptOne(direct ? part : Bytes{record}) == 0) return total;
            total += std::exchange(filled, 0);
        }
    }
    if (filled > 0) total += encryptOne(Bytes{record}.first(filled));
    return total;
}

void TlsEngine::sayGoodbye() noexcept {
    if (isReady()) SSL_shutdown(connection_.get());
}

void TlsEngine::sent(std::size_t bytes) noexcept {
    sent_ += bytes;
    if (sent_ < unsent_.size()) return;
    unsent_.clear();
    sent_ = 0;
    if (spare.capacity() < unsent_.capacity()) spare.swap(unsent_);
    std::vector<std::byte>{}.swap(unsent_);
}

}  // namespace patchbay::transport
