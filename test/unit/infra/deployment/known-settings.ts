/** Which of the settings that a deployment file speaks of the configuration does not know. */
import { SETTINGS } from '../../../../infra/config.ts';

/** Names of `BUSYHOUR_…` in the text that are neither a setting nor `<setting>_FILE`, sorted. */
export const unknownSettings = (text: string): readonly string[] => {
  const known = new Set(Object.keys(SETTINGS));
  const named = new Set(text.match(/\bBUSYHOUR_[A-Z0-9_]+\b/g) ?? []);
  return [...named].filter((name) => !known.has(name) && !known.has(name.replace(/_FILE$/, ''))).sort();
};
