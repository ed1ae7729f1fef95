/** Sends an export: its type and name, a note in the audit log, and the end of its query when the reader goes. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { principalOf } from '../auth.ts';
import { exportQuery, type QueryExport } from './export-query.ts';
import { exportRows, type RowsExport } from './export-rows.ts';
import { EXPORT_FORMATS, type Format } from './formats.ts';

/** Names the type and, for what is not read by programs alone, the file. */
export const describeExport = (reply: FastifyReply, name: string, format: Format): void => {
  const { contentType, extension } = EXPORT_FORMATS[format];
  reply.type(contentType);
  if (format === 'json' || format === 'ndjson') return;
  reply.header('content-disposition', `attachment; filename="${name}.${extension}"`);
};

/**
 * The definition as a header, for formats without room for it. A header holds ASCII only, formulas and names do not.
 */
export const describeDefinition = (reply: FastifyReply, definition: object): void => {
  const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  reply.header('busyhour-definition', JSON.stringify(definition).replace(/[^ -~]/g, escaped));
};

/** What was asked for; numbers of callers that were looked for are written down nowhere. */
const withoutCallers = (url: string): string => {
  const [path = '', query] = url.split('?', 2);
  if (query === undefined) return path;
  const parameters = new URLSearchParams(query);
  if (parameters.has('caller')) parameters.set('caller', '(not kept)');
  return `${path}?${parameters}`;
};

/** Notes down who took which data away. */
export const noteExport = (request: FastifyRequest): void =>
  request.server.audit({
    principal: principalOf(request),
    action: 'export',
    detail: `${request.method} ${withoutCallers(request.url)}`,
    outcome: 'done',
  });

/** Streams the rows of a query. Throws `StoreError` when it cannot be run. */
export const sendExport = async (
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
  asked: Omit<QueryExport, 'signal'>,
): Promise<FastifyReply> => {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  describeExport(reply, name, asked.format);
  noteExport(request);
  return reply.send(await exportQuery({ ...asked, signal: gone.signal }));
};

/** Sends rows that were computed here. Throws `StoreError` when they cannot be written. */
export const sendRows = async (
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
  asked: RowsExport,
): Promise<FastifyReply> => {
  describeExport(reply, name, asked.format);
  noteExport(request);
  return reply.send(await exportRows(asked));
};
