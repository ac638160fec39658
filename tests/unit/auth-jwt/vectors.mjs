// Writes Vectors.hpp: keys, and tokens that two foreign libraries have made with them, good ones and forgeries.
//
//     npm install --no-save jose@5.10.0 jsonwebtoken@9.0.3 && node vectors.mjs > Vectors.hpp
//
// Each run makes other keys. All times are about kNow.
import { createHmac, createPublicKey, generateKeyPairSync, randomBytes, sign as rawSign } from 'node:crypto';
import { CompactSign, SignJWT, exportJWK } from 'jose';
import jsonwebtoken from 'jsonwebtoken';

const now = 1_800_000_000;
const secret = randomBytes(64);
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' });
const koblitz = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
const ed25519 = generateKeyPairSync('ed25519');
const ed448 = generateKeyPairSync('ed448');
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const pem = (pair) => pair.publicKey.export({ type: 'spki', format: 'pem' });
const claims = { sub: 'ann', name: 'Ann Ä.', iss: 'https://id.example', aud: ['chat', 'other'], iat: now - 60, exp: now + 600, roles: ['member', 'judge'], team: { id: 7 } };
const base64url = (value) => Buffer.from(value).toString('base64url');

const tokens = [];
const add = (name, expected, token) => tokens.push({ name, expected, token });
const good = (name, token) => add(name, 'None', token);

// ---- what two libraries make, each algorithm
const by = { HS: secret, RS: rsa.privateKey, PS: rsa.privateKey, ES256: p256.privateKey, ES384: p384.privateKey, ES512: p521.privateKey };
const keyOf = (algorithm) => by[algorithm] ?? by[algorithm.slice(0, 2)];
for (const algorithm of ['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512']) {
    good(`${algorithm} by jose`, await new SignJWT(claims).setProtectedHeader({ alg: algorithm, typ: 'JWT' }).sign(keyOf(algorithm)));
    good(`${algorithm} by jsonwebtoken`, jsonwebtoken.sign(claims, keyOf(algorithm), { algorithm }));
}
good('EdDSA by jose', await new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA' }).sign(ed25519.privateKey));
const withHeader = (header, payload, key = p256.privateKey) => new CompactSign(Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload))).setProtectedHeader(header).sign(key);
{
    const text = `${base64url('{"alg":"EdDSA"}')}.${base64url(JSON.stringify(claims))}`;
    good('EdDSA over Ed448 by node', `${text}.${rawSign(null, Buffer.from(text), ed448.privateKey).toString('base64url')}`);
}
const es = (payload, header = {}) => withHeader({ alg: 'ES256', ...header }, payload);
good('a kid that is in the set', await es(claims, { kid: 'one' }));
good('the type of an access token', await es(claims, { typ: 'application/at+jwt' }));
good('one audience as a text', await es({ ...claims, aud: 'chat' }));
good('times with a fraction', await es({ ...claims, exp: now + 600.5, nbf: now - 0.5 }));
good('the far future', await es({ ...claims, exp: 253402300799 }));

// ---- forgeries of the signature
const [header, payload, signature] = (await es(claims)).split('.');
const none = (algorithm) => `${base64url(JSON.stringify({ alg: algorithm, typ: 'JWT' }))}.${payload}.`;
for (const algorithm of ['none', 'None', 'nOnE', 'NONE']) add(`alg ${algorithm}`, 'Unsupported', none(algorithm));
add('alg none with a signature', 'Unsupported', none('none') + signature);
add('alg that is none of ours', 'Unsupported', `${base64url('{"alg":"ES256K"}')}.${payload}.${signature}`);
add('alg that is no text', 'Malformed', `${base64url('{"alg":7}')}.${payload}.${signature}`);
add('no alg', 'Malformed', `${base64url('{"typ":"JWT"}')}.${payload}.${signature}`);
const hs = (key) => { const text = `${base64url('{"alg":"HS256"}')}.${payload}`; return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`; };
add('HS256 with the public RSA key as its secret', 'BadSignature', hs(pem(rsa)));
add('HS256 with an empty secret', 'BadSignature', hs(''));
add('another of the same kind has signed', 'BadSignature', await withHeader({ alg: 'ES256' }, claims, stranger.privateKey));
add('the key of the header, which is its own', 'BadSignature', await withHeader({ alg: 'ES256', jwk: await exportJWK(createPublicKey(stranger.privateKey)) }, claims, stranger.privateKey));
add('a kid that nobody has', 'NoKey', await es(claims, { kid: 'two' }));
add('a kid that is a path', 'NoKey', await es(claims, { kid: '../../../../dev/null' }));
add('a signature that is cut', 'BadSignature', `${header}.${payload}.${signature.slice(0, 84)}`);
add('a signature of zeros', 'BadSignature', `${header}.${payload}.${base64url(Buffer.alloc(64))}`);
add('a signature whose r is zero', 'BadSignature', `${header}.${payload}.${base64url(Buffer.concat([Buffer.alloc(32), Buffer.from(signature, 'base64url').subarray(32)]))}`);
add('no signature', 'BadSignature', `${header}.${payload}.`);
add('a signature in DER', 'BadSignature', `${header}.${payload}.${rawSign('sha256', Buffer.from(`${header}.${payload}`), p256.privateKey).toString('base64url')}`);
add('a signature with a byte more', 'BadSignature', `${header}.${payload}.${base64url(Buffer.concat([Buffer.from(signature, 'base64url'), Buffer.alloc(1)]))}`);
add('other claims under it', 'BadSignature', `${header}.${base64url(JSON.stringify({ ...claims, sub: 'eve' }))}.${signature}`);
{
    const [rsHeader, rsPayload, rsSignature] = jsonwebtoken.sign(claims, rsa.privateKey, { algorithm: 'RS256' }).split('.');
    add('RS256 under the name PS256', 'BadSignature', `${base64url('{"alg":"PS256"}')}.${rsPayload}.${rsSignature}`);
    add('RS256 that is cut', 'BadSignature', `${rsHeader}.${rsPayload}.${rsSignature.slice(0, 100)}`);
    add('ES384 over the key of ES256', 'BadSignature', `${base64url('{"alg":"ES384"}')}.${payload}.${signature}`);
}

// ---- texts that are none
const plain = `${header}.${payload}.${signature}`;
for (const [name, token] of Object.entries({
    'nothing': '', 'a word': 'word', 'dots': '..', 'two parts': `${header}.${payload}`, 'four parts': `${plain}.`, 'five parts': `${plain}.a.b`,
    'white space around it': ` ${plain}`, 'padding': `${header}.${payload}.${signature}==`, 'plain base64': `${header}.${payload}.${signature.slice(0, 85)}+`,
    'bits that stand for nothing': `${header}.${payload}.${signature.slice(0, 85)}${String.fromCharCode(signature.charCodeAt(85) + 1)}`,
    'a header that is a list': `${base64url('["ES256"]')}.${payload}.${signature}`, 'a header that is no JSON': `${base64url('{alg:ES256}')}.${payload}.${signature}`,
    'a header that is no UTF-8': `${base64url(Buffer.from('{"alg":"ES256","x":"\xff"}', 'latin1'))}.${payload}.${signature}`,
    'a header that says alg twice': `${base64url('{"alg":"ES256","alg":"none"}')}.${payload}.${signature}`,
    'a header that is empty': `.${payload}.${signature}`, 'more than 16 KiB': `${header}.${'A'.repeat(16384)}.${signature}`,
})) add(name, 'Malformed', token);
add('a header that asks for what is not known', 'Unsupported', await withHeader({ alg: 'ES256', crit: ['b64'], b64: true }, claims));
add('a type that is another', 'Unsupported', await es(claims, { typ: 'secevent+jwt' }));

// ---- claims that are signed, and wrong
// Without iat, which some of these have their own of.
const text = (changed) => JSON.stringify({ ...claims, iat: undefined }).replace(`"exp":${now + 600}`, changed);
for (const [name, changed] of Object.entries({
    'exp as text': '"exp":"abc"', 'exp as a number in a text': `"exp":"${now + 600}"`, 'exp that is negative': '"exp":-1', 'exp of 2^63': '"exp":9223372036854775808',
    'exp of 2^64': '"exp":18446744073709551616', 'exp of 1e400': '"exp":1e400', 'exp that is null': '"exp":null', 'exp that is true': '"exp":true',
    'exp that is a list': `"exp":[${now + 600}]`, 'exp twice': `"exp":${now - 600},"exp":${now + 600}`, 'exp beyond the year 9999': '"exp":253402300800',
    'sub twice': `"exp":${now + 600},"sub":"eve"`, 'a member of a member twice': `"exp":${now + 600},"deep":[{"a":{"b":1,"b":2}}]`,
    'nbf as text': `"exp":${now + 600},"nbf":"0"`, 'nbf that is negative': `"exp":${now + 600},"nbf":-5`, 'iat as text': `"exp":${now + 600},"iat":"now"`,
})) add(name, 'Malformed', await es(text(changed)));
add('claims that are a text', 'Malformed', await es('"ann"'));
add('claims with something behind', 'Malformed', await es(`${JSON.stringify(claims)}{}`));
add('roles that are numbers', 'Malformed', await es({ ...claims, roles: [1] }));
add('sub that is a number', 'Malformed', await es({ ...claims, sub: 7 }));
add('no exp', 'MissingClaim', await es(text('"x":1')));
add('expired', 'Expired', await es({ ...claims, exp: now }));
add('expired in 1970', 'Expired', await es({ ...claims, exp: 1 }));
add('expired by jsonwebtoken', 'Expired', jsonwebtoken.sign({ ...claims, exp: now - 1 }, p256.privateKey, { algorithm: 'ES256' }));
add('not yet valid', 'NotYetValid', await es({ ...claims, nbf: now + 60 }));
add('of another issuer', 'WrongIssuer', await es({ ...claims, iss: 'https://id.example/' }));
add('of no issuer', 'WrongIssuer', await es({ ...claims, iss: undefined }));
add('for another audience', 'WrongAudience', await es({ ...claims, aud: ['chat2'] }));
add('for no audience', 'WrongAudience', await es({ ...claims, aud: undefined }));
add('for an empty list of audiences', 'WrongAudience', await es({ ...claims, aud: [] }));
add('of nobody', 'MissingClaim', await es({ ...claims, sub: undefined }));
add('of nobody, by an empty name', 'MissingClaim', await es({ ...claims, sub: '' }));
add('without what is required', 'MissingClaim', await es({ ...claims, team: undefined }));
add('with null for what is required', 'MissingClaim', await es({ ...claims, team: null }));

const jwk = async (pair, more) => ({ ...(await exportJWK(pair.publicKey)), ...more });
const jwks = JSON.stringify({ keys: [
    await jwk(p256, { kid: 'one', use: 'sig', alg: 'ES256' }), await jwk(rsa, { kid: 'rsa' }), await jwk(p384, {}), await jwk(p521, { key_ops: ['verify'] }), await jwk(ed25519, {}),
    await jwk(ed448, {}), await jwk(stranger, { use: 'enc' }), await jwk(koblitz, {}), { kty: 'future', x: 'y' },
] });

const raw = (value) => `R"~(${value})~"`;
console.log(`#pragma once
// Made by vectors.mjs with jose 5.10.0 and jsonwebtoken 9.0.3; edit that.

#include "auth-jwt/Verifier.hpp"

#include <string_view>

namespace patchbay::auth_jwt::vectors {

/// Units: seconds since 1970.
inline constexpr long long kNow = ${now};
inline constexpr std::string_view kSecretInHex = "${secret.toString('hex')}";
inline constexpr std::string_view kJwks = ${raw(jwks)};
inline constexpr std::string_view kP256Pem = ${raw(pem(p256))};
inline constexpr std::string_view kRsaPem = ${raw(pem(rsa))};
inline constexpr std::string_view kWeakRsaPem = ${raw(pem(weak))};
inline constexpr std::string_view kKoblitzPem = ${raw(pem(koblitz))};
inline constexpr std::string_view kEd25519Pem = ${raw(pem(ed25519))};

struct Vector {
    const char* name;
    Problem expected;
    std::string_view token;
};
inline constexpr Vector kTokens[] = {
${tokens.map((each) => `    {"${each.name}", Problem::${each.expected},\n     "${each.token}"},`).join('\n')}
};

}  // namespace patchbay::auth_jwt::vectors`);
