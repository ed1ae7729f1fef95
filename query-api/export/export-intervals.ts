/** Writes an answer of intervals in any format and layout. */
import { Readable } from 'node:stream';
import type { Store } from '../../infra/clickhouse/store.ts';
import { METRICS } from '../metrics/metrics.ts';
import { percentileField } from '../metrics/percentiles.ts';
import { PROVENANCE, PROVENANCE_NAMES } from '../metrics/provenance.ts';
import type { IntervalsAnswer } from '../routes/intervals-answer.ts';
import type { IntervalsRequest } from '../routes/intervals-request.ts';
import { encodeColumnar } from './columnar.ts';
import { COUNT, type ExportColumn, type ExportRow, INSTANT, NUMBER, textOf } from './columns.ts';
import { type Format, isColumnar } from './formats.ts';
import { WFM_COLUMNS, wfmRow } from './layouts.ts';

type Shape = Pick<IntervalsRequest, 'groupBy' | 'percentiles'>;

/** The fields of a row, in order. */
export const fieldsOf = ({ groupBy, percentiles }: Shape): readonly string[] => [
  'interval_start',
  ...groupBy,
  ...METRICS.map((metric) => metric.name),
  ...percentiles.map(percentileField),
  ...PROVENANCE_NAMES,
];

/** The same fields with types. */
const columnsOf = ({ groupBy, percentiles }: Shape): readonly ExportColumn[] => [
  { name: 'interval_start', type: INSTANT },
  ...groupBy.map((name) => ({ name, type: 'String' })),
  ...METRICS.map(({ name, unit }) => ({ name, type: unit === 'contacts' ? COUNT : NUMBER })),
  ...percentiles.map((percent) => ({ name: percentileField(percent), type: NUMBER })),
  ...PROVENANCE.map(({ name, type }) => ({ name, type: PROVENANCE_TYPES[type] })),
];
const PROVENANCE_TYPES = { time: INSTANT, count: COUNT, text: 'String' } as const;

async function* each<From, To>(
  batches: AsyncIterable<readonly From[]>,
  change: (row: From) => To,
): AsyncGenerator<readonly To[]> {
  for await (const batch of batches) yield batch.map(change);
}

const columnar = async (
  store: Store,
  request: IntervalsRequest,
  answer: IntervalsAnswer,
  format: Extract<Format, 'parquet' | 'arrow'>,
): Promise<Readable> => {
  const rows: ExportRow[] = [];
  for await (const batch of answer.batches) rows.push(...batch);
  return encodeColumnar(store, columnsOf(request), rows, format);
};

/** The bytes of the answer. Throws `StoreError` when ClickHouse cannot write them. */
export const exportIntervals = async (
  store: Store,
  request: IntervalsRequest,
  answer: IntervalsAnswer,
): Promise<Readable> => {
  const { format, layout } = request;
  if (isColumnar(format)) return columnar(store, request, answer, format);
  const isWfm = layout === 'wfm';
  const columns = isWfm ? WFM_COLUMNS : fieldsOf(request);
  const head = { definition: answer.definition };
  const rows: AsyncIterable<readonly ExportRow[]> = isWfm ? each(answer.batches, wfmRow) : answer.batches;
  return Readable.from(textOf({ format, columns, head }, rows), { objectMode: false });
};
