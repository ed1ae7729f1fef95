/** Answers to what never becomes a request of a route, and so meets none of the app's hooks: also problems, also with headers. */
import { maxHeaderSize } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEM_TYPE, type Problem, type ProblemCode, problem, sendProblem } from './problems.ts';

const HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'",
} as const;

/** A whole HTTP response, after which the connection ends. */
export const endWithProblem = (socket: Duplex, refused: Problem): void => {
  const body = JSON.stringify(refused);
  const headers = {
    'content-type': PROBLEM_TYPE,
    'content-length': Buffer.byteLength(body),
    ...HEADERS,
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${refused.status} ${refused.title}\r\n${lines.join('')}\r\n${body}`);
};

/** An address that cannot be decoded or is too long. */
export const answerBadAddress = (
  error: FastifyError,
  _request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply => sendProblem(reply.headers(HEADERS), problem('bad_request', error.message));

const CODES: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['timed_out', 'send it whole, and again'],
  HPE_HEADER_OVERFLOW: [
    'headers_too_large',
    `address and headers together are more than ${maxHeaderSize} bytes: ask for less at once`,
  ],
};

/** What is no HTTP, or does not come to its end. */
export const answerClientError = (error: Error & { readonly code?: string }, socket: Duplex): void => {
  // https://nodejs.org/api/http.html#event-clienterror: after a reset there is nobody to answer.
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [code, detail] = CODES[error.code ?? ''] ?? ['bad_request', 'this is no HTTP request'];
  endWithProblem(socket, problem(code, detail));
};
