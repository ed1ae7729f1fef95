/** `GET /v1/intervals`: figures by interval and group, by a definition of the reader's choice. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply } from 'fastify';
import type { Store } from '../../infra/clickhouse/store.ts';
import { principalOf, queuesInScope, requireRole } from '../auth.ts';
import { MAX_COMPUTED_ROWS } from '../export/columnar.ts';
import { exportIntervals } from '../export/export-intervals.ts';
import { isColumnar } from '../export/formats.ts';
import { describeDefinition, describeExport, noteExport } from '../export/send-export.ts';
import { badRequest, problem, sendProblem } from '../problems.ts';
import type { QueueGroups } from '../queries/group-columns.ts';
import { answerIntervals, type IntervalsAnswer, MAX_ROWS } from './intervals-answer.ts';
import { type IntervalsRequest, parseIntervalsRequest } from './intervals-request.ts';
import { Querystring, Reply } from './intervals-schema.ts';
import { createSourceMemo } from './source-ends.ts';

export interface IntervalsRouteOptions {
  readonly store: Store;
  readonly nowMs: () => number;
  readonly timeZone: string;
  readonly queueGroups: QueueGroups;
}

const sendAnswer = async (
  store: Store,
  reply: FastifyReply,
  request: IntervalsRequest,
  answer: IntervalsAnswer,
): Promise<FastifyReply> => {
  describeExport(reply, 'intervals', request.format);
  if (request.format !== 'json') describeDefinition(reply, answer.definition);
  return reply.send(await exportIntervals(store, request, answer));
};

export const intervalsRoute =
  (options: IntervalsRouteOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    const memo = createSourceMemo();
    app.get(
      '/v1/intervals',
      {
        onRequest: requireRole('planner'),
        schema: {
          summary: 'Figures by interval and group',
          description:
            'Gaps are filled with empty intervals. The reply carries the definition it was computed by.',
          querystring: Querystring,
          response: { 200: Reply },
        },
      },
      async (request, reply) => {
        const parsed = parseIntervalsRequest(request.query, { ...options, nowMs: options.nowMs() });
        if (!parsed.ok) return sendProblem(reply, badRequest(parsed.faults));
        const principal = principalOf(request);
        const { queues, refused } = queuesInScope(principal, parsed.value.queues);
        if (refused.length > 0) {
          const detail = `this token does not cover queue ${refused.join(', ')}`;
          return sendProblem(reply, problem('forbidden', detail));
        }
        const { channels, sources, format } = parsed.value;
        const scope = { tenant: principal.tenant, queues, channels, sources };
        const maxRows = isColumnar(format) ? MAX_COMPUTED_ROWS : MAX_ROWS;
        const outcome = await answerIntervals({ ...options, memo }, parsed.value, scope, maxRows);
        if (outcome.status === 'refused') {
          return sendProblem(reply, badRequest([{ path: 'from', message: outcome.fault }]));
        }
        if (format !== 'json') noteExport(request);
        return sendAnswer(options.store, reply, parsed.value, outcome.answer);
      },
    );
  };
