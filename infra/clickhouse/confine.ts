/**
 * Confines this process to one directory: outside it nothing can be written, made, removed or executed any more. By
 * Linux's Landlock, which needs no privileges and cannot be undone; it holds for this thread and those it starts.
 */
import { closeSync, openSync } from 'node:fs';
import { close, DataType, load, open } from 'ffi-rs';

/** include/uapi/asm-generic/unistd.h; x86-64 and arm64 have the same numbers for these. */
const LANDLOCK_CREATE_RULESET = 444;
const LANDLOCK_ADD_RULE = 445;
const LANDLOCK_RESTRICT_SELF = 446;
/** include/uapi/linux/prctl.h; LANDLOCK_RESTRICT_SELF asks for it. */
const PR_SET_NO_NEW_PRIVS = 38;
/** include/uapi/linux/landlock.h: the first that lets files be truncated and moved between directories, Linux 6.2. */
const LEAST_ABI = 3;
/** Every access of that ABI but READ_FILE (1 << 2) and READ_DIR (1 << 3). */
const CHANGES = 0x7fff & ~0b1100;
const WRITE_FILE = 1 << 1;
const CREATE_RULESET_VERSION = 1;
const RULE_PATH_BENEATH = 1;
const LIBRARY = 'libc';

/** False where the system cannot; then nothing has changed. */
export function confineTo(dir: string): boolean {
  if (process.platform !== 'linux') return false;
  open({ library: LIBRARY, path: 'libc.so.6' });
  try {
    if (callLibc('syscall', LANDLOCK_CREATE_RULESET, 0, 0, CREATE_RULESET_VERSION) < LEAST_ABI) return false;
    const handled = Buffer.alloc(8);
    handled.writeBigUInt64LE(BigInt(CHANGES));
    const ruleset = callLibc('syscall', LANDLOCK_CREATE_RULESET, handled, handled.length, 0);
    if (ruleset < 0) return false;
    const confined =
      allow(ruleset, dir, CHANGES) &&
      // Where output is thrown away.
      allow(ruleset, '/dev/null', WRITE_FILE) &&
      callLibc('prctl', PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) === 0 &&
      callLibc('syscall', LANDLOCK_RESTRICT_SELF, ruleset, 0) === 0;
    closeSync(ruleset);
    return confined;
  } finally {
    close(LIBRARY);
  }
}

function allow(ruleset: number, path: string, access: number): boolean {
  const beneath = openSync(path, 'r');
  // struct landlock_path_beneath_attr, packed: the accesses, then the open directory.
  const rule = Buffer.alloc(12);
  rule.writeBigUInt64LE(BigInt(access));
  rule.writeInt32LE(beneath, 8);
  const added = callLibc('syscall', LANDLOCK_ADD_RULE, ruleset, RULE_PATH_BENEATH, rule, 0);
  closeSync(beneath);
  return added === 0;
}

/** Negative when the call failed. */
function callLibc(funcName: string, ...args: readonly (number | Buffer)[]): number {
  return Number(
    load({
      library: LIBRARY,
      funcName,
      retType: DataType.I64,
      paramsType: args.map((arg) => (typeof arg === 'number' ? DataType.I64 : DataType.U8Array)),
      paramsValue: [...args],
    }),
  );
}
