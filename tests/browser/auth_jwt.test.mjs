// The plugin auth-jwt as its clients have it: tokens that jose and jsonwebtoken make, brought by ws in each way, over ws and wss; keys that
// their owner changes; and nothing of a token in what the server prints at its most talkative.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import jsonwebtoken from 'jsonwebtoken';
import WebSocket from 'ws';
import { Identity, issuer, seconds } from './identity.mjs';
import { Certificate, Server } from './server.mjs';

/// The status of the answer: 101, and then the socket, or that of the refusal.
function knock(url, options = {}, protocols = ['chat.v1']) {
    return new Promise((resolve, reject) => {
        const socket = new WebSocket(url, protocols, { perMessageDeflate: false, rejectUnauthorized: false, ...options });
        const arrived = [];
        socket.on('message', (data) => { arrived.push(JSON.parse(data.toString())); socket.emit('arrived'); });
        const ended = new Promise((end) => socket.on('close', (code, reason) => end({ code, reason: reason.toString() })));
        socket.on('open', () => resolve({ status: 101, socket, arrived, ended, protocol: socket.protocol }));
        socket.on('unexpected-response', (request, response) => {
            response.resume();
            resolve({ status: response.statusCode, told: response.headers['www-authenticate'] });
            request.destroy();
        });
        socket.on('error', reject);
    });
}
const bearing = (token) => ({ headers: { Authorization: `Bearer ${token}` } });

for (const secure of [false, true]) {
    describe(`auth-jwt over ${secure ? 'wss' : 'ws'}`, { timeout: 120_000 }, () => {
        const identity = new Identity();
        const secret = randomBytes(48).toString('base64');
        const used = [secret];  // none of it may be printed
        let certificate, folder, server, room;

        const remember = (token) => { used.push(token, ...token.split('.')); return token; };
        const token = async (...which) => remember(await identity.token(...which));
        const enters = async (options, protocols, url = room) => {
            const came = await knock(url, options, protocols);
            if (came.status === 101) {
                came.socket.terminate();
                await came.ended;
            }
            return came;
        };

        before(async () => {
            await identity.start();
            folder = mkdtempSync(join(tmpdir(), 'patchbay-'));
            if (secure) certificate = new Certificate();
            writeFileSync(join(folder, 'secret'), `${secret}\n`, { mode: 0o600 });
            const file = join(folder, 'server.yaml');
            writeFileSync(file, JSON.stringify({
                server: { listen: [secure ? { url: 'https://127.0.0.1:0', certificate: certificate.certificate, key: certificate.key } : 'http://127.0.0.1:0'], loops: 2 },
                plugins: [{ library: 'auth-jwt', config: {
                    jwks: identity.url, secret: `file:${join(folder, 'secret')}`, issuer, audiences: ['chat'], cookie: 'session', query: 'token', message: '10s',
                } }],
                apps: ['chat'],
                endpoints: { '/chat/{room}': { roles: ['member'] } },
                logging: { level: 'debug' },
            }));
            server = await Server.launch('patchbay-server', ['--config', file]);
            room = server.socketUrl('/chat/lobby?name=ann');
        });
        after(async () => {
            await server?.stop();
            identity.stop();
            certificate?.remove();
            rmSync(folder, { recursive: true });
            for (const each of used) {
                if (each.length > 8) assert.ok(!server.printed.includes(each), 'a part of a token or a secret was printed');
            }
        });

        test('each way in', async () => {
            const ann = await token();
            assert.equal((await enters(bearing(ann))).status, 101);
            const bySubprotocol = await enters({}, ['chat.v1', `bearer.${ann}`]);
            assert.deepEqual([bySubprotocol.status, bySubprotocol.protocol], [101, 'chat.v1']);
            assert.equal((await enters({ headers: { Cookie: `a=b; session=${ann}` } })).status, 101);
            assert.equal((await enters({}, ['chat.v1'], `${room}&token=${ann}`)).status, 101);
            const byMessage = await knock(room);
            byMessage.socket.send(JSON.stringify({ auth: ann }));
            while (byMessage.arrived.length === 0) await once(byMessage.socket, 'arrived');
            byMessage.socket.close();
            await byMessage.ended;
        });

        /// Each way in: what is dialled with, and how it ends where the token is not believed.
        const ways = {
            header: (it) => [room, bearing(it), ['chat.v1']],
            subprotocol: (it) => [room, {}, ['chat.v1', `bearer.${it}`]],
            query: (it) => [`${room}&token=${it}`, {}, ['chat.v1']],
            cookie: (it) => [room, { headers: { Cookie: `session=${it}` } }, ['chat.v1']],
            message: () => [room, {}, ['chat.v1']],
        };
        /// What becomes of a token: `in`, or the status of the refusal, or the code and reason of the close.
        async function fate(way, it) {
            const came = await knock(...ways[way](it));
            if (came.status !== 101) return String(came.status);
            // Who brings a cookie that is not believed is nobody, and may send a token still.
            came.socket.send(JSON.stringify(way === 'message' ? { auth: it } : { type: 'Say', text: 'hello' }));
            const heard = once(came.socket, 'arrived').then(() => 'in');
            const fared = await Promise.race([came.ended.then(({ code, reason }) => `${code} ${reason}`), came.arrived.length > 0 ? 'in' : heard]);
            came.socket.terminate();
            await came.ended;
            return fared;
        }

        test('each way in, by two libraries', async () => {
            for (const way of Object.keys(ways)) {
                assert.equal(await fate(way, await token()), 'in', `jose, ${way}`);
                for (const algorithm of ['RS256', 'PS384']) {
                    assert.equal(await fate(way, remember(identity.byJsonwebtoken(algorithm))), 'in', `jsonwebtoken, ${algorithm}, ${way}`);
                }
            }
        });

        test('forgeries, each way in', async () => {
            for (const [name, forged] of Object.entries(await identity.forgeries())) {
                remember(forged);
                for (const way of Object.keys(ways)) {
                    const refused = way === 'cookie' || way === 'message' ? '1008 not signed in' : '401';
                    assert.equal(await fate(way, forged), refused, `${name}, ${way}`);
                }
            }
            for (const way of Object.keys(ways)) {
                const expired = { cookie: '1008 not signed in', message: '1008 expired' }[way] ?? '401';
                assert.equal(await fate(way, await token({ exp: seconds() - 1 })), expired, `expired, ${way}`);
                const stranger = way === 'message' ? '1008 not allowed' : '403';
                assert.equal(await fate(way, await token({ roles: ['guest'] })), stranger, `without the role, ${way}`);
            }
        });

        test('a secret that is shared, by jsonwebtoken', async () => {
            const claims = { sub: 'bob', iss: issuer, aud: ['chat'], roles: ['member'] };
            assert.equal((await enters(bearing(remember(jsonwebtoken.sign(claims, secret, { algorithm: 'HS256', expiresIn: 600 }))))).status, 101);
            assert.equal((await enters(bearing(remember(jsonwebtoken.sign(claims, 'x'.repeat(64), { algorithm: 'HS256', expiresIn: 600 }))))).status, 401);
        });

        test('what is not let in, and what it is told', async () => {
            const expired = await enters(bearing(await token({ exp: seconds() - 1 })));
            assert.deepEqual([expired.status, expired.told], [401, 'Bearer error="invalid_token", error_description="expired"']);
            for (const wrong of [{ nbf: seconds() + 60 }, { iss: 'https://eve.example' }, { aud: 'shop' }, { sub: undefined }]) {
                assert.equal((await enters(bearing(await token(wrong)))).status, 401, JSON.stringify(wrong));
            }
            assert.equal((await enters(bearing(await token({ roles: ['guest'] })))).status, 403);
            assert.equal((await enters(bearing('nonsense'))).status, 401);
        });

        test('a refresh moves the end, and the end comes within a second', async () => {
            const end = seconds() + 2;
            const first = await knock(room, bearing(await token({ exp: end }))), second = await knock(room, bearing(await token({ exp: end })));
            second.socket.send(JSON.stringify({ auth: await token({ exp: seconds() + 600 }) }));
            assert.deepEqual(await first.ended, { code: 1008, reason: 'expired' });
            const late = Date.now() / 1000 - end;
            assert.ok(late >= 0 && late < 1, `${late} s`);
            assert.equal(second.socket.readyState, WebSocket.OPEN);
            second.socket.send(JSON.stringify({ auth: await token({ sub: 'eve' }) }));
            assert.deepEqual(await second.ended, { code: 1008, reason: "another user's token" });
        });

        test('a key that its owner changes', { skip: secure && 'the same' }, async () => {
            const askedBefore = identity.asked;
            await identity.rotate('two');
            let came;
            for (let i = 0; i < 30; ++i) {  // after what is asked for too often has been
                came = await enters(bearing(await token()));
                if (came.status === 101) break;
                await new Promise((resolve) => { setTimeout(resolve, 500); });
            }
            assert.equal(came.status, 101);
            assert.ok(identity.asked - askedBefore <= 4, `${identity.asked - askedBefore} times`);
        });
    });
}
