/** What the page knows: what is asked for (in the address), its answer, and what there is to choose from. */
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import type { Answer, Api } from '../shared/api.ts';
import { addressOf, type Choice, readChoice, readView, requestOf, type View } from './address.ts';
import { type Loaded, loadDefinitions, loadIntervals, loadQueues, type QueueSummary } from './load.ts';
import type { Options } from './pickers.tsx';

interface Asked {
  readonly choice: Choice;
  readonly view: View;
}

const inAddress = (): Asked => ({ choice: readChoice(location.search), view: readView(location.search) });

/** What is asked for lives in the address: going back in the browser goes back here. */
export const useAsked = (): readonly [Asked, (asked: Asked) => void] => {
  const [asked, setAsked] = useState(inAddress);
  useEffect(() => {
    const read = (): void => setAsked(inAddress());
    addEventListener('popstate', read);
    return () => removeEventListener('popstate', read);
  }, []);
  const ask = useCallback((next: Asked): void => {
    history.pushState(null, '', location.pathname + addressOf(next.choice, next.view));
    setAsked(next);
  }, []);
  return [asked, ask];
};

interface Loading {
  readonly answer: Answer<Loaded> | null;
  readonly busy: boolean;
}

/** The newest question's answer; the one before stays in sight until then. */
export const useIntervals = (api: Api, choice: Choice): Loading => {
  const [loading, setLoading] = useState<Loading>({ answer: null, busy: true });
  const request = requestOf(choice);
  useEffect(() => {
    const abort = new AbortController();
    setLoading((old) => ({ ...old, busy: true }));
    void loadIntervals(api, choice, abort.signal).then((answer) => {
      if (!abort.signal.aborted) setLoading({ answer, busy: false });
    });
    return () => abort.abort();
  }, [api, request]);
  return loading;
};

const NO_ZONE = 'UTC';

const NO_OPTIONS = { queueGroups: [], defaultTimeZone: NO_ZONE };

/** What the pickers offer, from what the API knows. */
export const useOptions = (api: Api): readonly [Options, readonly QueueSummary[]] => {
  const [queues, setQueues] = useState<readonly QueueSummary[]>([]);
  const [defined, setDefined] = useState<Pick<Options, 'queueGroups' | 'defaultTimeZone'>>(NO_OPTIONS);
  useEffect(() => {
    void loadQueues(api).then((answer) => answer.status === 'ok' && setQueues(answer.value.queues));
    void loadDefinitions(api).then((answer) => {
      if (answer.status !== 'ok') return;
      const { queue_groups, defaults } = answer.value;
      setDefined({ queueGroups: queue_groups.map(({ name }) => name), defaultTimeZone: defaults.tz });
    });
  }, [api]);
  const options = useMemo(() => {
    const sorted = (names: readonly string[]): readonly string[] => [...new Set(names)].sort();
    return {
      queues: sorted(queues.map(({ queue }) => queue)),
      channels: sorted(queues.flatMap(({ channels }) => channels)),
      sources: sorted(queues.flatMap(({ sources }) => sources)),
      ...defined,
    };
  }, [queues, defined]);
  return [options, queues];
};
