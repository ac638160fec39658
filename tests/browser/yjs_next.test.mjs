// Clients of yjs 13 and of @y/y 14 in one document: they have the same wire, and we understand both.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as Next from '@y/y';
import * as Y from 'yjs';
import { Lines, bytes, hex } from './yjs/lines.mjs';
import { Random } from './yjs/world.mjs';

const kRounds = process.env.PATCHBAY_LONG ? 2_000 : 60;

let lines;
before(() => { lines = new Lines(); });
after(() => lines.end());

/// A client of either version, with one text.
class Client {
    constructor(yjs) {
        this.yjs = yjs;
        this.doc = new yjs.Doc();
        this.text = yjs === Y ? this.doc.getText('text') : this.doc.get('text');
        this.updates = [];
        this.doc.on('update', (update, origin) => { if (origin !== 'server') this.updates.push(update); });
    }

    edit(random) {
        const at = random.below(this.text.length + 1);
        const length = Math.min(this.text.length - at, 1 + random.below(5));
        if (random.below(3) || !length) this.text.insert(at, random.of(['a', 'bc', 'déf ', '漢字']));
        else this.text.delete(at, length);
    }

    take(update) { this.yjs.applyUpdate(this.doc, update, 'server'); }
    vector() { return this.yjs.encodeStateVector(this.doc); }
    seen() { return this.text.toString(); }
}

/// Sends what it has written. It may be nothing new: two have deleted the same.
async function send(client) {
    for (const update of client.updates.splice(0)) assert.match(await lines.ask('apply', update), /^(relayed|-) - -$/);
}

test('clients of both versions converge through a document of ours, also after it has been compacted', async () => {
    for (let seed = 1; seed <= kRounds; ++seed) {
        const random = new Random(seed);
        const clients = [Y, Next, Y, Next].map(yjs => new Client(yjs));
        await lines.ask('new');
        for (let step = 0; step < 40; ++step) {
            const client = random.of(clients);
            client.edit(random);
            if (random.below(3)) await send(client);
            if (random.below(3) === 0) client.take(bytes(await lines.ask('missing', client.vector())));
            if (random.below(20) === 0) await lines.ask('compact');
        }
        for (const client of clients) await send(client);
        for (const client of clients) client.take(bytes(await lines.ask('missing', client.vector())));
        assert.deepEqual(clients.map(client => client.seen()), clients.map(() => clients[0].seen()), `seed ${seed}`);
        assert.ok(clients.every(client => hex(client.vector()) === hex(clients[0].vector())), `seed ${seed}`);
        assert.equal(await lines.ask('known'), hex(clients[0].vector()), `seed ${seed}`);
    }
});

test('state vectors and diffs are those of @y/y 14', async () => {
    for (let seed = 1; seed <= kRounds; ++seed) {
        const random = new Random(seed);
        const client = new Client(Next);
        for (let step = 0; step < 20; ++step) client.edit(random);
        const merged = bytes(await lines.ask('merge', ...random.shuffled(client.updates)));
        assert.equal(await lines.ask('vector', merged), hex(Next.encodeStateVectorFromUpdate(merged)), `seed ${seed}`);
        const early = new Client(Next);
        for (const update of client.updates.slice(0, random.below(20))) early.take(update);
        assert.equal(await lines.ask('diff', merged, early.vector()), hex(Next.diffUpdate(merged, early.vector())), `seed ${seed}`);
    }
});
