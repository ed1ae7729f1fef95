/** `webhooks:` in busyhour.yaml: who is told of alerts over HTTP. */
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Entry, readEntries } from './config-entries.ts';

export interface WebhookConfig {
  /** Names it in metrics, in dead letters and as a reader of the log: renamed, it begins anew. */
  readonly name: string;
  readonly url: string;
  /** The key its messages are signed with. */
  readonly secret: string;
  readonly tenant: string;
  /** Ids of rules; null = of all. */
  readonly rules: readonly string[] | null;
  /** Names or patterns with `*`; null = of all queues and of sources as a whole. */
  readonly queues: readonly string[] | null;
}

/** Each is a reader of its own, so that one that is away does not hold up the others. */
export const MAX_WEBHOOKS = 20;
const MIN_SECRET_LENGTH = 16;
const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const FIELDS = ['name', 'url', 'secret', 'secret_file', 'tenant', 'rules', 'queues', 'allow_http'];
const LOOPBACK_HOST = /^(localhost|\[::1\]|127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/;

type Fault = (field: string, message: string) => void;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The fault never quotes the URL: addresses of webhooks often are secrets themselves. */
const readUrl = (entry: Entry, fault: Fault): string => {
  const text = textOf(entry.url);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    fault('url', 'must be https://host/path');
  } else if (url.username !== '' || url.password !== '') {
    fault('url', 'must not hold a user or password: messages are signed');
  } else if (url.protocol === 'http:' && entry.allow_http !== true && !LOOPBACK_HOST.test(url.hostname)) {
    fault('url', 'must be https, as it leaves this machine (allow_http: true permits it all the same)');
  }
  return text;
};

const readSecret = (entry: Entry, fault: Fault): string => {
  const secret = readSecretText(entry, fault);
  if (secret !== null && secret.length < MIN_SECRET_LENGTH)
    fault('secret', `must have at least ${MIN_SECRET_LENGTH} characters, in secret or secret_file`);
  return secret ?? '';
};
const readSecretText = (entry: Entry, fault: Fault): string | null => {
  if (entry.secret_file === undefined) return textOf(entry.secret);
  try {
    return readFileSync(textOf(entry.secret_file), 'utf8').trim();
  } catch (error) {
    fault('secret_file', error instanceof Error ? error.message : String(error));
    return null;
  }
};

const readNames = (entry: Entry, field: 'rules' | 'queues', fault: Fault): readonly string[] | null => {
  const value = entry[field];
  if (value === undefined || value === null) return null;
  if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value;
  fault(field, 'must be a list of names');
  return null;
};

const readWebhook = (entry: Entry, fault: Fault): WebhookConfig => {
  for (const field of Object.keys(entry)) {
    if (!FIELDS.includes(field)) fault(field, `is unknown (known: ${FIELDS.join(', ')})`);
  }
  const url = readUrl(entry, fault);
  const name = textOf(entry.name) || `webhook-${hash('sha256', url, 'hex').slice(0, 8)}`;
  if (!NAME.test(name)) fault('name', 'must be 1 to 64 letters, digits, "-" or "_"');
  return {
    name,
    url,
    secret: readSecret(entry, fault),
    tenant: textOf(entry.tenant) || 'default',
    rules: readNames(entry, 'rules', fault),
    queues: readNames(entry, 'queues', fault),
  };
};

/** The webhooks; what is wrong with them goes to `faults`, each with where it stands in `path`. */
export const readWebhooks = (path: string, webhooks: unknown, faults: string[]): readonly WebhookConfig[] => {
  const list = {
    name: 'webhooks',
    most: MAX_WEBHOOKS,
    having: 'url and secret',
    read: (entry: Entry, where: string) => [
      readWebhook(entry, (field, message) => faults.push(`${where}.${field} ${message}`)),
    ],
  };
  const read = readEntries(path, webhooks, list, faults);
  const seen = new Set<string>();
  for (const { name } of read) {
    if (seen.has(name)) faults.push(`${path}: webhooks: two are called "${name}": give each its own name`);
    seen.add(name);
  }
  return read;
};
