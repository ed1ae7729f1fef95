/**
 * A process of its own that appends batches to the log until it is killed or has done `count` of them, and says
 * the number of each on its standard output once the log has acknowledged it.
 * Arguments: file, topic, first batch's number, count, records a batch.
 */
import { writeSync } from 'node:fs';
import { openSqliteLog } from '../../infra/log/sqlite-log.ts';

const [file = '', topic = '', first = '0', count = '0', size = '1'] = process.argv.slice(2);
const STDOUT = 1;

const log = openSqliteLog({ file });
await log.ensureTopics([{ name: topic, partitions: 1, compacted: false }]);
for (let batch = Number(first); batch < Number(first) + Number(count); batch += 1) {
  const value = Buffer.from(`batch ${batch}`);
  const records = Array.from({ length: Number(size) }, (_, index) => ({ key: `${batch}/${index}`, value }));
  await log.append(topic, 0, records);
  writeSync(STDOUT, `${batch}\n`);
}
await log.close();
