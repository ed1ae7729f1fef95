/**
 * The system's Chromium for tests of the pages, and what a page complains of. Where there is no browser it is said
 * plainly what does not run; with `CI` set it is a failure.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const USUAL_PATHS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
/** Kept for people to look at; nothing is compared with them. */
export const SCREENSHOTS = resolve(import.meta.dirname, '../e2e/screenshots');

/** Where a browser is, or null, which is said on the terminal. Throws without one where `CI` is set. */
export const findBrowser = (what: string): string | null => {
  const asked = process.env.CHROMIUM_BIN;
  const found = asked === undefined || asked === '' ? USUAL_PATHS.find((path) => existsSync(path)) : asked;
  if (found !== undefined) return found;
  const notRun = `${what}: NOT RUN, no Chromium: install it, or name it in CHROMIUM_BIN`;
  if (process.env.CI) throw new Error(notRun);
  process.stderr.write(`${notRun}\n`);
  return null;
};

export const launchBrowser = (executablePath: string): Promise<Browser> =>
  // Chromium's own sandbox needs user namespaces, which containers often do not have; the pages are our own.
  chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });

export interface OpenedPage {
  readonly page: Page;
  /** Errors of the console and the page, and refused loads: a broken security policy is among them. */
  readonly problems: readonly string[];
  readonly close: () => Promise<void>;
}

/** A server that is away is no fault of the page. */
const OF_THE_NETWORK = /net::ERR_(CONNECTION|EMPTY|SOCKET|ABORTED|INCOMPLETE)|WebSocket connection to/;

/** Opens an address in a context of its own. */
export const openPage = async (
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> => {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, ...options });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    const isProblem = message.type() === 'error' || message.type() === 'warning';
    if (isProblem && !OF_THE_NETWORK.test(message.text())) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(url);
  return { page, problems, close: () => context.close() };
};

export const keepScreenshot = async (page: Page, name: string): Promise<void> => {
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
};
