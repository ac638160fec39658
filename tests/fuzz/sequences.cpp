// Sequences on one connection, to a whole server: requests with and without bodies, to handlers on a worker and on the
// loop, an upgrade and frames behind it, and bytes that are none of these. What was asked rightly is answered rightly,
// in order, however it was cut; nothing of it is taken for something else; and every connection ends.
//
//   input = cut  *step        step = kind  [ piece ]        the kinds stand at takeStep()

#include "Fuzz.hpp"

#include <patchbay/annotations.hpp>
#include <patchbay/config.hpp>
#include <patchbay/http_exchange.hpp>
#include <patchbay/http_handlers.hpp>
#include <patchbay/server.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace patchbay::fuzz {
namespace {

constexpr int kPatienceMs = 15'000;
constexpr std::size_t kMostSteps = 12;

class Echo {
    SERVER_ENDPOINT(Echo, "/ws", .origins = {"*"}, .maxMessageSize = 4_KiB)
public:
    ON_MESSAGE(text)
    std::string_view text(std::string_view message) { return message; }
    ON_MESSAGE(binary)
    Bytes binary(Bytes message) { return message; }
};

Server& server() {
    static Server& instance = []() -> Server& {
        ServerConfig config;
        config.server.listen[0].url = "http://127.0.0.1:0";
        config.server.loops = 1;
        config.server.workers = 2;
        auto& made = *new Server{config};  // it lives as long as the process
        made.deploy<Echo>();
        made.handle("POST", "/worker/{n}", [](const HttpRequest& in, HttpResponse& out) {
            out.write("text/plain", std::string{in.pathParameter("n")} + in.body);
        });
        made.handleAsync("POST", "/loop/{n}", [](const HttpExchange& exchange) {
            auto all = std::make_shared<std::string>(exchange.request().pathParameter("n"));
            exchange.onBody([exchange, all](Bytes piece, bool last) {
                all->append(asText(piece));
                if (last) exchange.respond({200, {}, *all});
            });
        });
        made.handleAsync("GET", "/stream/{n}", [](const HttpExchange& exchange) {
            const HttpStream stream = exchange.start(200);
            stream.write(exchange.request().pathParameter("n"));
            stream.write(" streamed");
            stream.finish();
        });
        made.handle("GET", "/empty", [](const HttpRequest&, HttpResponse& out) { out.status = 204; });
        made.start();
        return made;
    }();
    return instance;
}

struct Expected {
    int status;
    std::string body;  // of a 200
    bool toHead = false;
};

/// What is sent, and what has to come back for as much of it as is right.
struct Script {
    std::string bytes;
    std::vector<Expected> answers;
    std::string messages;  // that come back behind a 101, as they come on the wire
    std::string pongs;     // likewise; a pong may overtake messages (RFC 6455 §5.5)
    bool upgraded = false;
    bool open = true;  // nothing yet behind which anything may come
    std::string_view rest;  // behind all that is right
};

std::string chunked(std::string_view body) {
    std::array<char, 20> size;
    std::string text;
    for (Chunks chunks{body, 7, 100}; !chunks.atEnd();) {
        const std::string_view chunk = chunks.next();
        std::snprintf(size.data(), size.size(), "%zx\r\n", chunk.size());
        text.append(size.data()).append(chunk).append("\r\n");
    }
    return text + "0\r\n\r\n";
}

std::string frame(std::uint8_t first, std::string_view payload, bool masked) {
    std::string text{static_cast<char>(first)};
    const int mask = masked ? 0x80 : 0;
    if (payload.size() < 126) {
        text += static_cast<char>(payload.size() | static_cast<std::size_t>(mask));
    } else {
        text.append({static_cast<char>(126 | mask), static_cast<char>(payload.size() >> 8),
                     static_cast<char>(payload.size() & 0xFF)});
    }
    if (masked) text.append(4, '\0');
    return text.append(payload);
}

const std::string kExpect = "Expect: 100-continue\r\n";

class Writer {
public:
    explicit Writer(Input& input) : input_{input} {}

    Script write() {
        for (std::size_t step = 0; step < kMostSteps && !input_.atEnd() && script_.open; ++step) takeStep();
        return std::move(script_);
    }

private:
    void takeStep() {
        const std::uint8_t kind = input_.byte();
        if (script_.upgraded) return takeFrame(kind);
        const std::string number = std::to_string(script_.answers.size());
        switch (kind % 16) {
            case 0:
                return request("POST /worker/" + number, length(input_.piece()), number);
            case 1:
                return request("POST /worker/" + number, inChunks(input_.piece()), number);
            case 2:
                return request("POST /loop/" + number, length(input_.piece()), number);
            case 3:
                return request("POST /loop/" + number, inChunks(input_.piece()), number);
            case 4:
                return request("GET /stream/" + number, {}, number + " streamed");
            case 5:
                return refused("GET /nothing", 404);
            case 6:
                return refused("DELETE /loop/1", 405);
            case 7:
                script_.bytes += "\r\n";
                return;  // nobody's
            case 8:
                return upgrade("13", 101);
            case 10:
                return withoutBody("HEAD /stream/" + number, 200);
            case 11:
                return withoutBody("GET /empty", 204);
            case 12:
                return request("POST /worker/" + number, kExpect + length(input_.piece()), number);
            case 13:
                return request("POST /loop/" + number, kExpect + inChunks(input_.piece()), number);
            case 14:
                upgrade("12", 426);
                script_.open = false;
                return;
            case 15:  // the end, though its body may have come
                refused("POST /worker/1", 417, "Expect: the unexpected\r\n" + length(input_.piece()));
                script_.open = false;
                return;
            default:
                script_.rest = input_.piece();
                script_.bytes += script_.rest;
                script_.open = false;
        }
    }

    void takeFrame(std::uint8_t kind) {
        const std::string_view piece = input_.piece();
        const std::string text(piece.size(), 'a' + static_cast<char>(kind % 26));
        switch (kind % 5) {
            case 0:
                return message(0x81, text);
            case 1:
                return message(0x82, piece);
            case 2:
                return ping(piece.substr(0, 125));
            case 3:
                script_.bytes += frame(0x01, text, true) + frame(0x80, text, true);
                script_.messages += frame(0x81, text + text, false);
                return;
            default:
                script_.bytes += piece;
                script_.open = false;
        }
    }
    void message(std::uint8_t first, std::string_view payload) {
        script_.bytes += frame(first, payload, true);
        script_.messages += frame(first, payload, false);
    }
    void ping(std::string_view payload) {
        script_.bytes += frame(0x89, payload, true);
        script_.pongs += frame(0x8A, payload, false);
    }

    std::string length(std::string_view body) {
        body_ = body;
        return "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
    }
    std::string inChunks(std::string_view body) {
        body_ = body;
        return "Transfer-Encoding: chunked\r\n\r\n" + chunked(body);
    }
    void request(const std::string& line, const std::string& fieldsAndBody, const std::string& answer) {
        script_.bytes += line + " HTTP/1.1\r\nHost: localhost\r\n" + (fieldsAndBody.empty() ? "\r\n" : fieldsAndBody);
        script_.answers.push_back({200, answer + std::string{std::exchange(body_, {})}});
    }
    void refused(const std::string& line, int status, const std::string& fieldsAndBody = "\r\n") {
        script_.bytes += line + " HTTP/1.1\r\nHost: localhost\r\n" + fieldsAndBody;
        script_.answers.push_back({status, {}});
        body_ = {};
    }
    void withoutBody(const std::string& line, int status) {
        refused(line, status);
        script_.answers.back().toHead = true;
    }
    void upgrade(const std::string& version, int status) {
        script_.bytes +=
            "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: " + version +
            "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        script_.answers.push_back({status, {}});
        script_.upgraded = status == 101;
    }

    Input& input_;
    Script script_;
    std::string_view body_;
};

/// A client that writes what it is given and keeps all that comes.
class Client {
public:
    Client() : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(server().port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        require(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0,
                "the server accepts connections");
        const int on = 1;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    ~Client() {
        const linger atOnce{.l_onoff = 1, .l_linger = 0};  // no port waits for a minute
        ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &atOnce, sizeof atOnce);
        ::close(socket_);
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void send(std::string_view bytes) const { ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
    void finish() const { ::shutdown(socket_, SHUT_WR); }
    /// False at the end.
    bool receive() {
        pollfd ready{.fd = socket_, .events = POLLIN, .revents = 0};
        int count = 0;
        do {
            count = ::poll(&ready, 1, kPatienceMs);
        } while (count < 0 && errno == EINTR);  // by the fuzzer's own alarm
        require(count == 1, "an answer comes, or the connection ends");
        std::array<char, 4096> room;
        const ssize_t size = ::recv(socket_, room.data(), room.size(), 0);
        if (size <= 0) return false;
        received.append(room.data(), static_cast<std::size_t>(size));
        return true;
    }

    std::string received;

private:
    int socket_;
};

/// Takes an answer off the front; nothing while it is not whole. Whatever comes is to be a well-formed one.
std::optional<Expected> takeAnswer(std::string& received, bool toHead = false) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    if (received.starts_with(kContinue)) received.erase(0, kContinue.size());
    const std::size_t end = received.find("\r\n\r\n");
    if (end == std::string::npos) return std::nullopt;
    std::string_view head = std::string_view{received}.substr(0, end + 2);
    require(head.starts_with("HTTP/1.1 ") && head.size() > 12, "an answer begins with a status line");
    Expected answer{std::atoi(head.substr(9, 3).data()), {}};
    const std::size_t length = head.find("\r\nContent-Length: ");
    const bool inChunks = head.find("\r\nTransfer-Encoding: chunked\r\n") != std::string_view::npos;
    require(!(inChunks && length != std::string_view::npos), "an answer has one length");
    require(answer.status != 204 || (!inChunks && length == std::string_view::npos), "what has no body has no length");
    std::size_t at = end + 4;
    if (toHead) {
        // neither a length nor chunks say that anything follows
    } else if (inChunks) {
        for (;;) {
            const std::size_t line = received.find("\r\n", at);
            if (line == std::string::npos) return std::nullopt;
            const std::size_t size = std::strtoul(received.data() + at, nullptr, 16);
            at = line + 2;
            if (received.size() < at + size + 2) return std::nullopt;
            answer.body.append(received, at, size);
            at += size + 2;
            if (size == 0) break;
        }
    } else if (length != std::string_view::npos) {
        const std::size_t size = std::strtoul(head.data() + length + 18, nullptr, 10);
        if (received.size() < at + size) return std::nullopt;
        answer.body = received.substr(at, size);
        at += size;
    }
    received.erase(0, at);
    return answer;
}

/// Takes a whole frame off the front and puts it behind the others of its kind.
void takeFrame(std::string& received, std::string& messages, std::string& pongs) {
    require(received.size() >= 2, "a frame has a header");
    const auto length = static_cast<std::size_t>(received[1]);  // of a server: unmasked
    require(length <= 126, "a frame is one that was expected");
    const auto byte = [&](std::size_t at) {
        return static_cast<std::size_t>(static_cast<unsigned char>(received[at]));
    };
    const std::size_t size = length < 126 ? 2 + length : 4 + (byte(2) << 8 | byte(3));
    require(received.size() >= size, "a frame comes whole");
    (static_cast<unsigned char>(received[0]) == 0x8A ? pongs : messages).append(received, 0, size);
    received.erase(0, size);
}

/// What was sent rightly and came before what breaks the connection, or before its end, is answered in order; some of
/// it may fall, since a failure is told at once (RFC 6455 §7.1.7), and what is none of ours may have an answer too.
void checkBroken(Client& client, const Script& script) {
    client.finish();
    while (client.receive()) {
    }
    std::string messages, pongs;
    bool closed = false;
    while (!client.received.empty()) {
        require(!closed, "nothing comes behind a Close");
        closed = static_cast<unsigned char>(client.received[0]) == 0x88;
        std::string close;
        closed ? takeFrame(client.received, close, close) : takeFrame(client.received, messages, pongs);
    }
    const auto agree = [](std::string_view come, std::string_view expected) {
        return come.starts_with(expected) || expected.starts_with(come);
    };
    require(agree(messages, script.messages), "messages come back as they went, in order");
    require(agree(pongs, script.pongs), "pings are answered, in order");
}

/// What was sent rightly comes back; what follows stays in `received`.
void checkFrames(Client& client, const Script& script) {
    const std::size_t all = script.messages.size() + script.pongs.size();
    while (client.received.size() < all) require(client.receive(), "messages come back");
    std::string messages, pongs;
    while (messages.size() + pongs.size() < all) takeFrame(client.received, messages, pongs);
    require(messages == script.messages, "messages come back as they went, in order");
    require(pongs == script.pongs, "pings are answered, in order");
}

void run(Input input) {
    const std::size_t first = input.byte();
    const std::size_t second = input.byte();
    const Script script = Writer{input}.write();
    if (script.bytes.empty()) return;
    Client client;
    Chunks chunks{script.bytes, first == 0 ? 0 : first + 16, second == 0 ? 0 : second + 64};
    while (!chunks.atEnd()) client.send(chunks.next());
    for (const Expected& expected : script.answers) {
        std::optional<Expected> answer;
        while (!(answer = takeAnswer(client.received, expected.toHead))) require(client.receive(), "what was asked rightly is answered");
        require(answer->status == expected.status, "each is answered as it has to be, in order");
        require(expected.status != 200 || expected.toHead || answer->body == expected.body, "an answer belongs to its request");
    }
    if (script.upgraded && !script.open) return checkBroken(client, script);
    checkFrames(client, script);
    client.finish();
    while (client.receive()) {
    }
    // An answer to HEAD has a length and no body: where one may have been asked for, nobody knows where the next begins.
    if (!script.upgraded && script.rest.find("HEAD") == std::string_view::npos) {
        while (const auto answer = takeAnswer(client.received))
            require(answer->status >= 200, "what else comes are answers");
    }
}

}  // namespace
}  // namespace patchbay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    patchbay::fuzz::run({data, size});
    return 0;
}
