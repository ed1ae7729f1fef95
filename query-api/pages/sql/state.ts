/** What the page knows: the query (shared by the address), how its run stands, and the schema. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Api } from '../shared/api.ts';
import { fragmentOf, readFragment, type Written } from './address.ts';
import { EXAMPLES } from './examples.ts';
import { type RunAnswer, runQuery } from './run.ts';
import { loadSchema, type SchemaAnswer } from './schema.ts';

const FIRST: Written = { query: EXAMPLES[0]?.query ?? '', params: EXAMPLES[0]?.params ?? {} };

export interface WrittenState {
  readonly written: Written;
  /** As it is being written. */
  readonly setWritten: (change: (written: Written) => Written) => void;
  /** Another query from outside the editor, such as an example's. */
  readonly load: (written: Written) => void;
  /** Changes with every load. */
  readonly loads: number;
  /** Puts the query into the address; false when it is too long for one. */
  readonly share: (written: Written) => boolean;
}

export const useWritten = (): WrittenState => {
  const [written, setWritten] = useState<Written>(() => readFragment(location.hash) ?? FIRST);
  const [loads, setLoads] = useState(0);
  const load = useCallback((given: Written): void => {
    setWritten(given);
    setLoads((count) => count + 1);
  }, []);
  useEffect(() => {
    const read = (): void => {
      const given = readFragment(location.hash);
      if (given !== null) load(given);
    };
    addEventListener('popstate', read);
    return () => removeEventListener('popstate', read);
  }, [load]);
  const share = useCallback((shared: Written): boolean => {
    const fragment = fragmentOf(shared);
    if (fragment !== null && fragment !== location.hash) history.pushState(null, '', fragment);
    return fragment !== null;
  }, []);
  return { written, setWritten, load, loads, share };
};

export type Run =
  | { readonly status: 'none' }
  | { readonly status: 'running'; readonly sinceMs: number }
  | { readonly status: 'cancelled' }
  | {
      readonly status: 'done';
      readonly written: Written;
      readonly answer: RunAnswer;
      readonly tookMs: number;
    };

export interface RunState {
  readonly run: Run;
  readonly start: (written: Written) => void;
  readonly cancel: () => void;
}

/** One query at a time: a new run ends the one before. */
export const useRun = (api: Api): RunState => {
  const [run, setRun] = useState<Run>({ status: 'none' });
  const current = useRef<AbortController | null>(null);
  const start = useCallback(
    (written: Written): void => {
      current.current?.abort();
      const abort = new AbortController();
      current.current = abort;
      const sinceMs = performance.now();
      setRun({ status: 'running', sinceMs });
      void runQuery(api, written, abort.signal).then((answer) => {
        if (abort.signal.aborted) return;
        current.current = null;
        setRun({ status: 'done', written, answer, tookMs: performance.now() - sinceMs });
      });
    },
    [api],
  );
  const cancel = useCallback((): void => {
    if (current.current === null) return;
    current.current.abort();
    current.current = null;
    setRun({ status: 'cancelled' });
  }, []);
  return { run, start, cancel };
};

export const useSchema = (api: Api): SchemaAnswer | null => {
  const [schema, setSchema] = useState<SchemaAnswer | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    void loadSchema(api, abort.signal).then((answer) => {
      if (!abort.signal.aborted) setSchema(answer);
    });
    return () => abort.abort();
  }, [api]);
  return schema;
};
