// modules/yjs beside yjs itself: random documents, merged and cut in random ways, to the byte; and what a client sees that has everything from us.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as Y from 'yjs';
import { Lines, bytes, hex } from './yjs/lines.mjs';
import { World, load, seen } from './yjs/world.mjs';

const kMergesOfAWorld = 8;
const kWorlds = process.env.PATCHBAY_LONG ? 12_500 : 250;  // 100 000 merges, or 2 000
const kSeed = 20_261_128;
const kAsLargeAsYjs = 1.2;

let lines;
before(() => { lines = new Lines(); });
after(() => lines.end());

/// Somebody's state vector, whoever that may be.
function someVector(world) {
    const { random } = world;
    const vector = Y.decodeStateVector(Y.encodeStateVector(random.of(world.docs)));
    for (const [client, clock] of vector) {
        if (random.below(3) === 0) vector.set(client, random.below(clock + 2));
    }
    return Y.encodeStateVector(vector);
}

/// Whether something is GC in one update and an item in another. Which of both yjs keeps is left to the engine's sort(): its comparison says of
/// each that it comes first.
function isUndecided(updates) {
    const structs = updates.flatMap(update => Y.decodeUpdate(update).structs).filter(one => !(one instanceof Y.Skip));
    const gone = structs.filter(one => one instanceof Y.GC);
    return gone.some(a => structs.some(b => !(b instanceof Y.GC) && a.id.client === b.id.client &&
        a.id.clock < b.id.clock + b.length && b.id.clock < a.id.clock + a.length));
}

test(`${kWorlds * kMergesOfAWorld} random merges are those of yjs, and so are their diffs and state vectors`, async () => {
    let equal = 0;
    for (let seed = kSeed; equal < kWorlds * kMergesOfAWorld; ++seed) {
        const world = new World(seed).live(25);
        const { random } = world;
        for (let n = 0; n < kMergesOfAWorld; ++n) {
            const some = random.shuffled(world.updates).slice(0, 1 + random.below(world.updates.length));
            if (random.below(2)) some.push(Y.encodeStateAsUpdate(random.of(world.docs)));
            if (random.below(3) === 0) some.push(Y.mergeUpdates(random.shuffled(world.updates).slice(0, 5)));
            const merged = Y.mergeUpdates(some);
            const vector = someVector(world);
            const [ours, known, diff] = await Promise.all([lines.ask('merge', ...some), lines.ask('vector', merged), lines.ask('diff', merged, vector)]);
            if (ours !== hex(merged) && isUndecided(some)) {
                assert.equal(seen(load(bytes(ours))), seen(load(merged)), `merge ${n} of seed ${seed}`);
            } else {
                assert.equal(ours, hex(merged), `merge ${n} of seed ${seed}`);
                ++equal;
            }
            assert.equal(known, hex(Y.encodeStateVectorFromUpdate(merged)), `state vector ${n} of seed ${seed}`);
            assert.equal(diff, hex(Y.diffUpdate(merged, vector)), `diff ${n} of seed ${seed}`);
        }
    }
});

test('a client that has everything from a document of ours sees what all others see, before it is compacted and after', async () => {
    let ours = 0, ofYjs = 0;
    for (let seed = kSeed; seed < kSeed + kWorlds; ++seed) {
        const world = new World(seed).live(25);
        const { random } = world;
        await lines.ask('new');
        for (const update of random.shuffled(world.updates)) assert.doesNotMatch(await lines.ask('apply', update), /^!/, `seed ${seed}`);
        const wanted = seen(world.whole());
        const whole = bytes(await lines.ask('encode'));
        assert.equal(seen(load(whole)), wanted, `seed ${seed}`);
        for (const doc of world.docs) {
            Y.applyUpdate(doc, bytes(await lines.ask('missing', Y.encodeStateVector(doc))), 'peer');
            assert.equal(seen(doc), wanted, `a client that was behind, seed ${seed}`);
        }
        assert.equal(await lines.ask('known'), hex(Y.encodeStateVector(world.docs[0])), `seed ${seed}`);

        await lines.ask('compact');
        const compacted = bytes(await lines.ask('encode'));
        assert.ok(compacted.length <= whole.length, `seed ${seed}`);
        const late = load(compacted);
        assert.equal(seen(late), wanted, `compacted, seed ${seed}`);
        Y.applyUpdate(late, Y.encodeStateAsUpdate(world.docs[0]));
        assert.equal(seen(late), wanted, `compacted and then the same of a client, seed ${seed}`);
        ours += compacted.length;
        ofYjs += Y.encodeStateAsUpdate(world.whole()).length;
        assert.equal(await lines.ask('load', compacted), '-');
        assert.equal(await lines.ask('encode'), hex(compacted), `loaded again, seed ${seed}`);
    }
    // Together: what clients delete only by putting updates in order (a map's key that two set at once) stays here, and shows in small documents.
    assert.ok(ours <= kAsLargeAsYjs * ofYjs, `${ours} bytes, and yjs' own are ${ofYjs}`);
});

test('clients go on editing what has been compacted, and meet those who have not', async () => {
    for (let seed = kSeed; seed < kSeed + kWorlds / 5; ++seed) {
        const world = new World(seed).live(25);
        await lines.ask('new');
        for (const update of world.updates) await lines.ask('apply', update);
        await lines.ask('compact');
        const known = world.updates.length;
        world.docs.push(load(bytes(await lines.ask('encode'))));
        world.docs.at(-1).on('update', (update, origin) => { if (origin !== 'peer') world.updates.push(update); });
        world.live(25);
        for (const update of world.updates.slice(known)) assert.doesNotMatch(await lines.ask('apply', update), /^!/, `seed ${seed}`);
        const wanted = seen(world.whole());
        await lines.ask('compact');
        assert.equal(seen(load(bytes(await lines.ask('encode')))), wanted, `seed ${seed}`);
        for (const doc of world.docs) {
            Y.applyUpdate(doc, bytes(await lines.ask('missing', Y.encodeStateVector(doc))), 'peer');
            assert.equal(seen(doc), wanted, `seed ${seed}`);
        }
    }
});
