#pragma once
// The server's configuration: a YAML file, or the same structs filled in by a program.
//
//   server:
//     listen:
//       - http://127.0.0.1:8080                  # a port of 0 asks the system for a free one
//       - { url: "https://0.0.0.0:8443", certificate: cert.pem, key: key.pem }
//     loops: auto                                # or a number
//     drainTimeout: 30s
//     drainSpread: 20s
//   limits:    { idleTimeout: 60s, maxMessageSize: 64KiB, sendQueue: { bytes: 1MiB, whenFull: drop-oldest } }
//   plugins:   [ heartbeat, { library: compression, config: { threshold: 256B } } ]
//   apps:      [ chat ]
//   endpoints: { "/chat/{room}": { origins: [ "https://chat.example" ], roles: [ member ] } }
//   logging:   { level: info }
//
// A key is a field of the struct below it; every key may be left out, and `auto` is the same as leaving it out.
// Units: sizes are written with B, KiB, MiB, GiB; durations with us, ms, s, min, h, and `off` is 0.
// Errors: all problems of a file are collected, each with its line and what to write instead; none is guessed away.

#include <patchbay/limits.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay {

/// A certificate and its private key: two files in PEM, the key without a passphrase. Behind the certificate stand those
/// that vouch for it. In a configuration file a relative path begins at the file's folder.
struct CertificateConfig {
    std::string certificate = {};
    std::string key = {};
};

/// Who vouches for clients.
struct ClientCertificatesConfig {
    /// A file in PEM with the certificates of authorities: whom they have signed is believed. Read again with the others.
    std::string authorities = {};
    /// Refuses who shows none in the TLS handshake. Else it is served, and `request.clientCertificates` is empty.
    bool required = false;

    /// The field that a plain value stands for.
    static constexpr std::string_view plain = "authorities";
};

namespace detail {
/// A node of a configuration file: a text, a list, keys with their values, or nothing.
struct ConfigNode {
    enum class Kind : std::uint8_t { Nothing, Text, List, Map };
    Kind kind = Kind::Nothing;
    int line = 0;  ///< from 1; 0 for what stands in no file
    std::string text = {};
    std::vector<ConfigNode> keys = {};      ///< of a map
    std::vector<ConfigNode> elements = {};  ///< of a list; of a map: the values, in the order of its keys
};
}  // namespace detail

/// A part of a configuration that somebody else reads later: the keys of a plugin.
struct ConfigBlock {
    std::shared_ptr<const detail::ConfigNode> node = {};  ///< nullptr: it was left out
    std::string file = {};
    std::string path = {};
    int line = 0;
};

/// A library to load: a plugin, or an app with its endpoints and pages.
struct LibraryConfig {
    /// A name, looked up as lib<name>.so in the plugin folders, or an absolute path. Never the current folder.
    std::string library = {};
    /// Its own keys.
    ConfigBlock config = {};

    /// The field that a plain value stands for.
    static constexpr std::string_view plain = "library";
};

/// An address to listen on. In YAML also just its URL.
struct ListenConfig {
    /// `http://` or `https://`, host and port. The host is an address of this machine; `0.0.0.0` is all of them for IPv4, `[::]` for
    /// IPv6, and both may have the same port. With https, WebSockets are wss.
    /// `unix:/run/patchbay/patchbay.sock`: a Unix socket, for a proxy on this machine. What a server has left there that did not end by
    /// itself is replaced; the file goes when the server ends.
    /// `systemd:NAME`: the sockets of that name that systemd has bound (`FileDescriptorName=` of a .socket unit, else the unit's name);
    /// https where a certificate is named.
    std::string url = "http://127.0.0.1:8080";
    /// For https. Read again when the server gets SIGHUP: new connections see the new one, the others live on.
    std::string certificate = {};
    std::string key = {};
    /// Asks clients for certificates. Configurators and interceptors read them as `request.clientCertificates`.
    ClientCertificatesConfig clientCertificates = {};
    /// More of them, for other host names: a client gets the one that is valid for the name it asks for (SNI).
    std::vector<CertificateConfig> moreCertificates = {};

    /// The rights of a Unix socket's file: who may connect. Owner and group, so that a proxy of the same group may.
    std::string mode = "0660";
    /// Each connection begins with whom it speaks for, by the PROXY protocol (version 1 or 2), as load balancers on TCP's level
    /// send it. Only `trustedProxies` may connect then.
    bool proxyProtocol = false;

    /// The field that a plain value stands for.
    static constexpr std::string_view plain = "url";
};

/// Changes to the built-in `Limits`; what is empty stays as it is.
struct LimitsConfig {
    /// Units: milliseconds; 0 (`off`) = for ever.
    std::optional<std::chrono::milliseconds> handshakeTimeout;
    /// Units: milliseconds; 0 (`off`) = for ever.
    std::optional<std::chrono::milliseconds> idleTimeout;
    /// Units: milliseconds; 0 (`off`) = for ever.
    std::optional<std::chrono::milliseconds> messageTimeout;
    /// Units: milliseconds; 0 (`off`) = for ever.
    std::optional<std::chrono::milliseconds> sendTimeout;
    /// Units: frames of one message; 0 = no limit.
    std::optional<std::uint32_t> maxFragments;
    std::optional<Size> maxMessageSize;
    SendQueueChange sendQueue;
    std::optional<Size> receiveQueue;
    /// Units: messages, and bytes, in a second; 0 = as fast as it likes.
    std::optional<std::size_t> maxMessageRate;
    std::optional<Size> maxByteRate;
    /// Units: sessions per endpoint; 0 = no limit of its own.
    std::optional<std::size_t> maxSessions;
    /// Units: topics per session; 0 = no limit.
    std::optional<std::size_t> maxTopics;
};

/// The fields in which a proxy says whom it speaks for.
enum class ForwardedFields : std::uint8_t {
    XForwarded,  ///< X-Forwarded-For, -Proto, -Host and -Port
    Forwarded,   ///< Forwarded.   Source: RFC 7239
};

struct ServerSection {
    std::vector<ListenConfig> listen = std::vector<ListenConfig>(1);
    /// The names that this server goes by, without ports: `chat.example`, `*.chat.example`, addresses; `*` is any. A request for
    /// another is answered with 421; `localhost` and 127.0.0.1 are always among them.
    /// Empty: any. But an address that only this machine reaches (`127.0.0.1`, `[::1]`, `localhost`) then takes just these, the hosts
    /// of endpoints' `origins`, and what `trustedProxies` pass on: a page may have its name point at this machine (DNS rebinding),
    /// and would read what is served here as its own.
    std::vector<std::string> hosts = {};
    /// Proxies in front of this server: addresses, ranges (`10.0.0.0/8`, `2001:db8::/32`), and `unix` for Unix sockets. What they say
    /// of a client's address, scheme and host holds for logs, sessions and the check of origins; what others say of it counts for
    /// nothing. A proxy must set the fields itself, not just pass them on.
    std::vector<std::string> trustedProxies = {};
    /// The fields that they write. Those of the other kind are anybody's, and are not read.
    ForwardedFields forwardedFields = ForwardedFields::XForwarded;
    /// Event loops, each a thread; empty (`auto`) = one per core.
    std::optional<std::size_t> loops;
    /// Threads for what may block: so many for HTTP handlers, and as many for the executor. Each is made when it is first needed.
    std::size_t workers = 8;
    /// Connections at a time, over all addresses, each until its descriptor is closed. One more makes room, by the end of one that has been
    /// silent for longest, before its first request or between two, or is answered with 503 (health is answered still); with a thirty-second
    /// more, at least 16, the next is closed as soon as it comes. Empty (`auto`) = as many as the limit on open files has descriptors
    /// for, less some that are left for everything else.
    std::optional<std::size_t> maxConnections;
    /// How much memory its peers may have the server hold: bodies, answers, queues, messages and broadcasts, in bytes of capacity. From
    /// 80 % on newcomers hear 503, also from /readyz, and nothing more is read of bodies; from 95 % on those are ended who have most held,
    /// with 1013 or 503; beyond it nobody gets more. `/readyz?verbose` tells the figures.
    /// Empty (`auto`) = half of what the process may have: of the machine's memory, or of a limit of its own (control groups, such as a
    /// unit's MemoryMax=; `ulimit -v`). 0 (`0B`) = no limit.
    std::optional<Size> memory;
    /// Keeps address space for what is small (a timer, an entry of a queue) where the process gets no more memory, and sheds load until
    /// there is some: else such an allocation ends the process. It is held by `std::set_new_handler()`, the process's own, while there is
    /// a server; a handler that the application had set before is asked where this one can do no more.
    bool memoryReserve = true;
    /// How long a stop may take; what is still open then is cut off.
    std::chrono::milliseconds drainTimeout = std::chrono::seconds{10};
    /// Over how much of that time the sessions get their goodbye, one after the other, so that their clients do not all
    /// come back at the same moment. 0 = all at once.
    std::chrono::milliseconds drainSpread{0};
    /// Answers GET /healthz (200 while the server runs) and GET /readyz (200, and 503 from the moment it is asked to
    /// stop, and while it is short of `memory`; with `?verbose` the figures), for load balancers and supervisors. A path that the application
    /// handles itself stays the application's.
    bool health = true;
    /// What may wait for one event loop, of messages from other threads and of publications. Beyond it a thread that publishes
    /// waits; what a handler publishes is missed by that loop's sessions, and the whenFull of each decides what that means.
    Size loopQueue{64_MiB};
    /// How long a thread waits for room in it before publish() throws QueueFull.
    std::chrono::milliseconds publishTimeout = std::chrono::seconds{5};
    /// How many tasks may wait for one of the executor's threads; one more is refused (executor.hpp).
    std::size_t executorQueue = 10'000;
    /// How many handshakes may wait for a hook that asks somebody else first; one more is answered with 503 (configurator.hpp).
    std::size_t pendingHandshakes = 1000;
    /// A handler that holds up its loop for so long is named in the log, again at each doubling, and when it has returned.
    /// 0 (`off`) = never.
    std::chrono::milliseconds watchdog = std::chrono::seconds{1};
    /// The largest body of an HTTP request; a larger one is answered with 413.
    Size requestBody{1_MiB};
    /// The largest head of an HTTP request; a larger one is answered with 431. Cookies are most of it: browsers send up to some 8 KiB
    /// for one site, single sign-on often more.
    Size headBytes{16_KiB};
    /// The longest first line of a request, which holds its path and query; a longer one is answered with 414. 8000 bytes are what
    /// everybody should take (RFC 9112 §3).
    Size requestLine{8_KiB};
    /// The most fields in a head; with one more it is answered with 431. Browsers send some 20, proxies add some 10.
    std::size_t headFields = 100;
    /// How long a connection may wait for its next request. Longer than the load balancers in front keep theirs (60 s, often), or
    /// one of them sends a request into a connection that is just being closed, and tells its client 502. 0 (`off`) = for ever.
    std::chrono::milliseconds keepAliveTimeout = std::chrono::seconds{75};
    /// How long the body of a request may make no progress, for whoever uploads over a network that fails now and then. 0 (`off`) = for ever.
    std::chrono::milliseconds bodyTimeout = std::chrono::seconds{30};
    /// How long a client may take nothing of an answer that waits for it; and how long one may be given nothing that sends nothing more, or
    /// has 256 KiB of requests wait behind a handler's answer. 0 (`off`) = for ever.
    std::chrono::milliseconds responseTimeout = std::chrono::seconds{30};
    /// How many requests may wait for one of the `workers`; one more is answered with 503 at once, which is better than an answer
    /// that nobody waits for any more.
    std::size_t requestQueue = 256;
    /// How many connections may wait in the kernel to be accepted, for a storm of clients that come back; beyond it they try again
    /// a second later. The kernel's own bound (net.core.somaxconn, 4096) holds too.
    std::size_t backlog = 1024;
};

/// What the operator lays down for one endpoint. It may tighten what the endpoint's annotation says, never loosen it.
struct EndpointOverrides {
    /// Whose pages may connect, such as `https://chat.example`; `*` is everybody's. Empty: the server's own.
    std::optional<std::vector<std::string>> origins;
    /// Roles of which a user must have one.
    std::optional<std::vector<std::string>> roles;
    /// Units: milliseconds; 0 (`off`) = for ever.
    std::optional<std::chrono::milliseconds> idleTimeout;
    std::optional<Size> maxMessageSize;
    SendQueueChange sendQueue;
    std::optional<Size> receiveQueue;
    /// Units: messages, and bytes, in a second.
    std::optional<std::size_t> maxMessageRate;
    std::optional<Size> maxByteRate;
    /// Units: sessions.
    std::optional<std::size_t> maxSessions;
};

enum class LogLevel : std::uint8_t { Debug, Info, Warning, Error };

struct LoggingConfig {
    LogLevel level = LogLevel::Info;
};

/// Where durable topics (history.hpp) are kept, and with them the outcomes of requests.
struct StoreConfig {
    /// A database; empty: there is none. In a file a relative one begins at the file's folder. What is not there is made.
    std::string file = {};
};

struct ServerConfig {
    ServerSection server;
    LimitsConfig limits;
    /// Where libraries are looked up, in this order, before the server's own folder, which is `patchbay` beside
    /// libpatchbay.so. In a file a relative folder begins at the file's.
    std::vector<std::string> pluginFolders = {};
    /// In the order in which their hooks run.
    std::vector<LibraryConfig> plugins = {};
    /// Installed after the plugins.
    std::vector<LibraryConfig> apps = {};
    /// By the endpoint's path, exactly as its annotation spells it.
    std::map<std::string, EndpointOverrides> endpoints;
    LoggingConfig logging;
    StoreConfig store;
};

/// Something wrong with a configuration file.
struct ConfigProblem {
    std::string file;
    int line = 0;  ///< from 1; 0 where no line is to blame
    std::string text;

    /// `patchbay.yaml:12: server.workres: …`
    std::string shown() const;
};

/// What a file says. Where there are problems, `config` holds the rest of it and must not be used to run.
struct LoadedConfig {
    ServerConfig config;
    std::vector<ConfigProblem> problems;
};

/// Reads a file.   Errors: none thrown; a file that cannot be read is a problem as well.
LoadedConfig loadConfig(const std::string& path);

/// Reads YAML; `fileName` is for the problems.   Errors: none thrown.
LoadedConfig parseConfig(std::string_view yaml, const std::string& fileName = "configuration");

}  // namespace patchbay
