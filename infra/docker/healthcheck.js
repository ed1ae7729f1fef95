/** Whether the role in this container answers; the container's health check. Exits 0 or 1. */
const port = process.env.BUSYHOUR_METRICS_PORT ?? process.env.BUSYHOUR_PORT ?? '8080';
const LIMIT_MS = 2_500;

const answer = await fetch(`http://127.0.0.1:${port}/healthz`, {
  signal: AbortSignal.timeout(LIMIT_MS),
}).catch((error) => ({ ok: false, status: error.message }));
if (!answer.ok) console.error(`/healthz on port ${port}: ${answer.status}`);
process.exitCode = answer.ok ? 0 : 1;
