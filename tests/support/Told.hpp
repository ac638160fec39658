#pragma once
// What a receiver is told, for a test that waits for it.

#include <patchbay/store.hpp>

#include <future>
#include <optional>
#include <utility>

namespace patchbay::test {

/// `begin` gets a receiver; the value that it is told, or what that throws.
template <class T, class Begin>
T told(Begin begin) {
    auto promise = std::make_shared<std::promise<Outcome<T>>>();  // its receiver may outlast the wait by a moment
    auto future = promise->get_future();
    begin(Receiver<T>{[promise](Outcome<T> outcome) { promise->set_value(std::move(outcome)); }});
    return future.get().take();
}

inline Committed commit(Store& store, Commit commit) {
    return told<Committed>([&](Receiver<Committed> receiver) { store.commit(std::move(commit), std::move(receiver)); });
}
inline Slice read(Store& store, Range range) {
    return told<Slice>([&](Receiver<Slice> receiver) { store.read(std::move(range), std::move(receiver)); });
}
inline Answers answers(Store& store, ClientKey of) {
    return told<Answers>([&](Receiver<Answers> receiver) { store.answers(std::move(of), std::move(receiver)); });
}
inline void trim(Store& store, Retention retention) {
    told<void>([&](Receiver<void> receiver) { store.trim(std::move(retention), std::move(receiver)); });
}

/// The fault that `call` throws.
template <class Call>
std::optional<StoreFault> faultOf(Call call) {
    try {
        call();
        return std::nullopt;
    } catch (const StoreError& error) {
        return error.fault();
    }
}

}  // namespace patchbay::test
