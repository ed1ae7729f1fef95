/** Lists of queue names in an address. Pure. */

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part.replaceAll('+', ' '));
  } catch {
    // A name typed by hand with a bare % stands for itself.
    return part;
  }
};

/**
 * The names of a parameter, each once, in order; null where there are none. Split before decoding, so that a name may
 * have a comma in it (as %2C).
 */
export const readNames = (search: string, parameter: string): readonly string[] | null => {
  const names = search
    .replace(/^\?/, '')
    .split('&')
    .filter((part) => part.startsWith(`${parameter}=`))
    .flatMap((part) => part.slice(parameter.length + 1).split(','))
    .map(decode)
    .filter((name) => name !== '');
  return names.length === 0 ? null : [...new Set(names)];
};

export const writeNames = (names: readonly string[]): string => names.map(encodeURIComponent).join(',');
