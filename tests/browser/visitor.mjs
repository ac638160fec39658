// Debian's Chromium, and a person in front of it: says and sees what a person would, through the page's labels and roles.

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

/// Where there is none to open, `server` is stopped: Node 18 runs no `after` once a `before` has failed.
export async function openBrowser(server) {
    const opening = chromium.launch({
        executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
        args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
            '--disable-component-update', '--disable-sync'],
    });
    try {
        return await opening;
    } catch (error) {
        await server.stop();
        throw error;
    }
}

export class Visitor {
    /// A browser profile of its own, so that nobody inherits another's remembered name.
    /// `server` is called with each WebSocket of the page and answers it, instead of the server that serves the page.
    static async arrive(browser, url, { name, server, ...options }) {
        const context = await browser.newContext(options);
        const page = await context.newPage();
        if (server) await page.routeWebSocket(/\/chat\//, server);
        const visitor = new Visitor(page);
        page.on('pageerror', (error) => visitor.errors.push(String(error)));
        page.on('console', (line) => {
            const expected = /WebSocket connection to .* failed/.test(line.text());  // said while the server is away
            if (line.type() === 'error' && !expected) visitor.errors.push(line.text());
        });
        await page.goto(url);
        if (name !== undefined) await visitor.join(name);
        return visitor;
    }

    constructor(page) {
        this.page = page;
        this.errors = [];
        this.draft = page.getByLabel('Your message');
        this.log = page.getByRole('log');
        this.status = page.locator('#status');
        this.send = page.getByRole('button', { name: 'Send' });
    }

    async joinsAs(name) {
        await this.page.getByLabel('Your name').fill(name);
        await this.page.getByRole('button', { name: 'Join the room' }).click();
    }

    async join(name) {
        await this.joinsAs(name);
        await this.seesStatus('Online');
    }

    async says(text) {
        await this.draft.fill(text);
        await this.draft.press('Enter');
    }

    sees(text) { return this.log.getByText(text).waitFor(); }

    async doesNotSee(text) { assert.equal(await this.log.getByText(text).count(), 0, `"${text}" is there`); }

    seesStatus(text) { return this.status.getByText(text).first().waitFor({ timeout: 30_000 }); }

    /// Who is here, as the list says it, in its order.
    people() { return this.page.locator('#people .person').allTextContents(); }

    async seesPeople(...names) {
        const expected = JSON.stringify(names);
        await this.page.waitForFunction((wanted) =>
            JSON.stringify([...document.querySelectorAll('#people .person')].map((entry) => entry.textContent)) === wanted, expected);
    }
}
