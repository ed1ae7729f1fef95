/** Run as a process of its own: holds an embedded ClickHouse, inserts rows without end and says after each batch that it is acknowledged. */
import { openStore } from '../../../infra/clickhouse/clickhouse-store.ts';
import { startEmbeddedClickHouse } from '../../../infra/clickhouse/embedded-server.ts';
import { migrate } from '../../../infra/clickhouse/migrate.ts';
import { eventRow } from '../../support/rows.ts';

const BATCH_ROWS = 100;
const [dataDir = ''] = process.argv.slice(2);
const server = await startEmbeddedClickHouse({
  dataDir,
  httpPort: 0,
  tcpPort: null,
  adminPassword: 'admin-password',
});
const store = openStore({
  url: server.url,
  username: server.adminUser,
  password: 'admin-password',
  database: 'acd',
});
await migrate(store);
console.log(JSON.stringify({ pid: server.pid, url: server.url }));
for (let batch = 0; ; batch++) {
  const rows = Array.from({ length: BATCH_ROWS }, (_, n) =>
    eventRow({ seq: `${batch}-${n}`, log_offset: batch }),
  );
  await store.insert('events_rows', rows);
  console.log(JSON.stringify({ acknowledged: (batch + 1) * BATCH_ROWS }));
}
