"""Streams of bytes such as a client could send, good ones, bad ones and doubtful ones: each piece of a request is mostly as it
should be, and now and then one of its known abuses; some streams are bent at random places besides."""

# [what is right…], [what is not, or not quite]
METHODS = (["GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH"],
           ["get", "FOO", "M-SEARCH", "CONNECT", "TRACE", "PRI", "", "G ET", "GET\t", "G\0T", "GÉT", "(GET)", " GET"])
TARGETS = (["/", "/a", "/a/b?c=d&e", "/%41%2f", "/a?x=/../y", "/;a=b"],
           ["*", "a", "", "/a b", "/#f", "/%", "/%zz", "/%00", "/a/../b", "/%2e%2e/b", "/./a", "//a", "/\\a", "/\x7f", "/\t",
            "/\xc3\xa4", "/\0", "http://h/a", "HTTP://h", "http://", "http://u@h/", "https://h:1/a?b", "ftp://h/", "h:80", "?a"])
VERSIONS = (["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0"],
            ["HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "http/1.1", "HTTP/1.10", "HTTP/11", "HTTP/1,1", "HTTP /1.1", "HTTP/1.1 ", "",
             "HTTP/1.", "HTTP/01.1", "HTTPS/1.1", "RTSP/1.0", "ICE/1.0"])
SPACES = ([" "], ["  ", "\t", "", " \t", "\v", "\r", "\0"])
LINE_ENDS = (["\r\n"], ["\n", "\r", "\r\r\n", "\n\r\n", "\r\n\r\n", " \r\n", "\0\r\n", "\x0b\r\n"])
HOSTS = (["h", "h:80", "127.0.0.1", "[::1]:80"], ["", "h h", "h,h", "h/a", "u@h", "h\t", "\xc3\xa4", "h\0", "h#", "h?"])
LENGTHS = (["", "0", "3", "11"],
           ["+3", "-3", "03", "3,3", "3, 3", "3, 4", "0x3", "3.0", "3 3", "3;", "3\t", "\v3", "3\0", "18446744073709551615",
            "18446744073709551616", "99999999999999999999", "3\r\n 3", "\xb2", "1e1", "3_"])
CODINGS = (["chunked"],
           ["Chunked", "CHUNKED ", "chunked, chunked", "gzip, chunked", "chunked, gzip", "gzip", "identity", "xchunked", "chunkedx",
            "chunked;q=1", "\vchunked", "\"chunked\"", ",chunked", "chunked,", "", "chunked\0", "identity, chunked", "chunk\r\n ed"])
CONNECTIONS = (["keep-alive", "close"],
               ["Close", "Upgrade", "keep-alive, close", "close, keep-alive", "Upgrade, keep-alive", "", ",", "closed", "\"close\"",
                "host", "content-length", "transfer-encoding, close"])
OTHERS = (["A: b", "Accept: */*", "X-Empty:", "Cookie: a=b; c=d", "Upgrade: h2c", "Upgrade: websocket", "Expect: 100-continue",
           "TE: trailers", "A:b", "A: \t b \t "],
          ["A : b", " A: b", "A", ":b", ": b", "A b: c", "A:\0", "A: b\r\n c", "A: b\r\n\tc", "A\t: b", "(A): b", "A: \x7f",
           "A: b\rc", "A: b\nc", "\xc3\xa4: b", "A: \xc3\xa4", "A: \x01", "A;: b", "A\r: b", "Expect: gold", "A: =?utf-8?q?b?=",
           "Content-Length : 3", "Content-Length\0: 3", "Transfer-Encoding : chunked", "Transfer_Encoding: chunked",
           "Content-Length: 3", "Transfer-Encoding: chunked", "Host: other", "HOST: h", "X: Transfer-Encoding: chunked"])
CHUNK_SIZES = (["{:x}", "{:X}", "0{:x}", "{:x};a=b", "{:x};a=\"b\"", "{:x};a"],
               ["0x{:x}", "+{:x}", "-{:x}", " {:x}", "{:x} ", "{:x}\t", "{:x} ;a", "{:x}; a", "{:x};", "{:x};\xc3\xa4", "{:x};a\nb",
                "{:x};a\0", "g", "", "1{:016x}", "10000000000000000", "ffffffffffffffff", "{:x}_", "{:x},{:x}", "00000000000000000{:x}"])
TRAILERS = (["", "", "A: b\r\n", "A: b\r\nC: d\r\n"],
            ["A\r\n", " A: b\r\n", "A : b\r\n", "A: b\n", "Content-Length: 5\r\n", "A: \0\r\n", "A: b\r\n c\r\n", "\r"])
CONTENT = "abcdefghijkl"
BENT = ["\r", "\n", "\r\n", "\0", " ", "\t", ":", ",", "\x7f", "\x80", "\xff", "0", "3", ";", "/", "%", "\v", "a", "\r\n\r\n"]


class Stream:
    """One of them. `random` is all that it depends on."""

    def __init__(self, random):
        self.random = random
        self.oddity = random.choice([0, 0.01, 0.03, 0.1])  # how often a piece is not as it should be

    def pick(self, pieces):
        right, wrong = pieces
        return self.random.choice(wrong if self.random.random() < self.oddity else right)

    def chance(self, share):
        return self.random.random() < share

    def line(self, text):
        return text + self.pick(LINE_ENDS)

    def field(self, name, value):
        spelled = self.random.choice([name, name, name.lower(), name.upper()])
        return self.line(spelled + ":" + self.random.choice([" ", " ", "", "\t", "  "]) + value)

    def chunks(self):
        text = ""
        for _ in range(self.random.randrange(3)):
            piece = CONTENT[:self.random.randrange(1, len(CONTENT))]
            text += self.line(self.pick(CHUNK_SIZES).format(len(piece), len(piece)))
            text += self.line(piece)
        return text + self.line(self.random.choice(["0", "0", "0", "000", "0;a=b"])) + self.pick(TRAILERS) + self.pick(LINE_ENDS)

    def body(self):
        """(fields that say how long it is, the body)."""
        kind = self.random.random()
        if kind < 0.5:
            return [], ""
        if kind < 0.75:
            length = self.pick(LENGTHS) or str(self.random.randrange(len(CONTENT)))
            size = int(length) if length.isdigit() and length.isascii() and int(length) < len(CONTENT) else 3
            return [self.field("Content-Length", length)], CONTENT[:size]
        return [self.field("Transfer-Encoding", self.pick(CODINGS))], self.chunks()

    def request(self):
        fields, body = self.body()
        if not self.chance(self.oddity):
            fields.append(self.field("Host", self.pick(HOSTS)))
        if self.chance(0.15):
            fields.append(self.field("Connection", self.pick(CONNECTIONS)))
        fields += [self.line(self.pick(OTHERS)) for _ in range(self.random.randrange(3))]
        if fields and self.chance(self.oddity):
            fields.append(self.random.choice(fields))
        self.random.shuffle(fields)
        first = self.pick(METHODS) + self.pick(SPACES) + self.pick(TARGETS) + self.pick(SPACES) + self.pick(VERSIONS)
        before = self.random.choice(["\r\n", "\n", "\r\n\r\n", " ", "\r"]) if self.chance(self.oddity) else ""
        return before + self.line(first) + "".join(fields) + self.pick(LINE_ENDS) + body

    def bend(self, text):
        at = self.random.randrange(len(text) + 1)
        return self.random.choice([
            lambda: text[:at] + self.random.choice(BENT) + text[at:],
            lambda: text[:at] + self.random.choice(BENT) + text[at + 1:],
            lambda: text[:at] + text[at + self.random.randrange(1, 4):],
            lambda: text[:at] + text[at:at + 8] + text[at:],
            lambda: text[:at],
        ])()

    def bytes(self):
        text = "".join(self.request() for _ in range(self.random.choice([1, 1, 2, 3])))
        for _ in range(self.random.choice([0, 0, 0, 1, 2])):
            text = self.bend(text)
        return text.encode("latin-1")
