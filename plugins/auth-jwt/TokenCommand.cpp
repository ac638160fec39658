// `patchbay-server token new`: a token for trying, signed by a key that is not on the command line, which others read.

#include "CommandLine.hpp"
#include "Secret.hpp"
#include "Signer.hpp"

#include <patchbay/application.hpp>

#include <chrono>
#include <stdexcept>

namespace patchbay::auth_jwt {
namespace {

constexpr const char* kExamples = R"(
Examples:
  openssl rand -hex 32 > secret; chmod o= secret
  patchbay-server token new --subject ann --role member --key file:secret
  openssl genpkey -algorithm ed25519 -out key.pem; openssl pkey -in key.pem -pubout -out key.pub.pem
  patchbay-server token new --subject ann --audience chat --issuer https://id.example --for 10m --key file:key.pem

The plugin auth-jwt takes them where its `secret` is "file:secret", or its `keyFiles` have key.pub.pem. Who can read the key can be anybody.)";

struct Words {
    Terms terms;
    std::string key, keyId, algorithm;
    long seconds = 3600;
};

int make(Words& words) {
    if (words.terms.subject.empty()) throw std::invalid_argument{"--subject is empty: a token is somebody's"};
    const Signer signer{readSecret(words.key), words.algorithm, words.keyId};
    words.terms.issued = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    words.terms.expires = words.terms.issued + std::chrono::seconds{words.seconds};
    std::cout << signer.token(words.terms) << '\n';
    return 0;
}

int run(int argc, char** argv) {
    CLI::App app{"Makes tokens for trying."};
    Words words;
    Terms& terms = words.terms;
    app.require_subcommand(1);
    CLI::App& fresh = *app.add_subcommand("new", "a JSON Web Token, on standard output");
    constexpr double kLongest = 100.0 * 365 * 24 * 3600;
    fresh.add_option("--subject", terms.subject, "who it is (sub)")->required();
    fresh.add_option("--name", terms.displayName, "what to show of him (name)");
    fresh.add_option("--role", terms.roles, "what he may be (roles); may be there several times")->allow_extra_args(false);
    fresh.add_option("--for", words.seconds, "how long it holds: 30s, 10m, 1h, 7d; 1h if not given")
        ->transform(duration())
        ->check(CLI::Range(1.0, kLongest, "at most a hundred years"))
        ->type_name("DURATION");
    fresh.add_option("--audience", terms.audiences, "whom it is for (aud); may be there several times")->allow_extra_args(false);
    fresh.add_option("--issuer", terms.issuer, "whose it is (iss)");
    fresh.add_option("--algorithm", words.algorithm, "HS256, RS256, PS256, ES256, EdDSA and so on; the usual one of the key if not given");
    fresh.add_option("--key", words.key, "where the private key (PEM) or the secret is: file:PATH, env:NAME or credential:NAME")->required();
    fresh.add_option("--key-id", words.keyId, "by which the key is found in a set of them (kid)");
    fresh.footer(kExamples);
    app.footer(kExamples);
    return runCommandLine(app, "token", argc, argv, [&] { return make(words); });
}

const RegisteredCommand command{{"token", "makes a token for trying: token new --subject NAME --key file:PATH", &run}};

}  // namespace
}  // namespace patchbay::auth_jwt
