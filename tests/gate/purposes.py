"""Where the gate and Node's parser are meant to differ, and why. Whatever has no row here fails the test.

The gate may refuse more than Node: what is refused smuggles nothing. What only Node refuses has a condition besides, on the
request that the gate has taken, [method, target, minor version, fields, body], and on the stream.
"""
import re

OF_THE_GATE = "two readers could take it in two ways, so the gate does not choose"

# What the gate says of itself: why it says so where Node goes on.
GATE_REFUSES = {
    "a . or .. segment in the path (RFC 3986 §3.3)": "Node leaves paths to the application; here nobody needs to look again",
    "a percent sign in the path that would begin an escape once it is decoded (RFC 3986 §2.4)": "likewise",
    "an escaped NUL in the path (RFC 3986 §7.3)": "likewise",
    "the target holds a character that has to be escaped (RFC 9112 §3.2)": "likewise; Node takes bytes beyond ASCII, and '#'",
    "the target names no host (RFC 9112 §3.2.2)": "Node takes any text behind a scheme",
    "the target is neither a path nor an http address (RFC 9112 §3.2)": "Node takes any scheme, and a query alone",
    "the target * is for OPTIONS only (RFC 9112 §3.2.4)": "Node leaves it to the application",
    "a carriage return without a line feed (RFC 9112 §2.2)": OF_THE_GATE + "; Node skips some before a request line",
    "a line feed without a carriage return (RFC 9112 §2.2)": OF_THE_GATE + "; Node ends lines there",
    "empty lines where a request should be (RFC 9112 §2.2)": "one is allowed; Node skips any number",
    "a folded header line (RFC 9112 §5.2)": OF_THE_GATE + "; Node 18 unfolds it",
    "a header name that is no token (RFC 9112 §5.1)": OF_THE_GATE + "; Node 18 takes a space before the colon",
    "more than one Host field (RFC 9112 §3.2)": "a MUST of that section; Node believes the first",
    "no Host field (RFC 9112 §3.2)": "a MUST of that section; Node 18 does not ask for one",
    "the Host field is no host (RFC 9112 §3.2)": "a MUST of that section; Node takes any text",
    "only HTTP/1.0 and HTTP/1.1 are spoken here": "Node speaks 0.9 and 2.0 in HTTP/1's clothes",
    "the request line does not end in an HTTP version (RFC 9112 §2.3)": "Node knows RTSP and ICE too, and HTTP/0.9's bare lines",
    "the request line is not method, target and version (RFC 9112 §3)": OF_THE_GATE + "; Node takes spaces in odd places",
    "Transfer-Encoding in HTTP/1.0 (RFC 9112 §6.1)": OF_THE_GATE + "; a proxy of that age does not know it, and Node reads it",
    "no Transfer-Encoding but chunked is taken here (RFC 9112 §6.1)": "what is `gzip, chunked`, nobody here unpacks; Node leaves it packed",
    "a chunk's size is no number (RFC 9112 §7.1)": OF_THE_GATE + "; Node 18 takes spaces behind it",
    "more than one Transfer-Encoding field (RFC 9112 §6.1)": OF_THE_GATE + "; Node takes their list, and fails at its end",
    "a chunk's size is too large (RFC 9112 §7.1)": "more than 16 digits are too many, zeros too; Node counts those that matter",
    "a chunk does not end in CRLF (RFC 9112 §7.1)": OF_THE_GATE + "; Node 18 skips what stands there",
    "a chunk is longer than it says (RFC 9112 §7.1)": "likewise: a line feed behind the data, say",
    "a chunk's line does not end in CRLF (RFC 9112 §7.1)": "likewise",
    "the chunks do not end in CRLF (RFC 9112 §7.1)": "likewise",
    "a control character in a trailer (RFC 9112 §7.1.2)": "likewise",
    "PRI begins HTTP/2, which is not spoken here (RFC 9113 §11.6)": "Node drops it without a word",
    "the path is not UTF-8 (RFC 3987 §3.1)": "Node leaves paths to the application",
    "a handshake with a body": "it has none (RFC 6455 §4.1); Node leaves it to the application",
    "CONNECT asks for a tunnel, and here is none (RFC 9110 §9.3.6)": "Node leaves it to the application; what follows is the tunnel's",
    "ends behind the client's last request": "of `close` and `keep-alive` at once the gate believes the first, for its own sake",
    "ends behind an upgrade": "what follows is the new protocol's, or nothing's: Node goes on with HTTP where nobody upgrades",
}

def in_trailers(_, stream):
    return re.search(rb"\r\n0+(;[^\r\n]*)?\r\n[^\r\n]", stream)


USUAL_METHODS = {"GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH", "TRACE", "CONNECT"}

# What Node says: on what condition it may, and why the gate goes on there.
NODE_REFUSES = {
    "HPE_INVALID_METHOD": (lambda request, _: request[0] not in USUAL_METHODS,
                           "Node knows a list of methods; any token is one (RFC 9110 §9.1), and gets its 405 or 501"),
    "HPE_INVALID_CONTENT_LENGTH": (lambda request, _: value(request, "content-length").isdecimal(),
                                   "white space behind a value may be a tab (RFC 9110 §5.5); Node takes spaces only"),
}

# Where Node refuses within a body that the gate has taken whole. Sizes and ends of chunks are the same to both in all of these.
NODE_REFUSES_BODIES = {
    "HPE_INVALID_CHUNK_SIZE": (lambda _, stream: re.search(rb"\r\n[0-9a-fA-F]+[ \t]+;", stream),
                               "white space before an extension: the grammar has it (RFC 9112 §7.1.1)"),
    "HPE_STRICT": (lambda _, stream: re.search(rb"\r\n[0-9a-fA-F]+[ \t]*;", stream), "extensions are ignored, whatever they hold"),
    "HPE_INVALID_HEADER_TOKEN": (in_trailers, "trailers are ignored, whatever they hold; only their lines count"),
    "HPE_INVALID_CONTENT_LENGTH": (in_trailers, "likewise: a Content-Length there says nothing (RFC 9110 §6.5.1)"),
    "HPE_INVALID_TRANSFER_ENCODING": (lambda _, stream: re.search(rb"(?i)\r\ntransfer-encoding:[ \t]*chunked *\t[ \t]*\r\n", stream),
                                      "white space behind a value may be a tab (RFC 9110 §5.5); Node takes spaces only"),
}

# Behind which request Node reads nothing more of what has come with it, and why the gate does.
NODE_STOPS = {
    "an upgrade that nobody takes": (lambda request: "upgrade" in value(request, "connection").lower() and value(request, "upgrade"),
                                     "who ignores an upgrade goes on with HTTP (RFC 9110 §7.8); Node's parser drops what lies behind it"),
}

# What both take for a request and read differently: on what condition of Node's reading, and why the gate is right.
NODE_MISREADS = {
    "body": (lambda request, stream: request[4] is None and value(request, "content-length") and LENGTH_IN_TRAILERS.search(stream),
             "Node 18 adds the digits of a trailer's Content-Length to the next request's, whose body then never ends"),
}
LENGTH_IN_TRAILERS = re.compile(rb"\r\n0+[^\r\n]*\r\n(?:[^\r\n]+\r\n)*content-length:", re.I)


def value(request, name):
    """Of the field of that name, empty where there is none."""
    fields = request[3]
    return next((text for field, text in zip(fields[::2], fields[1::2]) if field.lower() == name), "")
