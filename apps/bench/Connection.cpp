#include "Connection.hpp"

#include "Dialer.hpp"
#include "Head.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace bench {

namespace {

constexpr std::size_t kReadBytes = std::size_t{512} << 10;
constexpr std::byte kFinal{0x80}, kRsv1{0x40}, kReserved{0x30}, kOpcode{0x0f}, kControl{0x08};
constexpr std::byte kContinuation{0}, kClose{0x8}, kPing{0x9};
constexpr std::array kGoodbye{std::byte{0x03}, std::byte{0xe8}};  // 1000, RFC 6455 §7.4.1

[[noreturn]] void wrong(const std::string& what) { throw std::runtime_error{what}; }

std::string closeText(Bytes payload) {
    if (payload.size() < 2) return "without a code";
    const auto code = std::to_integer<unsigned>(payload[0]) << 8 | std::to_integer<unsigned>(payload[1]);
    const std::string reason{reinterpret_cast<const char*>(payload.data()) + 2, payload.size() - 2};
    return "with " + std::to_string(code) + (reason.empty() ? "" : " (" + reason + ")");
}

}  // namespace

Shared::Shared(const Options& options)
    : offersDeflate{options.deflate},
      isFramed{options.url.scheme == Scheme::Ws || options.url.scheme == Scheme::Wss},
      hasPages{options.url.scheme == Scheme::Http},
      request{hasPages ? pageRequest(options.url.path, options.url.authority()) : handshakeRequest(options)},
      messages{options},
      room(kReadBytes) {}

Connection::Connection(std::unique_ptr<Stream> stream, Shared& shared, Time begun)
    : shared_{shared}, stream_{std::move(stream)}, begun_{begun} {
    if (!shared_.isFramed) {  // what is sent before it is connected waits
        state_ = State::Open;
        return;
    }
    stream_->send(std::as_bytes(std::span{shared_.request}));
    shared_.bytesSent += shared_.request.size();
}

void Connection::lost() const {
    if (stream_->error() == ECONNREFUSED) wrong(kRefused);
    if (state_ == State::Upgrading) {
        wrong(
            "the server ended a connection before it answered the handshake; is its limit of connections or "
            "descriptors too low?");
    }
    wrong("the server ended a connection");
}

void Connection::react() {
    stream_->flush();
    const auto read = stream_->read(shared_.room);
    if (!read) {
        if (state_ != State::Leaving) lost();
        state_ = State::Left;
        return;
    }
    shared_.bytesReceived += read->size();
    consume(*read);
}

void Connection::consume(Bytes bytes) {
    if (shared_.hasPages) return pages(bytes);
    if (!shared_.isFramed) return tcpBytes(bytes);
    if (state_ == State::Upgrading) bytes = upgrade(bytes);
    while (!bytes.empty() && state_ != State::Left) {
        const auto before = bytes.size();
        bytes = frame(bytes);
        if (bytes.size() != before) continue;
        stream_->keep(bytes);
        shared_.bytesReceived -= bytes.size();  // they are read, and counted, again
        return;
    }
}

/// What is behind the head; nothing while it is not complete.
Bytes Connection::upgrade(Bytes bytes) {
    const std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    const auto end = text.find("\r\n\r\n");
    if (end == std::string_view::npos) {
        if (text.size() > kLargestHead) wrong("the handshake was answered with a head that does not end");
        stream_->keep(bytes);
        shared_.bytesReceived -= bytes.size();
        return {};
    }
    const auto agreement = readAnswer(text.substr(0, end + 2), shared_.offersDeflate);
    if (agreement.deflate) shared_.messages.limitWindow(agreement.clientWindowBits);
    if (agreement.deflate && agreement.keepsContext) inflater_ = std::make_unique<Inflater>();
    state_ = State::Open;
    return bytes.subspan(end + 4);
}

void Connection::tcpBytes(Bytes bytes) {
    while (!bytes.empty()) {
        const auto part = bytes.first(std::min(bytes.size(), shared_.messages.size() - offset_));
        payload(part, offset_ + part.size() == shared_.messages.size());
        bytes = bytes.subspan(part.size());
    }
}

void Connection::pages(Bytes bytes) {
    while (const auto size = bytes.empty() ? 0 : shared_.answers.take(bytes)) {
        ++received_;
        bytes = bytes.subspan(size);
    }
    if (bytes.empty()) return;
    stream_->keep(bytes);
    shared_.bytesReceived -= bytes.size();  // they are read, and counted, again
}

/// Takes a frame, or the part of one that came, off `bytes`; all of them are left when it is not enough to begin with.
Bytes Connection::frame(Bytes bytes) {
    if (!inFrame_) {
        const auto header = readHeader(bytes);
        if (!header) return bytes;
        if ((header->first & kControl) != std::byte{}) {
            if (header->payloadBytes > 125) wrong("a control frame came back that is too long");
            if (bytes.size() < header->frameBytes()) return bytes;
            control(header->first & kOpcode, bytes.subspan(header->headerBytes, header->payloadBytes));
            return bytes.subspan(header->frameBytes());
        }
        beginFrame(*header);
        bytes = bytes.subspan(header->headerBytes);
    }
    const auto part = bytes.first(std::min(bytes.size(), frameLeft_));
    frameLeft_ -= part.size();
    inFrame_ = frameLeft_ != 0;
    payload(part, !inFrame_ && final_);
    return bytes.subspan(part.size());
}

/// RFC 6455 §5.1, §5.4; RFC 7692 §6.
void Connection::beginFrame(const FrameHeader& header) {
    const auto opcode = header.first & kOpcode;
    const auto expected = inMessage_ ? kContinuation : shared_.messages.opcode() & kOpcode;
    if (opcode != expected) wrong("message " + std::to_string(received_) + " came back with a wrong opcode");
    const bool mayCompress = shared_.offersDeflate && !inMessage_;
    if (header.masked || (header.first & kReserved) != std::byte{} ||
        (!mayCompress && (header.first & kRsv1) != std::byte{})) {
        wrong("message " + std::to_string(received_) + " came back masked or with a reserved bit");
    }
    if (!inMessage_) compressed_ = (header.first & kRsv1) != std::byte{};
    final_ = (header.first & kFinal) != std::byte{};
    inFrame_ = inMessage_ = true;
    frameLeft_ = header.payloadBytes;
}

void Connection::control(std::byte opcode, Bytes payload) {
    if (opcode == kPing) {
        constexpr std::byte kPong{0xa};
        sendControl(kPong, payload);
    } else if (opcode == kClose) {
        if (state_ != State::Leaving) wrong("the server closed a connection " + closeText(payload));
        state_ = State::Left;
    }
}

/// With a mask of zeros, which is one that leaves a payload as it is.
void Connection::sendControl(std::byte opcode, Bytes payload) {
    std::vector<std::byte> bytes(kLongestHeader);
    const auto header = writeHeader(bytes.data(), kFinal | opcode, payload.size());
    bytes[1] |= kMaskBit;
    bytes.resize(header + kMaskBytes);
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    stream_->send(bytes);
    shared_.bytesSent += bytes.size();
}

/// A part of a message; `ends` with its last one.
void Connection::payload(Bytes part, bool ends) {
    auto& messages = shared_.messages;
    if (state_ == State::Leaving) {
        offset_ = 0;
    } else if (joining || messages.comesWhole()) {
        if (assembly_.size() + part.size() > mostBytes())
            wrong("message " + std::to_string(received_) + " came back too long");
        if (!ends || !assembly_.empty()) assembly_.insert(assembly_.end(), part.begin(), part.end());
        if (ends) whole(assembly_.empty() ? part : Bytes{assembly_});
    } else {
        if (offset_ + part.size() > messages.size())
            wrong("message " + std::to_string(received_) + " came back too long");
        messages.check(received_, offset_, part);
        offset_ += part.size();
        if (ends && offset_ != messages.size()) wrong("message " + std::to_string(received_) + " came back too short");
    }
    if (!ends) return;
    if (state_ != State::Leaving) ++received_;
    offset_ = 0;
    inMessage_ = false;
    assembly_.clear();
}

/// What formatting, or compressing what is random, may make of a message, and more.
std::size_t Connection::mostBytes() const { return 4 * shared_.messages.size() + kLargestHead; }

void Connection::whole(Bytes message) {
    if (compressed_)
        message = (inflater_ ? *inflater_ : shared_.inflater).message(message, inflater_ != nullptr, mostBytes());
    if (joining) received_ = shared_.messages.numberOf(message);
    shared_.messages.checkWhole(received_, message);
}

void Connection::send(std::uint64_t count) {
    for (; shared_.hasPages && count != 0; --count, ++sent_) {
        stream_->send(std::as_bytes(std::span{shared_.request}));
        shared_.bytesSent += shared_.request.size();
    }
    while (count != 0) {
        const auto now = std::min<std::uint64_t>(count, shared_.messages.most());
        const auto bytes = shared_.messages.outgoing(sent_, static_cast<std::size_t>(now));
        stream_->send(bytes);
        shared_.bytesSent += bytes.size();
        sent_ += now;
        count -= now;
    }
}

void Connection::leave() {
    if (shared_.isFramed) sendControl(kClose, kGoodbye);
    state_ = shared_.isFramed ? State::Leaving : State::Left;
}

}  // namespace bench
