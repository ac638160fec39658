#include "Record.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <string_view>

namespace bench {

namespace {

class Reader {
public:
    explicit Reader(std::string_view rest) : rest_{rest} {}

    Record record() {
        Record record;
        std::size_t members = 0;
        expect('{');
        do {
            const auto name = string();
            expect(':');
            if (name == "text") {
                record.text = string();
            } else if (name == "number") {
                record.number = number();
            } else if (name == "list") {
                record.list = list();
            } else {
                wrong();
            }
            ++members;
        } while (takes(','));
        expect('}');
        skipSpace();
        if (members != 3 || !rest_.empty()) wrong();
        return record;
    }

private:
    [[noreturn]] static void wrong() {
        throw std::runtime_error{"a message came back that is not the JSON that was sent"};
    }

    void skipSpace() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }

    bool takes(char wanted) {
        skipSpace();
        if (!rest_.starts_with(wanted)) return false;
        rest_.remove_prefix(1);
        return true;
    }

    void expect(char wanted) {
        if (!takes(wanted)) wrong();
    }

    double number() {
        skipSpace();
        double value = 0;
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        if (error != std::errc{}) wrong();
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        return value;
    }

    std::vector<std::string> list() {
        std::vector<std::string> all;
        expect('[');
        if (takes(']')) return all;
        do all.push_back(string());
        while (takes(','));
        expect(']');
        return all;
    }

    std::string string() {
        expect('"');
        std::string text;
        for (;;) {
            const auto plain = rest_.find_first_of("\"\\");
            if (plain == std::string_view::npos) wrong();
            text += rest_.substr(0, plain);
            const bool ends = rest_[plain] == '"';
            rest_.remove_prefix(plain + 1);
            if (ends) return text;
            text += escaped();
        }
    }

    /// What we send is ASCII, so no escape of ours stands for more.
    char escaped() {
        if (rest_.empty()) wrong();
        const char kind = rest_.front();
        rest_.remove_prefix(1);
        constexpr std::string_view kKinds = "\"\\/bfnrt", kMeant = "\"\\/\b\f\n\r\t";
        if (const auto simple = kKinds.find(kind); simple != std::string_view::npos) return kMeant[simple];
        unsigned code = 0;
        if (kind != 'u' || rest_.size() < 4) wrong();
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + 4, code, 16);
        if (error != std::errc{} || end != rest_.data() + 4 || code > 0x7f) wrong();
        rest_.remove_prefix(4);
        return static_cast<char>(code);
    }

    std::string_view rest_;
};

}  // namespace

Record readRecord(Bytes json) { return Reader{{reinterpret_cast<const char*>(json.data()), json.size()}}.record(); }

}  // namespace bench
