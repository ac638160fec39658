// The page: joins the room in its address (`/?room=lobby`), shows what the server says, and says what is written here.
//
// -> {"type":"Say","text"}  {"type":"Typing"}
// <- Welcome{you,room,people,recent[{from,text,at}]}  Said{from,text,at}  Joined{name}  Left{name}  IsTyping{name}
//    Refused{problem}
//
// A message counts as sent once the server has said it to everyone. One that was on its way when the connection broke
// comes back into the draft, unless the server turns out to have it. One that is written while there is no connection waits
// in the list, and is sent with the next. All of that, and the draft, outlives a reload in its tab.

import { Connection } from './connection.js';
import { Messages } from './messages.js';
import { roomFrom } from './names.js';
import { People } from './people.js';

const kTypingEvery = 2000;
const kLongestText = 1000;
const kNameKey = 'patchbay-chat-name';
const kUnsaid = 'patchbay-chat-unsaid';  // and the room

const at = (id) => document.getElementById(id);
const room = roomFrom(new URLSearchParams(location.search).get('room'));
const messages = new Messages({ list: at('messages'), log: at('log'), scroll: at('scroll'), empty: at('empty'), newer: at('newer') });
const people = new People({
    list: at('people'), counts: [at('people-count'), at('panel-count')], typing: at('typing'),
});

const linkToRoom = new URL(`?room=${encodeURIComponent(room)}`, document.baseURI).href;

let connection = null;
let you = '';
let wasHere = false;        // this page has been welcomed before
let isHere = false;         // by this connection
let unconfirmed = [];       // texts that were sent and not yet said by the server
let waiting = [];           // texts that no connection has taken yet
let sentAs = '';            // your name before a reload
let asked = '';             // the name that was asked for
let typingSaidAt = 0;

// --- What the server says ---------------------------------------------------------------------------------------

const handlers = {
    Welcome({ you: name, people: names, recent }) {
        const before = you;
        you = name;
        people.set(names, you);
        messages.addRecent(recent, you);
        if (you !== asked && you !== before) tellName();
        if (wasHere) messages.addNotice('You are back.');
        wasHere = isHere = true;
        for (const { from, text } of recent) if (from === you || from === sentAs) confirm(text);
        giveBack(unconfirmed.splice(0));
        sendWaiting();
    },
    Said(message) {
        people.stopsTyping(message.from);
        messages.add(message, you);
        if (message.from === you) confirm(message.text);
    },
    Joined({ name }) {
        people.joined(name);
        if (name !== you) messages.addNotice(`${name} joined`);
    },
    Left({ name }) {
        people.left(name);
        messages.addNotice(`${name} left`);
    },
    IsTyping({ name }) { people.types(name); },
    Refused({ problem }) {
        at('problem').textContent = problem;
        giveBack(unconfirmed.splice(0, 1));
    },
};

/// Who gets another name than the one asked for is told.
function tellName() {
    const taken = you.startsWith(`${asked} `);
    messages.addNotice(taken ? `Someone here is called ${asked} already: you are ${you}.` : `You are ${you} here.`);
}

function confirm(text) {
    const index = unconfirmed.indexOf(text);
    if (index >= 0) unconfirmed.splice(index, 1);
}

/// Puts texts back before whatever has been written since.
function giveBack(texts) {
    if (texts.length === 0) return;
    at('draft').value = [...texts, at('draft').value].filter(Boolean).join('\n');
    if (tooMany() > 0) tellLength();
    draftChanged();
}

// --- What outlives a reload -------------------------------------------------------------------------------------

const unsaidKey = `${kUnsaid} ${room}`;

/// It leaves the page, so that a page that the browser keeps for "back" does not send it a second time.
function putAway() {
    const unsaid = { you, unconfirmed: unconfirmed.splice(0), waiting: waiting.splice(0), draft: at('draft').value };
    try { sessionStorage.setItem(unsaidKey, JSON.stringify(unsaid)); } catch { /* storage may be forbidden */ }
}

function takeBack() {
    let unsaid = null;
    try {
        unsaid = JSON.parse(sessionStorage.getItem(unsaidKey));
        sessionStorage.removeItem(unsaidKey);
    } catch { /* storage may be forbidden */ }
    if (unsaid === null) return;
    sentAs = unsaid.you;
    unconfirmed.push(...unsaid.unconfirmed);
    waiting.push(...unsaid.waiting);
    messages.setWaiting(waiting);
    at('draft').value = unsaid.draft;
    tellLength();
    draftChanged();
}

addEventListener('pagehide', putAway);
addEventListener('pageshow', ({ persisted }) => { if (persisted) takeBack(); });

// --- The connection's state -------------------------------------------------------------------------------------

let countdown = null;

function showState({ state, retryAt, reason }) {
    clearInterval(countdown);
    isHere = false;
    at('status').dataset.state = state;
    at('status-countdown').textContent = '';
    at('status-text').textContent = {
        connecting: 'Connecting…', online: 'Online', offline: 'Offline – reconnecting', ended: 'Disconnected',
    }[state];
    if (state === 'offline') countDown(retryAt);
    if (state === 'ended') {
        messages.addNotice(`${reason} Reload the page to try again.`);
        giveBack([...unconfirmed.splice(0), ...waiting.splice(0)]);
        messages.setWaiting(waiting);
    }
    at('draft').placeholder = {
        online: 'Write a message', ended: 'Disconnected – your draft is kept',
    }[state] ?? 'Offline – this is sent later';
    enableSending();
}

function countDown(retryAt) {
    const show = () => {
        at('status-countdown').textContent = `in ${Math.max(1, Math.ceil((retryAt - Date.now()) / 1000))} s`;
    };
    show();
    countdown = setInterval(show, 250);
}

function address(name) {
    const url = new URL(`chat/${encodeURIComponent(room)}`, document.baseURI);
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    url.search = new URLSearchParams({ name }).toString();
    return url.href;
}

function join(name) {
    asked = name;
    connection = new Connection({
        url: () => address(name),
        protocol: 'chat.v1',
        onState: showState,
        onMessage: (message) => handlers[message.type]?.(message),
    });
}

// --- Writing ----------------------------------------------------------------------------------------------------

/// What cannot be sent as it is stays in the draft, whole.
function maySend() {
    return connection !== null && connection.state !== 'ended' && at('draft').value.trim() !== '' && tooMany() <= 0;
}

function enableSending() { at('send').disabled = !maySend(); }

/// How many characters of the draft are over the limit.
const tooMany = () => at('draft').value.trim().length - kLongestText;

/// A field that cuts off what is pasted does so without a word; this one counts.
function tellLength() {
    at('problem').textContent = tooMany() > 0 ? `Too long by ${tooMany()} characters: ${kLongestText} are the most.` : '';
}

function sendWaiting() {
    while (isHere && waiting.length > 0 && connection.send({ type: 'Say', text: waiting[0] })) unconfirmed.push(waiting.shift());
    messages.setWaiting(waiting);
}

function draftChanged() {
    const draft = at('draft');
    draft.style.height = 'auto';
    draft.style.height = `${draft.scrollHeight}px`;
    enableSending();
}

function sayTyping() {
    const now = Date.now();
    if (now - typingSaidAt < kTypingEvery || at('draft').value.trim() === '') return;
    if (connection?.send({ type: 'Typing' })) typingSaidAt = now;
}

at('draft').addEventListener('input', () => {
    tellLength();
    draftChanged();
    sayTyping();
});

at('draft').addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    at('composer').requestSubmit();
});

at('composer').addEventListener('submit', (event) => {
    event.preventDefault();
    if (!maySend()) return;
    waiting.push(at('draft').value.trim());
    sendWaiting();
    typingSaidAt = 0;
    at('draft').value = '';
    at('problem').textContent = '';
    draftChanged();
    at('draft').focus();
});

// --- The panel: people, link, other rooms -----------------------------------------------------------------------

function showPanel(open) {
    at('panel').classList.toggle('open', open);
    at('panel-toggle').setAttribute('aria-expanded', open);
    if (open) at('panel-close').focus();
}

/// The focus goes where it came from.
function closePanel() {
    if (!at('panel').classList.contains('open')) return;
    showPanel(false);
    at('panel-toggle').focus();
}

function showLink() {
    at('link').value = decodeURI(linkToRoom);
    at('link').style.height = 'auto';
    at('link').style.height = `${at('link').scrollHeight + 2}px`;
}

at('panel-toggle').addEventListener('click', () => showPanel(!at('panel').classList.contains('open')));
document.querySelector('main').addEventListener('pointerdown', () => showPanel(false));
at('panel-close').addEventListener('click', closePanel);
document.addEventListener('keydown', (event) => { if (event.key === 'Escape' && !at('welcome').open) closePanel(); });

at('copy').addEventListener('click', async () => {
    at('link').select();
    try {
        await navigator.clipboard.writeText(linkToRoom);
        at('copied').textContent = 'Link copied.';
    } catch {  // a page that is not served securely has no clipboard: the link is selected, the rest is by hand
        at('copied').textContent = 'Press Ctrl+C to copy.';
    }
});

at('rooms').addEventListener('submit', (event) => {
    event.preventDefault();
    location.search = new URLSearchParams({ room: roomFrom(at('other-room').value) }).toString();
});

// --- The name ---------------------------------------------------------------------------------------------------

function remembered() {
    try { return localStorage.getItem(kNameKey) ?? ''; } catch { return ''; }  // storage may be forbidden
}

function remember(name) {
    try { localStorage.setItem(kNameKey, name); } catch { /* then it is asked for again */ }
}

function askName() {
    at('name').value = remembered();
    at('welcome').showModal();
}

at('naming').addEventListener('submit', (event) => {
    const name = at('name').value.trim();
    if (name === '') {
        event.preventDefault();
        return;
    }
    remember(name);
    if (connection) return location.reload();
    join(name);
    at('welcome').addEventListener('close', () => at('draft').focus(), { once: true });
});

at('welcome').addEventListener('cancel', (event) => {
    if (!connection) event.preventDefault();
});

at('welcome').addEventListener('close', () => connection || askName());  // a second Escape closes it all the same

at('rename').addEventListener('click', askName);

at('room').textContent = room;
at('welcome-room').textContent = room;
showLink();
addEventListener('resize', showLink);
document.title = `#${room} · Patchbay chat`;
takeBack();
if (remembered()) join(remembered());
else askName();
