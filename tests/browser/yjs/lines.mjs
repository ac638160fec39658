// modules/yjs as a process: a line in, a line out.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const program = join(process.env.PATCHBAY_PROGRAMS ?? `${root}build/test/bin`, 'yjs-lines');

export const hex = bytes => Buffer.from(bytes).toString('hex') || '-';
export const bytes = text => new Uint8Array(Buffer.from(text === '-' ? '' : text, 'hex'));

export class Lines {
    constructor() {
        this.process = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
        this.waiting = [];
        createInterface({ input: this.process.stdout }).on('line', line => this.waiting.shift().resolve(line));
        this.process.on('close', code => this.waiting.splice(0).forEach(one => one.reject(new Error(`yjs-lines ended with ${code}`))));
    }

    /// Bytes go as hexadecimal.
    ask(command, ...updates) {
        return new Promise((resolve, reject) => {
            this.waiting.push({ resolve, reject });
            this.process.stdin.write(`${[command, ...updates.map(hex)].join(' ')}\n`);
        });
    }

    end() { this.process.stdin.end(); }
}
