/** `busyhour erase` and `busyhour reveal`: what is done in a caller's name, each with its entry in the audit log. */
import { createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSubjectFinder, numberPattern, type Subject } from '../../ingest/pseudonymise.ts';
import { erase as eraseSubject } from '../../processors/runtime/erase.ts';
import { type AuditAction, auditRow } from '../../query-api/audit.ts';
import { isCallerToken } from '../../schemas/erasures.ts';
import { CommandFault, DONE, failed, type Outcome, usage } from '../cli/outcome.ts';
import type { EraseFlags, PrivacyCommands } from '../cli/privacy-commands.ts';
import { type ErasedSubject, type FoundRows, findSubject } from '../clickhouse/erase-rows.ts';
import type { Config } from '../config.ts';
import type { Foundation } from '../foundation.ts';
import { findOriginal, readOriginal } from '../subjects/originals.ts';
import type { SubjectKeyStore } from '../subjects/subject-keys.ts';
import { nowMs } from './about.ts';
import { OPERATOR } from './note-down.ts';
import { withFoundation, withProcessing } from './running.ts';

/** Names what was done and never to whom: `id` is of the moment, so that an entry written again is the same one. */
const noteDown = (
  { store }: Foundation,
  tenant: string,
  action: AuditAction,
  { at, detail }: { readonly at: number; readonly detail: string },
): Promise<void> => {
  const row = auditRow({ principal: { id: OPERATOR, tenant }, action, detail, outcome: 'done' }, at);
  const id = createHash('sha256').update(`${tenant}/${action}/${at}`).digest('hex').slice(0, 32);
  return store.insert('audit_rows', [{ ...row, id }]);
};

const keysOf = ({ subjectKeys }: Foundation): SubjectKeyStore => {
  if (subjectKeys !== null) return subjectKeys;
  throw new CommandFault('BUSYHOUR_PSEUDONYM_KEY is missing: give the one that ingest has');
};

const originalOf = async (foundation: Foundation, tenant: string, caller: string): Promise<string | null> => {
  const row = await findOriginal(foundation.store, tenant, caller);
  return row === null ? null : readOriginal(foundation.secrets().pseudonymKey, keysOf(foundation), row);
};

interface Target {
  readonly subject: ErasedSubject;
  /** null where only the pseudonym is known. */
  readonly known: Subject | null;
}

const targetOf = async (
  foundation: Foundation,
  tenant: string,
  { number, caller }: { readonly number: string | null; readonly caller: string | null },
): Promise<Target | null> => {
  const keys = keysOf(foundation);
  // A pseudonym whose number is kept is the number, and its key can go.
  const meant = caller === null ? number : await originalOf(foundation, tenant, caller);
  if (meant === null) {
    if (caller === null) return null;
    return { subject: { tenant, callers: [caller], numberPattern: null }, known: null };
  }
  const known = createSubjectFinder(foundation.secrets().pseudonymKey, tenant, keys)(meant);
  if (known === null) return null;
  const callers = [...known.earlier, known.caller];
  return { subject: { tenant, callers, numberPattern: numberPattern(meant) }, known };
};

const summaryOf = (found: FoundRows): string =>
  Object.entries(found)
    .map(([table, rows]) => `${table} ${rows}`)
    .join(', ');

const OLD_PARTS =
  'ClickHouse deletes the files it no longer reads within some 8 minutes (old_parts_lifetime).';

const conclude = (
  status: 'erased' | 'nothing' | 'found',
  found: FoundRows,
  { known }: Target,
  { json = false }: EraseFlags,
): Outcome => {
  const keyReplaced = status === 'erased' && known !== null;
  if (json) {
    process.stdout.write(`${JSON.stringify({ status, found, key_replaced: keyReplaced })}\n`);
    return DONE;
  }
  const told = {
    found: `found: ${summaryOf(found)}; nothing was changed`,
    nothing: 'nothing of this caller is stored (if it was erased before, that stands)',
    erased: `erased: ${summaryOf(found)}. ${OLD_PARTS}`,
  };
  process.stdout.write(`${told[status]}\n`);
  if (status === 'erased' && !keyReplaced) {
    process.stdout.write(
      'note: the number was not known, so the key that made this pseudonym is still there; "erase --number" replaces it\n',
    );
  }
  return DONE;
};

/** Not on the command line, where other users of the machine see it, if it is -. */
const readNumber = async (number: string): Promise<string> =>
  number === '-' ? (await text(process.stdin)).trim() : number;

const isAlone = ({ joined }: Foundation, { clickhouse }: Config): boolean =>
  !joined && clickhouse.kind === 'embedded';

const NOBODY = usage('this is how a withheld number is written: it stands for nobody');

const erase: PrivacyCommands['erase'] = async (config, flags) => {
  const { tenant, caller = null } = flags;
  if ((flags.number === undefined) === (caller === null)) return usage('give either --number or --caller');
  if (caller !== null && !isCallerToken(caller)) return usage(`--caller: "${caller}" is no pseudonym`);
  const number = flags.number === undefined ? null : await readNumber(flags.number);
  return flags.dryRun === true
    ? countSubject(config, flags, { number, caller })
    : withProcessing(config, async (foundation, check) => {
        const target = await targetOf(foundation, tenant, { number, caller });
        if (target === null) return NOBODY;
        const { known } = target;
        const { status, found } = await eraseSubject({
          log: foundation.log,
          store: foundation.store,
          cluster: config.clickhouseCluster,
          subject: target.subject,
          erasedAtMs: nowMs(),
          replaceKey: known === null ? null : () => keysOf(foundation).replace(known.path),
          noteDown: (at) => noteDown(foundation, tenant, 'caller_erased', { at, detail: 'a caller' }),
          wait: (ms) => sleep(ms),
          check,
          onStep: (step) => process.stderr.write(`${step}\n`),
          // Whoever holds the directory is alone with its ClickHouse: a claim that is there is of one that was killed.
          ...(isAlone(foundation, config) ? { silentAfterMs: 0 } : {}),
        });
        return conclude(status, found, target, flags);
      });
};

const countSubject = (
  config: Config,
  flags: EraseFlags,
  named: { readonly number: string | null; readonly caller: string | null },
): Promise<Outcome> =>
  withFoundation({ ...config, clickhouseHttpPort: 0 }, 'command', async (foundation) => {
    const target = await targetOf(foundation, flags.tenant, named);
    if (target === null) return NOBODY;
    return conclude('found', await findSubject(foundation.store, target.subject), target, flags);
  });

const reveal: PrivacyCommands['reveal'] = async (config, caller, { tenant }) => {
  if (!isCallerToken(caller)) return usage(`"${caller}" is no pseudonym`);
  return withFoundation({ ...config, clickhouseHttpPort: 0 }, 'command', async (foundation) => {
    const number = await originalOf(foundation, tenant, caller);
    if (number === null)
      return failed(
        'no number is kept of this caller: BUSYHOUR_KEEP_NUMBERS=encrypted keeps those that call from then on',
      );
    // Before it is shown: no number leaves without an entry. The digest finds the entry of a caller that is there, and
    // says nothing of one that was erased.
    const detail = `caller sha256:${createHash('sha256').update(caller).digest('hex').slice(0, 16)}`;
    await noteDown(foundation, tenant, 'caller_revealed', { at: nowMs(), detail });
    // `00` is how `+` is kept.
    process.stdout.write(`${number.replace(/^00/, '+')}\n`);
    return DONE;
  });
};

export const privacy: PrivacyCommands = { erase, reveal };
