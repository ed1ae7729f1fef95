/** One row under its header: texts by column name, and the first thing that made it unusable. */
export interface Row {
  /** The text of a column without blanks around it. */
  readonly text: (column: string) => string;
  /** Says why the row cannot be used; the first reason stays. Gives null, for the value that could not be read. */
  readonly fail: (reason: string) => null;
  readonly failure: () => string | null;
}

export const createRow = (places: ReadonlyMap<string, number>, fields: readonly string[]): Row => {
  let failure: string | null = null;
  return {
    text: (column) => fields[places.get(column) ?? -1]?.trim() ?? '',
    fail: (reason) => {
      failure ??= reason;
      return null;
    },
    failure: () => failure,
  };
};
