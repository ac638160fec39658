#include "support/Certificate.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>

namespace patchbay::test {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using X509Ptr = std::unique_ptr<X509, decltype(&X509_free)>;

void require(bool holds, const char* what) {
    if (!holds) throw std::runtime_error{what};
}

void addHosts(X509* certificate, const std::vector<std::string>& hosts) {
    std::string names;
    for (const auto& host : hosts) names += (names.empty() ? "DNS:" : ",DNS:") + host;
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, NID_subject_alt_name, names.c_str());
    require(extension && X509_add_ext(certificate, extension, -1) == 1, "no subjectAltName");
    X509_EXTENSION_free(extension);
}

X509Ptr signedBy(EVP_PKEY* key, const std::vector<std::string>& hosts, std::chrono::hours from, std::chrono::hours until) {
    X509Ptr certificate{X509_new(), &X509_free};
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), std::chrono::seconds{from}.count());
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), std::chrono::seconds{until}.count());
    X509_set_pubkey(certificate.get(), key);
    X509_NAME* name = X509_get_subject_name(certificate.get());
    const auto* common = reinterpret_cast<const unsigned char*>(hosts.at(0).c_str());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, common, -1, -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    addHosts(certificate.get(), hosts);
    require(X509_sign(certificate.get(), key, EVP_sha256()) > 0, "no signature");
    return certificate;
}

std::string text(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
    std::string form = (std::filesystem::temp_directory_path() / "patchbay-test-XXXXXX").string();
    require(::mkdtemp(form.data()) != nullptr, "no temporary folder");
    path_ = form;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::write(const std::string& name, std::string_view content) const {
    const std::string file = path_ + '/' + name;
    std::ofstream{file, std::ios::binary} << content;
    return file;
}

Certificate::Certificate(std::vector<std::string> hosts, std::chrono::hours from, std::chrono::hours until) {
    const Key key{EVP_EC_gen("P-256"), &EVP_PKEY_free};
    const X509Ptr certificate = signedBy(key.get(), hosts, from, until);
    const Bio certificateText{BIO_new(BIO_s_mem()), &BIO_free_all};
    const Bio keyText{BIO_new(BIO_s_mem()), &BIO_free_all};
    PEM_write_bio_X509(certificateText.get(), certificate.get());
    PEM_write_bio_PrivateKey(keyText.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    pem_ = text(certificateText.get());
    keyPem_ = text(keyText.get());
    file_ = folder_.write("cert.pem", pem_);
    keyFile_ = folder_.write("key.pem", keyPem_);
    std::filesystem::permissions(keyFile_, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

}  // namespace patchbay::test
