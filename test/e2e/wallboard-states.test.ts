/** Everything a wallboard can be asked to show, in a browser, from records as a processor would publish them. */
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Store } from '../../infra/clickhouse/store.ts';
import type { LiveAlertRecord } from '../../schemas/alerts.ts';
import type { LiveIntervalRecord, LiveQueueRecord } from '../../schemas/live.ts';
import { LIVE } from '../../schemas/topics.ts';
import { noStore, publish, queueRecord } from '../integration/query-api/live-client.ts';
import { intervalRow } from '../integration/query-api/rows.ts';
import { startTestServer, type TestServer, token } from '../integration/query-api/test-server.ts';
import { seriousFaults } from '../support/accessibility.ts';
import { findBrowser, keepScreenshot, launchBrowser, type OpenedPage, openPage } from '../support/browser.ts';

const browserPath = findBrowser('the wallboard in all its states');
const NAMES = Array.from({ length: 14 }, (_, index) => `queue-${String(index + 1).padStart(2, '0')}`);
/** A board asks it which queues there are. */
const emptyStore: Store = { ...noStore, query: () => Promise.resolve([]) };
/** Silent for longer than the server waits before it calls a source stale. */
const SILENT_MS = 60_000;

const QUARTER_HOUR_MS = 900_000;
const DAY_MS = 86_400_000;
/** A morning's calls of one queue, the fewer of them in time the higher its number. */
const intervalRecord = (queue: string, index: number, nowMs: number): LiveIntervalRecord => {
  const row = intervalRow({
    source: queue,
    queue,
    interval_start: Math.floor(nowMs / QUARTER_HOUR_MS) * QUARTER_HOUR_MS,
    offered: 105,
    answered: 100,
    abandoned: index,
    wait_answered_ms: 100 * 1000 * (10 + index),
    handled: 100,
    talk_ms: 100 * 1000 * (150 + 10 * index),
    on_contact_ms: 600_000,
    available_ms: 60_000 * (index + 1),
  });
  const inTime = 100 - 4 * index;
  return {
    kind: 'interval',
    ...row,
    wait_answered: [
      [20_000, inTime],
      [60_000, 100 - inTime],
    ],
    wait_abandoned: [],
    wait_exited: [],
  };
};

const queueRecords = (nowMs: number): LiveQueueRecord[] => [
  ...NAMES.map((name, index) =>
    queueRecord(name, {
      source: name,
      as_of: nowMs,
      waiting: index,
      oldest_waiting_since: index === 0 ? null : nowMs - index * 8000,
      agents: {
        staffed: 2 * index + 5,
        available: 2,
        ringing: 1,
        on_contact: index,
        on_hold: 1,
        wrap_up: index,
        unavailable: 1,
      },
    }),
  ),
  queueRecord('silent', { source: 'dead', as_of: nowMs - SILENT_MS, waiting: 7 }),
];

/** As processors would, and again: a source unheard of for half a minute is stale. */
const feed = async (server: TestServer): Promise<void> => {
  const nowMs = Date.now();
  await publish(server, queueRecords(nowMs));
  const encoder = new TextEncoder();
  const totals = NAMES.map((name, index) => ({
    key: `interval|default|${name}|${name}|voice|0|1`,
    value: encoder.encode(JSON.stringify(intervalRecord(name, index, nowMs))),
  }));
  await server.log.append(LIVE.name, 0, totals);
};

const alertRecord = (status: 'raised' | 'cleared', version: number): LiveAlertRecord => ({
  kind: 'alert',
  id: 'one',
  tenant: 'default',
  source: 'queue-02',
  rule: 'too-many-waiting',
  queue: 'queue-02',
  status,
  value: 12,
  threshold: 10,
  raised_at: Date.now(),
  cleared_at: null,
  version,
});

describe.skipIf(browserPath === null)('the wallboard in all its states', () => {
  let server: TestServer;
  let browser: Browser;
  let url: string;
  /** How far the server's clock is ahead. */
  let aheadMs = 0;

  beforeAll(async () => {
    [server, browser] = await Promise.all([
      startTestServer(emptyStore, {
        tokens: [token('wall', 'wallboard'), token('brief', 'wallboard', { expiresAt: Date.now() + DAY_MS })],
        nowMs: () => Date.now() + aheadMs,
      }),
      launchBrowser(browserPath ?? ''),
    ]);
    await server.app.listen({ host: '127.0.0.1', port: 0 });
    url = `http://127.0.0.1:${(server.app.server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** Opens a board that is live, hands it over, and expects that it complained of nothing. */
  const onBoard = async (
    search: string,
    use: (page: Page) => Promise<void>,
    options: BrowserContextOptions = {},
  ): Promise<void> => {
    await feed(server);
    const { page, problems, close }: OpenedPage = await openPage(
      browser,
      `${url}/${search}#token=wall`,
      options,
    );
    await page.locator('.page[data-status="live"] .tile').first().waitFor();
    await use(page);
    expect(problems.filter((problem) => !problem.includes('403'))).toEqual([]);
    await close();
  };
  const namesOn = (page: Page): Promise<string[]> =>
    page.$$eval('.tile', (tiles) => tiles.map((tile) => tile.getAttribute('data-queue') ?? ''));
  const standing = (page: Page, queue: string): Promise<string | null> =>
    page.locator(`.tile[data-queue="${queue}"]`).getAttribute('data-standing');

  test('a silent source is shown as stale, its numbers without colours', () =>
    onBoard('?waiting=2:5', async (page) => {
      const tile = page.locator('.tile[data-queue="silent"]');
      expect(await tile.locator('.chip').textContent()).toMatch(/STALE since \d\d:\d\d:\d\d/);
      expect(await tile.locator('[data-tone]:not([data-tone="none"])').count()).toBe(0);
    }));

  test('limits in the address decide on tones, which have a sign and a word', () =>
    onBoard(
      '?queues=queue-01,queue-03,queue-05,queue-14&wait=20s:1000s&waiting=2:5&sl=0&abandon=100',
      async (page) => {
        expect(await standing(page, 'queue-01')).toBe('good');
        expect(await standing(page, 'queue-05')).toBe('warn');
        expect(await standing(page, 'queue-14')).toBe('bad');
        const waiting = page.locator('.tile[data-queue="queue-14"] [data-field="waiting"]');
        expect(await waiting.getByRole('img', { name: 'off target' }).textContent()).toBe('■');
        expect(await page.locator('.tile[data-queue="queue-05"] .chip').textContent()).toContain('▲ watch');
      },
    ));

  test('queues come in the order of the address, and what is not understood is said', () =>
    onBoard('?queues=queue-09,queue-02&page=never&que=queue-01', async (page) => {
      expect(await namesOn(page)).toEqual(['queue-09', 'queue-02']);
      const said = await page.locator('.banner.fault').allTextContents();
      expect(said).toHaveLength(2);
      expect(said.join()).toMatch(/que=queue-01.*page=never/);
      expect(await page.locator('.day-excuse').textContent()).toContain('needs the role planner');
    }));

  test('a queue of the address of which nothing is known is said, and not just left out', () =>
    onBoard('?queues=queue-09,slaes', async (page) => {
      expect(await namesOn(page)).toEqual(['queue-09']);
      expect(await page.locator('.banner.fault').allTextContents()).toEqual([
        'Nothing has been heard of slaes today.',
      ]);
    }));

  test('an alert shows on its tile and above the board until it is cleared', () =>
    onBoard('?queues=queue-01,queue-02', async (page) => {
      await publishAlert(server, 'raised', 1);
      await page.getByRole('status').filter({ hasText: 'too-many-waiting (12)' }).waitFor();
      const onTile = page.locator('.tile[data-queue="queue-02"] .tile-alert');
      expect(await onTile.textContent()).toContain('too-many-waiting');
      expect(await page.locator('.tile-alert').count()).toBe(1);
      expect(await standing(page, 'queue-02')).toBe('bad');
      await keepScreenshot(page, 'wallboard-alert');
      await publishAlert(server, 'cleared', 2);
      await onTile.waitFor({ state: 'detached' });
    }));

  test('messages of a kind it does not know are passed over', async () => {
    await feed(server);
    const { page, problems, close } = await openPage(browser, 'about:blank');
    await page.routeWebSocket('**/v1/live', (socket) => {
      const upstream = socket.connectToServer();
      upstream.onMessage((message) => {
        socket.send('{"type":"weather","at":"2026-01-01T00:00:00Z"}');
        socket.send(message);
      });
    });
    await page.goto(`${url}/#token=wall`);
    await page.locator('.page[data-status="live"] .tile').first().waitFor();
    expect(problems.filter((problem) => !problem.includes('403'))).toEqual([]);
    await close();
  });

  test('a TV turns its pages by itself and by keys, holds, and comes round to every queue', () =>
    onBoard(
      '?view=tv&tiles=4x2&page=3s',
      async (page) => {
        const first = await namesOn(page);
        expect(first).toEqual(NAMES.slice(0, 8));
        await expect.poll(() => namesOn(page), { timeout: 5000 }).not.toEqual(first);
        expect(await namesOn(page)).toEqual([...NAMES.slice(8), 'silent']);
        expect(await page.locator('.turner-page[data-on="true"]').textContent()).toContain('✕');
        await page.keyboard.press(' ');
        expect(await page.getByRole('button', { name: 'Held' }).getAttribute('aria-pressed')).toBe('true');
        await page.keyboard.press('ArrowRight');
        expect(await namesOn(page)).toEqual(first);
        expect(await overflowing(page)).toEqual([]);
        await page.keyboard.press('Escape');
        await expect.poll(() => namesOn(page)).toHaveLength(NAMES.length + 1);
        expect(new URL(page.url()).search).toBe('?page=3s&tiles=4x2');
      },
      { viewport: { width: 1920, height: 1080 } },
    ));

  test('the settings panel writes the address, and the address the panel', () =>
    onBoard('?sl=90:85', async (page) => {
      await page.getByRole('button', { name: 'Settings' }).click();
      const panel = page.getByRole('dialog', { name: 'Settings' });
      expect(await panel.getByLabel('Service level').inputValue()).toBe('90:85');
      await panel.getByLabel('Longest wait').fill('soon');
      await panel.getByRole('button', { name: 'Apply' }).click();
      expect(await panel.getByRole('alert').textContent()).toContain('wait=soon');
      await panel.getByLabel('Longest wait').fill('1m:90s');
      await panel.getByLabel('Colours').selectOption('dark');
      await panel.getByRole('button', { name: 'Apply' }).click();
      await panel.waitFor({ state: 'detached' });
      const { search } = new URL(page.url());
      expect(new URLSearchParams(search).get('wait')).toBe('1m:90s');
      expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
      await page.reload();
      await page.getByRole('button', { name: 'Settings' }).click();
      expect(await panel.getByLabel('Longest wait').inputValue()).toBe('1m:90s');
    }));

  test('everything can be reached and used by the keyboard', () =>
    onBoard('?queues=queue-01,queue-02', async (page) => {
      const reached: string[] = [];
      for (let step = 0; step < 12; step += 1) {
        await page.keyboard.press('Tab');
        reached.push(await page.evaluate(() => document.activeElement?.textContent?.trim() ?? ''));
      }
      for (const name of ['Wallboard', 'Settings', 'TV', 'queue-01', 'queue-02'])
        expect(reached).toContain(name);
      await page.locator('.tile a').first().focus();
      await page.keyboard.press('Enter');
      await page.getByRole('link', { name: '← All queues' }).press('Enter');
      await page.getByRole('button', { name: 'Settings' }).press('Enter');
      await page.getByRole('dialog').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'TV', exact: true }).press('Enter');
      await page.locator('.tv-view').waitFor();
    }));

  test('without a token it asks for one, and takes one pasted in', async () => {
    await feed(server);
    const { page, close } = await openPage(browser, `${url}/`);
    await page.getByLabel('Token').fill('wall');
    await page.getByRole('button', { name: 'Open the wallboard' }).click();
    await page.locator('.page[data-status="live"] .tile').first().waitFor();
    await close();
  });

  test('a token that expires is said, another is asked for, and the server is left alone', async () => {
    await feed(server);
    const { page, close } = await openPage(browser, 'about:blank');
    await page.clock.install();
    await page.goto(`${url}/#token=brief`);
    await page.locator('.page[data-status="live"] .tile').first().waitFor();
    aheadMs = 2 * DAY_MS;
    try {
      await page.getByText('token expired').waitFor();
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      page.on('websocket', (socket) => asked.push(socket.url()));
      await page.clock.runFor(600_000);
      expect(asked).toEqual([]);
      expect(await page.locator('.tile').count()).toBe(0);
      await keepScreenshot(page, 'wallboard-token-expired');
    } finally {
      aheadMs = 0;
    }
    await feed(server);
    await page.getByLabel('Token').fill('wall');
    await page.getByRole('button', { name: 'Open the wallboard' }).click();
    await page.locator('.page[data-status="live"] .tile').first().waitFor();
    await close();
  });

  test.each(['light', 'dark'] as const)(
    'has no serious fault of accessibility in %s',
    async (colorScheme) => {
      for (const search of ['', '?queue=queue-05', '?view=tv&tiles=3x2']) {
        await onBoard(search, async (page) => expect(await seriousFaults(page), search).toEqual([]), {
          colorScheme,
          bypassCSP: true,
        });
      }
    },
  );

  test.each([
    { width: 360, height: 800, search: '' },
    { width: 1400, height: 900, search: '' },
    { width: 1920, height: 1080, search: '?view=tv' },
    { width: 1080, height: 1920, search: '?view=tv' },
    { width: 3840, height: 2160, search: '?view=tv' },
    { width: 3840, height: 2160, search: '?queues=queue-01,queue-02,queue-03' },
  ])(
    'at $width × $height ($search) nothing is cut off or wider than the screen',
    ({ width, height, search }) =>
      onBoard(
        search,
        async (page) => {
          expect(
            await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
          ).toBeLessThanOrEqual(0);
          expect(await overflowing(page)).toEqual([]);
          const view = search.includes('tv') ? 'tv' : 'grid';
          await keepScreenshot(page, `wallboard-${view}-${width}x${height}`);
        },
        { viewport: { width, height }, colorScheme: search.includes('tv') ? 'dark' : 'light' },
      ),
  );

  test('a TV’s key figures are large enough for ten metres', () =>
    onBoard(
      '?view=tv',
      async (page) => {
        const least = await page.$$eval('.tile-now dd', (figures) =>
          Math.min(...figures.map((figure) => Number.parseFloat(getComputedStyle(figure).fontSize))),
        );
        expect(least / 1080).toBeGreaterThan(0.05);
      },
      { viewport: { width: 1920, height: 1080 } },
    ));
});

const publishAlert = (server: TestServer, status: 'raised' | 'cleared', version: number): Promise<number> => {
  const record = alertRecord(status, version);
  const value = new TextEncoder().encode(JSON.stringify(record));
  return server.log.append(LIVE.name, 0, [
    { key: 'alert|default|queue-02|too-many-waiting|queue-02', value },
  ]);
};

/** Tiles whose content does not fit them, and figures that run into the next. */
const overflowing = (page: Page): Promise<string[]> =>
  page.$$eval('.tile, .tile-now, .tile-today, .agents-counts', (elements) =>
    elements
      .filter(({ scrollWidth, clientWidth, scrollHeight, clientHeight }) => {
        return scrollWidth > clientWidth + 1 || scrollHeight > clientHeight + 1;
      })
      .map((element) => `${element.closest('.tile')?.getAttribute('data-queue')} ${element.className}`),
  );
