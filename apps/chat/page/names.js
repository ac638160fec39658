// Names of people and rooms: a colour for each person, and room names that are pleasant in a link.

export const kRoomDefault = 'lobby';

/// The same name has the same hue in every browser (FNV-1a).   Units: degrees.
export function hueOf(name) {
    let hash = 0x811c9dc5;
    for (const unit of name) hash = Math.imul(hash ^ unit.codePointAt(0), 0x01000193);
    return (hash >>> 0) % 360;
}

export function initialOf(name) {
    return [...name][0]?.toUpperCase() ?? '?';
}

/// "Tea Kitchen!" is "tea-kitchen"; what leaves nothing is the lobby.
export function roomFrom(text) {
    const room = (text ?? '').toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '');
    return [...room].slice(0, 40).join('') || kRoomDefault;
}

/// A round badge with the first letter, in the person's colour.
export function badge(name) {
    const element = document.createElement('span');
    element.className = 'badge';
    element.style.setProperty('--hue', hueOf(name));
    element.textContent = initialOf(name);
    element.setAttribute('aria-hidden', 'true');
    return element;
}
