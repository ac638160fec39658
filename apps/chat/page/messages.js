// The list of messages: what was said, by whom and when, what waits to be sent, and who came and went.
// Everything a person wrote enters as text, never as markup; addresses in it become links. The list holds the newest kMost lines.

import { badge, hueOf } from './names.js';

const kMost = 500;
const kSameBreath = 5 * 60_000;  // one person's messages within this time stand together
const kNearTheEnd = 80;          // pixels: who is this close to the end wants to follow it

const time = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });

const kAddress = /\bhttps?:\/\/[^\s<>"]+/g;

const keyOf = ({ from, at, text }) => `${at} ${from} ${text}`;

function element(tag, className, text) {
    const made = document.createElement(tag);
    made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
}

/// Without what ends the sentence, or closes a bracket around the address.
const withoutItsEnd = (found) => found.replace(found.includes('(') ? /[.,;:!?']+$/ : /[.,;:!?')\]]+$/, '');

/// `text` in `parent`, its addresses as links. They lead out of this window, and tell nobody where from.
function appendText(parent, text) {
    let end = 0;
    for (const { 0: found, index } of text.matchAll(kAddress)) {
        const address = withoutItsEnd(found);
        const link = element('a', '', address);
        link.href = address;
        link.target = '_blank';
        link.rel = 'noopener noreferrer';
        parent.append(text.slice(end, index), link);
        end = index + address.length;
    }
    parent.append(text.slice(end));
}

export class Messages {
    #list; #log; #scroll; #empty; #newer;
    #last = null;           // the message that ends the list, unless a notice does
    #lastDay = null;
    #shown = new Set();     // keys of the messages in the list: a reconnect brings some of them again
    #waiting = [];          // the lines of what waits to be sent: they end the list

    constructor({ list, log, scroll, empty, newer }) {
        this.#list = list;
        this.#log = log;
        this.#scroll = scroll;
        this.#empty = empty;
        this.#newer = newer;
        newer.addEventListener('click', () => this.#follow());
        scroll.addEventListener('scroll', () => { if (this.#atEnd()) newer.hidden = true; });
        new ResizeObserver(() => { if (newer.hidden) this.#follow(); }).observe(scroll);
    }

    /// Shows the recent messages that are not shown yet; a screen reader is not made to read them all.
    addRecent(messages, you) {
        this.#log.setAttribute('aria-live', 'off');
        for (const message of messages) this.#place(message, you);
        this.#follow();
        requestAnimationFrame(() => this.#log.setAttribute('aria-live', 'polite'));
    }

    /// Follows the end for whoever is there, or wrote it; others are told that there is more.
    add(message, you) {
        this.#keepingPlace(message.from === you, () => this.#place(message, you));
    }

    /// A line of the room's own: who came, who went, what happened to the connection.
    addNotice(text) {
        this.#keepingPlace(false, () => this.#placeNotice(text));
    }

    /// What waits to be sent, in place of what did before.
    setWaiting(texts) {
        for (const line of this.#waiting.splice(0)) line.remove();
        for (const text of texts) {
            const line = element('li', 'message own pending'), bubble = element('div', 'bubble'), said = element('p', 'text');
            appendText(said, text);
            bubble.append(said, element('span', 'when', 'waits for the connection'));
            line.append(bubble);
            this.#append(line);
            this.#waiting.push(line);
        }
        if (texts.length > 0) this.#follow();
    }

    #keepingPlace(follow, change) {
        const goesAlong = follow || this.#atEnd();
        change();
        if (goesAlong) this.#follow();
        else this.#newer.hidden = false;
    }

    #place(message, you) {
        const key = keyOf(message);
        if (this.#shown.has(key)) return;
        this.#shown.add(key);
        this.#beginDay(message.at);
        const line = this.#line(message, you);
        line.dataset.key = key;
        this.#append(line);
        this.#last = message;
    }

    #placeNotice(text) {
        this.#append(element('li', 'notice', text));
        this.#last = null;
    }

    #line(message, you) {
        const { from, text, at } = message;
        const own = from === you;
        const goesOn = this.#last?.from === from && at - this.#last.at < kSameBreath;
        const line = element('li', `message${own ? ' own' : ''}${goesOn ? ' goes-on' : ''}`);
        line.style.setProperty('--hue', hueOf(from));

        const bubble = element('div', 'bubble');
        const author = element('span', goesOn || own ? 'author visually-hidden' : 'author', from);
        const when = element('time', 'when', time.format(at));
        when.dateTime = new Date(at).toISOString();
        const said = element('p', 'text');
        appendText(said, text);
        bubble.append(author, said, when);
        if (!own) line.append(badge(from));
        line.append(bubble);
        return line;
    }

    #beginDay(at) {
        const name = day.format(at);
        if (name === this.#lastDay) return;
        if (this.#lastDay !== null || name !== day.format(Date.now())) this.#placeNotice(name);
        this.#lastDay = name;
    }

    #append(line) {
        if (this.#waiting.length > 0 && !line.classList.contains('pending')) this.#waiting[0].before(line);
        else this.#list.append(line);
        this.#empty.hidden = true;
        while (this.#list.childElementCount > kMost) {
            this.#shown.delete(this.#list.firstElementChild.dataset.key);
            this.#list.firstElementChild.remove();
        }
    }

    #atEnd() {
        return this.#scroll.scrollHeight - this.#scroll.scrollTop - this.#scroll.clientHeight < kNearTheEnd;
    }

    #follow() {
        this.#scroll.scrollTop = this.#scroll.scrollHeight;
        this.#newer.hidden = true;
    }
}
