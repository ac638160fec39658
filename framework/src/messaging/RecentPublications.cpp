#include "messaging/RecentPublications.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace patchbay::messaging {
namespace {

/// As one more run, or as the end of the last.
void append(std::vector<Excerpt>& runs, const std::shared_ptr<Broadcast>& batch, std::size_t message) {
    if (!runs.empty() && runs.back().batch == batch && runs.back().last == message) {
        ++runs.back().last;
    } else {
        runs.push_back({batch, message, message + 1});
    }
}

std::uint64_t offsetOf(const Broadcast& batch, std::size_t message) noexcept {
    const PublicationHead* const head = batch.head(message);
    return head ? head->offset : 0;
}

}  // namespace

void RecentPublications::begin(std::uint64_t last) noexcept {
    batches_.clear();
    bytes_ = 0;
    last_ = last;
    floor_ = 1;
}

void RecentPublications::add(const std::shared_ptr<Broadcast>& batch, std::size_t bytes) {
    if (batches_.empty() || batches_.back().broadcast != batch) batches_.push_back({batch, last_ + 1, 0});
    batches_.back().bytes += bytes;
    bytes_ += bytes;
    ++last_;
}

void RecentPublications::addRead(const Slice& slice, const std::shared_ptr<Topic>& topic, MemoryBudget& memory) {
    const std::uint64_t before = first();
    auto end = slice.publications.end();
    while (end != slice.publications.begin() && std::prev(end)->offset >= before) --end;
    if (end == slice.publications.begin()) {
        floor_ = std::max(floor_, std::min(slice.kept, before));
        return;
    }
    if (std::prev(end)->offset + 1 != before) return;
    std::deque<Batch> older;
    std::size_t bytes = 0;
    for (auto one = slice.publications.begin(); one != end; ++one) {
        const PublicationHead head{one->offset, one->client, one->request, one->key, one->amends};
        const Bytes payload = asBytes(one->data);
        if (older.empty() || !older.back().broadcast->add(one->kind, payload, Broadcast::kNobody, &head)) {
            const TopicPosition position{slice.last.epoch, one->offset};
            older.push_back({std::make_shared<Broadcast>(topic, position, memory), one->offset, 0});
            older.back().broadcast->add(one->kind, payload, Broadcast::kNobody, &head);
        }
        older.back().bytes += payload.size() + Broadcast::kMessageBytes;
        bytes += payload.size() + Broadcast::kMessageBytes;
    }
    floor_ = std::max(floor_, older.front().first);  // it was asked for all that is wanted of it
    batches_.insert(batches_.begin(), std::make_move_iterator(older.begin()), std::make_move_iterator(older.end()));
    bytes_ += bytes;
}

void RecentPublications::keep(std::size_t bytes) noexcept {
    while (bytes_ > bytes && batches_.size() > 1) {
        bytes_ -= batches_.front().bytes;
        batches_.pop_front();
    }
}

std::vector<Excerpt> RecentPublications::since(std::uint64_t after) const {
    std::vector<Excerpt> runs;
    if (after >= last_) return runs;
    auto from = std::ranges::upper_bound(batches_, after + 1, {}, &Batch::first);
    if (from != batches_.begin()) --from;
    for (; from != batches_.end(); ++from) {
        from->broadcast->seal();
        for (std::size_t message = 0; message < from->broadcast->count(); ++message) {
            if (offsetOf(*from->broadcast, message) > after) append(runs, from->broadcast, message);
        }
    }
    return runs;
}

std::vector<Excerpt> RecentPublications::newestOfKeys(const std::vector<Excerpt>& runs) {
    std::unordered_set<std::string_view> seen;
    std::vector<std::pair<const Excerpt*, std::size_t>> wanted;  // backwards
    for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
        for (std::size_t message = run->last; message-- > run->first;) {
            if (seen.insert(run->batch->head(message)->key).second) wanted.emplace_back(&*run, message);
        }
    }
    std::vector<Excerpt> newest;
    for (auto one = wanted.rbegin(); one != wanted.rend(); ++one) append(newest, one->first->batch, one->second);
    return newest;
}

std::size_t RecentPublications::bytesOf(const std::vector<Excerpt>& runs) noexcept {
    std::size_t bytes = 0;
    for (const Excerpt& run : runs) {
        for (std::size_t message = run.first; message < run.last; ++message) bytes += run.batch->payload(message).size();
    }
    return bytes;
}

void RecentPublications::keepNewest(std::vector<Excerpt>& runs, std::size_t bytes) noexcept {
    std::size_t kept = 0;
    for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
        for (std::size_t message = run->last; message-- > run->first;) {
            kept += run->batch->payload(message).size();
            if (kept <= bytes) continue;
            run->first = message + 1;
            runs.erase(runs.begin(), run->first == run->last ? run.base() : std::prev(run.base()));
            return;
        }
    }
}

}  // namespace patchbay::messaging
