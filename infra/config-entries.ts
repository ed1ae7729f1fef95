/** Lists of entries in busyhour.yaml, such as `alerts:` and `webhooks:`. */

export type Entry = Readonly<Record<string, unknown>>;

export interface EntryList<Read> {
  /** Of the list in the file. */
  readonly name: string;
  readonly most: number;
  /** What its entries are, where that is not said by its name. */
  readonly noun?: string;
  /** What each has to have, in words. */
  readonly having: string;
  /** Gets where the entry stands, to name it in faults of its own. */
  readonly read: (entry: Entry, where: string) => readonly Read[];
}

/** The entries as read; a list that is none, and entries that are none, go to `faults` with where they stand in `path`. */
export const readEntries = <Read>(
  path: string,
  list: unknown,
  { name, most, noun, having, read }: EntryList<Read>,
  faults: string[],
): readonly Read[] => {
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list) || list.length > most) {
    const many = noun === undefined ? `${most}` : `${most} ${noun}`;
    faults.push(`${path}: ${name} must be a list of at most ${many}, each with ${having}`);
    return [];
  }
  return list.flatMap((entry: unknown, i) => {
    const where = `${path}: ${name}[${i}]`;
    if (typeof entry === 'object' && entry !== null && !Array.isArray(entry))
      return read(entry as Entry, where);
    faults.push(`${where} must have ${having}`);
    return [];
  });
};
