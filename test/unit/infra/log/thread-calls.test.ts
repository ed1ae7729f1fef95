import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { LogError } from '../../../../infra/log/log-error.ts';
import { callsOver } from '../../../../infra/log/thread-calls.ts';

type Theirs = {
  readonly add: (a: number, b: number) => number;
  readonly later: (name: string) => Promise<string>;
  readonly refuse: () => Promise<void>;
  readonly sizeOf: (bytes: Uint8Array) => number;
};
const { promise: released, resolve: release } = Promise.withResolvers<void>();
const theirs: Theirs = {
  add: (a, b) => a + b,
  later: async (name) => {
    if (name === 'first') await released;
    return name;
  },
  refuse: async () => {
    throw new LogError('LOG_REWOUND', 'log: it went back');
  },
  sizeOf: (bytes) => bytes.byteLength,
};
const open: MessageChannel[] = [];
const connected = () => {
  const channel = new MessageChannel();
  open.push(channel);
  callsOver(channel.port2, theirs);
  return callsOver<Theirs>(channel.port1, {});
};

describe('calls between threads', () => {
  afterEach(() => {
    for (const { port1 } of open.splice(0)) port1.close();
  });

  it('answers a call with what the other side gave', async () => {
    expect(await connected().call('add', [2, 3])).toBe(5);
  });

  it('answers each call by itself, in whatever order they end', async () => {
    const { call } = connected();
    const first = call('later', ['first']);
    expect(await call('later', ['second'])).toBe('second');
    release();
    expect(await first).toBe('first');
  });

  it('throws what the other side threw: an error of the log is told apart by its code there and here', async () => {
    const refused = connected().call('refuse', []);
    await expect(refused).rejects.toBeInstanceOf(LogError);
    await expect(refused).rejects.toMatchObject({ code: 'LOG_REWOUND', message: 'log: it went back' });
  });

  it('hands memory over instead of copying it', async () => {
    const bytes = new Uint8Array(1_000);
    expect(await connected().call('sizeOf', [bytes], [bytes.buffer])).toBe(1_000);
    expect(bytes.byteLength).toBe(0);
  });

  it('fails what is unanswered, and all that is asked later, when the other side has gone', async () => {
    const { call, fail } = connected();
    const waiting = call('add', [1, 1]);
    fail(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    await expect(call('add', [1, 1])).rejects.toThrow('gone');
  });
});
