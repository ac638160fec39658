// libwebsockets on its own loop, one thread, set up for speed: no log, no pings, one message for each time that a
// socket can be written, as its documentation asks for. Text is checked for UTF-8, which it leaves out unless asked.
// bench-lws [--deflate] [--tls CERTIFICATE KEY]

#include "servers/Announce.hpp"

#include <array>
#include <list>
#include <memory>
#include <new>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include <libwebsockets.h>
#include <sys/resource.h>

namespace {

constexpr rlim_t kFileDescriptors = 2048;  // for each new one it looks through all that it may have: as few as will do
constexpr std::size_t kReadBytes = 4096;   // its default; a connection keeps a buffer of that size

/// A payload behind the room that lws_write() wants for the header. That is written there anew for each receiver.
struct Message {
    std::vector<unsigned char> bytes = std::vector<unsigned char>(LWS_PRE);
    lws_write_protocol kind{};
};

struct Session {
    bool fansOut = false;
    std::shared_ptr<Message> incoming = nullptr;  // while one comes in
    std::list<std::shared_ptr<Message>> queue = {};
};

std::unordered_set<lws*> subscribers;

Session& sessionOf(lws* connection) { return *static_cast<Session*>(lws_wsi_user(connection)); }

void enqueue(lws* connection, const std::shared_ptr<Message>& message) {
    sessionOf(connection).queue.push_back(message);
    lws_callback_on_writable(connection);
}

void opened(lws* connection, void* room) {
    new (room) Session;
    std::array<char, 16> path{};
    lws_hdr_copy(connection, path.data(), static_cast<int>(path.size()), WSI_TOKEN_GET_URI);
    if (std::string_view{path.data()} != "/fanout") return;
    sessionOf(connection).fansOut = true;
    subscribers.insert(connection);
}

void received(lws* connection, Session& session, const unsigned char* bytes, std::size_t count) {
    auto& message = session.incoming;
    if (!message) message = std::make_shared<Message>();
    message->bytes.insert(message->bytes.end(), bytes, bytes + count);
    if (lws_remaining_packet_payload(connection) != 0 || !lws_is_final_fragment(connection)) return;
    message->kind = lws_frame_is_binary(connection) != 0 ? LWS_WRITE_BINARY : LWS_WRITE_TEXT;
    const auto whole = std::exchange(message, nullptr);
    if (session.fansOut) {
        for (auto* subscriber : subscribers) enqueue(subscriber, whole);
    } else {
        enqueue(connection, whole);
    }
}

/// False when the connection is lost.
bool writeOne(lws* connection, Session& session) {
    if (session.queue.empty()) return true;
    const auto message = std::move(session.queue.front());
    session.queue.pop_front();
    if (!session.queue.empty()) lws_callback_on_writable(connection);
    return lws_write(connection, message->bytes.data() + LWS_PRE, message->bytes.size() - LWS_PRE, message->kind) >= 0;
}

int handle(lws* connection, lws_callback_reasons reason, void* user, void* in, std::size_t count) {
    auto* const session = static_cast<Session*>(user);
    switch (reason) {
        case LWS_CALLBACK_ESTABLISHED:
            opened(connection, user);
            return 0;
        case LWS_CALLBACK_RECEIVE:
            received(connection, *session, static_cast<unsigned char*>(in), count);
            return 0;
        case LWS_CALLBACK_SERVER_WRITEABLE:
            return writeOne(connection, *session) ? 0 : -1;
        case LWS_CALLBACK_CLOSED:
            subscribers.erase(connection);
            session->~Session();
            return 0;
        default:
            return 0;
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::array protocols{lws_protocols{"bench", handle, sizeof(Session), kReadBytes, 0, nullptr, 0},
                               lws_protocols{nullptr, nullptr, 0, 0, 0, nullptr, 0}};
    const std::array extensions{
        lws_extension{"permessage-deflate", lws_extension_callback_pm_deflate, "permessage-deflate"},
        lws_extension{nullptr, nullptr, nullptr}};
    const rlimit few{kFileDescriptors, kFileDescriptors};
    ::setrlimit(RLIMIT_NOFILE, &few);
    lws_set_log_level(LLL_ERR, nullptr);
    lws_context_creation_info info{};
    info.iface = "127.0.0.1";
    info.port = 0;
    info.protocols = protocols.data();
    info.pt_serv_buf_size = kReadBytes;
    info.options = LWS_SERVER_OPTION_VALIDATE_UTF8;
    for (int index = 1; index < argc; ++index) {
        if (std::string_view{argv[index]} == "--deflate") {
            info.extensions = extensions.data();
        } else if (std::string_view{argv[index]} == "--tls" && index + 2 < argc) {
            info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
            info.ssl_cert_filepath = argv[++index];
            info.ssl_private_key_filepath = argv[++index];
        }
    }
    lws_context* const context = lws_create_context(&info);
    if (context == nullptr) return 1;
    bench::announce(static_cast<std::uint16_t>(lws_get_vhost_listen_port(lws_get_vhost_by_name(context, "default"))));
    while (lws_service(context, 0) >= 0) {
    }
}
