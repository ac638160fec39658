#include <patchbay/session.hpp>

#include <memory>
#include <string>
#include <vector>

namespace patchbay::detail {
namespace {

/// A stack of texts: the innermost encoding has the last.
struct Buffers {
    std::vector<std::unique_ptr<std::string>> texts;
    std::size_t used = 0;
};

thread_local Buffers buffers;

}  // namespace

EncodingBuffer::EncodingBuffer() {
    if (buffers.used == buffers.texts.size()) buffers.texts.push_back(std::make_unique<std::string>());
    text_ = buffers.texts[buffers.used++].get();
    text_->clear();
}

EncodingBuffer::~EncodingBuffer() {
    constexpr std::size_t kKept = 64 * 1024;  // one large message does not stay in memory for ever
    if (text_->capacity() > kKept) std::string{}.swap(*text_);
    --buffers.used;
}

}  // namespace patchbay::detail
