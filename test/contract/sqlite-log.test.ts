import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteLog } from '../../infra/log/sqlite-log.ts';
import { eventLogContract } from './event-log.contract.ts';

eventLogContract('sqlite', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'busyhour-log-'));
  const file = join(dir, 'log.sqlite');
  let log = openSqliteLog({ file });
  return {
    log,
    reopen: async () => {
      await log.close();
      log = openSqliteLog({ file });
      return log;
    },
    close: async () => {
      await log.close();
      rmSync(dir, { recursive: true });
    },
  };
});
