/** The lines of a file or of standard input, zipped or not, read as a stream. */
import type { Readable } from 'node:stream';
import { type ByteInput, openInput } from '../../input.ts';

const NEWLINE = 0x0a;
/** A longer line is no call record: it is kept up to here, and told to be too long. */
export const MAX_LINE_BYTES = 256 * 1024;

export interface TextLine {
  readonly text: string;
  /** 1 is the first. */
  readonly number: number;
  readonly tooLong: boolean;
}
export interface TextLines extends Pick<ByteInput, 'bytesRead' | 'bytesTotal'> {
  readonly lines: AsyncGenerator<TextLine>;
}

/** Opens `file`, or standard input for `-`. Throws as `openInput` does. */
export const openTextLines = async (file: string, stdin?: Readable): Promise<TextLines> => {
  const { chunks, bytesRead, bytesTotal } = await openInput(file, stdin);
  return { lines: linesOf(chunks), bytesRead, bytesTotal };
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
