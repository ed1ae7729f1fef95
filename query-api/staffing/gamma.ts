/**
 * Parts of the gamma function that the Erlang formulas need, exact to about fourteen digits from the smallest to the
 * largest arguments: nothing here overflows, and what underflows does so to zero. Pure.
 */

/** From here on Stirling's series is exact to the last bit with the four terms used. */
const STIRLING_FROM = 16;
/** Both expansions end after some multiples of √a terms; this is beyond every load, patience and handle time allowed. */
const MAX_TERMS = 2_000_000;
const SMALLEST_PART = 1e-17;

/** ln Γ(x+1) less Stirling's (x+½) ln x − x + ½ ln 2π, for x > 0. */
const stirlingError = (x: number): number => {
  let shift = 0;
  let at = x;
  for (; at < STIRLING_FROM; at += 1) shift += (at + 0.5) * Math.log1p(1 / at) - 1;
  const square = at * at;
  return shift + (1 / 12 - (1 / 360 - (1 / 1260 - 1 / 1680 / square) / square) / square) / at;
};

/**
 * a ln(a/x) + x − a without the loss of digits where a and x are near
 * (C. Loader, Fast and Accurate Computation of Binomial Probabilities, 2000).
 */
const deviance = (a: number, x: number): number => {
  if (Math.abs(a - x) >= 0.1 * (a + x)) return a * Math.log(a / x) + x - a;
  const ratio = (a - x) / (a + x);
  let sum = (a - x) * ratio;
  let part = 2 * a * ratio;
  for (let j = 1; j < MAX_TERMS; j += 1) {
    part *= ratio * ratio;
    const next = sum + part / (2 * j + 1);
    if (next === sum) break;
    sum = next;
  }
  return sum;
};

/** ln of x^a e^−x / Γ(a+1), for a > 0 and x > 0: of the Poisson probability of a where a is whole. */
export const logPoissonTerm = (a: number, x: number): number =>
  -stirlingError(a) - deviance(a, x) - Math.log(2 * Math.PI * a) / 2;

/** Σ x^j / ((a+1) … (a+j)) over j ≥ 0, for x < a + 1: all terms are positive and shrink. */
export const risingSeries = (a: number, x: number): number => {
  let sum = 1;
  let term = 1;
  for (let j = 1; j < MAX_TERMS && term > SMALLEST_PART * sum; j += 1) {
    term *= x / (a + j);
    sum += term;
  }
  return sum;
};

/** Γ(a, x) / Γ(a) for x ≥ a + 1, by Legendre's continued fraction (Lentz's evaluation). */
const upperGamma = (a: number, x: number): number => {
  let b = x + 1 - a;
  let c = Number.MAX_VALUE;
  let d = 1 / b;
  let fraction = d;
  for (let i = 1; i < MAX_TERMS; i += 1) {
    const numerator = i * (a - i);
    b += 2;
    d = 1 / (numerator * d + b);
    c = b + numerator / c;
    const factor = c * d;
    fraction *= factor;
    if (Math.abs(factor - 1) < 1e-16) break;
  }
  return Math.exp(logPoissonTerm(a, x)) * a * fraction;
};

/** ln of the regularised lower incomplete gamma function γ(a, x) / Γ(a), for a > 0 and x ≥ 0. */
export const logLowerGamma = (a: number, x: number): number => {
  if (x <= 0) return Number.NEGATIVE_INFINITY;
  if (x < a + 1) return logPoissonTerm(a, x) + Math.log(risingSeries(a, x));
  return Math.log1p(-upperGamma(a, x));
};

/** ψ(x), the derivative of ln Γ, for x > 0: 1/(r+1) + … + 1/(r+m) = ψ(r+m+1) − ψ(r+1). */
export const digamma = (x: number): number => {
  let shift = 0;
  let at = x;
  for (; at < STIRLING_FROM; at += 1) shift -= 1 / at;
  const square = at * at;
  const tail = (1 / 12 - (1 / 120 - (1 / 252 - 1 / 240 / square) / square) / square) / square;
  return shift + Math.log(at) - 0.5 / at - tail;
};
