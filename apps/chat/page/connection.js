// One WebSocket that comes back: it says which state it is in, and hands over messages as objects.
//
//   connecting --open--> online --closed--> offline --after a delay--> connecting …
//        any --closed with a code that a retry cannot mend--> ended
//
// The delay grows with every failure in a row and is drawn at random, so that a server that restarts is not run over
// by everyone at once. It counts as a success only when the server has said something: a server that accepts and
// closes at once must not be asked twice a second.

export const kShortestDelay = 500;
export const kLongestDelay = 10_000;
const kConnectTimeout = 10_000;

// RFC 6455 §7.4.1: what is wrong with the protocol, the data or the rights stays wrong on the next attempt.
const kFinalCodes = new Set([1002, 1003, 1007, 1008, 1009, 1010]);

/// Milliseconds to wait after `failures` failures in a row; `random` is in [0, 1).
export function delayAfter(failures, random) {
    const longest = Math.min(kLongestDelay, 2 * kShortestDelay * 2 ** failures);
    return Math.round(kShortestDelay + random * (longest - kShortestDelay));
}

export class Connection {
    #url; #protocol; #onState; #onMessage;
    #socket = null;
    #timer = null;
    #failures = 0;

    /// `onState({state, retryAt?, reason?})` and `onMessage(object)` are called from now on, never before this returns.
    constructor({ url, protocol, onState, onMessage }) {
        this.#url = url;
        this.#protocol = protocol;
        this.#onState = onState;
        this.#onMessage = onMessage;
        this.state = 'connecting';
        addEventListener('online', () => this.retryNow());
        document.addEventListener('visibilitychange', () => document.hidden || this.retryNow());
        queueMicrotask(() => this.#connect());
    }

    /// Whether the message was handed to the network; while offline none is.
    send(message) {
        if (this.state !== 'online') return false;
        this.#socket.send(JSON.stringify(message));
        return true;
    }

    /// Ends a wait, if there is one.
    retryNow() {
        if (this.state !== 'offline') return;
        clearTimeout(this.#timer);
        this.#connect();
    }

    #enter(state, details = {}) {
        this.state = state;
        this.#onState({ state, ...details });
    }

    #connect() {
        this.#enter('connecting');
        const socket = new WebSocket(this.#url(), this.#protocol);
        this.#socket = socket;
        this.#timer = setTimeout(() => this.#lost(socket, { code: 1006, reason: '' }), kConnectTimeout);
        socket.onopen = () => {
            clearTimeout(this.#timer);
            this.#enter('online');
        };
        socket.onmessage = ({ data }) => {
            this.#failures = 0;
            this.#onMessage(JSON.parse(data));
        };
        socket.onclose = (event) => this.#lost(socket, event);
    }

    #lost(socket, { code, reason }) {
        if (socket !== this.#socket) return;
        clearTimeout(this.#timer);
        this.#socket = null;
        socket.onopen = socket.onmessage = socket.onclose = null;
        socket.close();
        if (kFinalCodes.has(code)) {
            this.#enter('ended', { reason: reason || `The server ended the connection (${code}).` });
            return;
        }
        const delay = delayAfter(this.#failures++, Math.random());
        this.#timer = setTimeout(() => this.#connect(), delay);
        this.#enter('offline', { retryAt: Date.now() + delay });
    }
}
