/** ClickHouse's SQL as far as colours and completion need it. */
import { SQLDialect } from '@codemirror/lang-sql';

/** Without words that are names of columns as often, such as hour, first or rows. */
const KEYWORDS = `select distinct from prewhere where group by with totals rollup cube having order asc desc nulls limit
offset fetch as on using join inner left right full cross outer any all asof semi anti global array final sample union
except intersect in not and or is null like ilike between case when then else end cast interval over partition
unbounded preceding following window qualify exists true false format settings explain describe show`;

const FUNCTIONS = `count countIf sum sumIf sumMap avg avgIf min max any argMin argMax uniq uniqExact quantile quantiles
quantileExact quantilesExact median groupArray groupUniqArray round floor ceil abs greatest least if multiIf coalesce
ifNull nullIf toStartOfInterval toStartOfHour toStartOfDay toStartOfWeek toStartOfMonth toDate toDateTime toHour
toDayOfWeek toTimeZone dateDiff formatDateTime now today arraySum arrayMap arrayFilter mapKeys mapValues mapFilter
startsWith endsWith lower upper concat substring position match extract JSONExtractString JSONExtractInt toString
toUInt64 toInt64 toFloat64 formatReadableTimeDelta`;

const TYPES = `String FixedString UInt8 UInt16 UInt32 UInt64 Int8 Int16 Int32 Int64 Float32 Float64 Decimal Date Date32
DateTime DateTime64 Bool UUID Array Map Tuple Nullable LowCardinality Enum8 Enum16`;

export const CLICKHOUSE: SQLDialect = SQLDialect.define({
  keywords: KEYWORDS,
  builtin: FUNCTIONS,
  types: TYPES,
  backslashEscapes: true,
  identifierQuotes: '`"',
  caseInsensitiveIdentifiers: false,
});
