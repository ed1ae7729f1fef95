/** Follows a queue_log into the embedded log until it is killed: `node follow-child.ts LOG_FILE QUEUE_LOG`. */
import { openSqliteLedger } from '../../../infra/ledger/sqlite-ledger.ts';
import { openSqliteLog } from '../../../infra/log/sqlite-log.ts';
import { openEmbeddedRegistry } from '../../../infra/schema-registry/embedded-registry.ts';
import { followQueueLog } from '../../../ingest/feeds/asterisk-queue-log/follow.ts';
import { createPublisher } from '../../../ingest/publish.ts';
import { openEventCodec } from '../../../schemas/codec.ts';

const [file = '', path = ''] = process.argv.slice(2);
const ledger = openSqliteLedger({ file });
const codec = await openEventCodec(openEmbeddedRegistry({ file }));
const naming = { tenant: 'default', source: 'pbx', feed: 'asterisk-queue-log' };

await followQueueLog({
  path,
  publisher: createPublisher({
    log: openSqliteLog({ file }),
    ledger,
    encode: (event) => codec.encode(event),
    nowMs: Date.now,
    ...naming,
  }),
  ledger,
  cursorName: 'killed',
  signal: new AbortController().signal,
  pollMs: 2,
  pseudonymise: (number) => number,
  agentName: (name) => name,
  nowMs: Date.now,
});
