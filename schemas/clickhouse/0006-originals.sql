-- Callers' numbers, each sealed with the key of its subject, where keeping them is asked for (docs/privacy.md). They do
-- not follow from the log: a replay leaves them alone.

CREATE TABLE IF NOT EXISTS {{table originals_rows}}
(
    tenant LowCardinality(String),
    caller String,
    place String,
    number String,
    kept_at DateTime64(3, 'UTC')
)
ENGINE = {{engine originals_rows}}
ORDER BY (tenant, caller)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
{{distributed originals_rows by cityHash64(tenant, caller)}};
