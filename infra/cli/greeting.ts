/** What `start` says when it is ready. */
export interface Greeting {
  readonly version: string;
  readonly url: string;
  /** null where no token is asked for. */
  readonly token: string | null;
  /** How many configured feeds are followed; null for the simulated centre. */
  readonly feeds: number | null;
  readonly dataDir: string;
}

const sourceOf = (feeds: number | null): string => {
  if (feeds === null) return 'a simulated centre (--no-demo leaves it out)';
  if (feeds === 0) return 'no feed is configured';
  return `following ${feeds} feed${feeds === 1 ? '' : 's'}`;
};

export const greet = ({ version, url, token, feeds, dataDir }: Greeting): void => {
  process.stdout.write(
    [
      `Busyhour ${version}: ${sourceOf(feeds)}; data in ${dataDir}`,
      // In the fragment, which browsers do not send and servers do not log.
      `wallboard: ${url}/${token === null ? '' : `#token=${token}`}`,
      'Ctrl-C stops; the next start goes on from here',
      '',
    ].join('\n'),
  );
};
