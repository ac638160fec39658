"""A client of `patchbay.1` for tests: a Conversation, a clock, and the connections of Debian's python3-websockets, one after the other.

    async with Client(url, random.Random(seed)) as client:
        outcome = await client.request({"type": "Say", "text": "hi"})          {"ok": True}, {"data": …} or {"error": {…}}

Written from framework/WIRE.md alone. `handle(event)` is called with what conversation.Event lists. It ends with `stopped`, a sentence.
"""
import asyncio
import secrets

from conversation import Conversation
from objects import WireFault

try:
    import websockets
except ImportError:
    raise SystemExit("This test needs a foreign WebSocket client: apt-get install python3-websockets") from None

STOPS = {1000, 1002, 1003, 1007, 1008, 1009}


def after_close(code, reason):
    """What a client does: come back, stop, or get one new token first (§10)."""
    if code == 1008 and reason == "expired":
        return "token"
    return "stop" if code in STOPS or 4400 <= code <= 4499 else "back"


def wait_before(tries, random, most=30.0):
    """Full jitter: seconds, `tries` since there was a welcome (§10)."""
    return random.uniform(0, min(most, 0.5 * 2 ** min(tries, 16)))


class Client:
    """`patience` and `most_wait` are the 10 s of §9 and the 30 s of §10, which a test may shorten. `new_token()` is asked when the old one has
    expired."""

    def __init__(self, url, random, *, secret=None, subprotocols=(), token=None, new_token=None, journal=lambda event, **fields: None,
                 handle=lambda event: None, patience=10.0, most_wait=30.0):
        self.url, self.random, self.new_token, self.handle = url, random, new_token, handle
        self.subprotocols, self.patience, self.most_wait = ["patchbay.1", *subprotocols], patience, most_wait
        self.conversation = Conversation(secret or secrets.token_urlsafe(24), token, journal)
        self.tries = 0
        self.stopped = None       # why it will not come back
        self.fault = None         # the WireFault of the server's, if there was one
        self.closes = []          # (code, reason) of each connection that has ended
        self.welcomed = asyncio.Event()
        self._due = asyncio.Event()  # something is to be sent
        self._connection = self._run = self._pinged = None

    async def __aenter__(self):
        self._run = asyncio.create_task(self.run())
        return self

    async def __aexit__(self, *_):
        self._run.cancel()
        await asyncio.gather(self._run, return_exceptions=True)

    # ------------------------------------------------------------------------------------------------ what it does

    async def request(self, data, **members):
        return (await self._ask("data", data, **members)).outcome

    async def join(self, topic):
        return (await self._ask("join", join=topic)).outcome

    async def leave(self, topic):
        return (await self._ask("leave", leave=topic)).outcome

    async def history(self, topic, **members):
        return (await self._ask("history", history=topic, **members)).outcome

    async def auth(self, token):
        return (await self._ask("auth", auth=token)).outcome

    def tell(self, data):
        self.conversation.tell(data)
        self._due.set()

    def doubt(self):
        """Asks for a sign of life (§9), unless it is waiting for one."""
        if self.conversation.welcome is not None and self._pinged is None:
            self._pinged = asyncio.get_running_loop().time()
            self.conversation.ping()
            self._due.set()

    async def _ask(self, kind, data=None, **members):
        done = asyncio.get_running_loop().create_future()
        asked = self.conversation.ask(kind, data, lambda _: done.done() or done.set_result(None), **members)
        self._due.set()
        await done
        return asked

    # ------------------------------------------------------------------------------------------------ its connections

    async def run(self):
        renewed = False
        while self.stopped is None:
            code, reason = await self._connect()
            self.closes.append((code, reason))
            next_step = after_close(code, reason)
            if self.welcomed.is_set():
                renewed = False
            self.welcomed.clear()
            if self.stopped is None and (next_step == "stop" or (next_step == "token" and (renewed or self.new_token is None))):
                self.stopped = f"closed with {code} {reason}"
            if self.stopped is None:
                if next_step == "token":
                    renewed, self.conversation.token = True, self.new_token()
                await asyncio.sleep(wait_before(self.tries, self.random, self.most_wait))
                self.tries += 1

    async def _connect(self):
        """A handshake that fails is a lost connection, whatever its status (§10)."""
        try:
            self._connection = await websockets.connect(self.url, subprotocols=self.subprotocols, compression=None, max_size=None, max_queue=None,
                                                        ping_interval=None, open_timeout=self.patience, close_timeout=1)
        except (OSError, asyncio.TimeoutError, EOFError, websockets.WebSocketException):
            return 1006, ""
        writer = None
        try:
            if self._connection.subprotocol != "patchbay.1":
                self.stopped = f"the server speaks {self._connection.subprotocol}"
                return 1000, ""
            writer = asyncio.create_task(self._write())
            await self._read()
        except websockets.ConnectionClosed:
            pass
        except WireFault as fault:
            self.fault, self.stopped = fault, f"the server's fault: {fault}"
        finally:
            self.conversation.lost()
            if writer is not None:
                writer.cancel()
                await asyncio.gather(writer, return_exceptions=True)
            self._connection.transport.abort()
        await self._connection.wait_closed()
        return self._connection.close_code, self._connection.close_reason

    async def _write(self):
        """The only one that sends, so that a peer that does not read holds up nothing else."""
        messages = [self.conversation.begins()]
        while True:
            for message in messages:
                await self._connection.send(message)
                self._sent = asyncio.get_running_loop().time()
            await self._due.wait()
            self._due.clear()
            messages = self.conversation.takes()

    async def _read(self):
        now = asyncio.get_running_loop().time
        self._sent = self._heard = now()
        self._pinged = None  # when, while there is no answer
        while True:
            try:
                message = await asyncio.wait_for(self._connection.recv(), max(self._next_deadline() - now(), 0.01))
            except asyncio.TimeoutError:
                if self._next_deadline() > now():
                    continue
                if self.conversation.welcome is None or self._pinged is not None:
                    self._connection.transport.abort()
                    return
                self.doubt()
                continue
            self._heard = now()
            for event in self.conversation.receives(message):
                self._see(event)
            self._due.set()

    def _next_deadline(self):
        """When to doubt, or to give up (§1, §9). Whatever comes is a sign of life, but only `{}` is an answer to `{}`."""
        if self.conversation.welcome is None:
            return self._sent + self.patience
        if self._pinged is not None:
            return max(self._pinged, self._heard) + self.patience
        return min(self._sent, self._heard) + self.conversation.welcome["ping"]

    def _see(self, event):
        if event.kind == "ping":
            if self._pinged is None:
                self.conversation.ping()
            self._pinged = None
        elif event.kind == "welcome":
            self.tries = 0
            self.welcomed.set()
        elif event.kind == "again":
            wait = wait_before(self.tries, self.random, self.most_wait)
            asyncio.get_running_loop().call_later(wait, self._mend, event.topic)
        self.handle(event)

    def _mend(self, topic):
        self.conversation.mend(topic)
        self._due.set()
