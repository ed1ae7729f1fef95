/** The wallboard in a browser, on the real server fed by the simulated centre. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXAMPLES } from '../../query-api/pages/sql/examples.ts';
import { percent } from '../../query-api/pages/wallboard/format.ts';
import type { LiveQueue } from '../../schemas/live.ts';
import { findBrowser, keepScreenshot, launchBrowser, type OpenedPage, openPage } from '../support/browser.ts';
import { type DataDir, makeDataDir, type RunningNode, startNode } from '../support/cli.ts';
import { freePort } from '../support/own-clickhouse.ts';
import { expectedOf, type Shown, shownOn } from '../support/wallboard-page.ts';

const browserPath = findBrowser('the wallboard on a running node');
/** What a wall may take to say that it is cut off. */
const SAID_WITHIN_MS = 10_000;
const TOLERANCE_S = 2;

/** Of queues of the simulated centre; the others are measured by the default. */
const SERVICE_LEVELS = `
service_levels:
  - queues: [demo-sales]
    sl_formula: short_excluded
    sl_threshold: 10s
    sl_target: 90 %
`;

const agrees = (figures: Shown[string] | undefined, queue: LiveQueue): boolean =>
  Object.entries(expectedOf(queue)).every(([field, text]) => figures?.[field] === text);

/** In the page: resolves when the text has changed twice, so a clock has gone on for a second. */
const ticksTwice = (clock: Element): Promise<void> =>
  new Promise((done) => {
    let ticks = 0;
    new MutationObserver(() => {
      ticks += 1;
      if (ticks === 2) done();
    }).observe(clock, { characterData: true, childList: true, subtree: true });
  });

describe.skipIf(browserPath === null)('the wallboard on a running node', () => {
  let dataDir: DataDir;
  let node: RunningNode;
  let browser: Browser;
  let port: number;
  let opened: OpenedPage;
  let page: Page;

  const start = (): Promise<RunningNode> =>
    startNode(dataDir.path, ['--demo', '--config', join(dataDir.path, 'busyhour.yaml')], {
      BUSYHOUR_PORT: String(port),
    });
  const snapshot = async (): Promise<readonly LiveQueue[]> => {
    const answer = (await (await node.get('/v1/live/snapshot')).json()) as { queues: LiveQueue[] };
    return answer.queues;
  };
  const becomesLive = (): Promise<void> =>
    page.locator('.page[data-status="live"] .tile').first().waitFor({ timeout: 20_000 });
  const saysDisconnected = async (): Promise<number> => {
    const beganMs = performance.now();
    await page.getByRole('alert').filter({ hasText: 'DISCONNECTED' }).waitFor({ timeout: SAID_WITHIN_MS });
    return performance.now() - beganMs;
  };

  beforeAll(async () => {
    dataDir = makeDataDir();
    writeFileSync(join(dataDir.path, 'busyhour.yaml'), SERVICE_LEVELS);
    port = await freePort();
    [node, browser] = await Promise.all([start(), launchBrowser(browserPath ?? '')]);
    opened = await openPage(browser, `${node.url}/#token=${node.token}`);
    page = opened.page;
    await becomesLive();
  });
  afterAll(async () => {
    await browser?.close();
    await node?.stop();
    dataDir?.remove();
  });

  test('shows the numbers of the API, and says that the centre is simulated', async () => {
    await expect.poll(async () => (await snapshot()).length, { timeout: 15_000 }).toBeGreaterThan(3);
    await expect
      .poll(
        async () => {
          const [queues, shown] = await Promise.all([snapshot(), shownOn(page)]);
          return queues.filter((queue) => !agrees(shown[queue.queue], queue));
        },
        { timeout: 15_000, interval: 50 },
      )
      .toEqual([]);
    expect(await page.locator('.page-header .notice').textContent()).toContain('Simulated');
    expect(page.url()).toBe(`${node.url}/`);
  });

  test('a queue with a definition of its own is measured by it, as the API does, and says so', async () => {
    const own = async (): Promise<LiveQueue | undefined> =>
      (await snapshot()).find(({ queue }) => queue === 'demo-sales');
    expect((await own())?.definition).toEqual({
      ...{ sl_formula: 'short_excluded', sl_threshold: '10s', short_abandon: '5s' },
      ...{ count_exits: false, sl_target: 0.9 },
    });
    const asked = 'queue=demo-sales&group_by=queue&sl_formula=short_excluded&sl_threshold=10s';
    await expect
      .poll(
        async () => {
          const [live, answer] = await Promise.all([own(), node.get(`/v1/intervals?interval=1d&${asked}`)]);
          const { rows } = (await answer.json()) as {
            rows: { offered: number; service_level: number | null }[];
          };
          const [row] = rows;
          return [live?.today.offered === row?.offered, live?.today.service_level === row?.service_level];
        },
        { timeout: 30_000, interval: 200 },
      )
      .toEqual([true, true]);
    const labels = await page.$$eval('.tile', (tiles) =>
      tiles.map((tile) => [
        tile.getAttribute('data-queue'),
        tile.querySelector('.gauge .label')?.textContent,
      ]),
    );
    const label = (queue: string) => labels.find(([name]) => name === queue)?.[1];
    expect(label('demo-sales')).toContain('Service level, 10s');
    expect(label('demo-support')).toContain('Service level, 20s');
    await page.locator('.day-legend').filter({ hasText: 'No common service level' }).waitFor();
    const alone = await openPage(browser, `${node.url}/?queue=demo-sales#token=${node.token}`);
    await alone.page
      .getByText('Service level a / (A + B − s); a answered within 10s', { exact: false })
      .waitFor();
    await alone.page.locator('.day-legend [data-series="target"]').waitFor();
    expect(alone.problems).toEqual([]);
    await alone.close();
  });

  test('every example of /sql has rows on a freshly started node: one asked for a queue nobody has', async () => {
    const rowsOf = async ({ query, params = {} }: (typeof EXAMPLES)[number]): Promise<number> => {
      const answer = await fetch(`${node.url}/v1/sql`, {
        method: 'POST',
        headers: { authorization: `Bearer ${node.token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ query, params, format: 'JSONCompact' }),
      });
      return ((await answer.json()) as { data: unknown[] }).data.length;
    };
    for (const example of EXAMPLES.filter(({ title }) => !title.endsWith(', if any'))) {
      await expect
        .poll(() => rowsOf(example), { message: example.title, timeout: 30_000 })
        .toBeGreaterThan(0);
    }
  });

  test('the longest wait ticks by itself, from the time the API gives', async () => {
    // Somebody who goes on waiting: at a quiet hour the simulated centre has nobody for long.
    const offered = { type: 'contact_offered', contact_id: 'patient', queue: 'patience', channel: 'voice' };
    const blank = { direction: 'inbound', language: '', site: '', tier: '', caller: '', position: null };
    const event = {
      source: 'simulator',
      seq: 'by hand',
      event_time: Date.now(),
      body: { ...offered, ...blank },
    };
    const posted = await fetch(`${node.url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${node.token}`, 'content-type': 'application/json' },
      body: JSON.stringify([event]),
    });
    expect(posted.status).toBe(202);
    const waiting = async (): Promise<LiveQueue | undefined> =>
      (await snapshot()).find(
        ({ queue, oldest_waiting_since: since }) => queue === 'patience' && since !== null,
      );
    await expect
      .poll(
        async () => {
          const queue = await waiting();
          if (queue === undefined) return null;
          const [minutes, seconds] = ((await shownOn(page))[queue.queue]?.longest ?? '').split(':');
          const shownS = Number(minutes) * 60 + Number(seconds);
          const sinceMs = Date.parse(queue.oldest_waiting_since ?? '');
          return Math.abs((Date.now() - sinceMs) / 1000 - shownS) <= TOLERANCE_S;
        },
        { timeout: 30_000, interval: 100 },
      )
      .toBe(true);
  });

  test('draws the day, and one queue in full behind its name', async () => {
    const chart = page.getByRole('img', { name: /The day by quarter hours: \d+ contacts offered/ });
    await chart.locator('canvas').waitFor();
    const queue = (await snapshot())[0];
    await page.getByRole('link', { name: queue?.queue ?? '', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: `Queue ${queue?.queue}` }).waitFor();
    expect(await page.locator('.tile').count()).toBe(1);
    await expect
      .poll(async () => {
        const today = (await snapshot())[0]?.today;
        const row = page.getByRole('row', { name: 'Service level' });
        return (await row.textContent())?.includes(percent(today?.service_level ?? null));
      })
      .toBe(true);
    await keepScreenshot(page, 'wallboard-queue');
    await page.goBack();
    await expect.poll(() => page.locator('.tile').count()).toBeGreaterThan(1);
  });

  test('a TV’s single row has the curve beneath it also where its pages take turns', async () => {
    const tv = await openPage(browser, `${node.url}/?view=tv&tiles=2x1#token=${node.token}`);
    await tv.page.locator('.turner').waitFor();
    await tv.page.locator('.tv-view canvas').waitFor();
    expect(tv.problems).toEqual([]);
    await tv.close();
  });

  test('a server that falls silent is said within 10 s, and its numbers are not shown as new', async () => {
    const before = await shownOn(page);
    node.child.kill('SIGSTOP');
    try {
      expect(await saysDisconnected()).toBeLessThan(SAID_WITHIN_MS);
      const standings = await page.$$eval('.tile', (tiles) =>
        tiles.map((tile) => tile.getAttribute('data-standing')),
      );
      expect(standings.length).toBe(Object.keys(before).length);
      expect(new Set(standings)).toEqual(new Set(['old']));
      expect(await page.locator('.tile .chip').first().textContent()).toMatch(/OLD, of \d\d:\d\d:\d\d/);
      const frozen = await shownOn(page);
      await page.locator('.page-header .clock').evaluate(ticksTwice);
      expect(await shownOn(page)).toEqual(frozen);
      await keepScreenshot(page, 'wallboard-disconnected');
    } finally {
      node.child.kill('SIGCONT');
    }
    await becomesLive();
  });

  test('after the server has died and come back, the wall catches up by itself', async () => {
    node.child.kill('SIGKILL');
    const [saidMs] = await Promise.all([saysDisconnected(), once(node.child, 'exit')]);
    expect(saidMs).toBeLessThan(SAID_WITHIN_MS);
    node = await start();
    await becomesLive();
    expect(await page.getByRole('alert').count()).toBe(0);
    await expect
      .poll(
        async () => {
          const [queues, shown] = await Promise.all([snapshot(), shownOn(page)]);
          return queues.length > 3 && queues.every((queue) => agrees(shown[queue.queue], queue));
        },
        { timeout: 15_000, interval: 50 },
      )
      .toBe(true);
    expect(opened.problems).toEqual([]);
  });
});
