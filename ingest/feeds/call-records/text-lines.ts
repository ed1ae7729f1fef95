/** The lines of a file or of standard input, zipped or not, read as a stream. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

const NEWLINE = 0x0a;
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
const READ_CHUNK_BYTES = 256 * 1024;
/** A longer line is no call record: it is kept up to here, and told to be too long. */
export const MAX_LINE_BYTES = 256 * 1024;

/** The input as a whole cannot be used; the message says what, where and why in one line. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

export interface TextLine {
  readonly text: string;
  /** 1 is the first. */
  readonly number: number;
  readonly tooLong: boolean;
}
export interface TextLines {
  readonly lines: AsyncGenerator<TextLine>;
  /** Bytes of the file taken so far, as they lie on the disk. */
  readonly bytesRead: () => number;
  /** null for standard input. */
  readonly bytesTotal: number | null;
}

/**
 * Opens `file`, or standard input for `-`. Throws Node's error for what cannot be read, and an `InputError` for a gzip
 * file that is damaged, after the lines before the damage.
 */
export const openTextLines = async (file: string, stdin: Readable = process.stdin): Promise<TextLines> => {
  const bytesTotal = file === '-' ? null : (await stat(file)).size;
  const raw = file === '-' ? stdin : createReadStream(file, { highWaterMark: READ_CHUNK_BYTES });
  let bytes = 0;
  const counted = (async function* () {
    for await (const chunk of raw as AsyncIterable<Buffer | string>) {
      const read = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      bytes += read.length;
      yield read;
    }
  })();
  return { lines: linesOf(unzipped(counted, file)), bytesRead: () => bytes, bytesTotal };
};

/** Unzips what begins as a gzip file does, whatever its name. */
async function* unzipped(chunks: AsyncGenerator<Buffer>, file: string): AsyncGenerator<Buffer> {
  const head = await firstBytes(chunks, GZIP_MAGIC.length);
  const whole = (async function* () {
    yield head;
    yield* chunks;
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

async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<TextLine> {
  let begun: Buffer[] = [];
  let length = 0;
  let number = 0;
  const add = (bytes: Buffer): void => {
    if (length < MAX_LINE_BYTES) begun.push(bytes.subarray(0, MAX_LINE_BYTES - length));
    length += bytes.length;
  };
  const take = (): TextLine => {
    number++;
    const line = { text: textOf(Buffer.concat(begun)), number, tooLong: length > MAX_LINE_BYTES };
    begun = [];
    length = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, end));
      yield take();
      from = end + 1;
    }
    if (from < chunk.length) add(chunk.subarray(from));
  }
  if (length > 0) yield take();
}

/** Bytes that are not UTF-8 become U+FFFD. */
const textOf = (bytes: Buffer): string => {
  const text = bytes.toString('utf8');
  return text.endsWith('\r') ? text.slice(0, -1) : text;
};
