#include "Script.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace patchbay::simulation {
namespace {

constexpr std::size_t kIndent = 4;

// In the order of Op. Behind the operands: whether steps may belong to it, and whether it is a fault.
constexpr std::array<OpForm, kOps> kForms{{
    {"loops", {"count", "queue"}},                        // how many; bytes that may wait for each
    {"policy", {"endpoint", "full", "queue", "errors"}},  // WhenFull; bytes; whether it has an error handler
    {"limits", {"endpoint", "idle", "topics", "sessions"}},
    // Whether they run on the pool, and are coroutines; bytes of the receive queue.
    {"handlers", {"endpoint", "pool", "receive", "coroutines"}},
    // By bytes: how long a peer may take nothing, and a message make no progress; in how many frames one may come. 0: for ever, and in any.
    {"timeouts", {"endpoint", "send", "message", "fragments"}},
    {"wire", {"bytes"}},  // 1: the framework's own carrier and codec, over a network of bytes

    {"handshake", {"slot", "endpoint", "loop"}, true},  // what belongs to it: the open handler, and the at-…
    {"opens", {"slot"}},                                // the connection is there: the session begins
    {"says", {"slot", "size", "form"}, true},           // the peer; what belongs to it: its handler
    {"peer-closes", {"slot", "code"}},
    {"peer-breaks", {"slot", "rule"}, false, true},  // 0 protocol, 1 text that is not UTF-8, 2 too big, 3 in too many frames
    {"cut", {"slot"}, false, true},                  // the connection; the server hears of it
    {"vanishes", {"slot"}, false, true},             // the connection; the server finds out when it writes
    {"stalls", {"slot"}, false, true},               // the peer reads no more,
    {"reads", {"slot", "count"}},                    //   so many messages,
    {"flows", {"slot"}},                             //   everything; and goes on with what it has begun to say
    {"delay", {"slot", "ms"}, false, true},          // what the peer says takes so long
    {"mute", {"slot"}, false, true},                 // the peer does not answer a goodbye
    {"hangs", {"slot"}, false, true},                // the peer says no more than the beginning of its next message

    {"turn", {"loop"}},
    {"pass", {"ms"}},
    {"thread", {"number"}, true},
    {"pool", {"place"}},  // one of its threads runs what waits there

    {"undeploy", {"endpoint"}, false, true},
    {"deploy", {"endpoint"}},
    {"drain", {}, false, true},    // a stop: everybody gets 1001,
    {"cut-all", {}, false, true},  //   who is left is cut off,
    {"end", {}, false, true},      //   the loops end
    {"start", {}},

    {"send", {"slot", "size", "form"}},  // form: 1 binary, 2 by send(), which throws
    {"publish", {"topics", "topic", "size"}},
    {"publish-except", {"topics", "topic", "size", "slot"}},
    {"subscribe", {"slot", "global", "topic"}},
    {"unsubscribe", {"slot", "global", "topic"}},
    {"post", {"slot"}, true},
    {"after", {"slot", "timer", "ms"}, true},
    {"every", {"slot", "timer", "ms"}, true},
    {"cancel", {"timer"}},
    {"close", {"slot", "code"}},
    {"close-for", {"slot", "cause"}},
    {"ping", {"slot"}},
    {"idle", {"slot", "ms"}},
    {"pause", {"slot"}},  // pauseReceiving()
    {"resume", {"slot"}},
    {"keep", {"slot", "value"}},
    {"look", {"slot"}},
    {"done", {"name"}},  // for whoever awaits that name
    {"throw", {"what"}, false, true},

    {"sleep", {"ms", "catches"}},  // catches: goes on where it is cancelled
    {"run", {"catches"}, true},    // what belongs to it: by the executor
    {"await", {"name", "catches"}},
    {"helper", {}, true},  // what belongs to it: a coroutine that this one awaits

    {"at-opened", {}, true},
    {"at-close", {}, true},
    {"at-closed", {}, true},
    {"at-error", {}, true},
    {"at-destroyed", {}, true},
}};

std::size_t operandsOf(const OpForm& form) noexcept {
    return static_cast<std::size_t>(std::ranges::find(form.operands, std::string_view{}) - form.operands.begin());
}

void write(std::string& text, std::span<const Step> steps, std::size_t depth) {
    for (std::size_t i = 0; i < steps.size(); i = behind(steps, i)) {
        const OpForm& form = formOf(steps[i].op);
        text.append(depth * kIndent, ' ').append(form.name);
        for (std::size_t operand = 0; operand < operandsOf(form); ++operand) {
            text.append(" ").append(form.operands[operand]).append("=").append(std::to_string(steps[i][operand]));
        }
        text += '\n';
        write(text, steps.subspan(i + 1, steps[i].inner), depth + 1);
    }
}

/// One line of a script, word by word.
class Line {
public:
    Line(std::string_view line, std::size_t number) : line_{line.substr(0, line.find('#'))}, number_{number} {
        depth = std::min(line_.find_first_not_of(' '), line_.size()) / kIndent;
    }

    std::string_view word() {
        const std::size_t begin = std::min(line_.find_first_not_of(" \r"), line_.size());
        const std::size_t end = std::min(line_.find_first_of(" \r", begin), line_.size());
        const std::string_view found = line_.substr(begin, end - begin);
        line_.remove_prefix(end);
        return found;
    }
    [[noreturn]] void refuse(std::string_view why) const {
        throw std::invalid_argument{"line " + std::to_string(number_) + ": " + std::string{why}};
    }
    std::uint16_t numberIn(std::string_view text) const {
        std::uint16_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || end != text.data() + text.size())
            refuse(std::string{text} + " is no number up to 65535");
        return value;
    }

    std::size_t depth;

private:
    std::string_view line_;
    std::size_t number_;
};

Step stepIn(Line& line, std::string_view name) {
    const auto form = std::ranges::find(kForms, name, &OpForm::name);
    if (form == kForms.end()) line.refuse("there is no operation " + std::string{name});
    Step step{.op = static_cast<Op>(form - kForms.begin())};
    for (std::size_t operand = 0; operand < operandsOf(*form); ++operand) {
        const std::string_view word = line.word();
        const std::size_t equals = word.find('=');
        if (equals == std::string_view::npos || word.substr(0, equals) != form->operands[operand])
            line.refuse(std::string{name} + " needs " + std::string{form->operands[operand]} + "=…");
        step.operands[operand] = line.numberIn(word.substr(equals + 1));
    }
    if (!line.word().empty()) line.refuse(std::string{name} + " takes nothing more");
    return step;
}

}  // namespace

const OpForm& formOf(Op op) noexcept { return kForms[static_cast<std::size_t>(op)]; }

std::string textOf(std::span<const Step> script) {
    std::string text;
    write(text, script, 0);
    return text;
}

Script scriptOf(std::string_view text) {
    Script script;
    std::vector<std::size_t> open;  // the steps that the next line may belong to, outermost first
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t length = std::min(text.find('\n'), text.size());
        Line line{text.substr(0, length), number};
        text.remove_prefix(std::min(length + 1, text.size()));
        const std::string_view name = line.word();
        if (name.empty()) continue;
        if (line.depth > open.size()) line.refuse("it belongs to nothing");
        open.resize(line.depth);
        if (!open.empty() && !formOf(script[open.back()].op).takesInner)
            line.refuse("nothing may belong to the step above");
        for (const std::size_t outer : open) ++script[outer].inner;
        open.push_back(script.size());
        script.push_back(stepIn(line, name));
    }
    return script;
}

}  // namespace patchbay::simulation
