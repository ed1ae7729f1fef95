// Adds to package-lock.json the optional platform packages that npm left out because the registry it asked does not
// serve them: without an entry for each, `npm ci` refuses the lock as out of step. Run after every `npm install`.
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));
const PLATFORM = /-(linux|darwin|win32)-(x64|arm64)/;

for (const entry of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const platform = PLATFORM.exec(name);
    if (lock.packages[`node_modules/${name}`] !== undefined || platform === null) continue;
    if (!/^\d/.test(version)) continue;
    lock.packages[`node_modules/${name}`] = {
      version,
      cpu: [platform[2]],
      license: entry.license,
      optional: true,
      os: [platform[1]],
    };
  }
}
const root = lock.packages[''];
const others = Object.entries(lock.packages).filter(([name]) => name !== '');
lock.packages = { '': root, ...Object.fromEntries(others.sort(([a], [b]) => a.localeCompare(b, 'en'))) };
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
