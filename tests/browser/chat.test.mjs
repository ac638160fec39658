// The chat as people use it: real pages in a real browser against the built server.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { Server } from './server.mjs';
import { openBrowser, Visitor } from './visitor.mjs';

describe('chat', { timeout: 240_000 }, () => {
    let browser, server, visitors, testNumber = 0, room;

    before(async () => {
        server = await Server.start();
        browser = await openBrowser(server);
    });
    after(async () => {
        await browser?.close();
        await server?.stop();
    });
    beforeEach(() => {
        visitors = [];
        room = `room-${++testNumber}`;  // nobody meets people of another test
    });
    afterEach(async () => {
        const errors = visitors.flatMap((visitor) => visitor.errors);
        await Promise.all(visitors.map((visitor) => visitor.page.context().close()));
        assert.deepEqual(errors, [], 'the browser reported errors');
    });

    async function arrives(name, options = {}) {
        const { into = room, ...others } = options;
        const visitor = await Visitor.arrive(browser, `${server.url}?room=${into}`, { name, ...others });
        visitors.push(visitor);
        return visitor;
    }

    test('two pages talk to each other', async () => {
        const ann = await arrives('Ann');
        const bob = await arrives('Bob');
        await ann.seesPeople('Ann', 'Bob');
        await ann.sees('Bob joined');
        await ann.says('Is the line free?');
        await bob.sees('Is the line free?');
        await bob.says('It is now.');
        for (const visitor of [ann, bob]) await visitor.sees('It is now.');
        assert.equal(await ann.page.locator('.message.own').count(), 1);
        assert.equal(await bob.page.locator('.message.own').count(), 1);
    });

    test('a third in another room sees nothing of it', async () => {
        const [ann, bob, eve] = [await arrives('Ann'), await arrives('Bob'), await arrives('Eve', { into: `${room}-next` })];
        await ann.says('A word between us');
        await bob.sees('A word between us');
        await eve.says('Hello?');
        await eve.sees('Hello?');  // her own message took the same way, so the other would have come too
        await eve.doesNotSee('A word between us');
        await ann.doesNotSee('Hello?');
        await eve.seesPeople('Eve');
    });

    test('who comes late sees what was said', async () => {
        const ann = await arrives('Ann');
        await ann.says('For those who come late');
        await ann.sees('For those who come late');
        const bob = await arrives('Bob');
        await bob.sees('For those who come late');
    });

    test('who leaves is gone from the list', async () => {
        const [ann, bob] = [await arrives('Ann'), await arrives('Bob')];
        await ann.seesPeople('Ann', 'Bob');
        await bob.page.close();
        await ann.sees('Bob left');
        await ann.seesPeople('Ann');
    });

    test('a name in use gets a number', async () => {
        const ann = await arrives('Ann');
        const other = await arrives('Ann');
        await other.seesPeople('Ann', 'Ann 2');
        await other.sees('Someone here is called Ann already: you are Ann 2.');
        await ann.doesNotSee('is called Ann already');
        await other.says('I am the second');
        for (const visitor of [ann, other]) await visitor.sees('I am the second');
        assert.equal(await other.page.locator('.message.own').count(), 1);
        assert.equal(await ann.page.locator('.message.own').count(), 0);
    });

    test('typing shows to others and ends with the message', async () => {
        const [ann, bob] = [await arrives('Ann'), await arrives('Bob')];
        await bob.draft.pressSequentially('Let me thi');
        await ann.page.getByText('Bob is typing…').waitFor();
        await bob.draft.press('Enter');
        await ann.sees('Let me thi');
        await ann.page.getByText('Bob is typing…').waitFor({ state: 'detached' });
    });

    test('markup in a message or a name is only text', async () => {
        const ann = await arrives('Ann');
        const eve = await arrives('<b id=x>Eve</b>');
        await eve.says('<img src=x onerror="document.title=1">');
        await ann.sees('<img src=x onerror="document.title=1">');
        assert.equal(await ann.page.locator('#messages img, #x').count(), 0);
    });

    test('all come back on their own when the server does, and say so meanwhile', async () => {
        const [ann, bob, eve] = [await arrives('Ann'), await arrives('Bob'), await arrives('Eve', { into: `${room}-next` })];
        await ann.says('Before the restart');
        await bob.sees('Before the restart');

        await server.stop();
        for (const visitor of [ann, bob, eve]) await visitor.seesStatus('Offline – reconnecting');
        await ann.draft.fill('Written while offline');
        await ann.draft.press('Enter');
        await ann.sees('waits for the connection');
        assert.equal(await ann.draft.inputValue(), '');

        server = await Server.start(server.port);
        for (const visitor of [ann, bob, eve]) await visitor.seesStatus('Online');
        await ann.seesPeople('Ann', 'Bob');
        await bob.sees('Written while offline');
        await ann.doesNotSee('waits for the connection');
        await bob.says('Good to have you back');
        await ann.sees('Good to have you back');
        await ann.sees('Before the restart');
        await eve.says('Still here');
        await eve.sees('Still here');
        await eve.doesNotSee('Written while offline');
    });

    test('a name is remembered by the browser', async () => {
        const ann = await arrives('Ann');
        await ann.page.reload();
        await ann.seesStatus('Online');
        await ann.seesPeople('Ann');
    });
});
