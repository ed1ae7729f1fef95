/** The API's page in a browser: complete, offline, under its policy. */
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROBLEMS } from '../../query-api/problems.ts';
import { noStore } from '../integration/query-api/live-client.ts';
import { startTestServer, type TestServer, token } from '../integration/query-api/test-server.ts';
import { findBrowser, keepScreenshot, launchBrowser, openPage } from '../support/browser.ts';

const browserPath = findBrowser('the API’s page');

describe.skipIf(browserPath === null)('/docs', () => {
  let server: TestServer;
  let browser: Browser;
  let url: string;
  beforeAll(async () => {
    [server, browser] = await Promise.all([
      startTestServer(noStore, { tokens: [token('secret', 'admin')] }),
      launchBrowser(browserPath ?? ''),
    ]);
    await server.app.listen({ host: '127.0.0.1', port: 0 });
    url = `http://127.0.0.1:${(server.app.server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  test('shows every operation, loads nothing from elsewhere, and tries a call with the token the pages keep', async () => {
    const { page, problems, close } = await openPage(browser, `${url}/docs#token=secret`);
    const loaded = await page.evaluate<string[]>(
      "performance.getEntriesByType('resource').map((each) => each.name)",
    );
    await page.waitForSelector('.opblock');
    expect(page.url()).toBe(`${url}/docs`);
    expect(loaded.filter((each) => !each.startsWith(url) && !each.startsWith('data:'))).toEqual([]);
    const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as {
      paths: Record<string, object>;
    };
    const operations = Object.values(paths).flatMap((methods) => Object.keys(methods));
    expect(await page.locator('.opblock').count()).toBe(operations.length);
    for (const code of Object.keys(PROBLEMS)) expect(await page.locator(`#${code}`).count(), code).toBe(1);
    await keepScreenshot(page, 'docs-1400');

    await page.locator('.opblock', { hasText: '/v1/about' }).first().click();
    await page.getByRole('button', { name: 'Try it out' }).click();
    await page.getByRole('button', { name: 'Execute' }).click();
    const answer = page.locator('.live-responses-table');
    await answer.waitFor();
    expect(await answer.textContent()).toContain('"simulated": true');
    expect(await page.locator('body').textContent()).not.toContain('secret');
    expect(problems).toEqual([]);
    await close();
  });

  test('fits a phone, in dark colours', async () => {
    const { page, problems, close } = await openPage(browser, `${url}/docs`, {
      viewport: { width: 390, height: 1000 },
      colorScheme: 'dark',
    });
    await page.waitForSelector('.opblock');
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    expect(problems).toEqual([]);
    await keepScreenshot(page, 'docs-390');
    await close();
  });

  test('runs nothing inline', async () => {
    const response = await fetch(`${url}/docs`);
    const policy = response.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none';");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toContain('unsafe');
    expect(await response.text()).not.toMatch(/<script(?![^>]*src=)|<style| style="/);
  });
});
