// How a page looks: at which widths it is opened, what is wrong with it there by measure, and a contact sheet for the eye.

import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../build/screenshots/', import.meta.url));
const long = Boolean(process.env.PATCHBAY_LONG);
const kHeights = { 320: 568, 390: 844, 768: 1024, 1280: 800, 1920: 1080 };

const lookAt = (width, colorScheme) => ({
    viewport: { width, height: kHeights[width] }, isMobile: width < 760, hasTouch: width < 1280,
    colorScheme, reducedMotion: 'reduce',  // nothing is measured on its way
});

/// What browser contexts are opened with: a phone in light, a desktop in dark; by `--long` every width in both.
export const looks = long
    ? Object.keys(kHeights).flatMap((width) => ['light', 'dark'].map((scheme) => lookAt(Number(width), scheme)))
    : [lookAt(390, 'light'), lookAt(1280, 'dark')];

/// Texts whose contrast with their background is below 4.5 to 1 (WCAG 2.1 §1.4.3), a line each, in what a person sees: colours
/// over each other are mixed as the browser does. Texts of what is disabled may be faint, and the letter of a name that stands beside it.
export function faintTextsOf(page) {
    return page.evaluate(() => {
        const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
        const paint = (colors) => {
            canvas.clearRect(0, 0, 1, 1);
            for (const [color, alpha] of colors) {
                canvas.globalAlpha = alpha;
                canvas.fillStyle = color;
                canvas.fillRect(0, 0, 1, 1);
            }
            return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
        };
        const luminance = (rgb) => {
            const [r, g, b] = rgb.map((part) => part / 255).map((x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const contrast = (a, b) => {
            const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
            return (high + 0.05) / (low + 0.05);
        };
        const faint = new Set();
        const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) {
            const element = texts.currentNode.parentElement;
            if (texts.currentNode.data.trim() === '' || !element.checkVisibility({ checkVisibilityCSS: true })) continue;
            if (element.closest('.visually-hidden, .skip, :disabled, noscript, .badge')) continue;
            const behind = [];
            let opacity = 1;
            for (let around = element; around; around = around.parentElement) {
                const style = getComputedStyle(around);
                behind.unshift([style.backgroundColor, 1]);
                opacity *= Number(style.opacity);
            }
            const ratio = contrast(paint([...behind, [getComputedStyle(element).color, opacity]]), paint(behind));
            if (ratio < 4.5) faint.add(`"${texts.currentNode.data.trim().slice(0, 40)}" has ${ratio.toFixed(2)} to 1`);
        }
        return [...faint];
    });
}

/// What sticks out of the window or is cut off, a line each. The window is the one asked for: a phone's grows with what does
/// not fit. What only a screen reader is told may stand anywhere; a field may scroll what was written into it, but not what
/// it says itself.
export function faultsOf(page, { viewport }) {
    return page.evaluate(({ width, height }) => {
        const found = new Set();
        const shown = (element) =>
            element.checkVisibility({ checkVisibilityCSS: true }) && !element.closest('.visually-hidden, .skip');
        const fits = (box, edge) => box.width === 0 || box.left >= edge.left - 1 && box.right <= edge.right + 1;
        const cutsOff = (element, box) => {
            const style = getComputedStyle(element), edge = element.getBoundingClientRect();
            return style.overflowX !== 'visible' && !fits(box, edge)
                || /hidden|clip/.test(style.overflowY) && (box.top < edge.top - 1 || box.bottom > edge.bottom + 1);
        };
        const scrollsDown = (element) => /auto|scroll/.test(getComputedStyle(element).overflowY);

        const { scrollWidth, scrollHeight } = document.documentElement;
        if (scrollWidth > width || scrollHeight > height) found.add(`the page scrolls: ${scrollWidth} x ${scrollHeight}`);
        const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange();
        while (texts.nextNode()) {
            const text = texts.currentNode, name = `"${text.data.trim().slice(0, 40)}"`;
            if (name === '""' || !shown(text.parentElement)) continue;
            range.selectNodeContents(text);
            const boxes = [...range.getClientRects()];
            const lines = new Set(boxes.map((box) => box.top)).size;
            if (lines > 1 && text.parentElement.closest('button')) found.add(`${name} breaks within its button`);
            for (const box of boxes) {
                if (!fits(box, { left: 0, right: width })) found.add(`${name} sticks out of the window`);
                for (let around = text.parentElement; around !== document.body; around = around.parentElement) {
                    if (cutsOff(around, box)) found.add(`${name} is cut off by its ${around.localName} ${around.className}`);
                    if (scrollsDown(around)) break;  // what is around that cuts off what is scrolled away
                }
            }
        }
        for (const control of document.querySelectorAll('button, input, textarea, img, svg')) {
            if (!shown(control)) continue;
            const name = control.id || control.localName;
            if (!fits(control.getBoundingClientRect(), { left: 0, right: width })) found.add(`${name} sticks out of the window`);
            if (!control.placeholder || control.value !== '') continue;
            control.value = control.placeholder;
            if (control.scrollWidth > control.clientWidth || control.scrollHeight > control.clientHeight + 1) {
                found.add(`"${control.placeholder}" is cut off by its field`);
            }
            control.value = '';
        }
        return [...found];
    }, viewport);
}

/// Pictures of a page's states in `build/screenshots`, and `index.html` there with all of them, a row for each state.
export class ContactSheet {
    #rows = new Map();  // state -> figures

    async take(page, state, { viewport, colorScheme }) {
        const file = `${state.replaceAll(' ', '-')}-${viewport.width}-${colorScheme}.png`;
        await page.screenshot({ path: `${folder}${file}`, animations: 'disabled' });
        this.#rows.set(state, `${this.#rows.get(state) ?? ''}<figure><a href="${file}"><img src="${file}" alt="" height="320"></a>
<figcaption>${viewport.width} px, ${colorScheme}</figcaption></figure>\n`);
    }

    async write() {
        const rows = [...this.#rows].map(([state, figures]) => `<h2>${state}</h2>\n<div>${figures}</div>\n`);
        await mkdir(folder, { recursive: true });
        await writeFile(`${folder}index.html`, `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>What the browser tests saw</title>
<style>body { font: 14px system-ui; background: #888 } div { display: flex; flex-wrap: wrap } figure { margin: 6px }</style>
${rows.join('')}</html>\n`);
    }
}
