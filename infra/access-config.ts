/** The settings of who gets in: a company's own issuer of tokens, and the proxies whose word counts. */
import { BlockList, isIP } from 'node:net';
import type { IsTrustedProxy, JwtConfig } from './access.ts';

/** What the settings say, read by name. */
export interface JwtSettings {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whoever can change the keys on their way can make tokens of any role. */
const isKeysUrl = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  const isSafe = protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname));
  return isSafe && username === '' && password === '';
};

/** All three or none; null = no JWT is taken. */
export const readJwtConfig = (settings: JwtSettings, faults: string[]): JwtConfig | null => {
  const { issuer, audience, jwksUrl } = settings;
  if (issuer === '' && audience === '' && jwksUrl === '') return null;
  if (issuer === '' || audience === '' || jwksUrl === '') {
    faults.push(
      'BUSYHOUR_JWT_ISSUER, BUSYHOUR_JWT_AUDIENCE and BUSYHOUR_JWT_JWKS_URL go together: set all or none',
    );
    return null;
  }
  if (isKeysUrl(jwksUrl)) return { issuer, audience, jwksUrl };
  faults.push('BUSYHOUR_JWT_JWKS_URL: must be https://… without a password (http only on loopback)');
  return null;
};

const MAX_PREFIX = { 4: 32, 6: 128 } as const;

/** `10.0.0.0/8` or a single address; null when it is neither. */
const rangeOf = (text: string): { address: string; family: 'ipv4' | 'ipv6'; prefix: number } | null => {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  if ((version !== 4 && version !== 6) || rest.length > 0) return null;
  const prefix = bits === undefined ? MAX_PREFIX[version] : Number(bits);
  if (bits === '' || !Number.isInteger(prefix) || prefix < 0 || prefix > MAX_PREFIX[version]) return null;
  return { address, family: version === 4 ? 'ipv4' : 'ipv6', prefix };
};

/** Of addresses and ranges by comma. */
export const readTrustedProxies = (value: string, faults: string[]): IsTrustedProxy => {
  const list = new BlockList();
  const names = value.split(',').map((name) => name.trim());
  for (const name of names.filter((text) => text !== '')) {
    const range = rangeOf(name);
    if (range === null)
      faults.push(`BUSYHOUR_TRUSTED_PROXIES: "${name}" is no address and no range like 10.0.0.0/8`);
    else list.addSubnet(range.address, range.prefix, range.family);
  }
  // BlockList itself takes ::ffff:10.0.0.1 for 10.0.0.1, as a socket that listens on both families names it.
  return (address) => isIP(address) !== 0 && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
};
