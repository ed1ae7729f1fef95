/** The rows of a result, as many as a page can hold. */
import { cellText, isNumeric, type Result } from './result.ts';

/** More rows make the page slow; the downloads hold all. */
export const MAX_SHOWN_ROWS = 1000;
/** Longer texts, such as an event's body, are cut in the table and whole on hovering. */
const MAX_CELL_CHARACTERS = 300;

const shortened = (text: string): string =>
  text.length > MAX_CELL_CHARACTERS ? `${text.slice(0, MAX_CELL_CHARACTERS)}…` : text;

export const ResultTable = ({ result: { meta, data } }: { readonly result: Result }) => {
  const shown = data.slice(0, MAX_SHOWN_ROWS);
  return (
    <>
      {data.length > shown.length && (
        <p class="notice">
          The first {shown.length} of {data.length} rows. The downloads hold all.
        </p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard */}
      <section class="table-scroll" aria-label="Result" tabIndex={0}>
        <table>
          <caption class="visually-hidden">Result of the query</caption>
          <thead>
            <tr>
              {meta.map((column) => (
                <th
                  key={column.name}
                  scope="col"
                  class={isNumeric(column) ? undefined : 'text'}
                  title={column.type}
                >
                  {column.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row, i) => (
              <tr key={i}>
                {meta.map((column, at) => {
                  const text = cellText(row[at]);
                  const kept = shortened(text);
                  return (
                    <td
                      key={column.name}
                      class={isNumeric(column) ? undefined : 'text'}
                      title={kept === text ? undefined : text}
                      data-null={row[at] === null ? '' : undefined}
                    >
                      {kept}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
};
