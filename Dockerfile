# syntax=docker/dockerfile:1
# One image for the roles ingest, process and serve. Pinned by tag: where this file was written no registry could be
# asked for a digest, so whoever builds for production adds one (node:…@sha256:…).
ARG NODE_IMAGE=node:24.21.0-trixie-slim

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The optional packages are a second Node and the embedded ClickHouse (0.5 GB): the image has the one, and the roles
# talk to a ClickHouse server.
# npm 11 holds the lock file to be incomplete, because it lists the ClickHouse build of one platform only; npm 10 takes it.
RUN npx --yes npm@10.9.4 ci --omit=dev --omit=optional && npm cache clean --force

# The pages. Their bundler's binaries are optional packages too, so they are installed here and stay here.
FROM packages AS pages
RUN npx --yes npm@10.9.4 ci --omit=dev && npm cache clean --force
COPY schemas ./schemas
COPY query-api ./query-api
RUN node query-api/pages/build.ts

FROM ${NODE_IMAGE}
# The base image's own unprivileged user is 1000:1000.
RUN install -d -o node -g node -m 0700 /data
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY package.json main.ts ./
COPY schemas ./schemas
COPY ingest ./ingest
COPY processors ./processors
COPY query-api ./query-api
COPY --from=pages /app/query-api/pages/dist ./query-api/pages/dist
COPY infra ./infra
ENV NODE_ENV=production \
    BUSYHOUR_DATA_DIR=/data/busyhour
USER node
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["node", "/app/infra/docker/healthcheck.js"]
ENTRYPOINT ["node", "--v8-pool-size=0", "--disable-warning=TimeoutNegativeWarning", "/app/main.ts"]
CMD ["--help"]
