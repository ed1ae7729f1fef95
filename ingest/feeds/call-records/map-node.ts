/** Reads a YAML document's parts and gathers what is wrong with them, so that a user sees all faults at once. */

/** The text of a scalar, or a list, or a mapping: scalars are never turned into numbers, dates or booleans. */
export type MapNode = string | readonly MapNode[] | { readonly [key: string]: MapNode };

/** Takes a fault at a path such as `offered_at.format`. */
export type AddFault = (path: string, fault: string) => void;

export type MapFields = ReadonlyMap<string, MapNode>;

const KINDS = { text: 'a word', list: 'a list', mapping: 'a mapping' } as const;
const kindOf = (node: MapNode): keyof typeof KINDS =>
  typeof node === 'string' ? 'text' : Array.isArray(node) ? 'list' : 'mapping';

export const isMapping = (node: MapNode | undefined): node is { readonly [key: string]: MapNode } =>
  typeof node === 'object' && !Array.isArray(node);

/** The fields of a mapping; null, and a fault, where it is none. Keys beyond `allowed` are faults. */
export const fieldsOf = (
  node: MapNode | undefined,
  path: string,
  allowed: readonly string[],
  fault: AddFault,
): MapFields | null => {
  const fields = mappingOf(node, path, fault);
  for (const key of fields?.keys() ?? []) {
    if (!allowed.includes(key)) {
      fault(at(path, key), `unknown key: here may stand ${allowed.join(', ')}`);
    }
  }
  return fields;
};

/** A mapping with keys of the user's own. */
export const mappingOf = (node: MapNode | undefined, path: string, fault: AddFault): MapFields | null => {
  if (isMapping(node)) return new Map(Object.entries(node));
  fault(path, node === undefined ? 'is missing' : `is ${KINDS[kindOf(node)]}, must be a mapping`);
  return null;
};

/** A word that is not empty; null, and a fault, where it is none. */
export const textOf = (node: MapNode | undefined, path: string, fault: AddFault): string | null => {
  if (typeof node === 'string' && node !== '') return node;
  if (node === undefined || node === '') fault(path, 'is missing');
  else fault(path, `is ${KINDS[kindOf(node)]}, must be a word`);
  return null;
};

/** One of some words. */
export const wordOf = <Word extends string>(
  node: MapNode | undefined,
  path: string,
  words: readonly Word[],
  fault: AddFault,
): Word | null => {
  const text = textOf(node, path, fault);
  const word = words.find((candidate) => candidate === text) ?? null;
  if (text !== null && word === null) fault(path, `"${text}" is none of ${words.join(', ')}`);
  return word;
};

/** A list of words, '' among them; a single word is a list of one. */
export const textsOf = (node: MapNode, path: string, fault: AddFault): readonly string[] => {
  if (typeof node === 'string') return [node];
  if (Array.isArray(node) && node.every((item) => typeof item === 'string')) return node;
  fault(path, 'must be a list of words');
  return [];
};

export const at = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);
