#pragma once
// What the annotations of a class come to: its attributes and one function per event. The dispatcher knows endpoint
// classes only through this; everything that depends on the class is compiled into the functions.

#include <patchbay/close.hpp>
#include <patchbay/detail/Image.hpp>
#include <patchbay/detail/Labels.hpp>
#include <patchbay/detail/Running.hpp>
#include <patchbay/detail/TopicModel.hpp>
#include <patchbay/endpoint_config.hpp>
#include <patchbay/endpoint_options.hpp>
#include <patchbay/errors.hpp>
#include <patchbay/json.hpp>
#include <patchbay/session.hpp>

#include <concepts>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace patchbay::detail {

/// That of a session's events.   Requires: one of its handlers is being called.   Thread: its strand's.
Strand& strandOf(const Session& session);

/// The values of a path's variables, left to right: as many as the class's path has, so nobody counts them.
class PathValues {
public:
    PathValues() = default;
    template <std::convertible_to<std::span<const std::string>> Values>
    PathValues(const Values& values) noexcept : first_{std::span<const std::string>{values}.data()} {}  // NOLINT(google-explicit-constructor): are those
    const std::string& operator[](std::size_t index) const noexcept { return first_[index]; }

private:
    const std::string* first_ = nullptr;
};

/// What every handler may ask for. References are valid until the function of the model returns: a coroutine has copies.
struct Call {
    const Session& session;
    PathValues path;
    RunningSlot* running = &runningHere();  // of the loop or worker that the handler runs on
    Strand& (*strand)(const Session&) = &strandOf;  // where its coroutine goes on
};

struct OpenCall : Call {
    const EndpointConfig& config;
};

struct MessageCall : Call {
    Bytes payload;
    std::size_t slack;         // readable bytes behind the payload
    json::Document& document;  // this loop's reader
    void* scratch;             // this loop's objects to decode into, made by newScratch
    const WireFormat& format;
    std::size_t maxMessageSize;  // of the endpoint, for handlers that set none
};

struct CloseCall : Call {
    const CloseReason& reason;
};

struct ErrorCall : Call {
    std::exception_ptr error;
};

/// A path variable that the constructor cannot be given. Of the same type as no other DecodeError, since its text goes to the client
/// that chose the path; what a constructor throws by itself does not.
struct BadPathVariable : DecodeError {
    using DecodeError::DecodeError;
};

/// Whom an instance is constructed for.   Requires: `path`, the values of the path's variables, outlives the session.
struct Arrival {
    Session session = {};  // none where the model does not ask for it
    std::span<const std::string> path = {};
};

struct EndpointModel {
    EndpointModel() noexcept;
    EndpointModel(EndpointModel&&) noexcept;
    EndpointModel(const EndpointModel&);
    ~EndpointModel();
    /// What it says of a class, beside its functions.
    void describe(std::string_view className, std::string_view path, ServerEndpointOptions&& options, bool needsTags);

    std::string className;
    std::string path;
    const void* identity = nullptr;  // the same for the same class, in every library
    ImagePin image;                  // of the code that the functions below are
    ServerEndpointOptions options;
    bool tagged = false;       // WireFormat
    bool tagRequired = false;
    std::size_t maxHandlerMessageBytes = 0;  // the largest maxMessageSize of a message handler; 0: none sets one
    bool everyHandlerSetsMaxMessage = false;
    std::span<const TopicModel> topics;  // in the order of the source; of its library

    void (*checkServices)(const Services&) = nullptr;               // throws MissingService
    std::shared_ptr<void> (*construct)(const Services&, const Arrival&) = nullptr;  // a new instance
    bool asksForSession = false;                                    // construct() does
    std::shared_ptr<void> (*newScratch)() = nullptr;

    // Each is null where the class has no such handler. They throw what the handler throws, and DecodeError. What they return
    // is the handler's coroutine, which waits; empty where the handler has returned and what it returned has been sent.
    Running (*onOpen)(void* instance, const OpenCall&) = nullptr;
    Running (*onText)(void* instance, const MessageCall&) = nullptr;
    Running (*onBinary)(void* instance, const MessageCall&) = nullptr;
    Running (*onClose)(void* instance, const CloseCall&) = nullptr;
    /// True when a handler took the error; `running` is its coroutine.
    bool (*onError)(void* instance, const ErrorCall&, Running& running) = nullptr;
};

}  // namespace patchbay::detail
