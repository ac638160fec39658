// Chromium's own WebSocket, from a page of the conformance server, over ws and over wss.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Certificate, Server } from './server.mjs';
import { openBrowser } from './visitor.mjs';

/// Runs in the page: one connection; what arrives waits until it is asked for.
function defineTalk() {
    window.Talk = class {
        static async open(path) {
            const talk = new Talk(new WebSocket(new URL(path, location.href.replace(/^http/, 'ws'))));
            await new Promise((resolve, reject) => {
                talk.socket.onopen = resolve;
                talk.ended.then((end) => reject(new Error(`closed: ${JSON.stringify(end)}`)));
            });
            return talk;
        }

        constructor(socket) {
            this.socket = socket;
            this.arrived = [];
            this.waiting = [];
            socket.binaryType = 'arraybuffer';
            socket.onmessage = ({ data }) => {
                if (this.waiting.length > 0) this.waiting.shift()(data);
                else this.arrived.push(data);
            };
            this.ended = new Promise((resolve) => {
                socket.onclose = ({ code, reason, wasClean }) => resolve({ code, reason, wasClean });
            });
        }

        next() {
            if (this.arrived.length > 0) return this.arrived.shift();
            const lost = this.ended.then((end) => { throw new Error(`closed: ${JSON.stringify(end)}`); });
            return Promise.race([lost, new Promise((resolve) => { this.waiting.push(resolve); })]);
        }

        /// What is wrong with the answer to a message; undefined if nothing is.
        async echoes(message) {
            this.socket.send(message);
            const answer = await this.next();
            if (typeof answer !== typeof message) return `${typeof message} came back as ${typeof answer}`;
            if (typeof message === 'string') return answer === message ? undefined : 'another text came back';
            const got = new Uint8Array(answer);
            const same = got.length === message.length && message.every((byte, i) => byte === got[i]);
            return same ? undefined : 'other bytes came back';
        }

        close(...reason) {
            this.socket.close(...reason);
            return this.ended;
        }
    };

    window.randomBytes = (size) => {
        const bytes = new Uint8Array(size);
        for (let at = 0; at < size; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
        return bytes;
    };
}

for (const secure of [false, true]) {
    describe(`Chromium over ${secure ? 'wss' : 'ws'}`, { timeout: 240_000 }, () => {
        let browser, certificate, page, server;

        before(async () => {
            certificate = secure ? new Certificate() : undefined;
            server = await Server.startProgram('patchbay-conformance', certificate);
            browser = await openBrowser(server);
        });
        after(async () => {
            await browser?.close();
            await server?.stop();
            certificate?.remove();
        });

        async function pageOf(whose) {
            const context = await browser.newContext({ ignoreHTTPSErrors: true });
            const opened = await context.newPage();
            await opened.addInitScript(defineTalk);
            await opened.goto(new URL('/healthz', whose.url).href);
            return opened;
        }

        /// In the one page that these tests share; opened by the first, for what fails in `before` leaves `after` out.
        async function inPage(...work) {
            page ??= await pageOf(server);
            return page.evaluate(...work);
        }

        test('text, bytes and empty messages come back as they went', async () => {
            assert.deepEqual(await inPage(async () => {
                const talk = await Talk.open('/echo');
                const problems = [];
                const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i);
                for (const message of ['Grüße, 世界 🌍', everyByte, '', new Uint8Array(0)]) {
                    problems.push(await talk.echoes(message));
                }
                const { extensions, protocol } = talk.socket;
                return [problems.filter((problem) => problem), extensions, protocol, await talk.close(1000)];
            }), [[], '', '', { code: 1000, reason: '', wasClean: true }]);
        });

        test('every length of a frame header', async () => {
            assert.deepEqual(await inPage(async () => {
                const talk = await Talk.open('/echo');
                const problems = [];
                for (const size of [1, 125, 126, 127, 65535, 65536, 65537]) {
                    problems.push(await talk.echoes('x'.repeat(size)), await talk.echoes(randomBytes(size)));
                }
                await talk.close();
                return problems.filter((problem) => problem);
            }), []);
        });

        test('bytes up to the limit, and long text', async () => {
            assert.deepEqual(await inPage(async (limit) => {
                const talk = await Talk.open('/echo');
                const problems = [await talk.echoes(randomBytes(limit)), await talk.echoes('ü'.repeat(limit / 16))];
                await talk.close();
                return problems.filter((problem) => problem);
            }, 64 * 1024 * 1024), []);
        });

        test('one byte more is 1009', async () => {
            assert.deepEqual(await inPage(async (size) => {
                const talk = await Talk.open('/echo');
                talk.socket.send(new Uint8Array(size));
                return (await talk.ended).code;
            }, 64 * 1024 * 1024 + 1), 1009);
        });

        test('every close code that a page may send is echoed, and none is 1005', async () => {
            const codes = [1000, 3000, 3999, 4000, 4999];
            assert.deepEqual(await inPage(async (all) => {
                const ends = [];
                for (const code of all) ends.push(await (await Talk.open('/echo')).close(code, 'bye'));
                ends.push(await (await Talk.open('/echo')).close());
                return ends;
            }, codes), [...codes, 1005].map((code) => ({ code, reason: '', wasClean: true })));
        });

        test('the server\'s pings are answered, which keeps a silent session alive', async () => {
            const tutorial = await Server.startProgram('integration_tutorial', certificate);
            try {
                const other = await pageOf(tutorial);
                assert.equal(await other.evaluate(async () => (await Talk.open('/pinged')).next()), 'you are there');
                await other.context().close();
            } finally {
                await tutorial.stop();
            }
        });

        test('a thousand messages come back in order', async () => {
            assert.ok(await inPage(async () => {
                const talk = await Talk.open('/echo');
                for (let i = 0; i < 1000; ++i) talk.socket.send(String(i));
                for (let i = 0; i < 1000; ++i) if (await talk.next() !== String(i)) return false;
                await talk.close();
                return true;
            }));
        });

        test('a fanout reaches everyone in one order, and a record comes back', async () => {
            assert.deepEqual(await inPage(async () => {
                const [ann, bob, json] = [await Talk.open('/fanout'), await Talk.open('/fanout'), await Talk.open('/json')];
                ann.socket.send('one');
                const heard = [await ann.next(), await bob.next()];
                bob.socket.send('two');
                heard.push(await ann.next(), await bob.next());
                json.socket.send('{"list": ["a"], "number": 1.5, "text": "t"}');
                heard.push(await json.next());
                await Promise.all([ann, bob, json].map((talk) => talk.close()));
                return heard;
            }), ['one', 'one', 'two', 'two', '{"text":"t","number":1.5,"list":["a"]}']);
        });
    });
}
