/** A progress bar on a terminal; elsewhere nothing, so that output can be read by programs. */
import { SingleBar } from 'cli-progress';

export interface Progress {
  readonly report: (bytesRead: number, bytesTotal: number | null, lines: number) => void;
  readonly stop: () => void;
}

const SILENT: Progress = { report: () => {}, stop: () => {} };

export const openProgress = (enabled: boolean): Progress => {
  if (!enabled || process.stderr.isTTY !== true) return SILENT;
  const bar = new SingleBar({
    format: '{bar} {percentage}% | {lines} lines | {eta_formatted} left',
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
  });
  let running = false;
  return {
    report: (bytesRead, bytesTotal, lines) => {
      if (bytesTotal === null) return;
      if (!running) bar.start(bytesTotal, bytesRead, { lines });
      running = true;
      bar.update(Math.min(bytesRead, bytesTotal), { lines });
    },
    stop: () => {
      if (running) bar.stop();
    },
  };
};
