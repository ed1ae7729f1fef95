/** Finds the `{name:Type}` placeholders of a query, which ClickHouse binds by itself: values are never pasted in. Pure. */

export interface Placeholder {
  readonly name: string;
  readonly type: string;
}

/** Strings, quoted names and comments, in which nothing is a placeholder; or a placeholder. */
const TOKEN =
  /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|--[^\n]*|#[ !][^\n]*|\/\*[\s\S]*?\*\/|\{\s*([A-Za-z_]\w*)\s*:\s*([A-Za-z][\w(), ']*?)\s*\}/g;

/** In order of first appearance, each name once. */
export const placeholdersOf = (query: string): readonly Placeholder[] => {
  const found = new Map<string, Placeholder>();
  for (const [, name, type] of query.matchAll(TOKEN)) {
    if (name !== undefined && type !== undefined && !found.has(name)) found.set(name, { name, type });
  }
  return [...found.values()];
};

/** What is sent: the values of the query's own placeholders. One that is missing is left to ClickHouse to name. */
export const boundValues = (
  query: string,
  values: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    placeholdersOf(query).flatMap(({ name }) => {
      const value = values[name];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
