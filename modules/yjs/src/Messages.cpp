#include <patchbay/yjs/messages.hpp>

namespace patchbay::yjs {
namespace {

constexpr std::uint64_t kSync = 0, kAwareness = 1, kAuth = 2, kQueryAwareness = 3;
constexpr std::uint64_t kStep1 = 0, kStep2 = 1, kUpdate = 2;

}  // namespace

Fault readMessage(Bytes bytes, Message& out) {
    Reader reader{bytes};
    out = {};
    switch (reader.varUint()) {
        case kSync:
            switch (reader.varUint()) {
                case kStep1: out.type = MessageType::SyncStep1; break;
                case kStep2: out.type = MessageType::SyncStep2; break;
                case kUpdate: out.type = MessageType::Update; break;
                default: reader.fail(Rule::UnknownMessage);
            }
            out.body = reader.varBytes();
            break;
        case kAwareness:
            out.type = MessageType::Awareness;
            out.body = reader.varBytes();
            break;
        case kAuth:
            out.type = MessageType::AccessDenied;
            if (reader.varUint() != 0) reader.fail(Rule::UnknownMessage);
            out.body = asBytes(reader.varString());
            break;
        case kQueryAwareness: out.type = MessageType::QueryAwareness; break;
        default: reader.fail(Rule::UnknownMessage);
    }
    reader.end();
    return reader.fault();
}

Buffer writeMessage(MessageType type, Bytes body) {
    Buffer out;
    out.reserve(body.size() + 12);
    switch (type) {
        case MessageType::SyncStep1:
        case MessageType::SyncStep2:
        case MessageType::Update:
            writeVarUint(out, kSync);
            writeVarUint(out, type == MessageType::SyncStep1 ? kStep1 : type == MessageType::SyncStep2 ? kStep2 : kUpdate);
            break;
        case MessageType::Awareness: writeVarUint(out, kAwareness); break;
        case MessageType::AccessDenied:
            writeVarUint(out, kAuth);
            writeVarUint(out, 0);
            break;
        case MessageType::QueryAwareness: writeVarUint(out, kQueryAwareness); return out;
    }
    writeVarBytes(out, body);
    return out;
}

}  // namespace patchbay::yjs
