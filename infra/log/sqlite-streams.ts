/** The embedded log's topics: each partition is a stream with a number and the offset its next record gets. */
import { LogError } from './log-error.ts';
import type { SqliteFile } from './sqlite-file.ts';

export const streamTables = `
  CREATE TABLE IF NOT EXISTS log_topics (
    name TEXT PRIMARY KEY, partitions INTEGER NOT NULL, compacted INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS log_streams (
    stream INTEGER PRIMARY KEY, topic TEXT NOT NULL, partition INTEGER NOT NULL,
    next_offset INTEGER NOT NULL DEFAULT 0, UNIQUE (topic, partition)) STRICT;
`;

export interface Stream {
  readonly id: number;
  readonly compacted: boolean;
}
interface TopicShape {
  readonly name: string;
  readonly partitions: number;
  readonly compacted: boolean;
}
export interface Streams {
  /** Makes the missing topics, all or none. */
  ensure(topics: readonly TopicShape[]): void;
  /** A topic's streams by partition. Throws UNKNOWN_TOPIC. */
  ofTopic(topic: string): readonly Stream[];
  of(topic: string, partition: number): Stream;
  /** From here on every look-up throws LOG_CLOSED. */
  close(): void;
}

const describe = ({ partitions, compacted }: TopicShape): string =>
  `${partitions} ${compacted ? 'compacted ' : ''}partitions`;

export const openStreams = ({ db, write }: SqliteFile, file: string): Streams => {
  const findTopic = db.prepare('SELECT name, partitions, compacted FROM log_topics WHERE name = ?');
  const addTopic = db.prepare('INSERT INTO log_topics (name, partitions, compacted) VALUES (?, ?, ?)');
  const addStream = db.prepare('INSERT INTO log_streams (topic, partition) VALUES (?, ?)');
  const findStreams = db.prepare('SELECT stream FROM log_streams WHERE topic = ? ORDER BY partition');
  const known = new Map<string, readonly Stream[]>();
  let closed = false;

  const existing = (name: string): TopicShape | undefined => {
    const row = findTopic.get(name);
    return row && { name, partitions: Number(row.partitions), compacted: row.compacted === 1 };
  };
  const ensureOne = (topic: TopicShape): void => {
    const found = existing(topic.name);
    if (found === undefined) {
      addTopic.run(topic.name, topic.partitions, topic.compacted ? 1 : 0);
      for (let partition = 0; partition < topic.partitions; partition += 1)
        addStream.run(topic.name, partition);
    } else if (found.partitions !== topic.partitions || found.compacted !== topic.compacted) {
      const message = `log ${file}: topic ${topic.name} has ${describe(found)}, not ${describe(topic)}`;
      throw new LogError('TOPIC_MISMATCH', `${message}: a new layout needs a new topic name`);
    }
  };
  const ofTopic = (name: string): readonly Stream[] => {
    if (closed) throw new LogError('LOG_CLOSED', `log ${file}: it is closed`);
    const cached = known.get(name);
    if (cached !== undefined) return cached;
    const topic = existing(name);
    if (topic === undefined) throw new LogError('UNKNOWN_TOPIC', `log ${file}: there is no topic ${name}`);
    const streams = findStreams
      .all(name)
      .map((row) => ({ id: Number(row.stream), compacted: topic.compacted }));
    known.set(name, streams);
    return streams;
  };

  return {
    ensure: (topics) => {
      if (closed) throw new LogError('LOG_CLOSED', `log ${file}: it is closed`);
      write(() => topics.forEach(ensureOne));
    },
    ofTopic,
    of: (topic, partition) => {
      const stream = ofTopic(topic)[partition];
      if (stream === undefined) {
        throw new LogError('UNKNOWN_TOPIC', `log ${file}: topic ${topic} has no partition ${partition}`);
      }
      return stream;
    },
    close: () => {
      closed = true;
    },
  };
};
