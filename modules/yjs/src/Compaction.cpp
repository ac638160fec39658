// Compaction: what yjs does to a document that has been edited for long. Contents that have been deleted go, since nobody can see them again;
// what lay in a deleted type becomes GC, of which a run is one number; neighbours that one client wrote in one go become one struct.
//
// A client that still has the contents loses nothing by it: structs keep their ids, and a deleted one looks the same with or without them.

#include "Structs.hpp"
#include "Utf.hpp"

#include <algorithm>
#include <optional>

namespace patchbay::yjs::detail {
namespace {

/// Which structs lie in a type that has been deleted. A struct lies where its left or right neighbour lies, and only the first of a type names it.
class Graves {
public:
    explicit Graves(const Clients& clients) {
        for (const auto& [id, client] : clients) {
            Run& run = runs_.emplace_back(Run{&client, {}});
            places_.emplace(id, runs_.size() - 1);
            run.entries.reserve(client.run.count());
            const std::byte* const first = client.run.bytes().data();
            client.run.each([&run, first](const Struct& one) {
                const auto offset = static_cast<std::uint32_t>(one.begin - first);
                run.entries.push_back({static_cast<std::uint32_t>(one.clock), offset, Fate::Unknown});
            });
        }
        for (std::size_t run = 0; run < runs_.size(); ++run) {
            for (std::size_t entry = 0; entry < runs_[run].entries.size(); ++entry) settle({run, entry});
        }
        areCertain_ = noLivingNeighbour();
    }

    /// The `entry`-th struct of the `run`-th client.
    bool isDead(std::size_t run, std::size_t entry) const noexcept { return areCertain_ && runs_[run].entries[entry].fate == Fate::Dead; }

private:
    enum class Fate : std::uint8_t { Unknown, Visited, Alive, Dead };
    struct Entry {
        std::uint32_t clock;
        std::uint32_t offset;
        Fate fate;
    };
    struct Run {
        const Client* client;
        std::vector<Entry> entries;
    };
    struct Place {
        std::size_t run;
        std::size_t entry;
    };

    Entry& at(Place place) noexcept { return runs_[place.run].entries[place.entry]; }

    std::optional<Place> placeOf(const Id& id) const noexcept {
        const auto found = places_.find(id.client);
        if (found == places_.end() || id.clock >= runs_[found->second].client->run.end()) return std::nullopt;
        const std::vector<Entry>& entries = runs_[found->second].entries;
        const auto behind = std::partition_point(entries.begin(), entries.end(), [&](const Entry& one) { return one.clock <= id.clock; });
        return Place{found->second, static_cast<std::size_t>(behind - entries.begin()) - 1};
    }

    Struct headOf(Place place) noexcept {
        Struct one;
        Reader reader{runs_[place.run].client->run.bytes().subspan(at(place).offset)};
        readHeadUnchecked(reader, one);
        one.clock = at(place).clock;
        return one;
    }

    bool isDeleted(Place place) noexcept {
        const DeletedRanges& deleted = runs_[place.run].client->deleted;
        const std::size_t range = deleted.firstBeyond(at(place).clock);
        return range < deleted.ranges().size() && deleted.ranges()[range].clock <= at(place).clock;
    }

    /// Follows neighbours and parents until something is known; all on the way share its fate.
    void settle(Place place) {
        way_.clear();
        Fate fate = Fate::Unknown;
        for (std::optional<Place> next = place; fate == Fate::Unknown;) {
            if (!next || at(*next).fate == Fate::Visited) {
                fate = Fate::Alive;  // what cannot be is left alone
            } else if (at(*next).fate != Fate::Unknown) {
                fate = at(*next).fate;
            } else {
                way_.push_back(*next);
                at(*next).fate = Fate::Visited;
                fate = step(next);
            }
        }
        for (const Place& passed : way_) at(passed).fate = fate;
    }

    /// The fate of the struct at `place`, or Unknown and the place that it shares it with.
    Fate step(std::optional<Place>& place) {
        const Struct one = headOf(*place);
        if (!one.isItem()) return Fate::Dead;
        if (one.hasOrigin()) return place = placeOf(one.origin), Fate::Unknown;
        if (one.hasRightOrigin()) return place = placeOf(one.rightOrigin), Fate::Unknown;
        if (!one.hasParentId) return Fate::Alive;
        place = placeOf(one.parent);
        if (!place) return Fate::Alive;
        const Struct parent = headOf(*place);
        if (!parent.isItem() || parent.ref() == kDeleted) return Fate::Dead;
        if (parent.ref() != kType) return Fate::Alive;
        return isDeleted(*place) ? Fate::Dead : Fate::Unknown;
    }

    /// Whether nothing alive stands beside something dead: whoever reads that takes it for dead too. Only made-up updates have it.
    bool noLivingNeighbour() {
        for (std::size_t run = 0; run < runs_.size(); ++run) {
            for (std::size_t entry = 0; entry < runs_[run].entries.size(); ++entry) {
                if (at({run, entry}).fate == Fate::Dead) continue;
                const Struct one = headOf({run, entry});
                if (!one.isItem() || !one.hasRightOrigin()) continue;
                const std::optional<Place> right = placeOf(one.rightOrigin);
                if (right && at(*right).fate == Fate::Dead) return false;
            }
        }
        return true;
    }

    std::vector<Run> runs_;
    std::map<ClientId, std::size_t> places_;
    std::vector<Place> way_;
    bool areCertain_ = false;
};

/// Takes an item's content off from its beginning, some units at a time.
class Content {
public:
    struct Piece {
        Clock units;
        Bytes bytes;
    };

    explicit Content(const Struct& one) noexcept : ref_{one.ref()}, left_{one.contentBytes()} {
        Reader reader{left_};
        if (ref_ == kString) {
            left_ = reader.varBytes();
        } else {
            reader.varUint();
            left_ = left_.subspan(reader.offset());
        }
    }

    /// That many units, or one less or more where that would cut a character in two.
    Piece takeAtMost(Clock units) noexcept { return take(units, -1); }
    Piece takeAtLeast(Clock units) noexcept { return take(units, 1); }
    const std::byte* position() const noexcept { return left_.data(); }

private:
    Piece take(Clock units, int rounding) noexcept {
        std::size_t bytes = 0;
        if (ref_ == kString) {
            const Utf16Cut cut = utf16Cut(asText(left_), units);
            bytes = cut.bytes;
            if (cut.throughAPair) {
                units = rounding < 0 ? units - 1 : units + 1;
                bytes += rounding < 0 ? 0 : 4;
            }
        } else {
            Reader reader{left_};
            for (Clock left = units; left != 0; --left) ref_ == kAny ? reader.any() : static_cast<void>(reader.varBytes());
            bytes = reader.offset();
        }
        const Piece piece{units, left_.first(bytes)};
        left_ = left_.subspan(bytes);
        return piece;
    }

    Ref ref_;
    Bytes left_;
};

/// Writes one client's structs anew.
class Rewriter {
public:
    Rewriter(const Client& from, Client& to) noexcept : from_{from}, to_{to}, range_{0} {}

    void bury(const Struct& one) {
        to_.run.appendGc(one.length);
        buried_.push_back({static_cast<std::uint32_t>(one.clock), static_cast<std::uint32_t>(one.length)});
    }
    /// Behind the last of them: deletes one by one would each move those that follow.
    void finish() {
        to_.deleted.addAll(buried_);
        to_.run.shrink();
    }

    void keep(const Struct& one) {
        const std::vector<Range>& deleted = from_.deleted.ranges();
        while (range_ < deleted.size() && deleted[range_].end() <= one.clock) ++range_;
        const bool isTouched = range_ < deleted.size() && deleted[range_].clock < one.endClock();
        if (!one.isItem() || one.ref() == kDeleted || !isTouched) {
            to_.run.append(one, 0);
        } else if (deleted[range_].clock <= one.clock && deleted[range_].end() >= one.endClock()) {
            to_.run.appendDeleted(one, 0, one.length);
        } else {
            keepInPart(one);
        }
    }

private:
    /// Leaves out what is deleted of it, where that is more than the heads of its parts take.
    void keepInPart(const Struct& one) {
        const std::vector<Range>& deleted = from_.deleted.ranges();
        Buffer head;
        writeHead(head, from_.run.client(), one, 1, kDeleted);
        const std::size_t cost = 2 * (head.size() + 2);
        Content content{one};
        kept_ = {content.position(), content.position()};
        keptFrom_ = at_ = 0;
        for (std::size_t n = range_; n < deleted.size() && deleted[n].clock < one.endClock(); ++n) {
            const Clock begin = std::max<Clock>(deleted[n].clock, one.clock) - one.clock;
            const Clock end = std::min(deleted[n].end(), one.endClock()) - one.clock;
            if (begin > at_) extend(content.takeAtLeast(begin - at_));
            if (end <= at_) continue;
            const Content::Piece gone = content.takeAtMost(end - at_);
            if (gone.bytes.size() <= cost) {
                extend(gone);
                continue;
            }
            flush(one);
            to_.run.appendDeleted(one, at_, gone.units);
            at_ = keptFrom_ = at_ + gone.units;
            kept_ = {content.position(), content.position()};
        }
        if (at_ < one.length) extend(content.takeAtLeast(one.length - at_));
        flush(one);
    }
    void extend(const Content::Piece& piece) noexcept {
        kept_ = {kept_.data(), kept_.size() + piece.bytes.size()};
        at_ += piece.units;
    }
    void flush(const Struct& one) {
        if (at_ == keptFrom_) return;
        const std::uint64_t number = one.ref() == kString ? kept_.size() : at_ - keptFrom_;
        to_.run.appendPart(one, keptFrom_, at_ - keptFrom_, number, kept_);
    }

    const Client& from_;
    Client& to_;
    std::size_t range_;  // the first that may touch the next struct
    Bytes kept_;
    Clock keptFrom_ = 0;
    Clock at_ = 0;
    std::vector<Range> buried_;
};

}  // namespace

Clients compacted(const Clients& clients) {
    const Graves graves{clients};
    Clients result;
    std::size_t run = 0;
    for (const auto& [id, client] : clients) {
        Client& to = result.try_emplace(result.end(), id, id)->second;
        to.deleted = client.deleted;
        Rewriter rewriter{client, to};
        std::size_t entry = 0;
        client.run.each([&](const Struct& one) {
            if (one.isItem() && graves.isDead(run, entry)) {
                rewriter.bury(one);
            } else {
                rewriter.keep(one);
            }
            ++entry;
        });
        rewriter.finish();
        ++run;
    }
    return result;
}

}  // namespace patchbay::yjs::detail
