#include "transport/TlsContext.hpp"

#include "base/Log.hpp"
#include "transport/TicketKeys.hpp"
#include "transport/TlsError.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace patchbay::transport {
namespace {

using Poco::Net::Context;

/// Those of TLS 1.2; TLS 1.3 has good ones only.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
/// The first is what OpenSSL prefers. P-384 and finite fields would cost six times as much, whenever a client asks for them.
constexpr const char* kGroups = "X25519:P-256";
constexpr const char* kFirstGroup = "X25519";
constexpr unsigned kFirstGroupId = 29;  // RFC 8446 §4.2.7
constexpr std::string_view kSpokenInside = "http/1.1";

[[noreturn]] void refuse(const std::string& file, const std::string& problem) {
    throw std::invalid_argument{'"' + file + "\" " + problem};
}

void requireReadable(const std::string& file) {
    errno = 0;
    std::ifstream stream{file};
    if (!stream || stream.peek() == std::ifstream::traits_type::eof()) {
        const int error = errno;
        refuse(file, error != 0 ? std::string{"cannot be read: "} + std::strerror(error) : "is empty");
    }
}

/// What OpenSSL thinks of the file, said once.
std::string opinion() {
    std::string text = takeTlsError().message();
    ERR_clear_error();
    return text;
}

/// A server cannot ask for a passphrase when it starts by itself.
int noPassphrase(char*, int, int, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

void usePair(SSL_CTX* context, const CertificateFiles& files) {
    requireReadable(files.certificate);
    requireReadable(files.key);
    if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1) {
        refuse(files.certificate, "holds no certificate in PEM form (" + opinion() + ")");
    }
    bool encrypted = false;
    SSL_CTX_set_default_passwd_cb(context, &noPassphrase);
    SSL_CTX_set_default_passwd_cb_userdata(context, &encrypted);
    const bool loaded = SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) == 1;
    SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
    if (encrypted) {
        ERR_clear_error();
        refuse(files.key, "is encrypted; write it without a passphrase (openssl pkey -in … -out …) and protect the file");
    }
    if (!loaded && ERR_GET_REASON(ERR_peek_last_error()) != X509_R_KEY_VALUES_MISMATCH) {
        refuse(files.key, "holds no private key in PEM form (" + opinion() + ")");
    }
    // A key of another kind than the certificate's (RSA beside EC) is loaded without a word, into a place of its own.
    if (!loaded || SSL_CTX_check_private_key(context) != 1) {
        ERR_clear_error();
        refuse(files.key, "is not the key of the certificate \"" + files.certificate + '"');
    }
}

void warnOfReaders(const std::string& key) {
    struct stat found {};
    if (::stat(key.c_str(), &found) != 0 || (found.st_mode & S_IROTH) == 0) return;
    log::warning("tls", '"' + key + "\" is a private key that everybody on this machine can read; chmod o= it");
}

void warnOfDates(SSL_CTX* context, const std::string& file) {
    const X509* certificate = SSL_CTX_get0_certificate(context);
    if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0) {
        log::warning("tls", '"' + file + "\" has expired; clients will refuse it");
    } else if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0) {
        log::warning("tls", '"' + file + "\" is not valid yet; clients will refuse it");
    }
}

void askClients(SSL_CTX* context, const ClientAuthentication& clients) {
    requireReadable(clients.authorities);
    STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(clients.authorities.c_str());
    if (!names || SSL_CTX_load_verify_file(context, clients.authorities.c_str()) != 1) {
        sk_X509_NAME_pop_free(names, &X509_NAME_free);
        refuse(clients.authorities, "holds no certificates of authorities in PEM form (" + opinion() + ")");
    }
    SSL_CTX_set_client_CA_list(context, names);  // which owns them now
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (clients.isRequired ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

int chooseProtocol(SSL*, const unsigned char** chosen, unsigned char* length, const unsigned char* offered,
                   unsigned offeredLength, void*) {
    const auto* end = offered + offeredLength;
    for (const auto* name = offered; name < end; name += 1 + *name) {
        const std::string_view text{reinterpret_cast<const char*>(name + 1), *name};
        if (text != kSpokenInside) continue;
        *chosen = name + 1;
        *length = *name;
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;  // RFC 7301 §3.2: "SHALL respond with a fatal 'no_application_protocol' alert"
}

/// What a hello says of it; nothing where it does not.
std::span<const unsigned char> extensionOf(SSL* hello, unsigned type) noexcept {
    const unsigned char* data = nullptr;
    std::size_t size = 0;
    if (SSL_client_hello_get0_ext(hello, type, &data, &size) != 1) return {};
    return {data, size};
}

/// The host that a hello asks for; empty when it names none.   Source: RFC 6066 §3
std::string_view hostAskedFor(SSL* connection) {
    constexpr std::size_t kHeader = 5;  // length of the list, kind of name, length of the name
    const auto names = extensionOf(connection, TLSEXT_TYPE_server_name);
    if (names.size() < kHeader) return {};
    const std::size_t length = std::size_t{names[3]} << 8 | names[4];
    if (names[2] != TLSEXT_NAMETYPE_host_name || length > names.size() - kHeader) return {};
    return {reinterpret_cast<const char*>(names.data() + kHeader), length};
}

/// Whether a list of numbers of two bytes, behind its length, has that one.   Source: RFC 8446 §4.2.7
bool lists(std::span<const unsigned char> list, unsigned wanted) noexcept {
    for (std::size_t at = 2; at + 2 <= list.size(); at += 2) {
        if ((unsigned{list[at]} << 8 | list[at + 1]) == wanted) return true;
    }
    return false;
}

/// Whether a client has sent a share of its key in that group.   Source: RFC 8446 §4.2.8
bool shares(std::span<const unsigned char> list, unsigned wanted) noexcept {
    constexpr std::size_t kHeader = 4;  // the group, and the length of its key
    for (std::size_t at = 2; at + kHeader <= list.size();) {
        if ((unsigned{list[at]} << 8 | list[at + 1]) == wanted) return true;
        at += kHeader + (std::size_t{list[at + 2]} << 8 | list[at + 3]);
    }
    return false;
}

/// OpenSSL takes a client's first share that it can use, whatever the server's order. Where there is one of ours that is first, it is
/// the only one. A client that has sent none of it keeps its own choice: to ask for another costs it a round trip, and us more than
/// the difference.   Source: RFC 8446 §4.1.1
void preferOurGroup(SSL* hello) noexcept {
    if (!lists(extensionOf(hello, TLSEXT_TYPE_supported_groups), kFirstGroupId)) return;
    if (shares(extensionOf(hello, TLSEXT_TYPE_key_share), kFirstGroupId)) SSL_set1_groups_list(hello, kFirstGroup);
}

/// Sessions of another context are not resumed.
void resumeOnlyUnder(SSL* connection, std::string_view host) {
    std::string name{host};
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned size = 0;
    EVP_Digest(name.data(), name.size(), digest.data(), &size, EVP_sha256(), nullptr);
    SSL_set_session_id_context(connection, digest.data(), size);
}

}  // namespace

struct TlsContext::Contexts {
    TicketKeys ticketKeys;                    // first: the contexts use them
    std::vector<Context::Ptr> byCertificate;  // the first for whoever names no host of another one

    /// Before anything is looked for that could be resumed.
    static int onHello(SSL* connection, int*, void* self) {
        const std::string_view host = hostAskedFor(connection);
        for (const auto& context : static_cast<const Contexts*>(self)->byCertificate) {
            X509* certificate = SSL_CTX_get0_certificate(context->sslContext());
            if (host.empty() || X509_check_host(certificate, host.data(), host.size(), 0, nullptr) != 1) continue;
            SSL_set_SSL_CTX(connection, context->sslContext());
            break;
        }
        resumeOnlyUnder(connection, host);
        preferOurGroup(connection);
        return SSL_CLIENT_HELLO_SUCCESS;
    }

    Context::Ptr make(const CertificateFiles& files, const ClientAuthentication& clients) {
        Context::Params params;
        params.verificationMode = Context::VERIFY_NONE;
        params.cipherList = kCiphers;
        Context::Ptr made = new Context{Context::TLS_SERVER_USE, params};
        made->requireMinimumProtocol(Context::PROTO_TLSV1_2);
        SSL_CTX* native = made->sslContext();
        usePair(native, files);
        warnOfDates(native, files.certificate);
        warnOfReaders(files.key);
        SSL_CTX_set1_groups_list(native, kGroups);
        SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF |
                                        SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
        SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);  // an idle connection holds none
        SSL_CTX_set_alpn_select_cb(native, &chooseProtocol, nullptr);
        SSL_CTX_set_client_hello_cb(native, &onHello, this);
        ticketKeys.use(native);
        if (!clients.authorities.empty()) askClients(native, clients);
        return made;
    }
};

TlsContext::TlsContext(std::unique_ptr<Contexts> contexts) noexcept : contexts_{std::move(contexts)} {}
TlsContext::~TlsContext() = default;

std::shared_ptr<const TlsContext> TlsContext::load(std::span<const CertificateFiles> pairs, const ClientAuthentication& clients) {
    auto contexts = std::make_unique<Contexts>();
    try {
        for (const auto& files : pairs) contexts->byCertificate.push_back(contexts->make(files, clients));
    } catch (const Poco::Exception& error) {
        throw std::invalid_argument{"TLS cannot be set up: " + error.displayText()};
    }
    return std::shared_ptr<const TlsContext>{new TlsContext{std::move(contexts)}};
}

SSL_CTX* TlsContext::native() const noexcept { return contexts_->byCertificate.front()->sslContext(); }

}  // namespace patchbay::transport
