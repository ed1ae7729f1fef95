/** A grammar of queries over the public views, for fast-check: every query it makes is valid, its answer certain. */
import fc from 'fast-check';

interface Source {
  readonly view: string;
  readonly text: readonly string[];
  readonly numbers: readonly string[];
  readonly time: string;
}
/** The narrow views more often: planning a wide one costs ClickHouse three times as much. */
const SOURCES: readonly { readonly weight: number; readonly source: Source }[] = [
  {
    weight: 8,
    source: {
      view: 'events',
      text: ['source', 'seq', 'kind', 'contact_id', 'queue', 'agent', 'body'],
      numbers: ['log_partition', 'log_offset'],
      time: 'at',
    },
  },
  {
    weight: 6,
    source: {
      view: 'agent_states',
      text: ['source', 'agent', 'state', 'reason', 'contact_id', 'queue'],
      numbers: ['duration_ms', 'version'],
      time: 'started_at',
    },
  },
  {
    weight: 5,
    source: {
      view: 'anomalies',
      text: ['source', 'kind', 'contact_id', 'queue', 'agent', 'detail', 'seq'],
      numbers: ['log_partition', 'log_offset'],
      time: 'at',
    },
  },
  {
    weight: 4,
    source: {
      view: 'alerts',
      text: ['source', 'rule', 'queue', 'status'],
      numbers: ['version'],
      time: 'raised_at',
    },
  },
  {
    weight: 4,
    source: {
      view: 'contact_legs',
      text: ['source', 'contact_id', 'queue', 'channel', 'language', 'site', 'caller', 'outcome', 'agent'],
      numbers: ['leg', 'ifNull(wait_ms, 0)', 'ifNull(talk_ms, 0)', 'version'],
      time: 'offered_at',
    },
  },
  {
    weight: 2,
    source: {
      view: 'queue_intervals',
      text: ['source', 'queue', 'channel'],
      numbers: ['offered', 'answered', 'abandoned', 'max_wait_ms', 'talk_ms'],
      time: 'interval_start',
    },
  },
  {
    weight: 1,
    source: {
      view: 'agent_intervals',
      text: ['source', 'agent'],
      numbers: ['available_ms', 'on_contact_ms', 'handled'],
      time: 'interval_start',
    },
  },
  {
    weight: 1,
    source: {
      view: 'dead_letters',
      text: ['source', 'feed', 'reason', 'line'],
      numbers: [],
      time: 'received_at',
    },
  },
];

const anySource = fc.oneof(
  ...SOURCES.map(({ weight, source }) => ({ weight, arbitrary: fc.constant(source) })),
);
const among = (items: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...items);

const textOf = ({ text }: Source): fc.Arbitrary<string> =>
  fc
    .tuple(
      among(['tenant', ...text]),
      among(['X', 'X', 'upper(X)', 'reverse(X)', 'substring(X, 1, 6)', "concat('<', X, '>')", 'hex(X)']),
    )
    .map(([column, shape]) => shape.replace('X', column));
const numberOf = ({ numbers, time, text }: Source): fc.Arbitrary<string> =>
  among([...numbers, `toUnixTimestamp(${time})`, `toHour(${time})`, `length(${text[0] ?? 'tenant'})`]);

const conditionOf = (source: Source): fc.Arbitrary<string> => {
  const simple = fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .tuple(textOf(source), among(['LIKE', 'NOT LIKE']))
        .map(([text, is]) => `${text} ${is} '%-1%'`),
    },
    {
      weight: 6,
      arbitrary: fc
        .tuple(numberOf(source), among(['>', '<', '>=', '!=']), fc.nat(50))
        .map((parts) => parts.join(' ')),
    },
    {
      weight: 5,
      arbitrary: among(["tenant != 'acme'", "tenant = 'acme'", '1', 'NOT 0', "tenant IN ('acme', 'other')"]),
    },
    {
      weight: 1,
      arbitrary: textOf(source).map((text) => `${text} IN (SELECT queue FROM acd.events)`),
    },
    {
      weight: 1,
      arbitrary: textOf(source).map((text) => `${text} NOT IN (SELECT agent FROM acd.agent_states)`),
    },
  );
  return fc
    .array(fc.tuple(simple, among(['AND', 'OR', 'AND NOT'])), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.map(([one, joiner], n) => (n === 0 ? `(${one})` : `${joiner} (${one})`)).join(' '));
};

const aggregateOf = (source: Source): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom('count()', "countIf(tenant != 'acme')", 'uniqExact(tenant)'),
    fc
      .tuple(among(['sum', 'min', 'max', 'uniqExact', 'groupBitXor', 'median']), numberOf(source))
      .map(([name, of]) => `${name}(${of})`),
    fc
      .tuple(among(['min', 'max', 'uniqExact', 'argMax']), textOf(source))
      .map(([name, of]) => (name === 'argMax' ? `argMax(${of}, (${of}, tenant))` : `${name}(${of})`)),
    textOf(source).map((text) => `arraySort(groupUniqArray(${text}))`),
  );

/** `SELECT a, aggregates … GROUP BY a` of one view. */
const grouped: fc.Arbitrary<string> = anySource.chain((source) =>
  fc
    .record({
      key: textOf(source),
      aggregates: fc.array(aggregateOf(source), { minLength: 1, maxLength: 3 }),
      where: fc.option(conditionOf(source)),
      modifier: among(['', '', '', ' WITH TOTALS', ' WITH ROLLUP', ' WITH CUBE']),
      having: among(['', '', ' HAVING count() > 1', " HAVING max(tenant) != 'x'"]),
    })
    .map(
      ({ key, aggregates, where, modifier, having }) =>
        `SELECT ${key} AS k, ${aggregates.map((one, n) => `${one} AS a${n}`).join(', ')} FROM acd.${source.view}${where === null ? '' : ` WHERE ${where}`} GROUP BY k${modifier}${having}`,
    ),
);
const plain: fc.Arbitrary<string> = anySource.chain((source) =>
  fc
    .record({
      columns: fc.array(fc.oneof(textOf(source), numberOf(source)), { minLength: 1, maxLength: 4 }),
      where: conditionOf(source),
      distinct: among(['', 'DISTINCT ']),
    })
    .map(
      ({ columns, where, distinct }) =>
        `SELECT ${distinct}${columns.map((one, n) => `${one} AS c${n}`).join(', ')} FROM acd.${source.view} WHERE ${where}`,
    ),
);
const windowed: fc.Arbitrary<string> = anySource.chain((source) =>
  fc
    .record({
      key: textOf(source),
      of: numberOf(source),
      name: among(['sum', 'max', 'count', 'min', 'uniqExact']),
    })
    .map(
      ({ key, of, name }) =>
        `SELECT ${key} AS k, ${of} AS v, ${name}(${of}) OVER (PARTITION BY ${key}) AS w, dense_rank() OVER (ORDER BY ${of}, ${key}) AS r FROM acd.${source.view}`,
    ),
);
const joined: fc.Arbitrary<string> = fc.tuple(anySource, anySource).chain(([left, right]) =>
  fc
    .record({
      on: among([
        'l.tenant = r.tenant',
        'l.source = r.source',
        'l.tenant != r.tenant',
        'l.source >= r.source',
      ]),
      kind: among(['INNER', 'LEFT', 'RIGHT', 'FULL', 'LEFT SEMI', 'LEFT ANTI']),
      a: among(left.text),
      b: among(right.text),
    })
    .map(({ on, kind, a, b }) => {
      // Only inner joins go by an inequality.
      const how = on.includes(' = ') ? kind : 'INNER';
      return `SELECT l.${a} AS a, max(r.${b}) AS b, count() AS n FROM acd.${left.view} AS l ${how} JOIN acd.${right.view} AS r ON ${on} GROUP BY a`;
    }),
);
const united: fc.Arbitrary<string> = fc
  .tuple(anySource, anySource, among(['UNION ALL', 'UNION DISTINCT', 'EXCEPT', 'INTERSECT']))
  .chain(([first, second, how]) =>
    fc
      .tuple(textOf(first), textOf(second), conditionOf(first))
      .map(
        ([a, b, where]) =>
          `SELECT k, count() AS n FROM (SELECT ${a} AS k FROM acd.${first.view} WHERE ${where} ${how} SELECT ${b} AS k FROM acd.${second.view}) GROUP BY k`,
      ),
  );
const nested: fc.Arbitrary<string> = fc
  .tuple(fc.oneof(grouped, plain), anySource)
  .map(
    ([inner, other]) =>
      `WITH t AS (${inner}) SELECT count() AS n, max(x) AS m FROM (SELECT toString(tuple(*)) AS x FROM t) WHERE x != (SELECT max(tenant) FROM acd.${other.view})`,
  );

/** One query; its rows come in no certain order. */
export const anyQuery: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: grouped },
  { weight: 5, arbitrary: plain },
  { weight: 2, arbitrary: windowed },
  { weight: 1, arbitrary: joined },
  { weight: 2, arbitrary: united },
  { weight: 1, arbitrary: nested },
);

/** Several queries as one statement: a row each, with the whole answer as text. Planning is most of their cost. */
export const asOneStatement = (queries: readonly string[]): string =>
  queries
    .map(
      (query, n) => `SELECT ${n} AS n, toString(arraySort(groupArray(tuple(*)))) AS answer FROM (${query})`,
    )
    .join(' UNION ALL ');
