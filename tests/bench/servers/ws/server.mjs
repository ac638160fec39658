// Node's `ws` with bufferutil, as its documentation recommends for speed: no list of clients, no compression unless asked.
// node server.mjs [--deflate] [--tls CERTIFICATE KEY]
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { WebSocketServer } from "ws";

const tls = process.argv.indexOf("--tls");
const http = tls < 0 ? createServer()
                     : createSecureServer({ cert: readFileSync(process.argv[tls + 1]), key: readFileSync(process.argv[tls + 2]) });
const server = new WebSocketServer({
  server: http,
  clientTracking: false,
  maxPayload: 64 * 1024 * 1024,
  perMessageDeflate: process.argv.includes("--deflate") && { threshold: 0 },
});
const subscribers = new Set();

server.on("connection", (socket, request) => {
  socket.on("error", () => socket.terminate());
  if (request.url !== "/fanout") {
    socket.on("message", (message, binary) => socket.send(message, { binary }));
    return;
  }
  subscribers.add(socket);
  socket.on("close", () => subscribers.delete(socket));
  socket.on("message", (message, binary) => {
    for (const subscriber of subscribers) subscriber.send(message, { binary });
  });
});

http.listen({ port: 0, host: "127.0.0.1", backlog: 1024 }, () => {
  console.log(`listening on http://127.0.0.1:${http.address().port}\nready`);
});
