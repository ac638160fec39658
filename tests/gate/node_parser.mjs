// What node:http reads in streams of bytes: one line of JSON for each stream on the standard input.
//
//     input = *stream        stream = size content        size: 32 bits, the lowest first
//     line  = {"requests": [[method, target, minor version, [name, value, …], body or null], …], "refused": why or null}
//
// A body is null where it has not ended. Nothing behind a request that ends its connection is looked at.
import http from 'node:http';
import { Duplex } from 'node:stream';

/// A connection without a network: what is pushed is received, what is written is noted.
class Connection extends Duplex {
  written = '';
  _read() {}
  _write(bytes, encoding, done) {
    this.written += bytes.toString('latin1');
    done();
  }
  setTimeout() {}
  setNoDelay() {}
  setKeepAlive() {}
}

const verdicts = new WeakMap(); // of connections
const turn = () => new Promise((done) => setImmediate(done));

const server = http.createServer({ insecureHTTPParser: false, requireHostHeader: true, keepAliveTimeout: 0 });
server.maxRequestsPerSocket = 0;
server.timeout = server.headersTimeout = server.requestTimeout = 0;

function noteRequest(request) {
  const verdict = verdicts.get(request.socket);
  const noted = [request.method, request.url, request.httpVersionMinor, request.rawHeaders, null];
  verdict.requests.push(noted);
  let body = '';
  request.on('data', (piece) => (body += piece.toString('latin1')));
  request.on('end', () => (noted[4] = body));
  request.on('error', () => {}); // it ended early: told by its null
}

server.on('request', (request, response) => {
  noteRequest(request);
  request.on('end', () => response.end());
});
server.on('checkContinue', (request, response) => server.emit('request', request, response));
server.on('checkExpectation', (request, response) => server.emit('request', request, response));
server.on('connect', (request, socket) => {
  noteRequest(Object.assign(request, { socket }));
  verdicts.get(socket).refused = 'CONNECT';
});
server.on('clientError', (error, socket) => {
  const verdict = verdicts.get(socket);
  // What comes behind a request that was the connection's last is no request, and no fault of the one before.
  if (error.code !== 'HPE_CLOSED_CONNECTION') verdict.refused ??= error.code;
});

async function read(stream) {
  const connection = new Connection();
  const verdict = { requests: [], refused: null };
  verdicts.set(connection, verdict);
  server.emit('connection', connection);
  connection.push(stream);
  // Each pipelined request is read behind the answer to the one before; a turn without anything new is the end.
  for (let quiet = 0, before = -1; quiet < 2; ++quiet) {
    await turn();
    const now = connection.written.length + verdict.requests.length;
    if (now !== before) quiet = -1;
    before = now;
  }
  // requireHostHeader answers by itself, and no event tells.
  if (verdict.refused === null && /^HTTP\/1\.1 400 Bad Request\r\n/m.test(connection.written)) verdict.refused = 'NO_HOST';
  connection.destroy();
  return verdict;
}

let input = Buffer.alloc(0);
for await (const piece of process.stdin) {
  input = Buffer.concat([input, piece]);
  let at = 0;
  while (input.length - at >= 4 && input.length - at - 4 >= input.readUInt32LE(at)) {
    const size = input.readUInt32LE(at);
    const verdict = await read(input.subarray(at + 4, at + 4 + size));
    if (!process.stdout.write(JSON.stringify(verdict) + '\n')) await new Promise((done) => process.stdout.once('drain', done));
    at += 4 + size;
  }
  input = input.subarray(at);
}
