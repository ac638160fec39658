#include "Answers.hpp"

#include "Head.hpp"

#include <charconv>
#include <stdexcept>

namespace bench {

namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";

std::size_t lengthOf(std::string_view head) {
    const auto text = field(head, "Content-Length");
    std::size_t length = 0;
    if (!text || std::from_chars(text->data(), text->data() + text->size(), length).ptr != text->data() + text->size()) {
        throw std::runtime_error{"a page came without a Content-Length"};
    }
    return length;
}

}  // namespace

std::string pageRequest(std::string_view path, std::string_view host) {
    return "GET " + std::string{path} + " HTTP/1.1\r\nHost: " + std::string{host} + std::string{kEndOfHead};
}

std::size_t Answers::take(Bytes bytes) {
    const std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    const auto end = text.find(kEndOfHead);
    if (end == std::string_view::npos) {
        if (text.size() > kLargestHead) throw std::runtime_error{"a page came with a head that does not end"};
        return 0;
    }
    const auto head = text.substr(0, end + 2);
    if (!head.starts_with("HTTP/1.1 200 ")) {
        throw std::runtime_error{"a page was asked for, and the answer is " + std::string{head.substr(0, head.find('\r'))}};
    }
    const auto begin = end + kEndOfHead.size(), length = lengthOf(head);
    if (text.size() - begin < length) return 0;
    const auto body = text.substr(begin, length);
    if (!body_) body_.emplace(body);
    if (*body_ != body) throw std::runtime_error{"a page came with another body than the first"};
    return begin + length;
}

}  // namespace bench
