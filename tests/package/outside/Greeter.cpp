#include "Greeter.hpp"

#include <patchbay/annotations.hpp>

namespace {

class Greeter {
    SERVER_ENDPOINT(Greeter, "/hello/{language}")
public:
    ON_MESSAGE(greet)
    Answer greet(const Greeting& greeting, patchbay::PathParam<"language"> language) {
        return {(language.value == "de" ? "Hallo, " : "Hello, ") + greeting.name + "!"};
    }
};

}  // namespace
