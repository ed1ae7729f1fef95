/** The planner's page: pickers, the definition in words, the curve and the table of one answer of /v1/intervals. */
import { useMemo } from 'preact/hooks';
import { WFM_INTERVALS } from '../../export/layouts.ts';
import type { Answer, Api } from '../shared/api.ts';
import { DownloadButton } from '../shared/download-button.tsx';
import { Check } from '../shared/fields.tsx';
import { Header } from '../shared/header.tsx';
import { Refusal } from '../shared/refusal.tsx';
import { type Choice, requestOf } from './address.ts';
import { CurveOf } from './curve-of.tsx';
import { addDays, dateIn, isDate, type Span } from './days.ts';
import { definitionSentences } from './definition-words.ts';
import { hasContent } from './figures.ts';
import { FiguresTable } from './figures-table.tsx';
import { fileName, type Kind } from './file-name.ts';
import type { Loaded, QueueSummary } from './load.ts';
import { type Faults, Pickers } from './pickers.tsx';
import { useAsked, useIntervals, useOptions } from './state.ts';

const faultsOf = (answer: Answer<Loaded> | null): Faults => {
  const errors = answer?.status === 'failed' ? (answer.problem?.errors ?? []) : [];
  return Object.fromEntries(errors.map(({ path, message }) => [path, message]));
};

/** Days shown in the form: what the answer is of, or what was asked for until there is one. */
const shownSpan = (choice: Choice, answer: Answer<Loaded> | null, today: string): Span => {
  if (isDate(choice.from) && isDate(choice.to)) return { from: choice.from, to: choice.to };
  if (answer?.status !== 'ok') return { from: today, to: addDays(today, 1) };
  const { from, to } = answer.value.definition;
  const last = to.slice(0, 10);
  return { from: from.slice(0, 10), to: to.slice(11, 19) === '00:00:00' ? last : addDays(last, 1) };
};

const Definition = ({ loaded: { definition } }: { readonly loaded: Loaded }) => (
  <section class="definition" aria-label="Definition">
    <h2>What the figures mean</h2>
    <p>{definitionSentences(definition).join(' ')}</p>
    <p class="quiet">
      <code>{definition.formula}</code> · {definition.tz} · {definition.from} to before {definition.to}
    </p>
  </section>
);

interface EmptyProps {
  readonly queues: readonly QueueSummary[];
  readonly choice: Choice;
  readonly timeZone: string;
  readonly onChange: (choice: Choice) => void;
}
const Empty = ({ queues, choice, timeZone, onChange }: EmptyProps) => {
  const wanted = queues.filter(({ queue }) => choice.queue.length === 0 || choice.queue.includes(queue));
  const days = wanted.map(({ last_interval }) => dateIn(timeZone, Date.parse(last_interval))).sort();
  const last = days.at(-1);
  return (
    <div class="message">
      <h2>Nothing was counted in this time</h2>
      {last === undefined ? (
        <p>No queue has been heard of yet: figures appear with the first events.</p>
      ) : (
        <p>
          The newest figures of these queues are of {last}.{' '}
          <button type="button" onClick={() => onChange({ ...choice, from: last, to: addDays(last, 1) })}>
            Show {last}
          </button>
        </p>
      )}
    </div>
  );
};

/** The layout planners' tools import has times of the day, and a queue or a group of them in every row. */
const isWfm = ({ definition, rows: [first] }: Loaded): boolean =>
  WFM_INTERVALS.some((name) => name === definition.interval) &&
  first !== undefined &&
  ('queue' in first || 'queue_group' in first);

const rowWords = (shown: number, all: number): string =>
  shown === all ? `${all} rows` : `${shown} of ${all} rows`;

const isEmpty = ({ rows, total }: Loaded): boolean =>
  rows.length === 0 || total === null || !hasContent(total);

export const IntervalsPage = ({ api }: { readonly api: Api }) => {
  const [{ choice, view }, ask] = useAsked();
  const { answer, busy } = useIntervals(api, choice);
  const [options, queues] = useOptions(api);
  const timeZone = choice.tz === '' ? options.defaultTimeZone : choice.tz;
  const loaded = answer?.status === 'ok' ? answer.value : null;
  const today = dateIn(loaded?.definition.tz ?? options.defaultTimeZone, Date.now());
  const span = shownSpan(choice, answer, today);
  const shown = useMemo(
    () => (loaded?.rows ?? []).filter((row) => !view.hideEmpty || hasContent(row)),
    [loaded, view.hideEmpty],
  );
  const setChoice = (next: Choice): void => ask({ choice: next, view });
  const download =
    (extension: Kind['extension'], layout: Kind['layout'] = '') =>
    () => ({
      path: requestOf(choice, { format: extension, ...(layout === '' ? {} : { layout }) }),
      fileName: fileName(choice.interval, span, { extension, layout }),
    });
  return (
    <>
      <Header page="intervals" />
      <main class="intervals" aria-busy={busy}>
        <h1>Intervals</h1>
        <Pickers
          choice={choice}
          options={options}
          faults={faultsOf(answer)}
          shown={span}
          today={today}
          onChange={setChoice}
        />
        <div class="actions">
          <Check
            label="All figures"
            checked={view.allColumns}
            onChoose={(allColumns) => ask({ choice, view: { ...view, allColumns } })}
          />
          <Check
            label="Hide empty intervals"
            checked={view.hideEmpty}
            onChoose={(hideEmpty) => ask({ choice, view: { ...view, hideEmpty } })}
          />
          <DownloadButton api={api} label="CSV" disabled={loaded === null} download={download('csv')} />
          <DownloadButton
            api={api}
            label="Parquet"
            disabled={loaded === null}
            download={download('parquet')}
          />
          {loaded !== null && isWfm(loaded) && (
            <DownloadButton api={api} label="CSV for WFM" download={download('csv', 'wfm')} />
          )}
          <p role="status" class="state">
            {busy ? 'Loading …' : loaded !== null && rowWords(shown.length, loaded.rows.length)}
          </p>
        </div>
        {answer !== null && answer.status !== 'ok' && <Refusal refused={answer} />}
        {loaded !== null && <Definition loaded={loaded} />}
        {loaded !== null && isEmpty(loaded) && (
          <Empty queues={queues} choice={choice} timeZone={timeZone} onChange={setChoice} />
        )}
        {loaded !== null && !isEmpty(loaded) && (
          <>
            <CurveOf
              loaded={loaded}
              chosen={view.chart}
              onChoose={(chart) => ask({ choice, view: { ...view, chart } })}
            />
            <FiguresTable
              rows={shown}
              total={loaded.total}
              interval={loaded.definition.interval}
              width={view.allColumns ? 'all' : 'usual'}
            />
          </>
        )}
      </main>
    </>
  );
};
