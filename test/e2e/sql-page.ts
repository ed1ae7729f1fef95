/** The analyst's page: what it shows is what the API says. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { fragmentOf } from '../../query-api/pages/sql/address.ts';
import { EXAMPLES } from '../../query-api/pages/sql/examples.ts';
import { cellText, type Result } from '../../query-api/pages/sql/result.ts';
import { seriousFaults } from '../support/accessibility.ts';
import { keepScreenshot } from '../support/browser.ts';
import type { PageServer } from '../support/page-server.ts';

/** Reads little and would take hours. */
const ENDLESS =
  'SELECT count() FROM numbers(1000000) AS a, numbers(1000000) AS b WHERE sipHash64(a.number, b.number) = 0';

const shownRows = (page: Page): Promise<string[][]> =>
  page.evaluate<string[][]>(
    "[...document.querySelectorAll('.table-scroll tbody tr')].map((row) => [...row.querySelectorAll('td')].map((cell) => cell.title || cell.textContent))",
  );
/** As a person does it, whose typing goes another way than a script's. */
const write = async (page: Page, query: string): Promise<void> => {
  await page.locator('.cm-content').press('Control+a');
  await page.keyboard.insertText(query);
};
/** Runs what the editor holds, by its key, and waits for the answer. */
const run = async (page: Page): Promise<void> => {
  await Promise.all([
    page.waitForResponse((response) => response.url().endsWith('/v1/sql')),
    page.locator('.cm-content').press('Control+Enter'),
  ]);
  await page.waitForSelector('main[aria-busy="false"]');
};

export const testSqlPage = (started: () => PageServer): void => {
  let server: PageServer;
  beforeAll(() => {
    server = started();
  });

  const post = (body: object): Promise<Response> =>
    fetch(`${server.node.url}/v1/sql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.node.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  test.each(EXAMPLES)(
    'the example “$title” has rows, its columns names of their own',
    async ({ title, query, params = {} }) => {
      const response = await post({ query, params, format: 'JSONCompact' });
      expect(response.status, await response.clone().text()).toBe(200);
      const { meta, data } = (await response.json()) as Result;
      if (!title.endsWith(', if any')) expect(data).not.toHaveLength(0);
      expect(new Set(meta.map(({ name }) => name)).size).toBe(meta.length);
    },
  );

  test('an example shows the rows of the API, its address can be shared, and back goes back', async () => {
    const { page, problems, close } = await server.open('/sql');
    const [first, second] = EXAMPLES;
    if (first === undefined || second === undefined) throw new Error('there are no examples');
    await page.getByRole('button', { name: first.title }).click();
    await page.waitForSelector('tbody tr');
    const { query, params = {} } = first;
    const result = (await (await post({ query, params, format: 'JSONCompact' })).json()) as Result;
    expect(result.data.length).toBeGreaterThan(1);
    expect(await shownRows(page)).toEqual(result.data.map((row) => row.map(cellText)));
    await page.getByRole('button', { name: second.title }).click();
    await page.locator('.cm-content', { hasText: 'busiest' }).waitFor();
    expect(new URL(page.url()).hash).toBe(fragmentOf({ query: second.query, params: second.params ?? {} }));
    await page.goBack();
    await page.locator('.cm-content', { hasText: 'service_level' }).waitFor();
    expect(await page.getByLabel('threshold_s', { exact: true }).inputValue()).toBe('20');
    expect(problems).toEqual([]);
    await close();
  });

  test('a shared address opens with its query and the values of its parameters', async () => {
    const { page, close } = await server.open('/sql');
    const shared = { query: 'SELECT {n:UInt8} + {m:UInt8} AS sum', params: { n: '40', m: '2' } };
    await page.goto(`${server.node.url}/sql${fragmentOf(shared)}`);
    await page.reload();
    await run(page);
    expect(await shownRows(page)).toEqual([['42']]);
    await page.getByLabel('m', { exact: true }).fill('3');
    await page.keyboard.press('Tab');
    await run(page);
    expect(await shownRows(page)).toEqual([['43']]);
    await close();
  });

  test('what is typed over the query, however fast, is what runs', async () => {
    const { page, problems, close } = await server.open('/sql');
    await page.locator('.cm-content').press('Control+a');
    await page.keyboard.type('SELECT number FROM numbers(3)');
    await run(page);
    expect(await shownRows(page)).toEqual([['0'], ['1'], ['2']]);
    expect(problems).toEqual([]);
    await close();
  });

  test('an error is said, and marked where it lies', async () => {
    const { page, close } = await server.open('/sql');
    for (const [query, marked] of [
      ['SELECT queue\nFROM contact_legs\nWHER queue = 1', 'queue'],
      ['SELECT queu FROM contact_legs', 'queu'],
      ['SELECT summ(wait_ms) FROM contact_legs', 'summ'],
    ] as const) {
      await write(page, query);
      await run(page);
      await page.locator('.refusal', { hasText: /Syntax error|Unknown|does not exist/ }).waitFor();
      expect(await page.locator('.cm-fault').textContent()).toBe(marked);
    }
    await close();
  });

  test('Escape cancels a running query, and the next one runs', async () => {
    const { page, close } = await server.open('/sql');
    await write(page, ENDLESS);
    await page.locator('.cm-content').press('Control+Enter');
    await page.getByRole('button', { name: 'Cancel' }).waitFor();
    await Promise.all([
      page.waitForEvent('requestfailed', (request) => request.url().endsWith('/v1/sql')),
      page.keyboard.press('Escape'),
    ]);
    await page.getByText('Cancelled.').waitFor();
    await write(page, 'SELECT 1 AS one');
    await run(page);
    expect(await shownRows(page)).toEqual([['1']]);
    await close();
  });

  test('names every public view with its columns, and completes them', async () => {
    const { page, problems, close } = await server.open('/sql');
    const views = page.locator('.sidebar li details summary');
    await views.first().waitFor();
    const names = await views.allTextContents();
    expect(names).toEqual(
      expect.arrayContaining([
        'agent_intervals',
        'agent_states',
        'contact_legs',
        'events',
        'queue_intervals',
      ]),
    );
    expect(names.filter((name) => name.endsWith('_rows'))).toEqual([]);
    await page.getByText('contact_legs', { exact: true }).click();
    expect(await page.locator('.sidebar dl:visible').textContent()).toContain('pseudonymised');
    await write(page, 'SELECT * FROM contact_l');
    await page.locator('.cm-content').press('Control+Space');
    const completion = page.locator('.cm-tooltip-autocomplete li').first();
    await completion.waitFor();
    expect(await completion.textContent()).toContain('contact_legs');
    expect(problems).toEqual([]);
    await close();
  });

  test('a long result is cut on the page, which says so', async () => {
    const { page, close } = await server.open('/sql');
    await write(page, 'SELECT number, toString(number) AS text FROM numbers(1500)');
    await run(page);
    expect(await page.locator('.notice').textContent()).toContain('The first 1000 of 1500 rows.');
    expect(await shownRows(page)).toHaveLength(1000);
    await close();
  });

  test('downloads have the bytes of the API', async () => {
    const { page, close } = await server.open('/sql');
    await page.evaluate('delete Window.prototype.showSaveFilePicker; delete window.showSaveFilePicker');
    const query = 'SELECT * FROM queue_intervals ORDER BY source, queue, interval_start';
    await write(page, query);
    await run(page);
    for (const format of ['CSV', 'Parquet']) {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: `Download ${format}` }).click(),
      ]);
      const wanted = Buffer.from(await (await post({ query, format })).arrayBuffer());
      expect(readFileSync(await download.path()).equals(wanted), format).toBe(true);
      expect(download.suggestedFilename()).toBe(`query.${format.toLowerCase()}`);
    }
    await close();
  });

  test.each([
    [1400, 'light'],
    [390, 'dark'],
  ] as const)('axe finds no serious fault, and it fits %i px in %s colours', async (width, colorScheme) => {
    const { page, problems, close } = await server.open('/sql', {
      viewport: { width, height: 1300 },
      colorScheme,
    });
    await page.getByRole('button', { name: 'How contacts left the queue' }).click();
    await page.getByRole('button', { name: 'Chart' }).click();
    await page.locator('.u-legend').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    expect(await seriousFaults(page)).toEqual([]);
    await keepScreenshot(page, `sql-${width}`);
    expect(problems).toEqual([]);
    await close();
  });
};
