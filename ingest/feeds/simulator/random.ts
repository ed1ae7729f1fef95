/** Seeded random numbers for the simulator: the same seed gives the same centre on every machine. */

export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  chance(probability: number): boolean;
  /** Uniform integer, both ends included. */
  integer(low: number, high: number): number;
  exponential(mean: number): number;
  /** Log-normal with the given mean; `spread` is the standard deviation of its logarithm. */
  lognormal(mean: number, spread: number): number;
  pick<T>(from: readonly [T, ...T[]]): T;
}

/** FNV-1a: turns a seed and the name of a stream into a start value, so that streams do not overlap. */
const hash = (text: string): number => {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
};

/** sfc32 (Chris Doty-Humphrey, PractRand): 128 bits of state, 32-bit integer arithmetic only. */
const sfc32 = (seed: string): (() => number) => {
  let a = hash(`${seed}/a`) | 0;
  let b = hash(`${seed}/b`) | 0;
  let c = hash(`${seed}/c`) | 0;
  let counter = 1;
  const next = (): number => {
    const mixed = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + mixed;
    return (mixed >>> 0) / 2 ** 32;
  };
  // Its author discards the first outputs, in which near seeds still look alike.
  for (let i = 0; i < 12; i += 1) next();
  return next;
};

/** A stream of random numbers named by `seed` and `stream`. */
export const createRandom = (seed: number, stream: string): Random => {
  const uniform = sfc32(`${seed}/${stream}`);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return {
    uniform,
    chance: (probability) => uniform() < probability,
    integer: (low, high) => low + Math.floor(uniform() * (high - low + 1)),
    exponential: (mean) => -mean * Math.log(1 - uniform()),
    lognormal: (mean, spread) => mean * Math.exp(spread * normal() - (spread * spread) / 2),
    pick: (from) => from[Math.floor(uniform() * from.length)] ?? from[0],
  };
};
