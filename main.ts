/** The command line's way in. What a command composes stands in infra/commands, a file each. */
import { runCommandLine } from './infra/cli/command-line.ts';
import { untilWritten } from './infra/cli/lifetime.ts';
import { version } from './infra/commands/about.ts';
import { doctor } from './infra/commands/doctor.ts';
import { exportCommands } from './infra/commands/export.ts';
import { importFiles } from './infra/commands/import.ts';
import { ingest } from './infra/commands/ingest.ts';
import { privacy } from './infra/commands/privacy.ts';
import { replay } from './infra/commands/replay.ts';
import { processRole, serveRole } from './infra/commands/roles.ts';
import { simulate } from './infra/commands/simulate.ts';
import { sql } from './infra/commands/sql.ts';
import { start } from './infra/commands/start.ts';
import { token } from './infra/commands/token.ts';
import { FEED_NAMES } from './ingest/feeds.ts';

const exitCode = await runCommandLine(
  { version, feeds: FEED_NAMES },
  {
    start,
    process: processRole,
    serve: serveRole,
    replay,
    importFiles,
    ingest,
    simulate,
    sql,
    token,
    exports: exportCommands,
    privacy,
    doctor,
  },
);
// Exits at once: after a fault, timers and retries of what could not be drained are still there.
await untilWritten();
process.exit(exitCode);
