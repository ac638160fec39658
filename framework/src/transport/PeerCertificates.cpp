#include "transport/PeerCertificates.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>
#include <string_view>

namespace patchbay::transport {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;

template <class Print>
std::string printed(Print print) {
    const Bio bio{BIO_new(BIO_s_mem()), &BIO_free_all};
    if (!bio || print(bio.get()) < 1) return {};
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string shown(const X509_NAME* name) {
    constexpr unsigned long kUtf8 = XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
    return printed([&](BIO* bio) { return X509_NAME_print_ex(bio, name, 0, kUtf8); });
}

std::string fingerprint(const X509* certificate) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned size = 0;
    std::string text;
    if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return text;
    for (unsigned i = 0; i < size; ++i) text.append({kDigits[digest[i] >> 4], kDigits[digest[i] & 15]});
    return text;
}

std::vector<std::string> alternativeNames(const X509* certificate) {
    const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> all{
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)), &GENERAL_NAMES_free};
    std::vector<std::string> names;
    for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()); ++i) {
        GENERAL_NAME* const name = sk_GENERAL_NAME_value(all.get(), i);
        names.push_back(printed([&](BIO* bio) { return GENERAL_NAME_print(bio, name); }));
    }
    return names;
}

}  // namespace

std::vector<ClientCertificate> peerCertificates(const SSL* connection) {
    std::vector<ClientCertificate> certificates;
    const STACK_OF(X509)* const chain = SSL_get0_verified_chain(connection);
    if (SSL_get_verify_result(connection) != X509_V_OK) return certificates;
    for (int i = 0; chain && i < sk_X509_num(chain); ++i) {
        X509* const one = sk_X509_value(chain, i);
        certificates.push_back({shown(X509_get_subject_name(one)), shown(X509_get_issuer_name(one)), alternativeNames(one),
                                fingerprint(one), printed([&](BIO* bio) { return PEM_write_bio_X509(bio, one); })});
    }
    return certificates;
}

}  // namespace patchbay::transport
