"""What the proxy does to connections, each kind with a server that sends back what it gets."""
import asyncio
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import cases  # noqa: E402
from proxy import KINDS, Proxy, fate_of  # noqa: E402

BOUND = 30  # seconds, for one step
LATER = 0.2


class Fates(unittest.TestCase):
    def test_they_are_drawn_from_the_seed_and_the_number_alone(self):
        self.assertEqual([fate_of(1, number) for number in range(50)], [fate_of(1, number) for number in range(50)])
        self.assertNotEqual([fate_of(1, number) for number in range(50)], [fate_of(2, number) for number in range(50)])

    def test_each_comes_in_either_direction(self):
        self.assertEqual({(fate_of(1, number).kind, fate_of(1, number).backward) for number in range(500)},
                         {(kind, backward) for kind in KINDS for backward in (False, True)})


class Passing(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)  # unittest's choice
        self.ended = asyncio.Queue()  # how each connection ended for the server: its bytes, and an error or None
        self.server = await asyncio.start_server(self.echo, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        self.addAsyncCleanup(self.close)

    async def close(self):
        self.server.close()

    async def echo(self, reader, writer):
        got, error = b"", None
        try:
            while data := await reader.read(65536):
                got += data
                writer.write(data)
                await writer.drain()
        except OSError as problem:
            error = type(problem)
        await self.ended.put((got, error))
        writer.close()

    async def through(self, kind, backward=False, after=10, seconds=LATER):
        """A connection whose fate comes with the byte behind `after`."""
        self.proxy = Proxy(0, self.port)
        self.proxy.draw = lambda number: fate_of(0, number)._replace(kind=kind, after=after, seconds=seconds, backward=backward, pieces=7)
        await self.proxy.__aenter__()
        self.addAsyncCleanup(self.proxy.__aexit__)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.proxy.port)
        self.addAsyncCleanup(self.end, writer)
        return reader, writer

    async def end(self, writer):
        writer.close()

    async def bounded(self, what):
        return await asyncio.wait_for(what, BOUND)

    async def silent(self, reader):
        with self.assertRaises(asyncio.TimeoutError):
            await asyncio.wait_for(reader.read(1), LATER)

    async def test_what_passes_is_what_was_sent(self):
        reader, writer = await self.through("pass")
        everything = os.urandom(300_000)
        writer.write(everything)
        writer.write_eof()
        self.assertEqual(await self.bounded(reader.read()), everything)
        self.assertEqual(await self.bounded(self.ended.get()), (everything, None))
        self.assertEqual(self.proxy.seen, {})

    async def test_before_its_fate_a_connection_passes(self):
        for kind in KINDS:
            reader, writer = await self.through(kind)
            writer.write(b"12345")
            self.assertEqual(await self.bounded(reader.readexactly(5)), b"12345")

    async def test_a_cut_is_a_reset_for_both(self):
        reader, writer = await self.through("cut")
        writer.write(b"x" * 20)
        with self.assertRaises(ConnectionError):
            await self.bounded(reader.read())
        self.assertEqual((await self.bounded(self.ended.get()))[1], ConnectionResetError)
        self.assertEqual(self.proxy.seen, {"cut": 1})

    async def test_an_end_is_an_end_of_file_for_both(self):
        reader, writer = await self.through("end")
        writer.write(b"1234567" + b"x" * 20)
        self.assertLess(len(await self.bounded(reader.read())), 27)
        self.assertEqual(await self.bounded(self.ended.get()), (b"1234567", None))

    async def test_a_stall_is_a_while_in_which_nothing_passes(self):
        reader, writer = await self.through("stall")
        writer.write(b"x" * 20)
        self.assertEqual(await self.bounded(reader.readexactly(20)), b"x" * 20)
        writer.write_eof()
        self.assertEqual(await self.bounded(self.ended.get()), (b"x" * 20, None))
        self.assertEqual(self.proxy.seen, {"stall": 1})

    async def test_while_it_stalls_nothing_passes(self):
        reader, writer = await self.through("stall", after=0, seconds=1000)
        writer.write(b"x")
        await self.silent(reader)

    async def test_half_a_close_ends_one_direction_and_later_the_other(self):
        reader, writer = await self.through("half", backward=True)
        writer.write(b"1234567890")
        got = await self.bounded(reader.read())   # the end of file alone
        self.assertLess(len(got), 10)
        writer.write(b"more")
        got, error = await self.bounded(self.ended.get())
        self.assertEqual((got[:10], error), (b"1234567890", ConnectionResetError))

    async def test_what_is_swallowed_is_seen_by_nobody_not_even_the_end(self):
        reader, writer = await self.through("swallow")
        writer.write(b"x" * 20)
        await self.silent(reader)
        writer.close()
        with self.assertRaises(asyncio.TimeoutError):
            await asyncio.wait_for(self.ended.get(), LATER)
        self.proxy.calm()
        self.assertEqual((await self.bounded(self.ended.get()))[1], None)

    async def test_who_is_deaf_in_one_direction_hears_the_other(self):
        reader, writer = await self.through("deaf", backward=True, after=20)
        writer.write(b"x" * 20)
        await self.silent(reader)
        writer.write_eof()
        self.assertEqual(await self.bounded(self.ended.get()), (b"x" * 20, None))

    async def test_a_calm_proxy_does_nothing_more(self):
        reader, writer = await self.through("cut")
        self.proxy.calm()
        writer.write(b"x" * 20)
        self.assertEqual(await self.bounded(reader.readexactly(20)), b"x" * 20)

    async def test_where_nobody_listens_connections_are_ended(self):
        self.server.close()
        await self.server.wait_closed()
        reader, _ = await self.through("pass")
        self.assertEqual(await self.bounded(reader.read()), b"")


cases.run_unittest("integration_wire_proxy")
