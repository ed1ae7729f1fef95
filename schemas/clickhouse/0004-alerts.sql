-- Alerts, one row each: written when raised and once more when cleared, by a higher version (law 2).

CREATE TABLE IF NOT EXISTS {{table alerts_rows}}
(
    tenant LowCardinality(String),
    source LowCardinality(String),
    rule LowCardinality(String),
    queue LowCardinality(String),
    status LowCardinality(String),
    value Float64,
    threshold Float64,
    raised_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    cleared_at Nullable(DateTime64(3, 'UTC')) CODEC(Delta(8), ZSTD(1)),
    version UInt64 CODEC(Delta(8), ZSTD(1))
)
ENGINE = {{engine alerts_rows version}}
ORDER BY (tenant, source, rule, queue, raised_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
{{distributed alerts_rows by cityHash64(tenant, source)}};

CREATE OR REPLACE VIEW acd.alerts{{on_cluster}}
(
    tenant LowCardinality(String) COMMENT 'Whose data it is',
    source LowCardinality(String) COMMENT 'The ACD (exchange or platform) it came from',
    rule LowCardinality(String) COMMENT 'The rule that was broken',
    queue LowCardinality(String) COMMENT 'The queue in which; empty for a rule on the source as a whole',
    status LowCardinality(String) COMMENT 'raised, or cleared when it is over',
    value Float64 COMMENT 'What the rule measured when the alert was raised: a fraction, a count, or seconds',
    threshold Float64 COMMENT 'What the rule allows, in the same unit',
    raised_at DateTime64(3, 'UTC') COMMENT 'When it was raised, in the time of the events, UTC',
    cleared_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was over, UTC; null while it is not',
    version UInt64 COMMENT 'The log position that last changed it, plus 1'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    r.tenant,
    r.source,
    r.rule,
    r.queue,
    r.status,
    r.value,
    r.threshold,
    r.raised_at,
    r.cleared_at,
    r.version
FROM acd.alerts_rows AS r FINAL
COMMENT 'Rules that were broken: when, where and until when';
