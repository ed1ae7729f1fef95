/** The pages of planners and analysts on one running node with recorded calls, in one browser. */
import { afterAll, beforeAll, describe } from 'vitest';
import { findBrowser } from '../support/browser.ts';
import { ASTERISK, BANK, type PageServer, startPageServer } from '../support/page-server.ts';
import { testIntervalsPage } from './intervals-page.ts';
import { testSqlPage } from './sql-page.ts';

const browserPath = findBrowser('the planner’s and the analyst’s page');

describe.skipIf(browserPath === null)('the pages of recorded calls', () => {
  let server: PageServer;
  beforeAll(async () => {
    server = await startPageServer(browserPath ?? '', [ASTERISK, BANK]);
  });
  afterAll(() => server?.close());
  const started = (): PageServer => server;

  describe('/intervals', () => testIntervalsPage(started));
  describe('/sql', () => testSqlPage(started));
});
