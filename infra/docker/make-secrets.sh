#!/bin/sh
# Makes the secrets that docker-compose.yml mounts, into the directory named (default ./secrets). What is there stays:
# run it again to make what is missing. To change ClickHouse's passwords, delete the files clickhouse_*; a new api_token
# locks out who holds the old one; with a new pseudonym_key every caller gets another pseudonym; with a new sql_key BI
# tools need new passwords.
set -eu
dir=${1:-secrets}
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
sha256() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -d ' ' -f 1; }

# The directory is its owner's alone; the files in it are for whichever user a container runs as.
umask 077
mkdir -p "$dir"
if [ ! -e "$dir/clickhouse_url" ]; then
    admin=$(random)
    analyst=$(random)
    printf 'http://busyhour:%s@clickhouse:8123/acd\n' "$admin" >"$dir/clickhouse_url"
    printf '%s\n' "$analyst" >"$dir/clickhouse_analyst_password"
    # ClickHouse itself is told the hashes only.
    printf '<clickhouse>\n  <admin_sha256>%s</admin_sha256>\n  <analyst_sha256>%s</analyst_sha256>\n</clickhouse>\n' \
        "$(printf %s "$admin" | sha256)" "$(printf %s "$analyst" | sha256)" >"$dir/clickhouse_users"
fi
if [ ! -e "$dir/clickhouse_analyst_url" ]; then
    printf 'http://analyst:%s@clickhouse:8123/acd\n' "$(cat "$dir/clickhouse_analyst_password")" \
        >"$dir/clickhouse_analyst_url"
fi
for name in api_token pseudonym_key sql_key grafana_admin_password; do
    [ -e "$dir/$name" ] || printf '%s\n' "$(random)" >"$dir/$name"
done
chmod 0444 "$dir"/*
echo "secrets are in $dir: keep it out of backups that others read"
