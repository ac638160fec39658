// Who signs tokens: a set of keys that is served, and counted, and what jose, jsonwebtoken and forgers make with them.

import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { CompactSign, SignJWT, exportJWK } from 'jose';
import jsonwebtoken from 'jsonwebtoken';

export const issuer = 'https://id.example';
export const seconds = () => Math.floor(Date.now() / 1000);

const base64url = (value) => Buffer.from(typeof value === 'object' && !Buffer.isBuffer(value) ? JSON.stringify(value) : value).toString('base64url');

export class Identity {
    async start() {
        this.asked = 0;
        this.rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
        this.rsaJwk = { ...(await exportJWK(this.rsa.publicKey)), kid: 'rsa' };
        await this.rotate('one');
        this.http = createServer((request, response) => {
            this.asked += 1;
            response.setHeader('Content-Type', 'application/json');
            response.end(JSON.stringify({ keys: [this.jwk, this.rsaJwk] }));
        });
        this.http.listen(0, '127.0.0.1');
        await once(this.http, 'listening');
        this.url = `http://127.0.0.1:${this.http.address().port}/jwks.json`;
    }
    async rotate(kid) {
        this.kid = kid;
        this.pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
        this.jwk = { ...(await exportJWK(this.pair.publicKey)), kid, use: 'sig' };
    }
    stop() { this.http.close(); }

    claims(changed = {}) {
        return { sub: 'ann', name: 'Ann', iss: issuer, aud: 'chat', exp: seconds() + 600, roles: ['member'], ...changed };
    }
    token(claims = {}, header = {}) {
        return new SignJWT(this.claims(claims)).setProtectedHeader({ alg: 'ES256', kid: this.kid, ...header }).sign(this.pair.privateKey);
    }
    byJsonwebtoken(algorithm) { return jsonwebtoken.sign(this.claims(), this.rsa.privateKey, { algorithm, keyid: 'rsa' }); }

    /// None of these is to be believed, by name. Each but those of a signature is signed well.
    async forgeries() {
        const [header, payload, signature] = (await this.token()).split('.');
        const raw = (text) => new CompactSign(Buffer.from(text)).setProtectedHeader({ alg: 'ES256', kid: this.kid }).sign(this.pair.privateKey);
        const plain = JSON.stringify(this.claims());
        const withExp = (exp) => raw(plain.replace(/"exp":\d+/, exp));
        const hmac = (key) => {
            const text = `${base64url({ alg: 'HS256' })}.${payload}`;
            return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
        };
        const doubleHead = `${base64url(`{"alg":"ES256","kid":"${this.kid}","alg":"none"}`)}.${payload}`;
        return {
            'alg none': `${base64url({ alg: 'none' })}.${payload}.`,
            'alg none with a signature': `${base64url({ alg: 'NoNe' })}.${payload}.${signature}`,
            'HS256 with the RSA public key': hmac(this.rsa.publicKey.export({ type: 'spki', format: 'pem' })),
            'another audience': await this.token({ aud: 'shop' }),
            'another issuer': await this.token({ iss: 'https://eve.example' }),
            'another key id': await this.token({}, { kid: 'rsa' }),
            'a truncated signature': `${header}.${payload}.${signature.slice(0, 80)}`,
            'a signature of zeros': `${header}.${payload}.${base64url(Buffer.alloc(64))}`,
            'no signature': `${header}.${payload}.`,
            'other claims': `${header}.${base64url(this.claims({ sub: 'eve' }))}.${signature}`,
            'exp as text': await withExp('"exp":"abc"'),
            'exp as a number in a text': await withExp(`"exp":"${seconds() + 600}"`),
            'exp negative': await withExp('"exp":-1'),
            'exp of 2^63': await withExp('"exp":9223372036854775808'),
            'no exp': await withExp('"x":1'),
            'exp twice': await withExp(`"exp":1,"exp":${seconds() + 600}`),
            'sub twice': await raw(plain.replace('"sub":"ann"', '"sub":"ann","sub":"eve"')),
            'alg twice': `${doubleHead}.${sign('sha256', Buffer.from(doubleHead), { key: this.pair.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`,
            'not yet valid': await this.token({ nbf: seconds() + 600 }),
        };
    }
}
