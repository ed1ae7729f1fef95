import { describe, expect, test } from 'vitest';
import { readJwtConfig, readTrustedProxies } from '../../../infra/access-config.ts';

const KEYS = 'https://id.example/keys';
const jwt = (issuer: string, audience: string, jwksUrl: string) => {
  const faults: string[] = [];
  return { config: readJwtConfig({ issuer, audience, jwksUrl }, faults), faults };
};

describe('the issuer', () => {
  test('is none when nothing is set, and one when all is', () => {
    expect(jwt('', '', '')).toEqual({ config: null, faults: [] });
    const config = { issuer: 'https://id.example', audience: 'busyhour', jwksUrl: KEYS };
    expect(jwt('https://id.example', 'busyhour', KEYS)).toEqual({ config, faults: [] });
  });

  test.each([
    ['', 'busyhour', KEYS],
    ['https://id.example', '', KEYS],
    ['https://id.example', 'busyhour', ''],
  ])('%j, %j, %j is half of one: told so', (issuer, audience, url) => {
    expect(jwt(issuer, audience, url).faults).toEqual([expect.stringContaining('go together')]);
  });

  test.each([
    [KEYS, true],
    ['http://127.0.0.1:9000/keys', true],
    ['http://localhost/keys', true],
    ['http://id.example/keys', false],
    ['http://127.0.0.1.evil.example/keys', false],
    ['https://user:secret@id.example/keys', false],
    ['file:///etc/keys', false],
    ['keys', false],
  ])('its keys at %s: %j', (url, allowed) => {
    expect(jwt('https://id.example', 'busyhour', url).faults).toHaveLength(allowed ? 0 : 1);
  });
});

describe('trusted proxies', () => {
  test.each([
    ['', '10.0.0.1', false],
    ['10.0.0.1', '10.0.0.1', true],
    ['10.0.0.1', '10.0.0.2', false],
    ['10.0.0.0/8, 192.168.1.0/24', '192.168.1.7', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.0.0.0/8', '::ffff:10.0.0.1', true],
    ['fd00::/8', 'fd12::1', true],
    ['fd00::/8', '2001:db8::1', false],
    ['10.0.0.0/8', 'unknown', false],
    ['10.0.0.0/8', '', false],
  ])('%j trusts %j: %j', (setting, address, trusted) => {
    const faults: string[] = [];
    expect(readTrustedProxies(setting, faults)(address)).toBe(trusted);
    expect(faults).toEqual([]);
  });

  test.each([
    'proxy.example',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/x',
    '10.0.0.0/8/8',
    '10.0.0/8',
    'fd00::/129',
  ])('%s is no range: told so', (setting) => {
    const faults: string[] = [];
    readTrustedProxies(setting, faults);
    expect(faults).toEqual([expect.stringContaining(`"${setting}"`)]);
  });
});
