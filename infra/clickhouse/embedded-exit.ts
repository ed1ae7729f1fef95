/** The exit codes by which the embedded ClickHouse's process says why it ended; apart, because importing the process's own file would start one. */
export const EXIT = {
  ended: 0,
  noLibrary: 70,
  storeTaken: 71,
  portTaken: 72,
} as const;
