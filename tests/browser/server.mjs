// The built server as a process of the test: started on a port of its choice or on a given one, stopped like by an
// operator. It is up once it has printed `listening on http://…`.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = process.env.PATCHBAY_SERVER ?? `${root}build/test/bin/patchbay-server`;
const kStartsWithin = 20_000;
const kStopsWithin = 20_000;

export class Server {
    static async start(port = 0) {
        const process = spawn(program, ['--config', `${root}apps/patchbay/patchbay.yaml`, '--port', String(port)],
            { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
        const server = new Server(process);
        server.url = await within(kStartsWithin, server.#listening(), () => `The server did not start:\n${server.printed}`);
        server.port = Number(new URL(server.url).port);
        return server;
    }

    constructor(process) {
        this.process = process;
        this.printed = '';
    }

    /// SIGTERM, as a supervisor sends it; kills what does not obey, and says so.
    async stop() {
        if (this.process.exitCode !== null || this.process.signalCode !== null) return;
        const ended = once(this.process, 'exit');
        this.process.kill('SIGTERM');
        try {
            await within(kStopsWithin, ended, () => `The server did not stop on SIGTERM:\n${this.printed}`);
        } finally {
            this.process.kill('SIGKILL');
        }
    }

    #listening() {
        return new Promise((resolve, reject) => {
            for (const stream of [this.process.stdout, this.process.stderr]) {
                createInterface({ input: stream }).on('line', (line) => {
                    this.printed += `${line}\n`;
                    const found = /listening on (http:\/\/\S+)/.exec(line);
                    if (found) resolve(found[1].replace(/\/?$/, '/'));
                });
            }
            this.process.once('error', reject);
            this.process.once('exit', (code, signal) => reject(new Error(`The server ended (${code ?? signal}):\n${this.printed}`)));
        });
    }
}

async function within(milliseconds, promise, problem) {
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(problem())), milliseconds);
    });
    try {
        return await Promise.race([promise, late]);
    } finally {
        clearTimeout(timer);
    }
}
