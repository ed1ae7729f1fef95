/** A running node with recorded calls in it, and a browser that notes whatever a page does wrong. */
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { busyhour, makeDataDir, type RunningNode, startNode } from './cli.ts';

const ROOT = join(import.meta.dirname, '../..');
const FIXTURES = join(ROOT, 'test/fixtures');
const MAPS = join(ROOT, 'ingest/feeds/call-records/maps');
export const SCREENSHOTS = join(ROOT, 'test/e2e/screenshots');

/** Two queues of an Asterisk, five minutes; and three days of a bank's call records. */
const IMPORTS = [
  ['asterisk-queue-log', join(FIXTURES, 'asterisk22/queue_log'), '--source', 'pbx1'],
  [
    'call-records',
    join(FIXTURES, 'bank-1999-02/three-days.tsv'),
    ...['--source', 'bank', '--tz', 'Asia/Jerusalem', '--map', join(MAPS, 'anonymous-bank.yaml')],
  ],
];

/** CHROMIUM names another browser; root, as in containers, has no sandbox. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });

export interface OpenedPage {
  readonly page: Page;
  /** Errors of the console and the page, and refused loads: broken policies are among them. */
  readonly problems: readonly string[];
}

/** Opens an address; `token` is there as the wallboard's page leaves it behind. */
export const openPage = async (
  browser: Browser,
  url: string,
  token: string,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> => {
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, ...options });
  await context.addInitScript((kept) => sessionStorage.setItem('busyhour-token', kept), token);
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(url);
  return { page, problems };
};

export interface PageServer {
  readonly node: RunningNode;
  readonly browser: Browser;
  readonly open: (path: string, options?: BrowserContextOptions) => Promise<OpenedPage>;
  readonly close: () => Promise<void>;
}

export const startPageServer = async (): Promise<PageServer> => {
  const dataDir = makeDataDir();
  const launched = launchBrowser();
  const node = await startNode(dataDir.path, ['--no-demo']);
  for (const args of IMPORTS) {
    const { code, stderr } = await busyhour(dataDir.path, ['import', ...args]);
    if (code !== 0) throw new Error(`the import of ${args[1]} failed: ${stderr}`);
  }
  const browser = await launched;
  return {
    node,
    browser,
    open: (path, options) => openPage(browser, `${node.url}${path}`, node.token, options),
    close: async () => {
      await browser.close();
      await node.stop();
      dataDir.remove();
    },
  };
};
