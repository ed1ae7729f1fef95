/** Saves an answer as a file. The token travels in the header, never in an address that a history or a proxy keeps. */
import type { Answer, Api } from './api.ts';

/** What is kept in memory where the browser cannot write straight to disk: above this, use curl with the API. */
export const MAX_BLOB_BYTES = 256 * 1024 * 1024;

export interface Download {
  readonly path: string;
  readonly init?: RequestInit;
  readonly fileName: string;
}
export type Saved =
  | { readonly status: 'saved'; readonly bytes: number }
  | { readonly status: 'cancelled' }
  | { readonly status: 'failed'; readonly message: string };

/** Of the File System Access API, which only some browsers have, and only over https or on this machine. */
interface PickerWindow {
  readonly showSaveFilePicker?: (options: { suggestedName: string }) => Promise<{
    readonly createWritable: () => Promise<WritableStream<Uint8Array>>;
  }>;
}

const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === 'AbortError';
const failure = (answer: Exclude<Answer<Response>, { status: 'ok' }>): Saved => ({
  status: 'failed',
  message: answer.message,
});

const bodyOf = (response: Response): ReadableStream<Uint8Array> =>
  response.body ?? new ReadableStream({ start: (controller) => controller.close() });

const counting = (count: (bytes: number) => void): TransformStream<Uint8Array, Uint8Array> =>
  new TransformStream({
    transform: (chunk, controller) => {
      count(chunk.byteLength);
      controller.enqueue(chunk);
    },
  });

/** Offers bytes to the browser's downloads. */
const offer = (blob: Blob, fileName: string): void => {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = fileName;
  link.click();
  URL.revokeObjectURL(link.href);
};

const throughMemory = async (response: Response, fileName: string): Promise<Saved> => {
  const chunks: BlobPart[] = [];
  let bytes = 0;
  for await (const chunk of bodyOf(response).values()) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BLOB_BYTES) {
      return {
        status: 'failed',
        message: `more than ${MAX_BLOB_BYTES / 1024 / 1024} MB: narrow it, or fetch it with curl`,
      };
    }
    chunks.push(new Uint8Array(chunk));
  }
  offer(new Blob(chunks, { type: response.headers.get('content-type') ?? '' }), fileName);
  return { status: 'saved', bytes };
};

/** Fetches and saves. Straight to disk where the browser can, which asks the reader where to; else through memory. */
export const save = async (api: Api, { path, init = {}, fileName }: Download): Promise<Saved> => {
  const { showSaveFilePicker } = window as PickerWindow;
  try {
    // Asked before the request: a browser opens the dialogue only right after a click.
    const handle = await showSaveFilePicker?.({ suggestedName: fileName });
    const answer = await api.request(path, init);
    if (answer.status !== 'ok') return failure(answer);
    if (handle === undefined) return await throughMemory(answer.value, fileName);
    let bytes = 0;
    const counted = counting((more) => {
      bytes += more;
    });
    await bodyOf(answer.value)
      .pipeThrough(counted)
      .pipeTo(await handle.createWritable());
    return { status: 'saved', bytes };
  } catch (error) {
    if (isAbort(error)) return { status: 'cancelled' };
    return { status: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
};
