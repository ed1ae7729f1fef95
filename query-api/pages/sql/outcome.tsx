/** Below the editor: how the run stands, then its result or its error. */
import { useMemo, useState } from 'preact/hooks';
import type { Api } from '../shared/api.ts';
import { DownloadButton, sizeWords } from '../shared/download-button.tsx';
import { Refusal } from '../shared/refusal.tsx';
import type { Written } from './address.ts';
import { chartOf, type Result } from './result.ts';
import { ResultChartOf } from './result-chart.tsx';
import { ResultTable } from './result-table.tsx';
import { downloadOf } from './run.ts';
import type { Run } from './state.ts';

const COUNT = new Intl.NumberFormat('en-GB');

const plural = (count: number, word: string): string =>
  `${COUNT.format(count)} ${word}${count === 1 ? '' : 's'}`;

/** What a run says of itself in one line. */
export const runWords = (run: Run): string => {
  if (run.status === 'none') return '';
  if (run.status === 'running') return 'Running … Escape cancels.';
  if (run.status === 'cancelled') return 'Cancelled.';
  if (run.answer.status !== 'ok') return '';
  const { data, statistics } = run.answer.value;
  const took = `${plural(data.length, 'row')} in ${COUNT.format(Math.round(run.tookMs))} ms`;
  if (statistics === undefined) return took;
  const { elapsed, rows_read, bytes_read } = statistics;
  return `${took} (${(elapsed * 1000).toFixed(1)} ms in the store, which read ${plural(rows_read, 'row')}, ${sizeWords(bytes_read)})`;
};

const Downloads = ({ api, written }: { readonly api: Api; readonly written: Written }) => (
  <>
    <DownloadButton api={api} label="CSV" download={() => downloadOf(written, 'CSV')} />
    <DownloadButton api={api} label="Parquet" download={() => downloadOf(written, 'Parquet')} />
  </>
);

const Done = ({
  api,
  written,
  result,
}: {
  readonly api: Api;
  readonly written: Written;
  readonly result: Result;
}) => {
  const [charted, setCharted] = useState(false);
  const chart = useMemo(() => chartOf(result), [result]);
  return (
    <>
      <div class="actions">
        <button
          type="button"
          aria-pressed={charted}
          disabled={chart === null}
          title={
            chart === null
              ? 'A chart needs two rows or more, and a column of numbers beside another'
              : undefined
          }
          onClick={() => setCharted(!charted)}
        >
          Chart
        </button>
        <Downloads api={api} written={written} />
      </div>
      {charted && chart !== null && <ResultChartOf chart={chart} />}
      {result.data.length === 0 ? (
        <p class="message">No row answers this query.</p>
      ) : (
        <ResultTable result={result} />
      )}
    </>
  );
};

export const Outcome = ({ api, run }: { readonly api: Api; readonly run: Run }) => {
  if (run.status !== 'done') return null;
  const { answer, written } = run;
  if (answer.status === 'ok') return <Done api={api} written={written} result={answer.value} />;
  return (
    <>
      <Refusal refused={answer} />
      {answer.status === 'too_large' && (
        <div class="actions">
          <Downloads api={api} written={written} />
        </div>
      )}
    </>
  );
};
