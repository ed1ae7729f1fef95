/** The bytes of a file or of standard input, unzipped where they are zipped, read as a stream. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
const READ_CHUNK_BYTES = 256 * 1024;

/** The input as a whole cannot be used; the message says what, where and why in one line. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

export interface ByteInput {
  /** Whoever stops reading before the end must `return` it: that closes the file. */
  readonly chunks: AsyncGenerator<Buffer>;
  /** Bytes of the file taken so far, as they lie on the disk. */
  readonly bytesRead: () => number;
  /** null for standard input. */
  readonly bytesTotal: number | null;
}

/**
 * Opens `file`, or standard input for `-`. Throws Node's error for what cannot be read, and an `InputError` for a gzip
 * file that is damaged, after the bytes before the damage.
 */
export const openInput = async (file: string, stdin: Readable = process.stdin): Promise<ByteInput> => {
  const bytesTotal = file === '-' ? null : (await stat(file)).size;
  let bytes = 0;
  const counted = (async function* () {
    // Opened when the first byte is asked for: an input that nobody reads holds no file.
    const raw = file === '-' ? stdin : createReadStream(file, { highWaterMark: READ_CHUNK_BYTES });
    for await (const chunk of raw as AsyncIterable<Buffer | string>) {
      const read = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      bytes += read.length;
      yield read;
    }
  })();
  return { chunks: unzipped(counted, file), bytesRead: () => bytes, bytesTotal };
};

/** Unzips what begins as a gzip file does, whatever its name; a file of several zipped parts is one. */
async function* unzipped(chunks: AsyncGenerator<Buffer>, file: string): AsyncGenerator<Buffer> {
  const head = await firstBytes(chunks, GZIP_MAGIC.length);
  const whole = (async function* () {
    try {
      yield head;
      yield* chunks;
    } finally {
      await chunks.return(undefined);
    }
  })();
  if (!head.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC)) {
    yield* whole;
    return;
  }
  const gunzip = createGunzip();
  const stop = new AbortController();
  // The failure of either end destroys the other and reaches the reader through gunzip.
  const piped = pipeline(whole, gunzip, { end: true, signal: stop.signal }).catch(() => undefined);
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
  } catch (error) {
    if (!isZlibError(error)) throw error;
    throw new InputError(`${file}: the gzip file is damaged or cut off (${error.message})`, { cause: error });
  } finally {
    stop.abort();
    await piped;
  }
}

/** zlib's codes begin with Z_; the file's own are errno's. */
const isZlibError = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_');

const firstBytes = async (chunks: AsyncGenerator<Buffer>, length: number): Promise<Buffer> => {
  let head = Buffer.alloc(0);
  while (head.length < length) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  return head;
};
