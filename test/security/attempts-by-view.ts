/** Reading around the filter with what is granted: the views, every column of text, and functions whose errors tell. */
import { PUBLIC_VIEWS } from '../../infra/clickhouse/tenant-users.ts';
import { TABLES } from '../../schemas/rows.ts';
import { type Attempt, refused, silent } from './attempt.ts';
import { OWN } from './two-tenants.ts';

interface TextColumn {
  readonly view: string;
  readonly column: string;
}
const TEXT_COLUMNS: readonly TextColumn[] = PUBLIC_VIEWS.flatMap((view) =>
  Object.entries(TABLES[`${view}_rows`])
    .filter(([, type]) => /^(LowCardinality\()?String/.test(type))
    .map(([column]) => ({ view, column })),
);
const OWN_TEXT = `startsWith(COLUMN, 'own-') OR COLUMN = '${OWN}'`;

/**
 * Functions whose error names the value, kept from failing on the tenant's own rows: an error would have to come of a
 * foreign row. The text is not in the attempt itself, so that an error that quotes the query gives nothing away.
 */
const LEAKS: readonly string[] = [
  `SELECT max(toUInt64(if(${OWN_TEXT}, '1', COLUMN))) FROM acd.VIEW`,
  `SELECT count() FROM acd.VIEW WHERE toUInt64(if(${OWN_TEXT}, '1', COLUMN)) = 1`,
  `SELECT count() FROM acd.VIEW WHERE base64Decode(COLUMN) != ''`,
  `SELECT max(base64Decode(COLUMN)) FROM acd.VIEW WHERE ${OWN_TEXT}`,
  `SELECT count() FROM acd.VIEW WHERE NOT throwIf(NOT (${OWN_TEXT}), COLUMN)`,
  `SELECT CAST(if(${OWN_TEXT}, 'x', COLUMN) AS Enum('x')) AS e FROM acd.VIEW GROUP BY e`,
  `SELECT toUUID(if(${OWN_TEXT}, '00000000-0000-0000-0000-000000000000', COLUMN)) AS u, count() FROM acd.VIEW GROUP BY u`,
  `SELECT parseDateTime(if(${OWN_TEXT}, '2026', COLUMN), '%Y') AS d FROM acd.VIEW ORDER BY d LIMIT 1`,
  `SELECT JSONLength(CAST(if(${OWN_TEXT}, '{}', COLUMN) AS JSON)) AS l FROM acd.VIEW WHERE l = 0`,
  `SELECT groupUniqArray(arrayMap(x -> toUInt64(if(startsWith(x, 'own-') OR x = '${OWN}', '1', x)), [COLUMN])) FROM acd.VIEW`,
  `SELECT a.COLUMN FROM acd.VIEW AS a JOIN (SELECT 1 AS one) AS b ON toUInt64(if(startsWith(a.COLUMN, 'own-') OR a.COLUMN = '${OWN}', '1', a.COLUMN)) = b.one`,
  `SELECT ['x'][if(${OWN_TEXT}, 1, 0)] AS p FROM acd.VIEW GROUP BY p`,
  `SELECT intDiv(1, if(${OWN_TEXT}, 1, 0)) AS p FROM acd.VIEW GROUP BY p`,
  'SELECT DISTINCT COLUMN FROM acd.VIEW',
  'SELECT topK(1000)(COLUMN), groupUniqArray(COLUMN), min(COLUMN), max(COLUMN), anyHeavy(COLUMN) FROM acd.VIEW',
  "SELECT any(COLUMN) FROM acd.VIEW WHERE tenant != 'acme'",
  'SELECT lowCardinalityKeys(toLowCardinality(COLUMN)) FROM acd.VIEW',
  "SELECT arrayStringConcat(groupArray(char(reinterpretAsUInt8(substring(COLUMN, 1, 1)))), '') FROM acd.VIEW",
  'SELECT hex(groupConcat(COLUMN)), base64Encode(groupConcat(COLUMN)), reverse(groupConcat(COLUMN)) FROM acd.VIEW',
];
/** Of every text column of every view. */
export const leaks = (): readonly Attempt[] =>
  TEXT_COLUMNS.flatMap(({ view, column }) =>
    LEAKS.flatMap((leak) => silent(leak.replaceAll('COLUMN', column).replaceAll('VIEW', view))),
  );

/** Reading around the filter with the view alone. */
export const aroundTheFilter = (): Attempt[] =>
  PUBLIC_VIEWS.flatMap((view) => [
    ...silent(
      `SELECT * FROM acd.${view} WHERE 1 OR tenant != '${OWN}'`,
      `SELECT * FROM acd.${view} WHERE tenant != '${OWN}' /* OR 1 */ -- OR 1`,
      `SELECT * FROM acd.${view} AS a CROSS JOIN (SELECT DISTINCT tenant FROM acd.${view}) AS b`,
      `SELECT * FROM acd.${view} AS a FULL JOIN acd.${view} AS b ON a.tenant = b.tenant LIMIT 50`,
      `SELECT * FROM acd.${view} UNION ALL SELECT * FROM acd.${view}`,
      `SELECT * FROM acd.${view} EXCEPT SELECT * FROM acd.${view} WHERE tenant = '${OWN}'`,
      `SELECT *, row_number() OVER (ORDER BY tenant DESC) FROM acd.${view} QUALIFY 1`,
      `SELECT tenant, count() FROM acd.${view} GROUP BY tenant WITH TOTALS`,
      `SELECT tenant, count() FROM acd.${view} GROUP BY ROLLUP(tenant)`,
      `SELECT * FROM view(SELECT * FROM acd.${view})`,
      `SELECT COLUMNS('.*') FROM acd.${view} LIMIT 5`,
      `EXPLAIN SELECT * FROM acd.${view}`,
      `EXPLAIN PLAN actions = 1, indexes = 1 SELECT * FROM acd.${view} WHERE tenant != '${OWN}'`,
      `EXPLAIN PIPELINE SELECT * FROM acd.${view}`,
      `EXPLAIN QUERY TREE SELECT * FROM acd.${view}`,
      `EXPLAIN SYNTAX SELECT * FROM acd.${view}`,
      `EXPLAIN ESTIMATE SELECT * FROM acd.${view}`,
      `WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT * FROM r, acd.${view} LIMIT 5`,
    ),
    ...refused(
      `SELECT * FROM acd.${view} PREWHERE 1`,
      `SELECT _part, _partition_id FROM acd.${view}`,
      `SELECT * FROM acd.${view} INTO OUTFILE 'x.csv'`,
      `SELECT * FROM (EXPLAIN SELECT * FROM acd.${view})`,
    ),
  ]);
