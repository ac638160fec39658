// The chat's page alone: the built server serves it, and a scripted one answers its WebSocket, to do what the real one
// does once a year.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { ContactSheet, faintTextsOf, faultsOf, looks } from './looks.mjs';
import { Server } from './server.mjs';
import { openBrowser, Visitor } from './visitor.mjs';

const welcome = (recent = [], people = ['Ann']) => JSON.stringify({ type: 'Welcome', you: 'Ann', room: 'lobby', people, recent });

// --- The states of the page: what the scripted server answers with, and what brings it there ----------------------------

const kLongName = 'Bartholomäus-Maximilian-vonGau';  // as long as one may be
const talk = [
    ['Ann', 'Has anyone seen the cable for the second stage? The long one, with the yellow tape.'],
    [kLongName, 'It hangs behind the mixing desk.'],
    [kLongName, `https://example.org/a-very-long-link/that-nobody-can-break/${'0123456789'.repeat(8)}`],
    ['Zoë', 'Left side, third hook.\nUnder the coats.'],
    ['Ann', 'Found it, thank you! ☕'],
].map(([from, text], i) => ({ from, text, at: Date.now() - 60_000 + i }));
const talking = welcome(talk, ['Ann', 'Zoë', kLongName]);
const lines = Array.from({ length: 60 }, (_, i) => ({ from: 'Zoë', text: `Line ${i}.`, at: 1_732_000_000_000 + i }));
const tooFast = { type: 'Refused', problem: 'You are writing too fast. Wait a moment, then send it again.' };

const states = {
    'joining': {},
    'empty room': {
        answer: (socket) => socket.send(welcome()),
        reached: (ann) => ann.page.getByText('Nothing said here yet.').waitFor(),
    },
    'talking': {
        answer(socket) {
            socket.send(talking);
            socket.send(JSON.stringify({ type: 'IsTyping', name: kLongName }));
        },
        reached: (ann) => ann.page.getByText(`${kLongName} is typing…`).waitFor(),
    },
    'people': {
        answer: (socket) => socket.send(talking),
        async reached(ann, { viewport }) {
            await ann.sees('Found it');
            if (viewport.width < 760) await ann.page.getByRole('button', { name: /people and room/ }).click();
            await ann.page.getByText('Bring someone in').waitFor();
        },
    },
    'new messages': {
        answer(socket) {
            socket.send(welcome(lines));
            socket.onMessage(() => socket.send(JSON.stringify({ type: 'Said', from: 'Zoë', text: 'Anyone?', at: Date.now() })));
        },
        async reached(ann) {
            await ann.sees('Line 59.');
            await ann.page.locator('#scroll').evaluate((scroll) => { scroll.scrollTop = 0; });
            await ann.draft.fill('Yes');  // that she types is what the server answers
            await ann.page.getByRole('button', { name: 'New messages' }).waitFor();
        },
    },
    'refused': {
        answer(socket) {
            socket.send(talking);
            socket.onMessage(() => socket.send(JSON.stringify(tooFast)));
        },
        async reached(ann) {
            await ann.seesStatus('Online');
            await ann.says('A very long story. '.repeat(8));
            await ann.page.getByRole('alert').getByText('too fast').waitFor();
        },
    },
    'offline': {
        answer(socket) {
            socket.send(talking);
            socket.onMessage(() => socket.close({ code: 1001 }));
        },
        async reached(ann) {
            await ann.sees('Found it');
            await ann.page.evaluate(() => { globalThis.setTimeout = () => 0; });  // it does not try again
            await ann.says('Gone?');
            await ann.seesStatus('Offline – reconnecting');
        },
    },
    'ended': {
        answer(socket) {
            socket.send(talking);
            socket.close({ code: 1008, reason: 'You were banned.' });
        },
        reached: (ann) => ann.sees('You were banned.'),
    },
};

describe('the chat page', { timeout: 600_000 }, () => {
    const sheet = new ContactSheet();
    let browser, server, visitor;

    before(async () => {
        server = await Server.start();
        browser = await openBrowser(server);
    });
    after(async () => {
        await sheet.write();
        await browser?.close();
        await server?.stop();
    });
    afterEach(() => visitor?.page.context().close());

    async function arrives(answer, options = {}) {
        visitor = await Visitor.arrive(browser, server.url, { server: answer, ...options });
        await visitor.joinsAs('Ann');
        return visitor;
    }

    test('a close with 1008 is final and says why', async () => {
        let connections = 0;
        const ann = await arrives((socket) => {
            ++connections;
            socket.close({ code: 1008, reason: 'You were banned.' });
        });
        await ann.seesStatus('Disconnected');
        await ann.sees('You were banned.');
        await ann.page.evaluate(() => dispatchEvent(new Event('online')));
        assert.equal(connections, 1);
    });

    test('a close with 1001 is tried again, at once when the network is back', async () => {
        let back = false;
        const ann = await arrives((socket) => back ? socket.send(welcome()) : socket.close({ code: 1001 }));
        await ann.seesStatus('Offline – reconnecting');
        back = true;
        const state = await ann.page.evaluate(() => new Promise((resolve) => {
            const status = document.getElementById('status');
            const look = () => {
                if (status.dataset.state !== 'offline') return setTimeout(look, 1);
                dispatchEvent(new Event('online'));
                resolve(status.dataset.state);
            };
            look();
        }));
        assert.equal(state, 'connecting');
        await ann.seesStatus('Online');
    });

    test('a message that never arrived comes back into the draft', async () => {
        let connections = 0;
        const ann = await arrives((socket) => {
            const first = ++connections === 1;
            socket.send(welcome());
            if (first) socket.onMessage((text) => { if (JSON.parse(text).type === 'Say') socket.close({ code: 1001 }); });
        });
        await ann.seesStatus('Online');
        await ann.says('Did you get this?');
        await ann.sees('You are back.');
        assert.equal(await ann.draft.inputValue(), 'Did you get this?');
        await ann.doesNotSee('Did you get this?');
    });

    test('a message that did arrive does not come back into the draft', async () => {
        const recent = [];
        const ann = await arrives((socket) => {
            socket.send(welcome(recent));
            socket.onMessage((text) => {
                const message = JSON.parse(text);
                if (message.type !== 'Say') return;
                recent.push({ from: 'Ann', text: message.text, at: 1_732_000_000_000 });
                socket.close({ code: 1001 });
            });
        });
        await ann.seesStatus('Online');
        await ann.says('Did you get this?');
        await ann.sees('You are back.');
        await ann.sees('Did you get this?');
        assert.equal(await ann.draft.inputValue(), '');
    });

    test('after joining, what is typed is the message', async () => {
        const ann = await arrives((socket) => socket.send(welcome()));
        await ann.page.waitForFunction(() => document.activeElement?.id === 'draft');
        await ann.page.keyboard.type('Hello');
        assert.equal(await ann.draft.inputValue(), 'Hello');
    });

    test('messages are list items to who does not see the page', async () => {
        const ann = await arrives((socket) => socket.send(talking));
        await ann.sees('Found it');
        assert.equal(await ann.log.getByRole('list').getByRole('listitem').count(), talk.length);
    });

    test('addresses are links that lead out of the window, and nothing else is', async () => {
        const text = 'See https://example.org/a(b)?q=1, (http://example.org/x). Not javascript:alert(1) or <a href="//x">';
        const ann = await arrives((socket) => socket.send(welcome([{ from: 'Bob', text, at: Date.now() }])));
        await ann.sees('Not javascript');
        const links = await ann.log.getByRole('link').evaluateAll((all) => all.map(({ href, target, rel }) => [href, target, rel]));
        assert.deepEqual(links, ['https://example.org/a(b)?q=1', 'http://example.org/x'].map((href) => [href, '_blank', 'noopener noreferrer']));
        assert.equal(await ann.log.locator('.text').textContent(), text);
    });

    test('a pasted text that is too long is kept, told and not sent', async () => {
        const said = [];
        const ann = await arrives((socket) => {
            socket.send(welcome());
            socket.onMessage((text) => { if (JSON.parse(text).type === 'Say') said.push(JSON.parse(text).text); });
        }, { permissions: ['clipboard-read', 'clipboard-write'] });
        await ann.seesStatus('Online');
        await ann.page.evaluate((text) => navigator.clipboard.writeText(text), 'x'.repeat(1240));
        await ann.draft.press('Control+v');
        await ann.draft.press('Enter');
        await ann.page.getByRole('alert').getByText('Too long by 240 characters').waitFor();
        assert.equal((await ann.draft.inputValue()).length, 1240);
        assert.ok(await ann.send.isDisabled());
        await ann.says('x'.repeat(1000));
        assert.equal(await ann.page.getByRole('alert').textContent(), '');
        await ann.page.waitForFunction(() => document.getElementById('draft').value === '');
        assert.deepEqual(said.map((text) => text.length), [1000]);
    });

    test('what is written before the room has answered waits and is sent once', async () => {
        let answer;
        const said = [];
        const ann = await arrives((socket) => {
            answer = () => socket.send(welcome());
            socket.onMessage((text) => { if (JSON.parse(text).type === 'Say') said.push(JSON.parse(text).text); });
        });
        await ann.seesStatus('Online');
        for (const text of ['One', 'Two']) await ann.says(text);
        assert.equal(await ann.log.getByText('waits for the connection').count(), 2);
        assert.deepEqual(said, []);
        answer();
        await ann.page.waitForFunction(() => document.querySelectorAll('.pending').length === 0);
        assert.deepEqual(said, ['One', 'Two']);
        assert.equal(await ann.draft.inputValue(), '');
    });

    test('what waits, and the draft, outlive a reload and are sent once', async () => {
        let answer;
        const said = [];
        const ann = await arrives((socket) => {
            answer = () => socket.send(welcome());
            socket.onMessage((text) => { if (JSON.parse(text).type === 'Say') said.push(JSON.parse(text).text); });
        });
        await ann.seesStatus('Online');
        for (const text of ['One', 'Two']) await ann.says(text);
        await ann.draft.fill('Thr');
        for (let reloads = 0; reloads < 2; ++reloads) {
            await ann.page.reload();
            await ann.seesStatus('Online');
        }
        assert.equal(await ann.log.getByText('waits for the connection').count(), 2);
        assert.equal(await ann.draft.inputValue(), 'Thr');
        answer();
        await ann.page.waitForFunction(() => document.querySelectorAll('.pending').length === 0);
        assert.deepEqual(said, ['One', 'Two']);
        await ann.page.goto(`${server.url}?room=kitchen`);
        await ann.seesStatus('Online');
        assert.equal(await ann.draft.inputValue(), '');
    });

    test('what was on its way at a reload comes back into the draft, unless it was heard, by whatever name', async () => {
        const recent = [];
        let you = 'Ann';
        const ann = await arrives((socket) => socket.send(JSON.stringify({ ...JSON.parse(welcome(recent)), you })));
        await ann.page.getByText('Nothing said here yet.').waitFor();
        for (const text of ['Heard?', 'Lost?']) await ann.says(text);
        recent.push({ from: 'Ann', text: 'Heard?', at: 1_732_000_000_000 });
        you = 'Bea';
        await ann.page.reload();
        await ann.sees('Heard?');
        await ann.page.waitForFunction(() => document.getElementById('draft').value === 'Lost?');
        await ann.page.reload();
        await ann.sees('Heard?');
        assert.equal(await ann.draft.inputValue(), 'Lost?');
    });

    test('what was sent and not said when the room ends it comes back', async () => {
        const ann = await arrives((socket) => {
            socket.send(welcome());
            socket.onMessage((text) => { if (JSON.parse(text).type === 'Say') socket.close({ code: 1008, reason: 'You were banned.' }); });
        });
        await ann.seesStatus('Online');
        await ann.says('Is this heard?');
        await ann.seesStatus('Disconnected');
        assert.equal(await ann.draft.inputValue(), 'Is this heard?');
    });

    test('the panel of a phone closes by its button, by Escape and beside it, and the focus goes back', async () => {
        const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
        const ann = await arrives((socket) => socket.send(talking), phone);
        await ann.sees('Found it');
        const toggle = ann.page.getByRole('button', { name: /people and room/ });
        const isGone = () => ann.page.getByText('Bring someone in').waitFor({ state: 'hidden' });
        const closings = [
            () => ann.page.getByRole('button', { name: 'Close' }).click(),
            () => ann.page.keyboard.press('Escape'),
        ];
        for (const close of closings) {
            await toggle.click();
            await ann.page.getByText('Bring someone in').waitFor();
            assert.equal(await ann.page.evaluate(() => document.activeElement.id), 'panel-close');
            await close();
            await isGone();
            assert.equal(await ann.page.evaluate(() => document.activeElement.id), 'panel-toggle');
        }
        await toggle.click();
        await ann.page.touchscreen.tap(20, 400);
        await isGone();
    });

    test('the link to the room can be read whole', async () => {
        const ann = await arrives((socket) => socket.send(welcome()));
        await ann.page.goto(`${server.url}?room=${encodeURIComponent('zoë-und-die-langen-namen-der-räume')}`);
        const link = ann.page.getByLabel('Link to this room');
        assert.match(await link.inputValue(), /room=zoë-und-die-langen-namen-der-räume$/);
        const [shown, whole] = await link.evaluate((field) => [[field.clientWidth, field.clientHeight], [field.scrollWidth, field.scrollHeight]]);
        assert.deepEqual(shown, whole);
    });

    for (const colorScheme of ['light', 'dark']) {
        test(`texts stand out from what is behind them by 4.5 to 1, ${colorScheme}`, async () => {
            for (const state of ['talking', 'people', 'offline', 'refused', 'ended']) {
                const look = { viewport: { width: 1280, height: 800 }, colorScheme, reducedMotion: 'reduce' };
                visitor = await Visitor.arrive(browser, server.url, { server: states[state].answer, ...look });
                await visitor.joinsAs('Ann');
                await states[state].reached(visitor, look);
                assert.deepEqual(await faintTextsOf(visitor.page), [], state);
                await visitor.page.context().close();
            }
        });
    }

    test('a refused message comes back into the draft, with the reason', async () => {
        const ann = await arrives((socket) => {
            socket.send(welcome());
            socket.onMessage((text) => {
                if (JSON.parse(text).type === 'Say') socket.send('{"type":"Refused","problem":"That is too long."}');
            });
        });
        await ann.seesStatus('Online');
        await ann.says('A very long story');
        await ann.page.getByRole('alert').getByText('That is too long.').waitFor();
        assert.equal(await ann.draft.inputValue(), 'A very long story');
    });

    test('the page keeps the newest 500 lines', async () => {
        const recent = Array.from({ length: 700 }, (_, i) => ({ from: 'Bob', text: `Line ${i}.`, at: Date.now() - 700 + i }));
        const ann = await arrives((socket) => socket.send(welcome(recent)));
        await ann.sees('Line 699.');
        assert.equal(await ann.page.locator('#messages > li').count(), 500);
        await ann.doesNotSee('Line 100.');
    });

    test('an empty room says so, and the room can be changed', async () => {
        const ann = await arrives((socket) => socket.send(welcome()));
        await ann.page.getByText('Nothing said here yet.').waitFor();
        await ann.page.getByLabel('Name of the room').fill('Tea Kitchen!');
        await ann.page.getByRole('button', { name: 'Go' }).click();
        await ann.page.getByRole('heading', { name: 'tea-kitchen' }).waitFor();
        assert.equal(await ann.page.getByLabel('Link to this room').inputValue(), `${server.url}?room=tea-kitchen`);
    });

    test('the wait before another attempt grows to ten seconds and is never the same for all', async () => {
        const ann = await arrives((socket) => socket.send(welcome()));
        const delays = await ann.page.evaluate(async () => {
            const { delayAfter } = await import('/connection.js');
            return [0, 1, 2, 3, 4, 50].map((failures) => [delayAfter(failures, 0), delayAfter(failures, 0.5), delayAfter(failures, 1)]);
        });
        assert.deepEqual(delays.map(([shortest]) => shortest), [500, 500, 500, 500, 500, 500]);
        assert.deepEqual(delays.map(([, , longest]) => longest), [1000, 2000, 4000, 8000, 10_000, 10_000]);
        for (const [shortest, middle, longest] of delays) assert.ok(shortest < middle && middle < longest);
    });

    for (const look of looks) {
        test(`fits ${look.viewport.width} px in every state, ${look.colorScheme}`, async () => {
            const faults = [];
            for (const [state, { answer, reached }] of Object.entries(states)) {
                visitor = await Visitor.arrive(browser, `${server.url}?room=tea-kitchen`, { server: answer, ...look });
                if (reached) {
                    await visitor.joinsAs('Ann');
                    await reached(visitor, look);
                }
                await sheet.take(visitor.page, state, look);
                faults.push(...[...await faultsOf(visitor.page, look), ...visitor.errors].map((fault) => `${state}: ${fault}`));
                await visitor.page.context().close();
            }
            assert.deepEqual(faults, []);
        });
    }

    test('a small phone can read the status while offline', async () => {
        const small = { viewport: { width: 320, height: 568 }, isMobile: true };
        const ann = await arrives((socket) => socket.close({ code: 1001 }), small);
        await ann.seesStatus('Offline – reconnecting');
        const box = await ann.status.boundingBox();
        assert.ok(box.x >= 0 && box.x + box.width <= 320, JSON.stringify(box));
        assert.deepEqual(await faultsOf(ann.page, small), []);
    });
});
