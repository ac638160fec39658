// permessage-deflate as Node's usual WebSocket client, ws, speaks it, against servers of every setting.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { Server } from './server.mjs';

const sentences = Array.from({ length: 2000 }, (_, i) => ({ from: `user${i % 7}`, text: `message ${i}, ünïcödé` }));
const chatter = JSON.stringify(sentences);
const small = ['', Buffer.alloc(0), 'x', Buffer.from([0]), 'Grüße, 世界 🌍', chatter.slice(0, 300), randomBytes(300)];
const medium = [chatter.slice(0, 5000), chatter.slice(0, 5000), Buffer.from(chatter.slice(3000, 40_000))];
const large = [chatter.slice(0, 100 << 10), Buffer.from(chatter.slice(0, 100 << 10)), randomBytes(100 << 10),
    chatter.repeat(30), randomBytes(3 << 20), Buffer.alloc(5 << 20)];

/// One connection that offers `deflate`, ws's perMessageDeflate; what arrives waits until it is asked for.
class Talk {
    static async open(server, path, deflate) {
        const offered = deflate && { threshold: 0, ...deflate };
        const talk = new Talk(new WebSocket(server.socketUrl(path), { perMessageDeflate: offered, maxPayload: 0 }));
        await once(talk.socket, 'open');
        return talk;
    }

    constructor(socket) {
        this.socket = socket;
        this.arrived = [];
        this.ended = new Promise((resolve) => { socket.on('close', resolve); });
        socket.on('error', (error) => { this.error = error; });
        socket.on('upgrade', ({ headers }) => { this.agreed = headers['sec-websocket-extensions']; });
        socket.on('message', (data, binary) => {
            this.arrived.push(binary ? data : data.toString());
            this.onArrived?.();
        });
    }

    async next() {
        while (this.arrived.length === 0) {
            const arrived = new Promise((resolve) => { this.onArrived = resolve; });
            const lost = this.ended.then((code) => assert.fail(`closed: ${code} ${this.error ?? ''}`));
            await Promise.race([arrived, lost]);
        }
        return this.arrived.shift();
    }

    async receives(message) {
        const answer = await this.next();
        const same = typeof message === 'string' ? answer === message : Buffer.isBuffer(answer) && message.equals(answer);
        assert.ok(same, `another message came back for one of ${message.length} (agreed: ${this.agreed})`);
    }

    async echoes(...messages) {
        for (const message of messages) {
            this.socket.send(message);
            await this.receives(message);
        }
    }

    async close() {
        this.socket.close(1000);
        assert.equal(await this.ended, 1000);
    }
}

/// The answer to an offer by a server with these windows.
function answerTo(offer, server) {
    const own = !server.keepsContext;
    const terms = ['permessage-deflate'];
    if (own || offer.serverNoContextTakeover) terms.push('server_no_context_takeover');
    if (own || offer.clientNoContextTakeover) terms.push('client_no_context_takeover');
    const serverBits = Math.min(offer.serverMaxWindowBits ?? 15, server.serverBits);
    if (offer.serverMaxWindowBits) terms.push(`server_max_window_bits=${serverBits}`);
    const clientBits = Math.min(offer.clientMaxWindowBits ?? 15, server.clientBits);
    if (offer.clientMaxWindowBits !== false && clientBits < 15) terms.push(`client_max_window_bits=${clientBits}`);
    return terms.join('; ');
}

/// Never `false` for a takeover: by that ws means that it refuses what a server may answer unasked (RFC 7692 §7.1.1).
function* everyOffer() {
    for (const serverNoContextTakeover of [undefined, true])
        for (const clientNoContextTakeover of [undefined, true])
            for (const serverMaxWindowBits of [undefined, 8, 10, 15])
                for (const clientMaxWindowBits of [undefined, false, 8, 10, 15])
                    yield { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits };
}

const servers = {
    'the default settings': { settings: {}, serverBits: 12, clientBits: 12, keepsContext: true },
    'the largest windows': {
        settings: { serverMaxWindowBits: 15, clientMaxWindowBits: 15, level: 3, threshold: '1B' },
        serverBits: 15, clientBits: 15, keepsContext: true,
    },
    'the smallest windows': {
        settings: { serverMaxWindowBits: 8, clientMaxWindowBits: 8, threshold: '1B' },
        serverBits: 8, clientBits: 8, keepsContext: true,
    },
    'no memory for context': {
        settings: { memoryBudget: '0B', threshold: '1B' }, serverBits: 12, clientBits: 12, keepsContext: false,
    },
};

for (const [title, wanted] of Object.entries(servers)) {
    describe(`the ws package compresses with a server of ${title}`, { timeout: 120_000 }, () => {
        let server;
        before(async () => { server = await Server.startCompressing('patchbay-conformance', wanted.settings); });
        after(() => server?.stop());

        const open = (deflate, path = '/echo') => Talk.open(server, path, deflate);

        test('whatever is offered is kept to', async () => {
            for (const offer of everyOffer()) {
                const talk = await open(offer);
                assert.equal(talk.agreed, answerTo(offer, wanted), JSON.stringify(offer));
                await talk.echoes(...small, ...medium);
                await talk.close();
            }
        });

        test('messages of every size come back', async () => {
            const own = { serverNoContextTakeover: true, clientNoContextTakeover: true };
            for (const offer of [{}, own]) {
                const talk = await open(offer);
                await talk.echoes(...large, ...small, ...medium);
                await talk.close();
            }
        });

        test('fragments are one message, with pings between them', async () => {
            for (const offer of [{}, { clientNoContextTakeover: true }]) {
                const talk = await open(offer);
                for (const message of [chatter.slice(0, 20_000), randomBytes(20_000), chatter.slice(500, 9000)]) {
                    for (const [from, to] of [[0, 1], [1, 1], [1, 7000]]) {
                        talk.socket.send(message.slice(from, to), { fin: false });
                        const answered = once(talk.socket, 'pong');
                        talk.socket.ping(`at ${from}`);
                        assert.equal((await answered)[0].toString(), `at ${from}`);
                    }
                    talk.socket.send(message.slice(7000));
                    await talk.receives(message);
                }
                await talk.close();
            }
        });

        test('a thousand messages come back in order, some of them plain', async () => {
            const talk = await open({});
            const sizes = [1, 20, 300, 3000, 0];
            const messages = Array.from({ length: 1000 }, (_, i) => chatter.slice(i * 7, i * 7 + sizes[i % sizes.length]));
            messages.forEach((message, i) => talk.socket.send(message, { compress: i % 3 !== 0 }));
            for (const message of messages) await talk.receives(message);
            await talk.close();
        });

        test('who offers nothing is answered plain', async () => {
            const talk = await open(false);
            assert.equal(talk.agreed, undefined);
            await talk.echoes(...small, ...medium);
            await talk.close();
        });

        test('a fanout reaches clients of every agreement', async () => {
            const offers = [{}, { serverNoContextTakeover: true }, { serverMaxWindowBits: 8 }, { serverMaxWindowBits: 10 },
                false];
            const talks = await Promise.all(offers.map((offer) => open(offer, '/fanout')));
            for (const [turn, message] of [...small, ...medium, ...large.slice(0, 3), ...medium].entries()) {
                talks[turn % talks.length].socket.send(message);
                await Promise.all(talks.map((talk) => talk.receives(message)));
            }
            await Promise.all(talks.map((talk) => talk.close()));
        });
    });
}

describe('the ws package reads answers mixed with broadcasts', { timeout: 120_000 }, () => {
    let server;
    before(async () => { server = await Server.startCompressing('integration_mixed_server', { threshold: '1B' }); });
    after(() => server?.stop());

    /// Numbered, of many sizes, a third of them to all.
    const saidBy = (name) => Array.from({ length: 300 }, (_, i) =>
        `${i % 3 === 0 ? 'all' : 'own'} ${name} ${i} ${chatter.slice(i * 11, i * 11 + [0, 10, 400, 5000][i % 4])}`);

    test('whole and in order, whatever was agreed', async () => {
        const offers = [{}, {}, { serverNoContextTakeover: true }, { clientNoContextTakeover: true },
            { serverMaxWindowBits: 8, clientMaxWindowBits: 9 }, { serverMaxWindowBits: 10 }, false];
        const talks = await Promise.all(offers.map((offer) => Talk.open(server, '/mixed', offer)));
        for (const talk of talks) {  // whose answers show that everybody is there before the first message for all
            await talk.echoes('hello');
        }
        const said = talks.map((_, i) => saidBy(`speaker${i}`));
        for (let i = 0; i < 300; ++i) talks.forEach((talk, speaker) => talk.socket.send(said[speaker][i]));
        for (const [listener, talk] of talks.entries()) {
            const isDue = (text, speaker) => speaker === listener || text.startsWith('all ');
            const due = said.map((texts, speaker) => texts.filter((text) => isDue(text, speaker)));
            const heard = said.map(() => []);
            for (let left = due.flat().length; left > 0; --left) {
                const text = await talk.next();
                heard[Number(/^\w+ speaker(\d+) /.exec(text)?.[1])].push(text);
            }
            due.forEach((texts, speaker) =>
                assert.ok(heard[speaker].join('\n') === texts.join('\n'), `${listener} heard ${speaker} wrong`));
        }
        await Promise.all(talks.map((talk) => talk.close()));
    });
});
