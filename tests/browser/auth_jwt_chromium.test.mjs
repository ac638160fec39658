// The plugin auth-jwt in Debian's Chromium: a page that brings a token in each way that a page can, over ws and wss, and what it is told.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Identity, issuer, seconds } from './identity.mjs';
import { Certificate, Server, testPlugins } from './server.mjs';
import { openBrowser } from './visitor.mjs';

/// Runs in the page: connects, says `first` if there is any, and tells what becomes of it: what the server says first, or how it ends.
function visit({ protocols, first }) {
    return new Promise((resolve) => {
        const socket = new WebSocket(new URL('/chat/lobby?name=ann', location.href.replace(/^http/, 'ws')), protocols);
        window.last?.socket.close();
        window.last = { socket, ended: new Promise((end) => { socket.onclose = ({ code, reason }) => end(`${code} ${reason}`); }) };
        window.last.ended.then(resolve);
        socket.onmessage = () => resolve(`in, ${socket.protocol}`);
        socket.onopen = () => { if (first !== undefined) socket.send(first); };
    });
}

for (const secure of [false, true]) {
    describe(`auth-jwt in Chromium over ${secure ? 'wss' : 'ws'}`, { timeout: 120_000 }, () => {
        const identity = new Identity();
        let browser, certificate, folder, page, server;

        before(async () => {
            await identity.start();
            folder = mkdtempSync(join(tmpdir(), 'patchbay-'));
            if (secure) certificate = new Certificate();
            const file = join(folder, 'server.yaml');
            writeFileSync(file, JSON.stringify({
                server: { listen: [secure ? { url: 'https://127.0.0.1:0', certificate: certificate.certificate, key: certificate.key } : 'http://127.0.0.1:0'], loops: 2 },
                pluginFolders: [testPlugins],
                plugins: ['introspecting', { library: 'auth-jwt', config: { jwks: identity.url, issuer, audiences: ['chat'], cookie: 'session', message: '10s' } }],
                apps: ['chat'],
                endpoints: { '/chat/{room}': { roles: ['member'] } },
            }));
            server = await Server.launch('patchbay-server', ['--config', file]);
            browser = await openBrowser(server);
        });
        after(async () => {
            await browser?.close();
            await server?.stop();
            identity.stop();
            certificate?.remove();
            rmSync(folder, { recursive: true });
        });

        /// What becomes of a visit, of the one page that these tests share, with this cookie if any; of a refusal its status.
        async function fareOf(how, cookie) {
            if (!page) {
                const context = await browser.newContext({ ignoreHTTPSErrors: true });
                page = await context.newPage();
                await page.goto(new URL('/healthz', server.url).href);
            }
            await page.context().clearCookies();
            if (cookie) await page.context().addCookies([{ name: 'session', value: cookie, url: server.url, httpOnly: true, secure, sameSite: 'Strict' }]);
            const refused = new Promise((resolve) => {
                page.once('websocket', (socket) => socket.on('socketerror', (text) => {
                    const code = /response code: (\d+)/.exec(text);
                    resolve(code ? Number(code[1]) : /HTTP Authentication failed/.test(text) ? 401 : text);  // as Chromium says 401
                }));
            });
            const fared = await page.evaluate(visit, how);
            return fared === '1006 ' ? refused : fared;  // a page itself is told no more than 1006
        }
        /// By each way that a page has.
        const fate = (way, token, first) => ({
            subprotocol: () => fareOf({ protocols: ['chat.v1', `bearer.${token}`] }),
            cookie: () => fareOf({ protocols: ['chat.v1'], first }, token),
            message: () => fareOf({ protocols: ['chat.v1'], first: first ?? JSON.stringify({ auth: token }) }),
        })[way]();
        const ways = ['subprotocol', 'cookie', 'message'];

        test('a token that is believed', async () => {
            for (const way of ways) assert.equal(await fate(way, await identity.token()), 'in, chat.v1', way);
            assert.equal(await fate('subprotocol', identity.byJsonwebtoken('RS256')), 'in, chat.v1');
        });

        test('one that is not, that has expired, and none', async () => {
            const { 'alg none': none, 'a signature of zeros': zeros, 'exp twice': twice } = await identity.forgeries();
            const first = '{"type":"Say","text":"hello"}';
            for (const forged of [none, zeros, twice, await identity.token({ aud: 'shop' })]) {
                assert.equal(await fate('subprotocol', forged), 401);
                assert.equal(await fate('cookie', forged, first), '1008 not signed in');
                assert.equal(await fate('message', forged), '1008 not signed in');
            }
            const expired = await identity.token({ exp: seconds() - 1 });
            assert.equal(await fate('subprotocol', expired), 401);
            assert.equal(await fate('cookie', expired, first), '1008 not signed in');
            assert.equal(await fate('message', expired), '1008 expired');
            assert.equal(await fate('message', undefined, first), '1008 not signed in');
            const guest = await identity.token({ roles: ['guest'] });
            assert.equal(await fate('subprotocol', guest), 403);
            assert.equal(await fate('cookie', guest), 403);
            assert.equal(await fate('message', guest), '1008 not allowed');
        });

        test('a page whose token expires comes back with another, and one that is banned is told so', async () => {
            const end = seconds() + 2;
            assert.equal(await fate('subprotocol', await identity.token({ exp: end })), 'in, chat.v1');
            assert.equal(await page.evaluate(() => window.last.ended), '1008 expired');
            assert.ok(Date.now() / 1000 >= end, 'it was not over');
            assert.equal(await fate('subprotocol', await identity.token()), 'in, chat.v1');
            await page.evaluate((text) => window.last.socket.send(text), JSON.stringify({ auth: await identity.token({ exp: seconds() + 900 }) }));
            assert.equal(await page.evaluate(() => fetch('/ban/ann', { method: 'POST' }).then((answer) => answer.text())), '1');
            assert.equal(await page.evaluate(() => window.last.ended), '1008 banned');
        });
    });
}
