// Built programs as processes of the test: started on a port of their choice or on a given one, stopped like by an
// operator. They are up once they have printed `listening on http://…`.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const programs = process.env.PATCHBAY_PROGRAMS ?? `${root}build/test/bin`;
/// Libraries that only tests load.
export const testPlugins = join(programs, '../tests/plugins/libraries');
const kStartsWithin = 20_000;
const kStopsWithin = 20_000;

/// A self-signed certificate for localhost and its key, made by OpenSSL's own program.
export class Certificate {
    constructor() {
        this.folder = mkdtempSync(join(tmpdir(), 'patchbay-'));
        this.certificate = join(this.folder, 'cert.pem');
        this.key = join(this.folder, 'key.pem');
        execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
            '-days', '2', '-subj', '/CN=Patchbay test', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1',
            '-out', this.certificate, '-keyout', this.key], { stdio: 'pipe', timeout: kStartsWithin });
    }

    remove() { rmSync(this.folder, { recursive: true }); }
}

export class Server {
    /// The one that people run.
    static start(port = 0) {
        return Server.launch('patchbay-server', ['--config', `${root}apps/patchbay/patchbay.yaml`, '--port', String(port)]);
    }

    /// Another program, on a free port; over https where there is a certificate.
    static startProgram(name, tls) {
        return Server.launch(name, ['--port', '0', '--loops', '2', ...(tls ? ['--tls', tls.certificate, tls.key] : [])]);
    }

    /// Another program with the compression plugin set as given, such as `{ threshold: '1B' }`.
    static async startCompressing(name, settings = {}) {
        const folder = mkdtempSync(join(tmpdir(), 'patchbay-'));
        try {
            const file = join(folder, 'server.yaml');
            writeFileSync(file, JSON.stringify({
                server: { listen: ['http://127.0.0.1:0'], loops: 2 },
                plugins: [{ library: 'compression', config: settings }],
            }));  // JSON is YAML
            return await Server.launch(name, ['--config', file]);
        } finally {
            rmSync(folder, { recursive: true });
        }
    }

    static async launch(name, options) {
        const process = spawn(join(programs, name), options, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
        const server = new Server(process);
        try {
            server.url = await within(kStartsWithin, server.#listening(), () => `The server did not start:\n${server.printed}`);
        } catch (error) {
            process.kill('SIGKILL');
            throw error;
        }
        server.port = Number(new URL(server.url).port);
        return server;
    }

    constructor(process) {
        this.process = process;
        this.printed = '';
    }

    /// Where its WebSockets are.
    socketUrl(path) { return new URL(path, this.url).href.replace(/^http/, 'ws'); }

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
                    const found = /listening on (https?:\/\/\S+)/.exec(line);
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
