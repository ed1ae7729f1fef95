/**
 * The embedded ClickHouse with a database user for every tenant. Its users are a file it reads once, when it starts: a
 * tenant that comes later costs a restart of a few seconds, in which inserts and queries are answered "try again".
 */
import { type EmbeddedOptions, type ServerExit, startEmbeddedClickHouse } from './embedded-server.ts';
import { tenantUser } from './tenant-users.ts';

export interface TenantServerOptions extends Omit<EmbeddedOptions, 'tenants'> {
  /** What the users' passwords are derived from. */
  readonly sqlKey: string;
  /** Who has a user from the start. */
  readonly tenants: readonly string[];
  /** Told before new users are made, so that the next start knows them. */
  readonly onTenants: (tenants: readonly string[]) => void;
}
export interface TenantServer {
  readonly url: string;
  /** Resolves when the server has ended for good, for whatever reason. */
  readonly exited: Promise<ServerExit>;
  readonly has: (tenant: string) => boolean;
  /** Gives users to those who have none. Throws `EmbeddedServerError`. */
  readonly add: (tenants: readonly string[]) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Starts the server. Throws `EmbeddedServerError`. */
export async function startTenantServer(options: TenantServerOptions): Promise<TenantServer> {
  const tenants = new Set(options.tenants);
  const start = (httpPort: number) => {
    const users = [...tenants].map((tenant) => tenantUser(options.sqlKey, tenant));
    return startEmbeddedClickHouse({ ...options, httpPort, tenants: users });
  };
  let server = await start(options.httpPort);
  const { url } = server;
  const { promise: exited, resolve: onExit } = Promise.withResolvers<ServerExit>();
  /** The end of a server that another takes the place of is nobody's concern. */
  const watch = (watched: typeof server): void =>
    void watched.exited.then((exit) => {
      if (watched === server) onExit(exit);
    });
  watch(server);
  const restart = async (): Promise<void> => {
    const old = server;
    server = { ...old };
    await old.close();
    try {
      server = await start(Number(new URL(url).port));
    } catch (error) {
      onExit({ expected: false, reason: error instanceof Error ? error.message : String(error) });
      throw error;
    }
    watch(server);
  };
  let last: Promise<void> = Promise.resolve();
  return {
    url,
    exited,
    has: (tenant) => tenants.has(tenant),
    add(added) {
      last = last.then(async () => {
        const missing = added.filter((tenant) => !tenants.has(tenant));
        if (missing.length === 0) return;
        options.onTenants([...tenants, ...missing]);
        for (const tenant of missing) tenants.add(tenant);
        await restart();
      });
      return last;
    },
    async close() {
      await last.catch(() => undefined);
      await server.close();
    },
  };
}
