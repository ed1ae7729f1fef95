import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rowFilter, tenantUser, tenantUsername } from '../../../../infra/clickhouse/tenant-users.ts';

/** As the row policy reads it. */
const tenantOf = (username: string): string =>
  decodeURIComponent(username.slice('tenant_'.length).replaceAll('_', '%'));

describe('the name of a tenant’s database user', () => {
  test.each([
    ['acme', 'tenant_acme'],
    ['acme-west', 'tenant_acme-west'],
    ['acme_west', 'tenant_acme_5fwest'],
    ['Müller & Söhne', 'tenant_M_c3_bcller_20_26_20S_c3_b6hne'],
    ["a'b</x>", 'tenant_a_27b_3c_2fx_3e'],
  ])('%s', (tenant, username) => {
    expect(tenantUsername(tenant)).toBe(username);
  });

  test('is fit for XML and SQL, and gives the tenant back, whatever it is called', () => {
    const anyName = fc.string({ unit: 'binary', minLength: 1 }).filter((name) => name.isWellFormed());
    fc.assert(
      fc.property(anyName, (tenant) => {
        const username = tenantUsername(tenant);
        expect(username).toMatch(/^tenant_[A-Za-z0-9_-]+$/);
        expect(tenantOf(username)).toBe(tenant);
      }),
    );
  });
});

describe('its password', () => {
  test('follows from key and tenant, and from nothing else', () => {
    const one = tenantUser('key', 'acme').password;
    expect(tenantUser('key', 'acme').password).toBe(one);
    expect(tenantUser('key', 'other').password).not.toBe(one);
    expect(tenantUser('other key', 'acme').password).not.toBe(one);
    expect(one).toMatch(/^[\w-]{43}$/);
  });
});

test('the row policy quotes the users it lets through', () => {
  expect(rowFilter(["o'neil", 'back\\slash'])).toContain("currentUser() IN ('o\\'neil', 'back\\\\slash')");
});
