// TLS without a socket: the server's engine and OpenSSL's own client, whose bytes are handed over by the test.
// Source: RFC 8446 (TLS 1.3), RFC 5246 (TLS 1.2), RFC 7301 (ALPN), RFC 6066 §3 (SNI)
#include "support/CapturedLog.hpp"
#include "support/Certificate.hpp"
#include "support/TlsClient.hpp"
#include "transport/TlsContext.hpp"
#include "transport/TlsEngine.hpp"

#include <gmock/gmock.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509err.h>

#include <filesystem>

namespace patchbay::transport {
namespace {

using patchbay::test::CapturedLog, patchbay::test::Certificate, patchbay::test::TemporaryFolder, patchbay::test::TlsClient;
using testing::AllOf, testing::EndsWith, testing::HasSubstr, testing::IsEmpty, testing::ElementsAre;

std::shared_ptr<const TlsContext> contextOf(const Certificate& certificate) {
    const CertificateFiles files{certificate.file(), certificate.keyFile()};
    return TlsContext::load({&files, 1});
}

/// A client and the engine of a server, with the wire between them.
class Wire {
public:
    explicit Wire(std::shared_ptr<const TlsContext> context, TlsClient::Options options = {})
        : engine{std::move(context)}, client{std::move(options)} {}

    /// Hands bytes over, `chunk` at a time, until neither side has any.
    void settle(std::size_t chunk = SIZE_MAX) {
        for (;;) {
            const std::string toServer = client.takeOutput();
            for (std::size_t at = 0; at < toServer.size(); at += chunk) feed(std::string_view{toServer}.substr(at, chunk));
            const std::string toClient{asText(engine.unsent())};
            engine.sent(toClient.size());
            if (toServer.empty() && toClient.empty()) return;
            client.hear(toClient);
        }
    }
    void feed(std::string_view ciphertext) {
        std::vector<std::byte> into(ciphertext.size() + TlsEngine::kMaxRecordBytes);
        last = engine.decrypt(asBytes(ciphertext), into);
        heard += asText(Bytes{into}.first(last.bytes));
    }
    std::size_t send(std::vector<std::string> pieces) {
        std::vector<iovec> vectors;
        for (auto& piece : pieces) vectors.push_back({piece.data(), piece.size()});
        return engine.encrypt(vectors);
    }

    TlsEngine engine;
    TlsClient client;
    std::string heard;
    Decrypted last;
};

class TlsVersion : public testing::TestWithParam<int> {};

TEST_P(TlsVersion, ShakesHandsAndCarriesBytesBothWaysHoweverTheyAreCut) {
    const Certificate certificate;
    for (const std::size_t chunk : {std::size_t{1}, std::size_t{7}, std::size_t{4096}, SIZE_MAX}) {
        Wire wire{contextOf(certificate), {.version = GetParam()}};
        EXPECT_FALSE(wire.engine.isReady());
        wire.settle(chunk);
        ASSERT_TRUE(wire.engine.isReady());
        EXPECT_EQ(SSL_version(wire.client.native()), GetParam());
        const std::string large(40'000, 'c');
        wire.client.say("hello");
        wire.client.say(large);
        wire.settle(chunk);
        EXPECT_EQ(wire.heard, "hello" + large);
        EXPECT_EQ(wire.send({"a", std::string(30'000, 'b'), "c"}), 30'002u);
        wire.settle(chunk);
        EXPECT_EQ(wire.client.text(), "a" + std::string(30'000, 'b') + "c");
    }
}

TEST_P(TlsVersion, ResumesASessionFromItsTicket) {
    const Certificate certificate;
    const auto context = contextOf(certificate);
    Wire first{context, {.version = GetParam()}};
    first.settle();
    EXPECT_FALSE(first.client.resumed());
    first.client.sayGoodbye();  // a session that was cut off is not resumed (RFC 5246 §7.2.1)
    Wire second{context, {.version = GetParam(), .session = first.client.session()}};
    second.settle();
    EXPECT_TRUE(second.client.resumed());
}

// A session of one host is not one of another, though both have one certificate (RFC 6066 §3).
TEST_P(TlsVersion, ResumesNoSessionUnderAnotherName) {
    const Certificate first{{"one.example", "other.example"}};
    const Certificate second{{"two.example"}};
    const CertificateFiles files[] = {{first.file(), first.keyFile()}, {second.file(), second.keyFile()}};
    const auto context = TlsContext::load(files);
    const std::vector<std::string> names{"one.example", "other.example", "two.example", "unknown.example", ""};
    for (const auto& made : names) {
        for (const auto& asked : names) {
            Wire before{context, {.host = made, .version = GetParam()}};
            before.settle();
            before.client.sayGoodbye();
            Wire after{context, {.host = asked, .version = GetParam(), .session = before.client.session()}};
            after.settle();
            EXPECT_TRUE(after.engine.isReady()) << made << ", " << asked;
            EXPECT_EQ(after.client.resumed(), made == asked) << made << ", " << asked;
        }
    }
}

TEST_P(TlsVersion, SpeaksX25519OrP256AndNothingThatCostsMore) {
    const Certificate certificate;
    const auto context = contextOf(certificate);
    const auto groupOf = [&](const char* offered) {
        Wire wire{context, {.version = GetParam(), .groups = offered}};
        try {
            wire.settle();
        } catch (const std::runtime_error&) {
            return std::string{"none"};
        }
        return std::string{OBJ_nid2sn(SSL_get_negotiated_group(wire.client.native()))};
    };
    EXPECT_EQ(groupOf("X25519:P-256:P-384"), "X25519");
    EXPECT_EQ(groupOf("P-384:X25519:P-256"), "X25519") << "the server's choice";
    EXPECT_EQ(groupOf("P-256"), "prime256v1");
    // OpenSSL's client sends one share of TLS 1.3, that of its first group: to ask for another would cost it a round trip.
    EXPECT_EQ(groupOf("P-256:X25519"), GetParam() == TLS1_3_VERSION ? "prime256v1" : "X25519") << "the server's choice";
    for (const char* costly : {"P-384", "P-521", "X448"}) EXPECT_EQ(groupOf(costly), "none") << costly;
}

/// The number of two bytes there.
unsigned numberAt(const std::string& bytes, std::size_t at) {
    return static_cast<unsigned char>(bytes.at(at)) * 256U + static_cast<unsigned char>(bytes.at(at + 1));
}
void addToNumberAt(std::string& bytes, std::size_t at, unsigned more) {
    const unsigned sum = numberAt(bytes, at) + more;
    bytes.at(at) = static_cast<char>(sum >> 8);
    bytes.at(at + 1) = static_cast<char>(sum);
}

enum class Hello : std::uint8_t { Clients, Servers };

/// Where the extensions of a hello begin in its record, with their length.   Source: RFC 8446 §4.1.2, §4.1.3
std::size_t extensionsIn(const std::string& record, Hello whose) {
    std::size_t at = 5 + 4 + 2 + 32;                      // record, message, version, random
    at += 1 + static_cast<unsigned char>(record.at(at));  // session
    if (whose == Hello::Servers) return at + 2 + 1;       // cipher, compression
    at += 2 + numberAt(record, at);
    return at + 1 + static_cast<unsigned char>(record.at(at));
}
std::size_t extensionIn(const std::string& record, Hello whose, unsigned type) {
    std::size_t at = extensionsIn(record, whose) + 2;
    while (numberAt(record, at) != type) at += 4 + numberAt(record, at + 2);
    return at;
}

/// As Firefox does, and as OpenSSL's client from 3.5 on: a share for each of two groups, here the costlier first.
TEST(Tls, OfTwoSharesTakesThatOfItsOwnFirstGroupWhicheverComesFirst) {
    constexpr unsigned kKeyShare = 51, kX25519 = 29, kP256 = 23;
    const Certificate certificate;
    for (const bool both : {false, true}) {
        Wire wire{contextOf(certificate), {.version = TLS1_3_VERSION, .groups = "P-256:X25519"}};
        std::string hello = wire.client.takeOutput();
        if (both) {
            const std::size_t shares = extensionIn(hello, Hello::Clients, kKeyShare);
            std::string share{'\0', static_cast<char>(kX25519), '\0', '\x20', '\x09'};  // the curve's base point is somebody's key
            share.append(31, '\0');
            const auto more = static_cast<unsigned>(share.size());
            hello.insert(shares + 4 + 2 + numberAt(hello, shares + 4), share);
            addToNumberAt(hello, shares + 4, more);
            addToNumberAt(hello, shares + 2, more);
            for (const std::size_t of : {std::size_t{3}, std::size_t{5 + 2}, extensionsIn(hello, Hello::Clients)}) addToNumberAt(hello, of, more);
        }
        wire.feed(hello);
        const std::string answer{asText(wire.engine.unsent())};
        EXPECT_EQ(numberAt(answer, extensionIn(answer, Hello::Servers, kKeyShare) + 4), both ? kX25519 : kP256);
    }
}

TEST_P(TlsVersion, AClientsCertificateIsReadAfterTheHandshake) {
    const Certificate certificate;
    const Certificate ann{{"ann.example"}};  // signed by itself: its own authority
    const CertificateFiles files{certificate.file(), certificate.keyFile()};
    const auto context = TlsContext::load({&files, 1}, {.authorities = ann.file()});
    Wire wire{context, {.version = GetParam(), .certificate = ann.file(), .key = ann.keyFile()}};
    wire.settle();
    ASSERT_TRUE(wire.engine.isReady());
    const auto chain = wire.engine.peerCertificates();
    ASSERT_EQ(chain.size(), 1u);
    EXPECT_EQ(chain[0].subject, "CN=ann.example");
    EXPECT_EQ(chain[0].issuer, "CN=ann.example");
    EXPECT_THAT(chain[0].names, ElementsAre("DNS:ann.example"));
    EXPECT_EQ(chain[0].pem, ann.pem());
    EXPECT_THAT(chain[0].fingerprint, testing::MatchesRegex("[0-9a-f]{64}"));
    wire.client.sayGoodbye();
    Wire again{context, {.version = GetParam(), .session = wire.client.session(), .certificate = ann.file(), .key = ann.keyFile()}};
    again.settle();
    EXPECT_FALSE(again.client.resumed()) << "it is verified each time";
    EXPECT_EQ(again.engine.peerCertificates().size(), 1u);
}

TEST_P(TlsVersion, AClientThatNobodyVouchesForIsRefused) {
    const Certificate certificate;
    const Certificate ann, eve;
    const CertificateFiles files{certificate.file(), certificate.keyFile()};
    const auto shows = [&](bool required, const Certificate* shown) {
        Wire wire{TlsContext::load({&files, 1}, {.authorities = ann.file(), .isRequired = required}),
                  {.version = GetParam(), .certificate = shown ? shown->file() : "", .key = shown ? shown->keyFile() : ""}};
        try {
            wire.settle();
        } catch (const std::runtime_error&) {
            return std::string{"refused"};
        }
        return std::to_string(wire.engine.peerCertificates().size()) + " certificates";
    };
    EXPECT_EQ(shows(false, nullptr), "0 certificates");
    EXPECT_EQ(shows(true, nullptr), "refused");
    EXPECT_EQ(shows(false, &eve), "refused");
    EXPECT_EQ(shows(true, &ann), "1 certificates");
}

// The middle of a record may look like the whole of one: five bytes of which two say how many follow.
TEST_P(TlsVersion, APartOfARecordThatLooksLikeARecordIsTakenForWhatItIs) {
    const Certificate certificate;
    const std::string said(16'000, 's');
    std::size_t looksLikeOne = 0;
    for (std::size_t at = 6; at < 200; ++at) {
        Wire wire{contextOf(certificate), {.version = GetParam()}};
        wire.settle();
        wire.client.say(said);
        wire.client.say("more");
        const std::string sent = wire.client.takeOutput();
        const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(sent[index]); };
        const std::size_t length = 5u + (byte(at + 3) << 8 | byte(at + 4));
        if (at + length > said.size()) continue;
        wire.feed(sent.substr(0, at));
        wire.feed(sent.substr(at, length));
        wire.feed(sent.substr(at + length));
        EXPECT_EQ(wire.heard, said + "more");
        if (++looksLikeOne == 3) return;
    }
    FAIL() << "nothing did";
}

INSTANTIATE_TEST_SUITE_P(Of, TlsVersion, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& param) { return param.param == TLS1_2_VERSION ? "TLS12" : "TLS13"; });

TEST(Tls, BelowVersion12IsRefused) {
    const Certificate certificate;
    Wire wire{contextOf(certificate), {.version = TLS1_1_VERSION}};
    EXPECT_THROW(wire.settle(), std::runtime_error);  // the client gets an alert
    EXPECT_THAT(wire.last.error.message(), HasSubstr("unsupported protocol"));
}

TEST(Tls, SpeaksHttp11AndRefusesAClientThatOffersOnlyOthers) {
    const Certificate certificate;
    Wire both{contextOf(certificate), {.protocols = "\x02h2\x08http/1.1"}};
    both.settle();
    EXPECT_EQ(both.client.protocol(), "http/1.1");
    Wire other{contextOf(certificate), {.protocols = "\x02h2"}};
    EXPECT_THROW(other.settle(), std::runtime_error);
    EXPECT_THAT(other.last.error.message(), HasSubstr("no application protocol"));
}

TEST(Tls, GivesTheCertificateOfTheHostThatIsAskedForOrTheFirst) {
    const Certificate first{{"one.example"}};
    const Certificate second{{"two.example", "*.two.example"}};
    const CertificateFiles files[] = {{first.file(), first.keyFile()}, {second.file(), second.keyFile()}};
    const auto context = TlsContext::load(files);
    const std::pair<const char*, const char*> rows[] = {{"one.example", "one.example"},
                                                        {"two.example", "two.example"},
                                                        {"deep.two.example", "two.example"},
                                                        {"elsewhere.example", "one.example"},
                                                        {"", "one.example"}};
    for (const auto& [asked, given] : rows) {
        Wire wire{context, {.host = asked}};
        wire.settle();
        EXPECT_EQ(wire.client.serverName(), given) << "asked for " << asked;
    }
}

TEST(Tls, FillsRecordsAcrossMessages) {
    const Certificate certificate;
    Wire wire{contextOf(certificate)};
    wire.settle();
    const std::vector<std::string> messages(160, std::string(100, 'm'));
    EXPECT_EQ(wire.send(messages), 16'000u);
    // One record: its header, content type and tag beside the bytes (RFC 8446 §5.2), where 160 would need 3,520 more.
    EXPECT_EQ(wire.engine.unsent().size(), 16'000u + 5 + 1 + 16);
}

TEST(Tls, TakesABoundedPartOfWhatThereIsToSend) {
    const Certificate certificate;
    Wire wire{contextOf(certificate)};
    wire.settle();
    const std::size_t taken = wire.send({std::string(1'000'000, 'x')});
    EXPECT_EQ(taken, TlsEngine::kMaxEncryptedAtOnce);
    EXPECT_LE(wire.engine.unsent().size(), TlsEngine::kMaxEncryptedAtOnce + 1024);
}

TEST(Tls, AGoodbyeComesBehindTheBytesBeforeIt) {
    const Certificate certificate;
    Wire wire{contextOf(certificate)};
    wire.settle();
    wire.client.say("last words");
    wire.client.sayGoodbye();
    wire.feed(wire.client.takeOutput());
    EXPECT_EQ(wire.heard, "last words");
    EXPECT_TRUE(wire.last.ended);
    EXPECT_FALSE(wire.last.error);
    wire.engine.sayGoodbye();
    wire.settle();
    EXPECT_TRUE(wire.client.ended());
}

TEST(Tls, AnErrorThatOthersLeftOnTheThreadIsNotTheConnections) {
    const Certificate certificate;
    Wire wire{contextOf(certificate)};
    wire.settle();
    wire.client.say("hello");
    const std::string record = wire.client.takeOutput();
    for (const auto part : {std::string_view{record}.substr(0, 9), std::string_view{record}.substr(9)}) {
        ERR_raise(ERR_LIB_X509, X509_R_KEY_VALUES_MISMATCH);
        wire.feed(part);
        EXPECT_FALSE(wire.last.error) << wire.last.error.message();
    }
    EXPECT_EQ(wire.heard, "hello");
    ERR_raise(ERR_LIB_X509, X509_R_KEY_VALUES_MISMATCH);
    EXPECT_EQ(wire.send({"and back"}), 8u);
    ERR_clear_error();  // the client looks there too
    wire.settle();
    EXPECT_EQ(wire.client.text(), "and back");
}

TEST(Tls, WhatIsNoTlsIsAnErrorThatSaysSo) {
    const Certificate certificate;
    Wire wire{contextOf(certificate)};
    wire.feed("GET / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(wire.last.error.message(), "TLS: http request");
    const std::string answer{asText(wire.engine.unsent())};
    EXPECT_THAT(answer, AllOf(testing::StartsWith("HTTP/1.1 400 "), HasSubstr("https://")));
    const std::string body = answer.substr(answer.find("\r\n\r\n") + 4);
    EXPECT_THAT(answer, HasSubstr("Content-Length: " + std::to_string(body.size()) + "\r\n"));
    Wire other{contextOf(certificate)};
    other.feed(std::string(100, '\xff'));
    EXPECT_TRUE(other.last.error);
    EXPECT_THAT(asText(other.engine.unsent()), testing::Not(HasSubstr("HTTP")));
}

TEST(Tls, NegotiatesNoFiniteFields) {
    const Certificate certificate;
    const auto context = contextOf(certificate);
    const std::unique_ptr<SSL, decltype(&SSL_free)> connection{SSL_new(context->native()), &SSL_free};
    const STACK_OF(SSL_CIPHER)* ciphers = SSL_get_ciphers(connection.get());
    ASSERT_GT(sk_SSL_CIPHER_num(ciphers), 0);
    for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i)
        EXPECT_NE(SSL_CIPHER_get_kx_nid(sk_SSL_CIPHER_value(ciphers, i)), NID_kx_dhe);
}

TEST(Tls, AChangedByteEndsTheConnectionWithAnAlertAndGivesNothingOfItsRecord) {
    const Certificate certificate;
    Wire wire{contextOf(certificate)};
    wire.settle();
    wire.client.say("secret");
    std::string record = wire.client.takeOutput();
    record[10] = static_cast<char>(record[10] ^ 1);
    wire.feed(record);
    EXPECT_EQ(wire.heard, "");
    EXPECT_TRUE(wire.last.error);
    EXPECT_FALSE(wire.engine.unsent().empty());
}

// Each key update asks for one in return (RFC 8446 §4.6.3); a peer that never reads them makes them pile up here.
TEST(Tls, APeerThatAsksForKeyUpdatesAndReadsNoneIsCutOff) {
    const Certificate certificate;
    Wire wire{contextOf(certificate), {.version = TLS1_3_VERSION}};
    wire.settle();
    for (int i = 0; i < 20'000 && !wire.last.error; ++i) {
        ASSERT_EQ(SSL_key_update(wire.client.native(), SSL_KEY_UPDATE_REQUESTED), 1);
        wire.client.say("x");
        wire.feed(wire.client.takeOutput());
    }
    EXPECT_TRUE(wire.last.error);
    EXPECT_LE(wire.engine.unsent().size(), TlsEngine::kMaxUnsentBytes + 1024);
}

// ---- files

std::string problemOf(const std::string& certificate, const std::string& key) {
    const CertificateFiles files{certificate, key};
    try {
        TlsContext::load({&files, 1});
        return "";
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
}

TEST(TlsFiles, ThatAreMissingOrNoPemAreNamedWithWhatIsWrong) {
    const Certificate good;
    const TemporaryFolder folder;
    const std::string text = folder.write("text.pem", "hello");
    const std::string empty = folder.write("empty.pem", "");
    EXPECT_THAT(problemOf(folder.path() + "/none.pem", good.keyFile()), EndsWith("none.pem\" cannot be read: No such file or directory"));
    EXPECT_THAT(problemOf(good.file(), folder.path() + "/none.pem"), EndsWith("none.pem\" cannot be read: No such file or directory"));
    EXPECT_THAT(problemOf(text, good.keyFile()), HasSubstr("text.pem\" holds no certificate in PEM form"));
    EXPECT_THAT(problemOf(good.file(), text), HasSubstr("text.pem\" holds no private key in PEM form"));
    EXPECT_THAT(problemOf(empty, good.keyFile()), HasSubstr("empty.pem\" is empty"));
}

TEST(TlsFiles, AKeyOfAnotherCertificateIsRefused) {
    const Certificate one;
    const Certificate other;
    EXPECT_THAT(problemOf(one.file(), other.keyFile()), HasSubstr("is not the key of the certificate"));
}

// OpenSSL keeps keys by their kind, and takes such a pair for none: the first look at the certificate ended the process.
TEST(TlsFiles, AKeyOfAnotherKindThanTheCertificatesIsRefusedWithBothNames) {
    const Certificate elliptic;
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_RSA_gen(2048), &EVP_PKEY_free};
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> pem{BIO_new(BIO_s_mem()), &BIO_free_all};
    PEM_write_bio_PrivateKey(pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    char* text = nullptr;
    const long size = BIO_get_mem_data(pem.get(), &text);
    const TemporaryFolder folder;
    const std::string file = folder.write("rsa.pem", {text, static_cast<std::size_t>(size)});
    EXPECT_EQ(problemOf(elliptic.file(), file), '"' + file + "\" is not the key of the certificate \"" + elliptic.file() + '"');
}

TEST(TlsFiles, AuthoritiesThatAreNoneAreRefusedByName) {
    const Certificate good;
    const TemporaryFolder folder;
    const CertificateFiles files{good.file(), good.keyFile()};
    for (const auto& [name, why] : {std::pair{folder.write("text.pem", "hello"), "holds no certificates of authorities"},
                                    std::pair{folder.path() + "/none.pem", "cannot be read"}}) {
        try {
            TlsContext::load({&files, 1}, {.authorities = name});
            FAIL() << name;
        } catch (const std::invalid_argument& error) {
            EXPECT_THAT(error.what(), AllOf(HasSubstr(name), HasSubstr(why)));
        }
    }
}

TEST(TlsFiles, AKeyThatEverybodyCanReadIsUsedWithAWarning) {
    const Certificate certificate;
    {
        const CapturedLog log;
        contextOf(certificate);
        EXPECT_THAT(log.lines(), IsEmpty());
    }
    std::filesystem::permissions(certificate.keyFile(), std::filesystem::perms::others_read, std::filesystem::perm_options::add);
    const CapturedLog log;
    contextOf(certificate);
    EXPECT_THAT(log.lines(), ElementsAre(AllOf(HasSubstr(certificate.keyFile()), HasSubstr("everybody"))));
}

TEST(TlsFiles, AnEncryptedKeyIsRefusedWithoutAskingForItsPassphrase) {
    const Certificate good;
    const TemporaryFolder folder;
    BIO* text = BIO_new(BIO_s_mem());
    BIO* plain = BIO_new_mem_buf(good.keyPem().data(), static_cast<int>(good.keyPem().size()));
    EVP_PKEY* key = PEM_read_bio_PrivateKey(plain, nullptr, nullptr, nullptr);
    PEM_write_bio_PrivateKey(text, key, EVP_aes_128_cbc(), nullptr, 0, nullptr, const_cast<char*>("secret"));
    char* data = nullptr;
    const long size = BIO_get_mem_data(text, &data);
    const std::string file = folder.write("locked.pem", {data, static_cast<std::size_t>(size)});
    EVP_PKEY_free(key);
    BIO_free(plain);
    BIO_free(text);
    EXPECT_THAT(problemOf(good.file(), file), HasSubstr("locked.pem\" is encrypted; write it without a passphrase"));
}

TEST(TlsFiles, ACertificateOutsideOfItsTimeIsUsedWithAWarning) {
    using std::chrono::hours;
    const Certificate expired{{"localhost"}, hours{-48}, hours{-24}};
    const Certificate future{{"localhost"}, hours{24}, hours{48}};
    const CapturedLog log;
    EXPECT_EQ(problemOf(expired.file(), expired.keyFile()), "");
    EXPECT_EQ(problemOf(future.file(), future.keyFile()), "");
    EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("has expired"), HasSubstr("is not valid yet")));
}

}  // namespace
}  // namespace patchbay::transport
