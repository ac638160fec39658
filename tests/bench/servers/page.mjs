// A page of 1 KiB from memory, by node:http alone.
import { createServer } from "node:http";

const page = "x".repeat(1024);
const server = createServer((request, response) => {
  response.writeHead(200, { "Content-Type": "text/plain", "Content-Length": page.length });
  response.end(page);
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 1024 }, () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}\nready`);
});
