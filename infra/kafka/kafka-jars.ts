/** Apache Kafka's jars, from Maven Central into a cache beside the npm packages: downloaded once a version. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const POM = fileURLToPath(new URL('./pom.xml', import.meta.url));
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/busyhour/kafka', import.meta.url));
const DOWNLOAD_LIMIT_MS = 300_000;
const PROBE_LIMIT_MS = 20_000;
const LEAST_JAVA = 17;

/** Why Kafka cannot run on this machine, or null where it can. */
export const missingForKafka = async (): Promise<string | null> => {
  const [java, maven] = await Promise.all([javaVersion(), found('mvn')]);
  if (java === null) return `no java on the PATH (Kafka needs Java ${LEAST_JAVA} or later)`;
  if (java < LEAST_JAVA) return `java is version ${java} (Kafka needs ${LEAST_JAVA} or later)`;
  return maven || existsSync(jarsDir()) ? null : "no mvn on the PATH (it fetches Kafka's jars)";
};

const javaVersion = async (): Promise<number | null> => {
  try {
    const { stderr } = await run('java', ['-version'], { timeout: PROBE_LIMIT_MS });
    const version = /version "(\d+)/.exec(stderr)?.[1];
    return version === undefined ? null : Number(version);
  } catch {
    return null;
  }
};

const found = async (command: string): Promise<boolean> => {
  try {
    await run(command, ['--version'], { timeout: PROBE_LIMIT_MS });
    return true;
  } catch {
    return false;
  }
};

const jarsDir = (): string => {
  const pinned = createHash('sha256').update(readFileSync(POM)).digest('hex').slice(0, 12);
  return `${CACHE}/${pinned}`;
};

/** The directory of Kafka's jars. Rejects when they can be neither found nor fetched. */
export const kafkaJars = async (): Promise<string> => {
  const dir = jarsDir();
  if (existsSync(dir)) return dir;
  mkdirSync(CACHE, { recursive: true });
  // Under a name of its own until complete: test files run at the same time, and a download may be cut off.
  const partial = `${dir}.${process.pid}`;
  try {
    await run(
      'mvn',
      ['-q', '-B', '-f', POM, 'dependency:copy-dependencies', `-DoutputDirectory=${partial}`],
      { timeout: DOWNLOAD_LIMIT_MS },
    );
    if (!existsSync(dir)) renameSync(partial, dir);
    return dir;
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
};
