// What a long history of a document costs: bench-yjs FILE, which tests/browser/yjs/history.mjs has written.
//
// Every update is applied as it came; then a join, compaction and loading are measured, beside what yjs itself encodes (FILE.yjs).

#include <patchbay/yjs/document.hpp>

#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include <malloc.h>

namespace {

using namespace patchbay::yjs;
using patchbay::asBytes;

std::string contentOf(const std::string& file) {
    std::ifstream in{file, std::ios::binary};
    if (!in) throw std::runtime_error{"cannot read " + file};
    return {std::istreambuf_iterator<char>{in}, {}};
}

/// Processor time of this process.   Units: milliseconds.
double spent() {
    std::timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

std::size_t heap() { return mallinfo2().uordblks; }

void requireNone(const Fault& fault) {
    if (fault) throw std::runtime_error{fault.text()};
}

std::size_t applyAll(Document& document, std::string_view history) {
    std::size_t count = 0;
    for (; !history.empty(); ++count) {
        std::uint32_t size = 0;
        std::memcpy(&size, history.data(), sizeof size);
        requireNone(document.apply(asBytes(history.substr(sizeof size, size)), 1).fault);
        history.remove_prefix(sizeof size + size);
    }
    return count;
}

void run(const std::string& file) {
    const std::string history = contentOf(file), ofYjs = contentOf(file + ".yjs");
    const std::size_t before = heap();
    Document document;
    double start = spent();
    const std::size_t count = applyAll(document, history);
    std::printf("%zu updates applied: %.0f ns each; %zu structs, %zu bytes on the heap\n", count, (spent() - start) * 1e6 / static_cast<double>(count),
                document.structs(), heap() - before);

    constexpr int kJoins = 20;
    start = spent();
    for (int n = 0; n < kJoins; ++n) static_cast<void>(document.encode());
    std::printf("a join: %.3f ms, %zu bytes\n", (spent() - start) / kJoins, document.encode().size());

    start = spent();
    document.compact();
    const double compaction = spent() - start;
    const Buffer compacted = document.encode();
    std::printf("compacted in %.1f ms: %zu bytes, %.2f of yjs' own %zu; %zu bytes on the heap\n", compaction, compacted.size(),
                static_cast<double>(compacted.size()) / static_cast<double>(ofYjs.size()), ofYjs.size(), heap() - before);

    Document loaded;
    start = spent();
    requireNone(loaded.load(compacted));
    std::printf("loaded in %.2f ms\n", spent() - start);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return std::fputs("usage: bench-yjs FILE\n", stderr), 2;
    try {
        run(argv[1]);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
