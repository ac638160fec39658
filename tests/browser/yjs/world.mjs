// Random documents of yjs: some clients, who edit whatever there is to edit, meet now and then, and leave their updates behind.

import * as Y from 'yjs';

/// The same numbers for the same seed (mulberry32).
export class Random {
    constructor(seed) { this.state = seed >>> 0; }
    next() {
        this.state = (this.state + 0x6d2b79f5) >>> 0;
        let t = this.state;
        t = Math.imul(t ^ (t >>> 15), t | 1);
        t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
        return (t ^ (t >>> 14)) >>> 0;
    }
    below(n) { return this.next() % n; }
    of(list) { return list[this.below(list.length)]; }
    shuffled(list) {
        const all = [...list];
        for (let n = all.length - 1; n > 0; --n) {
            const other = this.below(n + 1);
            [all[n], all[other]] = [all[other], all[n]];
        }
        return all;
    }
}

const words = ['a', 'bc', 'def ', 'é', '\u{1f600}', 'e\u0301', '\u0000', '漢字', 'long text, long text, long text, long text, long text '];
const values = [null, true, 0, -7, 2147483648, 0.1, 1e300, 'text', [1, [2]], { a: { b: 1 } }, new Uint8Array([1, 2, 3])];
const valuesOfMaps = [...values, undefined, 123n];

function fresh(random, among = values) {
    switch (random.below(6)) {
        case 0: return new Y.Map([['k', 1]]);
        case 1: return Y.Array.from([1, 'two']);
        case 2: return new Y.Text('nested');
        case 3: return new Y.XmlElement('p');
        case 4: return new Y.Doc({ guid: `guid-${random.below(9)}`, meta: { n: 1 } });
        default: return random.of(among);
    }
}

/// A place in a text: between characters, as editors have it. Where pairs are cut, even clients of yjs among themselves do not agree.
function place(text, at) {
    const units = text.toDelta().map(({ insert }) => (typeof insert === 'string' ? insert : '\ufffc')).join('');
    return /[\ud800-\udbff]/.test(units[at - 1] ?? '') ? at - 1 : at;
}

function editText(random, text) {
    const at = place(text, random.below(text.length + 1));
    const length = place(text, Math.min(text.length, at + 1 + random.below(8))) - at;
    switch (random.below(6)) {
        case 0: case 1: return text.insert(at, random.of(words));
        case 2: return length && text.delete(at, length);
        case 3: return length && text.format(at, length, { [random.of(['bold', 'link'])]: random.of([true, null, { href: 'x' }]) });
        case 4: return text.insertEmbed(at, { image: random.below(9) }, random.below(2) ? { width: 1 } : undefined);
        default: return text.insert(at, random.of(words), { em: true });
    }
}

function editList(random, list, make) {
    const at = random.below(list.length + 1);
    const length = Math.min(list.length - at, 1 + random.below(3));
    if (random.below(3) === 0) return length && list.delete(at, length);
    list.insert(at, Array.from({ length: 1 + random.below(3) }, make));
}

function xml(random) { return random.below(3) ? new Y.XmlElement(random.of(['p', 'h1'])) : new Y.XmlText('words'); }

/// All types below a document's roots, as long as they are not deleted.
function types(doc) {
    const found = [doc.getText('text'), doc.getMap('map'), doc.getArray('array'), doc.getXmlFragment('xml')];
    for (let n = 0; n < found.length && n < 40; ++n) {
        const type = found[n];
        const inside = type instanceof Y.Map ? [...type.values()] : type instanceof Y.Text ? [] : type.toArray();
        found.push(...inside.filter(one => one instanceof Y.AbstractType));
    }
    return found;
}

function edit(random, doc) {
    const type = random.of(types(doc));
    if (type instanceof Y.Text) return editText(random, type);
    if (type instanceof Y.Map) return random.below(4) ? type.set(random.of(['k', 'l', 'm']), fresh(random, valuesOfMaps)) : type.delete(random.of(['k', 'l', 'm']));
    if (type instanceof Y.Array) return editList(random, type, () => fresh(random));
    if (type instanceof Y.XmlElement && random.below(3) === 0) return type.setAttribute(random.of(['class', 'id']), random.of(words));
    return editList(random, type, () => xml(random));
}

/// As text, whatever the order of its keys.
function plain(_, value) {
    if (typeof value === 'bigint') return `${value}n`;
    if (value === undefined) return 'undefined';
    if (value instanceof Y.Doc) return `document ${value.guid}`;
    if (value?.constructor !== Object) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/// What a user sees of a document.
export function seen(doc) {
    return JSON.stringify([doc.getText('text').toDelta(), doc.getMap('map').toJSON(), doc.getArray('array').toJSON(), doc.getXmlFragment('xml').toString()], plain);
}

export function load(...updates) {
    const doc = new Y.Doc();
    for (const update of updates) Y.applyUpdate(doc, update);
    return doc;
}

export class World {
    constructor(seed) {
        this.random = new Random(seed);
        this.updates = [];
        this.docs = Array.from({ length: 2 + this.random.below(3) }, (_, n) => {
            const doc = new Y.Doc({ gc: this.random.below(4) !== 0 });
            doc.clientID = this.random.below(8) ? this.random.next() : 4 * this.random.below(50) + n;
            doc.on('update', (update, origin) => { if (origin !== 'peer') this.updates.push(update); });
            return doc;
        });
    }

    /// So many transactions.
    live(steps) {
        for (let n = 0; n < steps; ++n) {
            const doc = this.random.of(this.docs);
            if (this.random.below(5) === 0) this.meet(doc, this.random.of(this.docs));
            doc.transact(() => {
                for (let edits = 1 + this.random.below(3); edits; --edits) edit(this.random, doc);
            });
        }
        return this;
    }

    meet(one, other) {
        if (one !== other) Y.applyUpdate(one, Y.encodeStateAsUpdate(other, Y.encodeStateVector(one)), 'peer');
    }

    /// A document that knows all.
    whole() { return load(...this.updates); }
}
