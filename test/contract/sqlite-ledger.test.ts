import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteLedger } from '../../infra/ledger/sqlite-ledger.ts';
import { openSqliteLog } from '../../infra/log/sqlite-log.ts';
import { publishedLedgerContract } from './published-ledger.contract.ts';

publishedLedgerContract('sqlite, in the log’s file', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'busyhour-ledger-'));
  const file = join(dir, 'log.sqlite');
  const log = openSqliteLog({ file });
  let ledger = openSqliteLedger({ file });
  return {
    ledger,
    reopen: async () => {
      await ledger.close();
      ledger = openSqliteLedger({ file });
      return ledger;
    },
    close: async () => {
      await ledger.close();
      await log.close();
      rmSync(dir, { recursive: true });
    },
  };
});
