/** The figures as a table: one row an interval and group, the total on top, headers that stay in sight. */
import { useMemo } from 'preact/hooks';
import {
  type Column,
  type Columns,
  columnsOf,
  FINALITY,
  type FigureRow,
  intervalLabels,
  whyAbsent,
  written,
} from './figures.ts';

/** More rows make the page slow and are read by nobody; the downloads hold all. */
export const MAX_SHOWN_ROWS = 2000;

const reasonOf = (row: FigureRow, { name }: Column): string | undefined => {
  const value = row[name];
  if (value === null || value === undefined) return whyAbsent(name, row.finality);
  return name === 'finality' ? FINALITY[String(value)] : undefined;
};

const Figures = ({ row, columns }: { readonly row: FigureRow; readonly columns: readonly Column[] }) =>
  columns.map((column) => (
    <td key={column.name} class={column.unit === 'text' ? 'text' : undefined} title={reasonOf(row, column)}>
      {written(row[column.name], column.unit)}
    </td>
  ));

const Head = ({ columns }: { readonly columns: Columns }) => (
  <tr>
    <th scope="col" class="text">
      Interval
    </th>
    {columns.groups.map(({ name, label }) => (
      <th key={name} scope="col" class="text">
        {label}
      </th>
    ))}
    {columns.figures.map(({ name, label, sign, doc, unit }) => (
      <th key={name} scope="col" class={unit === 'text' ? 'text' : undefined} title={doc}>
        {label} {sign !== '' && <span class="sign">{sign}</span>}
      </th>
    ))}
  </tr>
);

const Total = ({ total, columns }: { readonly total: FigureRow; readonly columns: Columns }) => (
  <tr class="total">
    <th scope="row" class="text" colSpan={1 + columns.groups.length}>
      Total
    </th>
    <Figures row={total} columns={columns.figures} />
  </tr>
);

export interface FiguresTableProps {
  readonly rows: readonly FigureRow[];
  readonly total: FigureRow | null;
  readonly interval: string;
  readonly width: 'usual' | 'all';
}

export const FiguresTable = ({ rows, total, interval, width }: FiguresTableProps) => {
  const columns = columnsOf(rows, width);
  const shown = rows.slice(0, MAX_SHOWN_ROWS);
  const labels = useMemo(
    () =>
      intervalLabels(
        rows.map((row) => String(row.interval_start)),
        interval,
      ),
    [rows, interval],
  );
  return (
    <>
      {rows.length > shown.length && (
        <p class="notice">
          The first {shown.length} of {rows.length} rows. The total is of all, and the downloads hold all.
        </p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard */}
      <section class="table-scroll" aria-label="Figures by interval" tabIndex={0}>
        <table class="figures">
          <caption class="visually-hidden">
            Figures by interval and group; the first row is the total.
          </caption>
          <thead>
            <Head columns={columns} />
            {total !== null && <Total total={total} columns={columns} />}
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={[row.interval_start, ...columns.groups.map(({ name }) => row[name])].join('\n')}>
                <th scope="row" class="text">
                  {labels.get(String(row.interval_start))}
                </th>
                {columns.groups.map(({ name }) => (
                  <th key={name} scope="row" class="text">
                    {row[name]}
                  </th>
                ))}
                <Figures row={row} columns={columns.figures} />
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
};
