// Node's usual WebSocket client, ws, against the conformance server, over ws and over wss.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { Certificate, Server } from './server.mjs';

const limit = 64 * 1024 * 1024;  // the conformance server's
const mayBeSent = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];

/// One connection; what arrives waits until it is asked for.
class Talk {
    static async open(url, options = {}) {
        const talk = new Talk(new WebSocket(url, { perMessageDeflate: false, maxPayload: 0, ...options }));
        await once(talk.socket, 'open');
        return talk;
    }

    constructor(socket) {
        this.socket = socket;
        this.arrived = [];
        this.ended = new Promise((resolve) => {
            socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
        });
        socket.on('error', (error) => { this.error = error; });  // the close tells how it ended
        socket.on('message', (data, binary) => {
            this.arrived.push(binary ? data : data.toString());
            this.socket.emit('arrived');
        });
    }

    async next() {
        while (this.arrived.length === 0) {
            const lost = this.ended.then(({ code }) => assert.fail(`closed: ${code}`));
            await Promise.race([once(this.socket, 'arrived'), lost]);
        }
        return this.arrived.shift();
    }

    async echoes(message) {
        this.socket.send(message);
        const answer = await this.next();
        assert.equal(typeof answer, typeof message);
        assert.ok(typeof message === 'string' ? answer === message : message.equals(answer), 'another message came back');
    }

    /// Ends the conversation and returns the server's word for it.
    close(...reason) {
        this.socket.close(...reason);
        return this.ended;
    }
}

for (const secure of [false, true]) {
    describe(`the ws package over ${secure ? 'wss' : 'ws'}`, { timeout: 180_000 }, () => {
        let certificate, server, tutorial;

        before(async () => {
            certificate = secure ? new Certificate() : undefined;
            server = await Server.startProgram('patchbay-conformance', certificate);
        });
        after(async () => {
            await server?.stop();
            await tutorial?.stop();
            certificate?.remove();
        });

        const open = (path = '/echo', from = server) =>
            Talk.open(from.socketUrl(path), secure ? { ca: readFileSync(certificate.certificate) } : {});

        test('text, bytes and empty messages come back as they went', async () => {
            const talk = await open();
            const everyByte = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
            for (const message of ['Grüße, 世界 🌍', everyByte, '', Buffer.alloc(0)]) {
                await talk.echoes(message);
            }
            assert.equal((await talk.close(1000)).code, 1000);
        });

        test('every length of a frame header', async () => {
            const talk = await open();
            for (const size of [1, 125, 126, 127, 65535, 65536, 65537]) {
                await talk.echoes('x'.repeat(size));
                await talk.echoes(randomBytes(size));
            }
            await talk.close();
        });

        test('messages up to the limit', async () => {
            const talk = await open();
            await talk.echoes(randomBytes(limit));
            await talk.echoes('ü'.repeat(limit / 2));
            await talk.close();
        });

        test('one byte more is 1009', async () => {
            for (const message of [Buffer.alloc(limit + 1), 'x'.repeat(limit + 1)]) {
                const talk = await open();
                talk.socket.send(message);
                assert.equal((await talk.ended).code, 1009);
            }
        });

        test('fragments are one message, with a ping between them', async () => {
            const talk = await open();
            talk.socket.send('in ', { fin: false });
            const answered = once(talk.socket, 'pong');
            talk.socket.ping('in the middle');
            assert.equal((await answered)[0].toString(), 'in the middle');
            talk.socket.send('', { fin: false });
            talk.socket.send('three');
            assert.equal(await talk.next(), 'in three');
            const parts = [randomBytes(70_000), randomBytes(1), randomBytes(0)];
            parts.forEach((part, index) => talk.socket.send(part, { fin: index === 2 }));
            assert.ok(Buffer.concat(parts).equals(await talk.next()), 'another message came back');
            await talk.close();
        });

        test('text that is not UTF-8 is 1007 before its last fragment', async () => {
            const talk = await open();
            talk.socket.send(Buffer.from('Grüße '), { binary: false, fin: false });
            talk.socket.send(Buffer.from([0x61, 0xff, 0x62]), { binary: false, fin: false });
            assert.equal((await talk.ended).code, 1007);
        });

        test('pings are answered with their payload', async () => {
            const talk = await open();
            for (const payload of ['', 'p'.repeat(125)]) {
                const answered = once(talk.socket, 'pong');
                talk.socket.ping(payload);
                assert.equal((await answered)[0].toString(), payload);
            }
            await talk.close();
        });

        test('the server\'s pings are answered, which keeps a silent session alive', async () => {
            tutorial = await Server.startProgram('integration_tutorial', certificate);
            const talk = await open('/pinged', tutorial);
            const pinged = once(talk.socket, 'ping');
            assert.equal((await pinged)[0].toString(), 'are you there?');
            assert.equal(await talk.next(), 'you are there');
            await talk.close();
        });

        test('every close code is echoed, and none is 1005', async () => {
            for (const code of mayBeSent) {
                assert.deepEqual(await (await open()).close(code, 'bye'), { code, reason: '' });
            }
            assert.equal((await (await open()).close()).code, 1005);
        });

        test('a thousand messages come back in order', async () => {
            const talk = await open();
            const numbers = Array.from({ length: 1000 }, (_, i) => String(i));
            for (const number of numbers) talk.socket.send(number);
            for (const number of numbers) assert.equal(await talk.next(), number);
            await talk.close();
        });

        test('an offer to compress is declined', async () => {
            const talk = await Talk.open(server.socketUrl('/echo'),
                { perMessageDeflate: true, ca: secure ? readFileSync(certificate.certificate) : undefined });
            assert.equal(talk.socket.extensions, '');
            await talk.echoes('plain');
            await talk.close();
        });

        test('a fanout reaches everyone in one order, and a record comes back', async () => {
            const [ann, bob, json] = [await open('/fanout'), await open('/fanout'), await open('/json')];
            await ann.echoes('one');
            assert.equal(await bob.next(), 'one');
            await bob.echoes(Buffer.from('two'));
            assert.equal((await ann.next()).toString(), 'two');
            json.socket.send('{"list": ["a"], "number": 1.5, "text": "t"}');
            assert.equal(await json.next(), '{"text":"t","number":1.5,"list":["a"]}');
            await Promise.all([ann, bob, json].map((talk) => talk.close()));
        });
    });
}
