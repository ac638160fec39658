// permessage-deflate as Chromium's own WebSocket speaks it, from a page of a server that compresses.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { Server } from './server.mjs';
import { openBrowser } from './visitor.mjs';

/// Runs in the page: connections whose messages wait until they are asked for, and messages for them.
function defineTalk() {
    window.Talk = class {
        static async open(path) {
            const talk = new Talk(new WebSocket(new URL(path, location.href.replace(/^http/, 'ws'))));
            await Promise.race([new Promise((resolve) => { talk.socket.onopen = resolve; }), talk.lost]);
            return talk;
        }

        constructor(socket) {
            this.socket = socket;
            this.arrived = [];
            socket.binaryType = 'arraybuffer';
            socket.onmessage = ({ data }) => {
                this.arrived.push(data);
                this.onArrived?.();
            };
            this.ended = new Promise((resolve) => { socket.onclose = ({ code }) => resolve(code); });
            this.lost = this.ended.then((code) => { throw new Error(`closed: ${code}`); });
            this.lost.catch(() => {});  // an end that was asked for is nobody's problem
        }

        async next() {
            while (this.arrived.length === 0) {
                await Promise.race([new Promise((resolve) => { this.onArrived = resolve; }), this.lost]);
            }
            return this.arrived.shift();
        }

        /// What is wrong with the next message if `message` was due; nothing if it came.
        async misses(message) {
            const answer = await this.next();
            if (typeof message === 'string') return answer === message ? [] : [`a text of ${message.length}`];
            const got = new Uint8Array(answer);
            const same = answer instanceof ArrayBuffer && got.length === message.length &&
                message.every((byte, i) => byte === got[i]);
            return same ? [] : [`${message.length} bytes`];
        }

        async echoes(...messages) {
            const problems = [];
            for (const message of messages) {
                this.socket.send(message);
                problems.push(...await this.misses(message));
            }
            return problems;
        }

        close() {
            this.socket.close(1000);
            return this.ended;
        }
    };

    window.randomBytes = (size) => {
        const bytes = new Uint8Array(size);
        for (let at = 0; at < size; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
        return bytes;
    };
    window.chatter = JSON.stringify(Array.from({ length: 3000 }, (_, i) => (
        { from: `user${i % 7}`, text: `message number ${i}, ünïcödé` })));
    window.bytesOf = (text) => new TextEncoder().encode(text);
}

const small = () => ['', new Uint8Array(0), 'x', new Uint8Array(1), 'Grüße, 世界 🌍', chatter.slice(0, 300), randomBytes(300)];
const large = () => [chatter.slice(0, 100 << 10), bytesOf(chatter).slice(0, 100 << 10), randomBytes(100 << 10),
    chatter.repeat(20), randomBytes(2 << 20), new Uint8Array(3 << 20)];

const everySetting = {
    'the default settings': {},
    'the largest windows': { serverMaxWindowBits: 15, clientMaxWindowBits: 15, level: 3, threshold: '1B' },
    'the smallest windows': { serverMaxWindowBits: 8, clientMaxWindowBits: 8, threshold: '1B' },
    'no memory for context': { memoryBudget: '0B', threshold: '1B' },
};

describe('Chromium compresses', { timeout: 120_000 }, () => {
    const servers = [];
    let browser;

    before(async () => { browser = await openBrowser({ stop() {} }); });  // no server runs yet
    after(async () => {
        await browser?.close();
        await Promise.all(servers.map((server) => server.stop()));
    });

    async function serve(program, settings) {
        const server = await Server.startCompressing(program, settings);
        servers.push(server);
        return server;
    }

    async function pageOf(server) {
        const page = await browser.newPage();
        await page.addInitScript(defineTalk);
        await page.addInitScript(`window.small = ${small}; window.large = ${large};`);
        await page.goto(new URL('/healthz', server.url).href);
        return page;
    }

    for (const [title, settings] of Object.entries(everySetting)) {
        test(`with a server of ${title}, and every message comes back`, async () => {
            const page = await pageOf(await serve('patchbay-conformance', settings));
            const [extensions, problems, code] = await page.evaluate(async () => {
                const talk = await Talk.open('/echo');
                const wrong = await talk.echoes(...small(), ...large(), ...small(), chatter, chatter);
                return [talk.socket.extensions, wrong, await talk.close()];
            });
            assert.match(extensions, /^permessage-deflate($|;)/);
            assert.equal(/no_context_takeover/.test(extensions), 'memoryBudget' in settings, extensions);
            assert.deepEqual([problems, code], [[], 1000]);
            await page.close();
        });

        test(`with a server of ${title}, and a fanout reaches everyone in one order`, async () => {
            const page = await pageOf(servers.at(-1));
            assert.deepEqual(await page.evaluate(async () => {
                const talks = await Promise.all([1, 2, 3].map(() => Talk.open('/fanout')));
                const problems = [];
                for (const [turn, message] of [...small(), ...large().slice(0, 3), chatter, chatter].entries()) {
                    talks[turn % talks.length].socket.send(message);
                    for (const talk of talks) problems.push(...await talk.misses(message));
                }
                await Promise.all(talks.map((talk) => talk.close()));
                return problems;
            }), []);
            await page.close();
        });
    }

    test('a thousand messages of many sizes come back in order', async () => {
        const page = await pageOf(await serve('patchbay-conformance', {}));
        assert.equal(await page.evaluate(async () => {
            const talk = await Talk.open('/echo');
            const sizes = [0, 1, 255, 256, 3000];
            const messages = Array.from({ length: 1000 }, (_, i) => chatter.slice(i * 7, i * 7 + sizes[i % sizes.length]));
            for (const message of messages) talk.socket.send(message);
            let right = 0;
            for (const message of messages) if (await talk.next() === message) ++right;
            await talk.close();
            return right;
        }), 1000);
        await page.close();
    });

    test('answers mixed with broadcasts are whole and in order, beside a client that does not compress', async () => {
        const server = await serve('integration_mixed_server', { threshold: '1B' });
        const plain = new WebSocket(server.socketUrl('/mixed'), { perMessageDeflate: false });
        const heard = [];
        plain.on('message', (data) => { heard.push(data.toString()); });
        await once(plain, 'open');
        plain.send('hello');
        await once(plain, 'message');  // from now on it gets what is for all

        const page = await pageOf(server);
        const { problems, broadcasts } = await page.evaluate(async () => {
            const talks = await Promise.all([0, 1, 2].map(() => Talk.open('/mixed')));
            const wrong = [];
            for (const talk of talks) wrong.push(...await talk.echoes('hello'));
            const sizes = [0, 30, 500, 6000];
            const said = talks.map((_, speaker) => Array.from({ length: 90 }, (_, i) =>
                `${i % 3 === 0 ? 'all' : 'own'} ${speaker} ${i} ${chatter.slice(i * 9, i * 9 + sizes[i % sizes.length])}`));
            for (let i = 0; i < 90; ++i) talks.forEach((talk, speaker) => talk.socket.send(said[speaker][i]));
            for (const [listener, talk] of talks.entries()) {
                const due = said.map((texts, speaker) =>
                    texts.filter((text) => speaker === listener || text.startsWith('all ')));
                for (let left = due.flat().length; left > 0; --left) {
                    const text = await talk.next();
                    if (due[text.split(' ')[1]]?.shift() !== text) wrong.push(`${listener} heard ${text.slice(0, 40)}`);
                }
            }
            await Promise.all(talks.map((talk) => talk.close()));
            return { problems: wrong, broadcasts: said.flat().filter((text) => text.startsWith('all ')) };
        });
        assert.deepEqual(problems, []);
        while (heard.length < 1 + broadcasts.length) await once(plain, 'message', { signal: AbortSignal.timeout(20_000) });
        assert.deepEqual(heard.slice(1).sort(), broadcasts.sort());
        plain.close();
        await once(plain, 'close');
        await page.close();
    });
});
