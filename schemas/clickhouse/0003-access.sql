-- Who may ask, and who asked what. Neither follows from the log: a replay leaves both tables alone.

CREATE TABLE IF NOT EXISTS {{table api_tokens_rows}}
(
    tenant LowCardinality(String),
    id String,
    name String,
    sha256 String,
    role LowCardinality(String),
    queues String,
    created_at DateTime64(3, 'UTC'),
    expires_at DateTime64(3, 'UTC'),
    revoked_at Nullable(DateTime64(3, 'UTC')),
    version UInt64
)
ENGINE = {{engine api_tokens_rows version}}
ORDER BY (tenant, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
{{distributed api_tokens_rows by cityHash64(tenant, id)}};

CREATE TABLE IF NOT EXISTS {{table audit_rows}}
(
    tenant LowCardinality(String),
    at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    id String,
    principal String,
    action LowCardinality(String),
    detail String CODEC(ZSTD(1)),
    outcome LowCardinality(String)
)
ENGINE = {{engine audit_rows}}
ORDER BY (tenant, at, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
{{distributed audit_rows by cityHash64(tenant, id)}};
