/** One way to get at what is not the asking tenant's, or to do what SQL here may not. */

export interface Attempt {
  readonly sql: string;
  /** `refused`: must be an error. `silent`: may be answered, but with nothing that is foreign. */
  readonly expect: 'refused' | 'silent';
}
/** Where an attempt could be led to: a port that counts who calls, and a file that must not come to be. */
export interface Traps {
  readonly port: number;
  readonly file: string;
}

export const refused = (...statements: string[]): Attempt[] =>
  statements.map((sql) => ({ sql, expect: 'refused' }));
export const silent = (...statements: string[]): Attempt[] =>
  statements.map((sql) => ({ sql, expect: 'silent' }));
