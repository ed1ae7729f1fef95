/**
 * A key a subject without keeping one a subject. Keys stand in a tree: each one gives those below it, by a hash that
 * does not lead back, so one key at the top stands for all its leaves. Replacing a leaf puts the keys beside its path in
 * the place of those above it, which are gone then: no other leaf changes, and the old one cannot be made again.
 * (Goldreich, Goldwasser, Micali 1986; puncturing it: Boneh and Waters 2013.)
 */
import { hash } from 'node:crypto';

/** Enough for a key that is only ever tried one by one, and half the size when the tree is written down. */
export const TREE_KEY_BYTES = 16;
const FAN_OUT = 16;

/** A key in base64url that stands for everything below it, or the sixteen that have come in its place. */
export type KeyTree = string | readonly KeyTree[];

const keyIn = (tree: string): Buffer => Buffer.from(tree, 'base64url');
const below = (key: Uint8Array, digit: number): Buffer => {
  const step = new Uint8Array(TREE_KEY_BYTES + 1);
  step.set(key);
  step[TREE_KEY_BYTES] = digit;
  return hash('sha256', step, 'buffer').subarray(0, TREE_KEY_BYTES);
};
const digitAt = (path: string, at: number): number => Number.parseInt(path.charAt(at), FAN_OUT);

const childrenOf = (tree: KeyTree): readonly KeyTree[] => {
  if (typeof tree !== 'string') return tree;
  const key = keyIn(tree);
  return Array.from({ length: FAN_OUT }, (_, digit) => below(key, digit).toString('base64url'));
};

/** The key at the end of `path`, in hex digits. Throws where the tree does not reach so far. */
export const leafKey = (tree: KeyTree, path: string): Buffer => {
  let node: KeyTree | undefined = tree;
  let at = 0;
  for (; typeof node === 'object'; at++) node = node[digitAt(path, at)];
  if (node === undefined || at > path.length) throw new Error('the tree of keys does not have this path');
  let key = keyIn(node);
  for (; at < path.length; at++) key = below(key, digitAt(path, at));
  return key;
};

/** The tree with `key` as the leaf of `path`, in which the old leaf is nowhere to be found. All other leaves stay. */
export const replaceLeaf = (tree: KeyTree, path: string, key: Uint8Array): KeyTree => {
  if (path === '') return Buffer.from(key).toString('base64url');
  const children = childrenOf(tree);
  const digit = digitAt(path, 0);
  const child = children[digit];
  if (child === undefined) throw new Error('a path is in hex digits');
  return children.with(digit, replaceLeaf(child, path.slice(1), key));
};
