// Who is here, and who of them is typing.

import { badge } from './names.js';

const kTypingLasts = 3500;  // a little longer than the pause between two `Typing` of one writer

export class People {
    #list; #counts; #typing;
    #names = [];
    #you = '';
    #writers = new Map();  // name -> the timer that forgets it

    constructor({ list, counts, typing }) {
        this.#list = list;
        this.#counts = counts;
        this.#typing = typing;
    }

    /// Replaces everyone.
    set(names, you) {
        this.#you = you;
        this.#names = [...names];
        for (const writer of this.#writers.keys()) this.stopsTyping(writer);
        this.#show();
    }

    joined(name) {
        if (!this.#names.includes(name)) this.#names.push(name);
        this.#show();
    }

    left(name) {
        this.#names = this.#names.filter((other) => other !== name);
        this.stopsTyping(name);
        this.#show();
    }

    types(name) {
        if (name === this.#you) return;
        clearTimeout(this.#writers.get(name));
        this.#writers.set(name, setTimeout(() => this.stopsTyping(name), kTypingLasts));
        this.#showTyping();
    }

    stopsTyping(name) {
        clearTimeout(this.#writers.get(name));
        this.#writers.delete(name);
        this.#showTyping();
    }

    #show() {
        const names = [...this.#names].sort((a, b) => a.localeCompare(b));
        this.#list.replaceChildren(...names.map((name) => this.#entry(name)));
        for (const count of this.#counts) count.textContent = names.length;
    }

    #entry(name) {
        const entry = document.createElement('li');
        const label = document.createElement('span');
        label.className = 'person';
        label.textContent = name;
        entry.append(badge(name), label);
        if (name === this.#you) {
            const mark = document.createElement('span');
            mark.className = 'note';
            mark.textContent = 'you';
            entry.append(mark);
        }
        return entry;
    }

    #showTyping() {
        const writers = [...this.#writers.keys()];
        const [first, second] = writers;
        this.#typing.textContent =
            writers.length === 0 ? ''
            : writers.length === 1 ? `${first} is typing…`
            : writers.length === 2 ? `${first} and ${second} are typing…`
            : 'Several people are typing…';
    }
}
