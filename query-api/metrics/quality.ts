/**
 * First-contact resolution as one table: it drives the fields of `/v1/quality`, the OpenAPI schema, exports and
 * docs/metrics.md, in this order. Pure.
 */
import { ratio } from '../../schemas/service-level.ts';

export const DEFAULT_FCR_WINDOW_MS = 7 * 86_400_000;
/** Contacts after the time asked about are read for this long at most. */
export const MAX_FCR_WINDOW_DAYS = 31;

/** Answered contacts of one group in one interval. */
export interface QualityCell {
  readonly answered: number;
  /** Of them, those whose caller is known. */
  readonly answered_known: number;
  /** Of these, those whose caller came back. */
  readonly repeated: number;
}
export interface QualityMetric {
  readonly name: string;
  readonly unit: 'contacts' | 'fraction';
  readonly doc: string;
  readonly formula: string;
  /** Null where nothing counts. */
  readonly value: (cell: QualityCell) => number | null;
}

const counted = (name: keyof QualityCell, doc: string): QualityMetric => ({
  name,
  unit: 'contacts',
  doc,
  formula: 'counted',
  value: (cell) => cell[name],
});

export const QUALITY_METRICS: readonly QualityMetric[] = [
  counted('answered', 'Inbound contacts answered in the queue, each once, where it was first answered.'),
  counted('answered_known', 'Of them, those whose caller is known.'),
  counted(
    'repeated',
    'Of these, those whose caller came with another contact within `fcr_window` of coming with this one.',
  ),
  {
    name: 'fcr',
    unit: 'fraction',
    doc: 'First-contact resolution. There is no standard: whoever did not come back is taken to be helped.',
    formula: '1 − repeated / answered_known',
    value: ({ answered_known, repeated }) => ratio(answered_known - repeated, answered_known),
  },
];

/** The figures of one cell, in the table's order. */
export const qualityFiguresOf = (cell: QualityCell): Record<string, number | null> =>
  Object.fromEntries(QUALITY_METRICS.map((metric) => [metric.name, metric.value(cell)]));
