/** The curve, and of which group it is. */
import { Curve } from './curve.tsx';
import { columnsOf, type FigureRow } from './figures.ts';
import type { Loaded } from './load.ts';

/** A list longer than this is no longer a choice: the pickers narrow it. */
const MAX_GROUPS = 300;
const ALL = 'All together';

/** Rows by what they stand for besides their interval. */
const byGroup = (rows: readonly FigureRow[]): ReadonlyMap<string, readonly FigureRow[]> => {
  const names = columnsOf(rows, 'usual').groups.map(({ name }) => name);
  return Map.groupBy(rows, (row) => names.map((name) => String(row[name])).join(', '));
};

export interface CurveOfProps {
  readonly loaded: Loaded;
  /** A group, or empty: all together. */
  readonly chosen: string;
  readonly onChoose: (group: string) => void;
}

export const CurveOf = ({ loaded, chosen, onChoose }: CurveOfProps) => {
  const groups = byGroup(loaded.rows);
  const rows = groups.get(chosen) ?? loaded.together;
  const of = groups.has(chosen) ? chosen : ALL;
  if (rows.length < 2) return null;
  return (
    <section class="curve" aria-label="Curve">
      {groups.size > 1 && groups.size <= MAX_GROUPS && (
        <label>
          Curve of{' '}
          <select
            value={groups.has(chosen) ? chosen : ''}
            onChange={(event) => onChoose(event.currentTarget.value)}
          >
            <option value="">{ALL}</option>
            {[...groups.keys()].map((name) => (
              <option key={name} value={name} selected={name === chosen}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      <Curve rows={rows} timeZone={loaded.definition.tz} interval={loaded.definition.interval} of={of} />
    </section>
  );
};
