#pragma once
// A store for tests that fails, or keeps people waiting, when it is told to. What it lets through is another's. The test kit's server has one
// (TestServer::store).

#include <patchbay/store.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace patchbay::testkit {

/// Thread: any.
class FaultyStore final : public Store {
public:
    explicit FaultyStore(std::shared_ptr<Store> store) : store_{std::move(store)} {}

    /// Every call from now on is refused, as by a store whose file has that fault; nothing of it is done.
    void fail(StoreFault fault) {
        const std::lock_guard guard{lock_};
        fault_ = fault;
    }
    void mend() {
        const std::lock_guard guard{lock_};
        fault_.reset();
    }
    /// Calls from now on are done no sooner than release(): they wait, in their order.
    void hold() {
        const std::lock_guard guard{lock_};
        holds_ = true;
    }
    void release() {
        std::vector<std::function<void()>> held;
        {
            const std::lock_guard guard{lock_};
            holds_ = false;
            held.swap(held_);
        }
        for (const auto& call : held) call();
    }
    std::size_t held() const {
        const std::lock_guard guard{lock_};
        return held_.size();
    }
    /// How many reads there were.
    std::size_t reads() const {
        const std::lock_guard guard{lock_};
        return reads_;
    }

    void commit(Commit commit, Receiver<Committed> receiver) override {
        pass(std::move(commit), std::move(receiver), [this](Commit&& c, Receiver<Committed>&& r) { store_->commit(std::move(c), std::move(r)); });
    }
    void read(Range range, Receiver<Slice> receiver) override {
        {
            const std::lock_guard guard{lock_};
            ++reads_;
        }
        pass(std::move(range), std::move(receiver), [this](Range&& c, Receiver<Slice>&& r) { store_->read(std::move(c), std::move(r)); });
    }
    void answers(ClientKey of, Receiver<Answers> receiver) override {
        pass(std::move(of), std::move(receiver), [this](ClientKey&& c, Receiver<Answers>&& r) { store_->answers(std::move(c), std::move(r)); });
    }
    void trim(Retention retention, Receiver<void> receiver) override {
        pass(std::move(retention), std::move(receiver), [this](Retention&& c, Receiver<void>&& r) { store_->trim(std::move(c), std::move(r)); });
    }
    Health health() const override {
        const std::lock_guard guard{lock_};
        return fault_ ? Health{"it was told to fail", true} : store_->health();
    }

private:
    template <class What, class T, class Call>
    void pass(What what, Receiver<T> receiver, Call call) {
        std::unique_lock lock{lock_};
        if (fault_) {
            const StoreError error{*fault_, "it was told to fail"};
            lock.unlock();
            return receiver.fail(std::make_exception_ptr(error));
        }
        if (!holds_) {
            lock.unlock();
            return call(std::move(what), std::move(receiver));
        }
        const auto kept = std::make_shared<std::pair<What, Receiver<T>>>(std::move(what), std::move(receiver));
        held_.emplace_back([kept, call] { call(std::move(kept->first), std::move(kept->second)); });
    }

    const std::shared_ptr<Store> store_;
    mutable std::mutex lock_;  // guards what follows
    std::optional<StoreFault> fault_;
    bool holds_ = false;
    std::size_t reads_ = 0;
    std::vector<std::function<void()>> held_;
};

}  // namespace patchbay::testkit
