/** CPU time of any process, from Linux' /proc. */
import { readFileSync } from 'node:fs';

/** Linux gives CPU times in hundredths of a second to every program (USER_HZ). */
const TICK_MS = 10;

/** User and system time so far, all threads, ms. */
export const cpuMsOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name in parentheses and may hold blanks; utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
};
