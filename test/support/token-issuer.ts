/** An issuer of JWTs on loopback: publishes its keys, and signs what a test asks for. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { JwtConfig } from '../../infra/access.ts';

const ALGORITHMS = ['RS256', 'ES256', 'EdDSA', 'PS256'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

export interface TokenIssuer {
  readonly config: JwtConfig;
  /** How often the keys were read. */
  readonly reads: () => number;
  /** What the keys' address answers from now on. */
  readonly answer: (answer: 'keys' | 'nothing' | 'too much' | 'error') => void;
  /** A token of a wallboard of tenant `acme`, valid for an hour, changed by `claims`; undefined leaves a claim out. */
  readonly sign: (claims?: Readonly<Record<string, unknown>>, algorithm?: Algorithm) => Promise<string>;
  readonly close: () => Promise<void>;
}

export const startTokenIssuer = async (nowMs: () => number = Date.now): Promise<TokenIssuer> => {
  const pairs = new Map<Algorithm, CryptoKey>();
  const keys: object[] = [];
  for (const alg of ALGORITHMS) {
    const { privateKey, publicKey } = await generateKeyPair(alg);
    pairs.set(alg, privateKey);
    keys.push({ ...(await exportJWK(publicKey)), alg, kid: alg, use: 'sig' });
  }
  let reads = 0;
  let answering: 'keys' | 'nothing' | 'too much' | 'error' = 'keys';
  const server = createServer((request, response) => {
    if (request.url !== '/keys') {
      response.writeHead(404).end();
      return;
    }
    reads += 1;
    if (answering === 'nothing') request.socket.destroy();
    else if (answering === 'error') response.writeHead(500).end('no');
    else response.end(JSON.stringify({ keys, padding: answering === 'too much' ? 'x'.repeat(300_000) : '' }));
  });
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  const issuer = 'https://issuer.example';
  const audience = 'busyhour';
  const sign = async (
    claims: Readonly<Record<string, unknown>> = {},
    algorithm: Algorithm = 'ES256',
  ): Promise<string> => {
    const key = pairs.get(algorithm);
    if (key === undefined) throw new Error(`no key for ${algorithm}`);
    const nowS = Math.floor(nowMs() / 1000);
    const all = {
      iss: issuer,
      aud: audience,
      sub: 'kim',
      iat: nowS,
      exp: nowS + 3600,
      busyhour_tenant: 'acme',
      busyhour_role: 'wallboard',
      ...claims,
    };
    const kept = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    return new SignJWT(kept).setProtectedHeader({ alg: algorithm, kid: algorithm }).sign(key);
  };
  const { port } = server.address() as AddressInfo;
  return {
    config: { issuer, audience, jwksUrl: `http://127.0.0.1:${port}/keys` },
    reads: () => reads,
    answer: (answer) => {
      answering = answer;
    },
    sign,
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
};
