// A history of edits for bench-yjs: node tests/browser/yjs/history.mjs FILE EDITS CHARACTERS CLIENTS typing|random
//
// FILE gets every update with its size before it (32 bits, little-endian); FILE.yjs what yjs itself encodes of the document in the end.

import { createWriteStream, writeFileSync } from 'node:fs';
import * as Y from 'yjs';
import { Random } from './world.mjs';

const [file, edits, characters, clients, manner] = process.argv.slice(2);
if (!['typing', 'random'].includes(manner)) {
    console.error('usage: history.mjs FILE EDITS CHARACTERS CLIENTS typing|random');
    process.exit(2);
}
const random = new Random(1);
const out = createWriteStream(file);
const docs = Array.from({ length: Number(clients) }, () => new Y.Doc());
for (const doc of docs) {
    doc.clientID = random.next();
    doc.on('update', (update, origin) => {
        if (origin === 'peer') return;
        const size = Buffer.alloc(4);
        size.writeUInt32LE(update.length);
        out.write(Buffer.concat([size, update]));
        for (const other of docs) if (other !== doc) Y.applyUpdate(other, update, 'peer');
    });
}

let at = 0;
for (let n = 0; n < Number(edits); ++n) {
    const text = docs[manner === 'random' ? random.below(docs.length) : Math.floor(n / 50) % docs.length].getText('text');
    if (manner === 'random' || n % 20 === 0) at = random.below(text.length + 1);
    at = Math.min(at, text.length);
    const isFull = text.length >= Number(characters);
    if (isFull && (manner === 'random' ? random.below(2) : n % 40 >= 20)) {
        at = Math.max(at - 1, 0);
        text.delete(at, 1);
    } else {
        text.insert(at++, 'x');
    }
}
out.end();
writeFileSync(`${file}.yjs`, Y.encodeStateAsUpdate(docs[0]));
