/** The planner's page: what it shows is what the API says. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { columnsOf, type FigureRow, knownFigures, written } from '../../query-api/pages/intervals/figures.ts';
import { seriousFaults } from '../support/accessibility.ts';
import { keepScreenshot } from '../support/browser.ts';
import type { PageServer } from '../support/page-server.ts';

const MONDAY = 'from=1999-02-15&to=1999-02-16&tz=Asia%2FJerusalem';

const ready = (page: Page): Promise<unknown> => page.waitForSelector('main[aria-busy="false"]');
const settled = async (page: Page, change: () => Promise<unknown>): Promise<void> => {
  await Promise.all([page.waitForResponse((response) => response.url().includes('/v1/intervals')), change()]);
  await ready(page);
};
const answersOf =
  (server: PageServer) =>
  async (query: string): Promise<{ definition: { formula: string }; rows: FigureRow[] }> =>
    (await server.node.get(`/v1/intervals?${query}`)).json();
/** The table's figures, row by row, without the interval and the group. */
const shownFigures = (page: Page): Promise<string[][]> =>
  page.evaluate<string[][]>(
    "[...document.querySelectorAll('.figures tbody tr')].map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent))",
  );
const figuresOf = (rows: readonly FigureRow[], width: 'usual' | 'all'): string[][] =>
  rows
    .map(knownFigures)
    .map((row) => columnsOf(rows, width).figures.map(({ name, unit }) => written(row[name], unit)));

export const testIntervalsPage = (started: () => PageServer): void => {
  let server: PageServer;
  let answerOf: ReturnType<typeof answersOf>;
  beforeAll(() => {
    server = started();
    answerOf = answersOf(server);
  });

  test('usual and all figures of the table equal the API’s, and so does the total', async () => {
    const { page, problems, close } = await server.open(`/intervals?${MONDAY}&interval=1h`);
    const { rows } = await answerOf(`${MONDAY}&interval=1h`);
    const total = await answerOf(`${MONDAY}&interval=total&group_by=`);
    expect(rows.length).toBeGreaterThan(24);
    await ready(page);
    for (const width of ['usual', 'all'] as const) {
      if (width === 'all') await page.getByLabel('All figures').check();
      await expect.poll(() => shownFigures(page)).toEqual(figuresOf(rows, width));
      const expected = columnsOf(rows, width).figures.map(({ name, unit }) =>
        written(total.rows[0]?.[name], unit),
      );
      expect(await page.locator('.total td').allTextContents()).toEqual(expected);
    }
    expect(problems).toEqual([]);
    await close();
  });

  test('the pickers write the address, the address is the request, and back goes back', async () => {
    const { page, close } = await server.open(`/intervals?${MONDAY}&interval=1d`);
    await ready(page);
    await page.getByLabel('Queues: all').click();
    await settled(page, () => page.getByLabel('IN', { exact: true }).check());
    expect(new URL(page.url()).searchParams.getAll('queue')).toEqual(['IN']);
    await page.keyboard.press('Escape');
    await settled(page, () => page.getByLabel('Interval', { exact: true }).selectOption('30m'));
    const { rows } = await answerOf(`${MONDAY}&interval=30m&queue=IN`);
    expect(await shownFigures(page)).toEqual(figuresOf(rows, 'usual'));
    await settled(page, () => page.goBack());
    expect(await shownFigures(page)).toHaveLength(1);
    await close();
  });

  test('the definition in words follows the formula, the figures follow the definition', async () => {
    const { page, close } = await server.open(`/intervals?${MONDAY}&interval=1d&group_by=`);
    await ready(page);
    const definition = page.getByLabel('Definition', { exact: true }).locator('p').first();
    const before = await definition.textContent();
    await settled(page, () => page.getByLabel('Service level').selectOption('answered_only'));
    await settled(page, async () => {
      await page.getByLabel('Threshold').fill('30s');
      await page.keyboard.press('Enter');
    });
    const after = await definition.textContent();
    expect(before).toContain('Every abandoned contact counts against it.');
    expect(after).toContain('contacts answered within 30s, of all that were answered.');
    const { rows } = await answerOf(
      `${MONDAY}&interval=1d&group_by=&sl_formula=answered_only&sl_threshold=30s`,
    );
    expect(await shownFigures(page)).toEqual(figuresOf(rows, 'usual'));
    await close();
  });

  test('downloads have the bytes of the API, and no token in an address', async () => {
    const { page, problems, close } = await server.open('/intervals');
    await page.goto(`${server.node.url}/intervals?${MONDAY}&interval=1h`);
    const addresses: string[] = [];
    page.on('request', (request) => addresses.push(request.url()));
    await page.evaluate('delete Window.prototype.showSaveFilePicker; delete window.showSaveFilePicker');
    await ready(page);
    for (const [name, start, extension, format] of [
      ['CSV', 'intervals', 'csv', 'format=csv'],
      ['Parquet', 'intervals', 'parquet', 'format=parquet'],
      ['CSV for WFM', 'intervals-wfm', 'csv', 'format=csv&layout=wfm'],
    ]) {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: `Download ${name}`, exact: true }).click(),
      ]);
      expect(download.suggestedFilename()).toBe(`${start}-1h-1999-02-15-1999-02-15.${extension}`);
      const response = await server.node.get(`/v1/intervals?${MONDAY}&interval=1h&${format}`);
      const wanted = Buffer.from(await response.arrayBuffer());
      expect(readFileSync(await download.path()).equals(wanted), name).toBe(true);
    }
    expect(addresses.filter((address) => address.includes(server.node.token))).toEqual([]);
    expect(problems).toEqual([]);
    await close();
  });

  test('a download goes straight to disk where the browser can', async () => {
    const { page, close } = await server.open(`/intervals?${MONDAY}&interval=1h`);
    // The dialogue itself is the browser's; what is written into the chosen file is ours.
    await page.evaluate(`window.writtenText = '';
      window.showSaveFilePicker = async ({ suggestedName }) => ({ createWritable: async () => new WritableStream({
        write: (chunk) => { window.writtenText += new TextDecoder().decode(chunk); },
        close: () => { window.closedAs = suggestedName; } }) });`);
    await ready(page);
    await page.getByRole('button', { name: 'Download CSV', exact: true }).click();
    await page.getByText(/^Saved, /).waitFor();
    expect(await page.evaluate('window.closedAs')).toBe('intervals-1h-1999-02-15-1999-02-15.csv');
    const response = await server.node.get(`/v1/intervals?${MONDAY}&interval=1h&format=csv`);
    expect(await page.evaluate('window.writtenText')).toBe(await response.text());
    await close();
  });

  test('what the API refuses stands at its field; nothing there says where something is', async () => {
    const { page, close } = await server.open('/intervals?sl_threshold=soon&tz=Mars');
    await page.waitForSelector('.refusal');
    expect(await page.getByLabel('Threshold').getAttribute('aria-invalid')).toBe('true');
    expect(await page.locator('.field-fault').allTextContents()).toEqual([
      'Mars is no time zone such as Europe/Berlin',
      'soon is not a duration such as 20s, 1m30s or 500ms',
    ]);
    await page.goto(`${server.node.url}/intervals?from=2001-01-01&to=2001-01-02`);
    await settled(page, () => page.getByRole('button', { name: /^Show 2026-11-24/ }).click());
    const { rows } = await answerOf('from=2026-11-24&to=2026-11-25');
    expect(await shownFigures(page)).toEqual(figuresOf(rows, 'usual'));
    await close();
  });

  test('a missing number says why', async () => {
    const { page, close } = await server.open(
      '/intervals?from=2026-11-24&to=2026-11-25&interval=1h&queue=sales',
    );
    await ready(page);
    const cell = page.locator('.figures tbody td', { hasText: '–' }).first();
    expect(await cell.getAttribute('title')).toMatch(/^No .*\.$/);
    await close();
  });

  test('without a token it asks for one', async () => {
    const context = await server.browser.newContext();
    const bare = await context.newPage();
    await bare.goto(`${server.node.url}/intervals`);
    await bare.getByLabel('Token').fill(server.node.token);
    await bare.getByRole('button', { name: 'Open' }).click();
    await bare.waitForSelector('.message:not(.refusal), .figures');
    await context.close();
  });

  test.each([
    [1400, 'light'],
    [390, 'dark'],
  ] as const)('axe finds no serious fault, and it fits %i px in %s colours', async (width, colorScheme) => {
    const { page, problems, close } = await server.open(
      `/intervals?${MONDAY}&interval=1h&group_by=channel&percentiles=50,90&empty=hide`,
      {
        viewport: { width, height: 1300 },
        colorScheme,
      },
    );
    await ready(page);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    expect(await seriousFaults(page)).toEqual([]);
    await keepScreenshot(page, `intervals-${width}`);
    expect(problems).toEqual([]);
    await close();
  });
};
