/**
 * A second way in to the test broker: TLS with a certificate of its own, and every SASL mechanism Busyhour speaks. For
 * tests; tokens of OAUTHBEARER are taken unsigned, as Kafka does where no key is configured.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface SecuredListener {
  readonly username: string;
  readonly password: string;
}

const LISTENER = 'SECURED';
const VALID_DAYS = 30;
const SECURITY = 'org.apache.kafka.common.security';

const keytool = (args: readonly string[]) => promisify(execFile)('keytool', [...args]);

interface KeyStore {
  readonly file: string;
  readonly password: string;
  /** PEM of the certificate, which is its own authority. */
  readonly ca: string;
}

/** Makes a key and a certificate for the loopback address. */
export const makeKeyStore = async (dir: string, address: string): Promise<KeyStore> => {
  const store = { file: join(dir, 'broker.p12'), password: randomBytes(12).toString('hex') };
  const pem = join(dir, 'ca.pem');
  const open = ['-keystore', store.file, '-storepass', store.password, '-alias', 'broker'];
  await keytool([
    '-genkeypair',
    ...open,
    ...['-storetype', 'PKCS12', '-keyalg', 'EC', '-groupname', 'secp256r1'],
    ...['-dname', 'CN=busyhour-test', '-ext', `SAN=ip:${address}`, '-validity', String(VALID_DAYS)],
  ]);
  await keytool(['-exportcert', '-rfc', ...open, '-file', pem]);
  return { ...store, ca: readFileSync(pem, 'utf8') };
};

/** What the broker's properties need besides the listener's address. */
export const securedSettings = (
  { username, password }: SecuredListener,
  store: KeyStore,
): Readonly<Record<string, string>> => {
  const mechanism = (name: string, module: string, options: string) => ({
    [`listener.name.secured.${name}.sasl.jaas.config`]: `${SECURITY}.${module} required ${options};`,
  });
  return {
    'listener.name.secured.ssl.keystore.type': 'PKCS12',
    'listener.name.secured.ssl.keystore.location': store.file,
    'listener.name.secured.ssl.keystore.password': store.password,
    'listener.name.secured.ssl.key.password': store.password,
    'listener.name.secured.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    ...mechanism('plain', 'plain.PlainLoginModule', `user_${username}="${password}"`),
    ...mechanism('scram-sha-256', 'scram.ScramLoginModule', ''),
    ...mechanism('scram-sha-512', 'scram.ScramLoginModule', ''),
    ...mechanism(
      'oauthbearer',
      'oauthbearer.OAuthBearerLoginModule',
      'unsecuredLoginStringClaim_sub="broker"',
    ),
  };
};

export const securedAddress = (host: string, port: number): string => `${LISTENER}://${host}:${port}`;
export const SECURED_PROTOCOL = `${LISTENER}:SASL_SSL`;

/** SCRAM's users are part of the cluster's first metadata. */
export const scramArguments = ({ username, password }: SecuredListener): readonly string[] =>
  ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((name) => [
    '--add-scram',
    `${name}=[name=${username},password=${password}]`,
  ]);
