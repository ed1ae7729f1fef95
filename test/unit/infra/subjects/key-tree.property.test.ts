import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KeyTree, leafKey, replaceLeaf, TREE_KEY_BYTES } from '../../../../infra/subjects/key-tree.ts';

const DIGITS = 6;
const path = fc
  .array(fc.integer({ min: 0, max: 15 }), { minLength: DIGITS, maxLength: DIGITS })
  .map((digits) => digits.map((digit) => digit.toString(16)).join(''));
const key = fc.uint8Array({ minLength: TREE_KEY_BYTES, maxLength: TREE_KEY_BYTES });
const root = key.map((bytes): KeyTree => Buffer.from(bytes).toString('base64url'));
const hex = (tree: KeyTree, at: string): string => leafKey(tree, at).toString('hex');

/** Every key that is written down in a tree, with the path it stands at. */
const written = (tree: KeyTree, at = ''): readonly (readonly [string, string])[] =>
  typeof tree === 'string'
    ? [[at, tree]]
    : tree.flatMap((child, digit) => written(child, at + digit.toString(16)));

describe('the tree of keys', () => {
  it('gives different subjects different keys', () => {
    fc.assert(
      fc.property(root, path, path, (tree, a, b) => {
        expect(hex(tree, a) === hex(tree, b)).toBe(a === b);
      }),
    );
  });

  it('has a new key where one was replaced, and the old one everywhere else', () => {
    fc.assert(
      fc.property(
        root,
        fc.array(fc.tuple(path, key), { minLength: 1, maxLength: 5 }),
        path,
        (tree, erased, other) => {
          const after = erased.reduce((now, [at, fresh]) => replaceLeaf(now, at, fresh), tree);
          const last = new Map(erased);
          for (const [at, fresh] of last) expect(hex(after, at)).toBe(Buffer.from(fresh).toString('hex'));
          if (!last.has(other)) expect(hex(after, other)).toBe(hex(tree, other));
        },
      ),
    );
  });

  it('writes down no key from which a replaced one follows', () => {
    fc.assert(
      fc.property(root, path, key, (tree, at, fresh) => {
        const above = written(replaceLeaf(tree, at, fresh)).filter(([place]) => at.startsWith(place));
        expect(above).toEqual([[at, Buffer.from(fresh).toString('base64url')]]);
      }),
    );
  });

  it('can be written down and read again', () => {
    fc.assert(
      fc.property(root, path, key, (tree, at, fresh) => {
        const after = replaceLeaf(tree, at, fresh);
        expect(JSON.parse(JSON.stringify(after))).toEqual(after);
      }),
    );
  });
});
