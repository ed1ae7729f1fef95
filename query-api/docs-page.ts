/** The API described: `/openapi.json` for programs and `/docs` (Swagger UI, served from here) for people. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { type ApiDocument, completeDocument, PROBLEM_SCHEMA, securityOf } from './openapi/document.ts';
import { TAGS } from './openapi/operations.ts';
import { PROBLEMS } from './problems.ts';

/** Swagger UI draws its arrows from data: images in its style sheet; else the policy is that of every page. */
const POLICY = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self'",
  'img-src': ["'self'", 'data:'],
  'connect-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
};

/** Problems' `type` is `/docs#<code>`: each has its line, by that name. */
const problemTable = (): string =>
  Object.entries(PROBLEMS)
    .map(([code, { status, title }]) => `| <a id="${code}"></a>\`${code}\` | ${status} | ${title} |`)
    .join('\n');

const DESCRIPTION = (): string => `Figures of a contact centre, counted from its events.
[Wallboard](/) · [Intervals](/intervals) · [SQL](/sql)

Send \`Authorization: Bearer …\`. A token belongs to one tenant, has one of the roles wallboard, planner, analyst and
admin (each may do what the ones before it may) and may be limited to some queues. The live socket is described in
[asyncapi.json](/asyncapi.json), this page in [openapi.json](/openapi.json).

Errors are problem details (RFC 9457): \`detail\` says what to do, \`errors\` names each faulty parameter, and
\`request_id\` finds a fault of Busyhour's own in its log. \`type\` is one of these:

| type | status | |
|---|---|---|
${problemTable()}`;

const TOKEN_DESCRIPTION =
  'A token of `busyhour token`, or a JWT of the configured issuer. The roles named with an operation may call it.';

/** Runs in the page, as source text: it may use nothing but what a browser has. */
const addToken = (request: { headers?: Record<string, string> }): typeof request => {
  const token = sessionStorage.getItem('busyhour-token');
  const headers = request.headers ?? {};
  if (token === null || headers.Authorization !== undefined) return request;
  return Object.assign(request, { headers: { ...headers, Authorization: `Bearer ${token}` } });
};

/** Light or dark as on the other pages, and the token out of the address as on every page. */
const PAGE_SCRIPT = `const dark = matchMedia('(prefers-color-scheme: dark)');
const chosen = localStorage.getItem('busyhour-theme');
const isDark = () => chosen === 'dark' || (chosen !== 'light' && dark.matches);
const follow = () => document.documentElement.classList.toggle('dark-mode', isDark());
dark.addEventListener('change', follow);
follow();
const token = new URLSearchParams(location.hash.slice(1)).get('token');
if (token !== null) {
  sessionStorage.setItem('busyhour-token', token);
  history.replaceState(null, '', location.pathname + location.search);
}
`;

/** Wide tables scroll inside themselves, so that the page fits a phone. */
const PAGE_STYLE = `body { margin: 0; }
.swagger-ui .wrapper { padding: 0 16px; }
.swagger-ui .info { margin: 24px 0 8px; }
.swagger-ui .scheme-container { padding: 8px 0; box-shadow: none; }
.swagger-ui .info table { width: auto; }
.swagger-ui .info table td, .swagger-ui .info table th { padding: 3px 16px 3px 0; vertical-align: baseline; }
.swagger-ui .info table td:first-of-type { padding: 3px 16px 3px 0; }
`;

/** Describes every route registered after it. `/docs` calls with the token that the wallboard's pages keep. */
export const useDocs = async (
  app: FastifyInstance,
  about: { readonly name: string; readonly version: string },
): Promise<void> => {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: about.name, version: about.version, description: DESCRIPTION() },
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
      components: {
        securitySchemes: { token: { type: 'http', scheme: 'bearer', description: TOKEN_DESCRIPTION } },
        schemas: { Problem: PROBLEM_SCHEMA as object },
      },
    },
    transform: ({ schema, url, route }) => ({
      url,
      schema: { ...schema, security: securityOf(route.onRequest) },
    }),
    transformObject: (document) =>
      'openapiObject' in document
        ? completeDocument(document.openapiObject as ApiDocument)
        : document.swaggerObject,
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: POLICY,
    uiConfig: {
      layout: 'BaseLayout',
      docExpansion: 'list',
      displayRequestDuration: true,
      // The curl line shown stays free of the token.
      showMutatedRequest: false,
      requestInterceptor: addToken,
    },
    theme: {
      title: `${about.name} API`,
      css: [{ filename: 'page.css', content: PAGE_STYLE }],
      js: [{ filename: 'page.js', content: PAGE_SCRIPT }],
    },
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
};
