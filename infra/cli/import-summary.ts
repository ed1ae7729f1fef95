/** What an import says when it is done: one object for programs, a few lines for people. */
export interface Summary {
  readonly read: number;
  readonly published: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
  readonly landed: Readonly<Record<string, number>>;
  readonly seconds: number;
}

export const printSummary = (summary: Summary, asJson: boolean, out: NodeJS.WritableStream): void => {
  if (asJson) {
    out.write(`${JSON.stringify(summary)}\n`);
    return;
  }
  const { read, published, duplicates, rejected, dropped, warnings, landed, seconds } = summary;
  const of = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  out.write(`read ${read}: published ${published}, already known ${duplicates}, rejected ${rejected}`);
  out.write(Object.keys(dropped).length === 0 ? '\n' : `, left out: ${of(dropped)}\n`);
  out.write(`landed in ${seconds.toFixed(1)} s: ${of(landed)}\n`);
  for (const warning of warnings) out.write(`note: ${warning}\n`);
  if (rejected > 0) {
    out.write(`see what was rejected: busyhour sql "SELECT reason, place, line FROM dead_letters"\n`);
  }
};
