/** `busyhour doctor`: what stands and what does not. */
import { DONE, failed, type Outcome } from '../cli/outcome.ts';
import type { Config } from '../config.ts';
import { diagnose } from '../doctor.ts';
import { withFoundation } from './running.ts';

export const doctor = (config: Config): Promise<Outcome> =>
  withFoundation({ ...config, clickhouseHttpPort: 0 }, 'command', async (foundation) => {
    const findings = await diagnose(foundation, config);
    for (const { name, ok, detail } of findings)
      process.stdout.write(`${ok ? 'ok   ' : 'FAULT'} ${name}: ${detail}\n`);
    const faults = findings.filter(({ ok }) => !ok).length;
    return faults === 0 ? DONE : failed(`${faults} fault${faults === 1 ? '' : 's'} found`);
  });
