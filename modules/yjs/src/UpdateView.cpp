#include "UpdateView.hpp"

#include <algorithm>

namespace patchbay::yjs::detail {

Found find(Bytes structs, std::span<const Mark> marks, Clock clock) noexcept {
    const auto behind = std::partition_point(marks.begin(), marks.end(), [clock](const Mark& mark) { return mark.clock <= clock; });
    const Mark& mark = *(behind - 1);
    Reader reader{structs.subspan(mark.offset)};
    Found found{{}, mark.index};
    readStructUnchecked(reader, mark.clock, found.what);
    while (found.what.endClock() <= clock) {
        readStructUnchecked(reader, found.what.endClock(), found.what);
        ++found.index;
    }
    return found;
}

Fault UpdateView::read(Bytes update, const UpdateLimits& limits) {
    sections_.clear();
    marks_.clear();
    if (update.size() > limits.maxBytes) return {Rule::TooLarge, limits.maxBytes};
    Reader reader{update};
    std::uint64_t left = reader.count(4);
    if (left > limits.maxClients) reader.fail(Rule::TooManyClients);  // before they take memory
    for (; left != 0 && reader.ok(); --left) readSection(reader, limits);
    readDeleteSet(reader, limits, deletes_);
    reader.end();
    return reader.fault();
}

void UpdateView::release() noexcept {
    giveBack(sections_);
    giveBack(marks_);
    giveBack(deletes_);
}

void UpdateView::readSection(Reader& reader, const UpdateLimits& limits) {
    const std::byte* const start = reader.position();
    const Clock maxClock = std::min(limits.maxClock, kMaxClock);
    Section section{};
    section.count = reader.count(2);
    section.client = reader.varUint();
    section.start = section.end = reader.varUint();
    if (section.count == 0) reader.fail(Rule::ZeroLength, start);
    if (section.start > maxClock) reader.fail(Rule::ClockTooLarge, start);
    if (!sections_.empty() && sections_.back().client <= section.client) reader.fail(Rule::ClientsOutOfOrder, start);
    if (section.count > reader.left() / 2) reader.fail(Rule::CountTooLarge, start);
    section.firstMark = marks_.size();
    const std::byte* const first = reader.position();
    Struct one;
    for (std::size_t index = 0; index < section.count && reader.ok(); ++index) {
        const auto offset = static_cast<std::size_t>(reader.position() - first);
        if (index == 0 || offset - marks_.back().offset >= kMarkEvery) {
            marks_.push_back({static_cast<std::uint32_t>(section.end), static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(index)});
        }
        readStruct(reader, section.client, section.end, maxClock, one);
        section.end = one.endClock();
        section.hasSkips = section.hasSkips || one.info == kSkip;
    }
    if (!reader.ok()) return;
    section.marks = marks_.size() - section.firstMark;
    section.structs = {first, reader.position()};
    sections_.push_back(section);
}

const Section* UpdateView::sectionOf(ClientId client) const noexcept {
    const auto found = std::partition_point(sections_.begin(), sections_.end(), [client](const Section& one) { return one.client > client; });
    return found != sections_.end() && found->client == client ? &*found : nullptr;
}

SectionsWriter::Written& SectionsWriter::sectionOf(ClientId client, Clock clock) {
    if (sections_.empty() || sections_.back().client != client) sections_.push_back({client, clock, 0, structs_.size()});
    return sections_.back();
}

void SectionsWriter::add(ClientId client, const Struct& one, Clock offset) {
    ++sectionOf(client, one.clock + offset).count;
    writeFrom(structs_, client, one, offset);
}

void SectionsWriter::addSkip(ClientId client, Clock clock, Clock length) {
    ++sectionOf(client, clock).count;
    writeByte(structs_, kSkip);
    writeVarUint(structs_, length);
}

void SectionsWriter::addGc(ClientId client, Clock clock, Clock length) {
    ++sectionOf(client, clock).count;
    writeGc(structs_, length);
}

void SectionsWriter::addRaw(ClientId client, Clock clock, std::size_t count, Bytes structs) {
    if (count == 0) return;
    sectionOf(client, clock).count += count;
    writeBytes(structs_, structs);
}

void SectionsWriter::finish(Buffer& out) const {
    out.reserve(out.size() + structs_.size() + 16 * (sections_.size() + 1));
    writeVarUint(out, sections_.size());
    for (std::size_t n = 0; n < sections_.size(); ++n) {
        const Written& section = sections_[n];
        const std::size_t end = n + 1 < sections_.size() ? sections_[n + 1].begin : structs_.size();
        writeVarUint(out, section.count);
        writeVarUint(out, section.client);
        writeVarUint(out, section.start);
        writeBytes(out, Bytes{structs_}.subspan(section.begin, end - section.begin));
    }
}

}  // namespace patchbay::yjs::detail
