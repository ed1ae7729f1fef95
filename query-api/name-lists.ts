/** Lists of names in one text, as parameters, addresses and flags have them. Pure. */

/** An escaped sign, or any other but a comma. */
const NAME = /(?:\\[\s\S]|[^,])+/g;

/** The names between the commas, trimmed, each once. `\,` is a comma within a name and `\\` a backslash. */
export const splitNames = (texts: readonly string[]): readonly string[] => {
  const names = texts
    .flatMap((text) => text.match(NAME) ?? [])
    .map((name) => name.trim().replace(/\\([,\\])/g, '$1'));
  return [...new Set(names.filter((name) => name !== ''))];
};

/** One name as `splitNames` reads it whole. */
export const escapeName = (name: string): string => name.replace(/[,\\]/g, '\\$&');
