/** A query and the values of its parameters in the address's fragment, which browsers do not send. Pure. */

export interface Written {
  readonly query: string;
  /** By the name of the placeholder. */
  readonly params: Readonly<Record<string, string>>;
}

const PARAM = 'param.';
/** Longer ones are cut off by mail programs and chat; the page then says that the address does not hold the query. */
export const MAX_FRAGMENT = 16_000;

/** Null where the fragment holds no query. */
export const readFragment = (hash: string): Written | null => {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const query = given.get('query');
  if (query === null) return null;
  const params = [...given].filter(([name]) => name.startsWith(PARAM));
  return {
    query,
    params: Object.fromEntries(params.map(([name, value]) => [name.slice(PARAM.length), value])),
  };
};

/** `#query=…`, or null when it is longer than `MAX_FRAGMENT`. */
export const fragmentOf = ({ query, params }: Written): string | null => {
  const given = new URLSearchParams({ query });
  for (const [name, value] of Object.entries(params)) given.set(PARAM + name, value);
  const text = `#${given.toString()}`;
  return text.length > MAX_FRAGMENT ? null : text;
};
