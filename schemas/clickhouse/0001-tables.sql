-- The tables rows land in. Landing is idempotent: ORDER BY names the row, and of two writes of it the one with the
-- higher version stays (law 2), whenever a merge comes to it; readers ask for FINAL. The key starts with what people
-- slice by. No PARTITION BY: history arrives shuffled over many years, and a block may not touch over 100 partitions.
-- Totals are kept by month instead, which the index by_time then finds: a month of all queues lies together, and FINAL
-- merges rows that have just come with their month only, not with all years (docs/decisions/0012-totals-by-month.md).
-- fsync: an acknowledged row survives the machine's crash, because the checkpoint that follows it claims so (law 3).

CREATE TABLE IF NOT EXISTS {{table contact_legs_rows}}
(
    tenant LowCardinality(String),
    source LowCardinality(String),
    contact_id String CODEC(ZSTD(1)),
    leg UInt32,
    queue LowCardinality(String),
    channel LowCardinality(String),
    direction LowCardinality(String),
    language LowCardinality(String),
    site LowCardinality(String),
    tier LowCardinality(String),
    caller String,
    offered_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    answered_at Nullable(DateTime64(3, 'UTC')) CODEC(Delta(8), ZSTD(1)),
    ended_at Nullable(DateTime64(3, 'UTC')) CODEC(Delta(8), ZSTD(1)),
    outcome LowCardinality(String),
    wait_ms Nullable(Int64),
    ring_ms Nullable(Int64),
    talk_ms Nullable(Int64),
    hold_ms Nullable(Int64),
    wrap_ms Nullable(Int64),
    agent LowCardinality(String),
    ended_by LowCardinality(String),
    transfer_kind LowCardinality(String),
    transferred_to String,
    position Nullable(Int64),
    revision UInt32,
    version UInt64 CODEC(Delta(8), ZSTD(1)),
    INDEX by_contact contact_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = {{engine contact_legs_rows version}}
ORDER BY (tenant, queue, offered_at, source, contact_id, leg)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
{{distributed contact_legs_rows by cityHash64(tenant, source)}};

CREATE TABLE IF NOT EXISTS {{table queue_intervals_rows}}
(
    tenant LowCardinality(String),
    source LowCardinality(String),
    queue LowCardinality(String),
    channel LowCardinality(String),
    interval_start DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    generation UInt64,
    offered Int64,
    answered Int64,
    abandoned Int64,
    timed_out Int64,
    left_empty Int64,
    key_exit Int64,
    overflowed Int64,
    callback Int64,
    withdrawn Int64,
    unknown Int64,
    refused_full Int64,
    refused_empty Int64,
    refused_closed Int64,
    in_progress Int64,
    wait_answered Map(UInt32, Int64),
    wait_abandoned Map(UInt32, Int64),
    wait_exited Map(UInt32, Int64),
    wait_answered_ms Int64,
    wait_abandoned_ms Int64,
    max_wait_ms Int64,
    handled Int64,
    held Int64,
    talk_ms Int64,
    hold_ms Int64,
    wrap_ms Int64,
    transferred_blind Int64,
    transferred_attended Int64,
    on_contact_ms Int64,
    on_hold_ms Int64,
    wrap_up_ms Int64,
    available_ms Int64,
    staffed_ms Int64,
    version UInt64 CODEC(Delta(8), ZSTD(1)),
    INDEX by_time interval_start TYPE minmax GRANULARITY 1
)
ENGINE = {{engine queue_intervals_rows version}}
ORDER BY (toYYYYMM(interval_start), tenant, queue, channel, interval_start, source, generation)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
{{distributed queue_intervals_rows by cityHash64(tenant, source)}};

CREATE TABLE IF NOT EXISTS {{table agent_states_rows}}
(
    tenant LowCardinality(String),
    source LowCardinality(String),
    agent LowCardinality(String),
    state LowCardinality(String),
    reason LowCardinality(String),
    started_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    ended_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    duration_ms Int64,
    contact_id String CODEC(ZSTD(1)),
    queue LowCardinality(String),
    version UInt64 CODEC(Delta(8), ZSTD(1))
)
ENGINE = {{engine agent_states_rows version}}
ORDER BY (tenant, source, agent, started_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
{{distributed agent_states_rows by cityHash64(tenant, source)}};

CREATE TABLE IF NOT EXISTS {{table agent_intervals_rows}}
(
    tenant LowCardinality(String),
    source LowCardinality(String),
    agent LowCardinality(String),
    interval_start DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    generation UInt64,
    available_ms Int64,
    ringing_ms Int64,
    on_contact_ms Int64,
    on_hold_ms Int64,
    wrap_up_ms Int64,
    unavailable_ms Int64,
    staffed_ms Int64,
    handled Int64,
    reasons Map(String, Int64),
    version UInt64 CODEC(Delta(8), ZSTD(1)),
    INDEX by_time interval_start TYPE minmax GRANULARITY 1
)
ENGINE = {{engine agent_intervals_rows version}}
ORDER BY (toYYYYMM(interval_start), tenant, source, agent, interval_start, generation)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
{{distributed agent_intervals_rows by cityHash64(tenant, source)}};

CREATE TABLE IF NOT EXISTS {{table events_rows}}
(
    tenant LowCardinality(String),
    source LowCardinality(String),
    seq String CODEC(ZSTD(1)),
    at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    kind LowCardinality(String),
    contact_id String CODEC(ZSTD(1)),
    queue LowCardinality(String),
    agent LowCardinality(String),
    body String CODEC(ZSTD(1)),
    log_partition UInt32,
    log_offset UInt64 CODEC(Delta(8), ZSTD(1)),
    INDEX by_contact contact_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = {{engine events_rows}}
ORDER BY (tenant, source, at, seq)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
{{distributed events_rows by cityHash64(tenant, source)}};

CREATE TABLE IF NOT EXISTS {{table anomalies_rows}}
(
    tenant LowCardinality(String),
    source LowCardinality(String),
    kind LowCardinality(String),
    at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    contact_id String CODEC(ZSTD(1)),
    queue LowCardinality(String),
    agent LowCardinality(String),
    detail String CODEC(ZSTD(1)),
    seq String CODEC(ZSTD(1)),
    log_partition UInt32,
    log_offset UInt64 CODEC(Delta(8), ZSTD(1))
)
ENGINE = {{engine anomalies_rows}}
ORDER BY (tenant, source, at, seq, kind)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
{{distributed anomalies_rows by cityHash64(tenant, source)}};

CREATE TABLE IF NOT EXISTS {{table dead_letters_rows}}
(
    tenant LowCardinality(String),
    source LowCardinality(String),
    feed LowCardinality(String),
    seq String CODEC(ZSTD(1)),
    received_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    reason String,
    place String,
    line String CODEC(ZSTD(1))
)
ENGINE = {{engine dead_letters_rows}}
ORDER BY (tenant, source, feed, seq)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
{{distributed dead_letters_rows by cityHash64(tenant, source)}};

CREATE TABLE IF NOT EXISTS {{table snapshots_rows}}
(
    topic LowCardinality(String),
    partition UInt32,
    next_offset UInt64,
    fold_version UInt32,
    state String CODEC(ZSTD(1))
)
ENGINE = {{engine snapshots_rows next_offset}}
ORDER BY (topic, partition, fold_version)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
{{distributed snapshots_rows by cityHash64(topic, partition)}};
