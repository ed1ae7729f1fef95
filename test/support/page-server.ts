/** A running node with recorded calls in it, and a browser on its pages. */
import { join, resolve } from 'node:path';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { launchBrowser, type OpenedPage, openPage } from './browser.ts';
import { busyhour, makeDataDir, type RunningNode, startNode } from './cli.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const FIXTURES = join(ROOT, 'test/fixtures');
const MAP = join(ROOT, 'ingest/feeds/call-records/maps/anonymous-bank.yaml');

/** Arguments of `import`: two queues of an Asterisk, five minutes of 24 November 2026. */
export const ASTERISK = ['asterisk-queue-log', join(FIXTURES, 'asterisk22/queue_log'), '--source', 'pbx1'];
/** Three days of a bank's call records; the 15th of February 1999 was a busy Monday. */
export const BANK = [
  'call-records',
  join(FIXTURES, 'bank-1999-02/three-days.tsv'),
  ...['--source', 'bank', '--tz', 'Asia/Jerusalem', '--map', MAP],
];

export interface PageServer {
  readonly node: RunningNode;
  readonly browser: Browser;
  /** Opens a page as the printed address does, with the token in the fragment. */
  readonly open: (path: string, options?: BrowserContextOptions) => Promise<OpenedPage>;
  readonly close: () => Promise<void>;
}

export const startPageServer = async (
  browserPath: string,
  imports: readonly (readonly string[])[],
): Promise<PageServer> => {
  const dataDir = makeDataDir();
  const launched = launchBrowser(browserPath);
  const node = await startNode(dataDir.path, ['--no-demo']);
  const imported = imports.map(async (args) => {
    const { code, stderr } = await busyhour(dataDir.path, ['import', ...args]);
    if (code !== 0) throw new Error(`the import of ${args[1]} failed: ${stderr}`);
  });
  await Promise.all(imported);
  const browser = await launched;
  return {
    node,
    browser,
    open: (path, options) => openPage(browser, `${node.url}${path}#token=${node.token}`, options),
    close: async () => {
      await browser.close();
      await node.stop();
      dataDir.remove();
    },
  };
};
