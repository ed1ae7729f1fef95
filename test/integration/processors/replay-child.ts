/** A replay in a process of its own, for a test to kill: log file, ClickHouse's URL, user, password; tells its progress. */
import { openStore } from '../../../infra/clickhouse/clickhouse-store.ts';
import { openSqliteLog } from '../../../infra/log/sqlite-log.ts';
import { openEmbeddedRegistry } from '../../../infra/schema-registry/embedded-registry.ts';
import { replay } from '../../../processors/runtime/replay.ts';
import { openEventCodec } from '../../../schemas/codec.ts';
import { replayOptions } from './rebuilding.ts';

const [file = '', url = '', username = '', password = ''] = process.argv.slice(2);
const admin = { username, password };
const log = openSqliteLog({ file });
const codec = await openEventCodec(openEmbeddedRegistry({ file }));
const store = openStore({ url, ...admin, database: 'acd' });
await replay({
  ...replayOptions(log, codec, { url, admin, store }),
  onProgress: ({ recordsDone }) => process.stdout.write(`${recordsDone}\n`),
});
