/** The port of who gets in: what the query API must know of the issuer of tokens and of proxies in front of it. */

/** Whose JSON Web Tokens are taken, for whom they must be meant, and where the issuer's keys are. */
export interface JwtConfig {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
}

/** Tells whether an address is a trusted proxy's. */
export type IsTrustedProxy = (address: string) => boolean;
