# Two images: `production` (gateway, release worker, console and `wxa`; the command chooses) and `simulator`, for development.
# NODE_IMAGE has the version that package.json installs for npm scripts: what was tested is what runs (.ci/check-node).
# deploy/build-image builds a release, which needs digests.
ARG NODE_IMAGE=node:24.21.0-slim
ARG BASE_IMAGE=debian:13-slim

FROM ${NODE_IMAGE} AS manifests
WORKDIR /app
COPY . .
# What npm needs to know, alone: the dependencies are installed again only when one changes.
RUN rm tsconfig.base.json && find proto libs apps stack -type f ! -name package.json -delete && find . -type d -empty -delete

# The stack and its embedded servers stay out. Nothing of ours needs an install script.
FROM manifests AS modules
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --omit=dev --omit=optional \
       --workspace=libs --workspace=apps/cli --workspace=apps/gateway --workspace=apps/release-worker --workspace=apps/console \
  && rm -r node_modules/.package-lock.json package.json package-lock.json .npmrc apps/wechat-sim stack \
  && chmod -R a+rX,go-w .

FROM manifests AS simulator-modules
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --omit=dev --omit=optional \
       --workspace=libs --workspace=apps/wechat-sim \
  && rm -r node_modules/.package-lock.json package.json package-lock.json .npmrc apps/[!w]* stack \
  && chmod -R a+rX,go-w .

FROM manifests AS build
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts \
       --include-workspace-root --workspace=libs --workspace=apps
COPY . .
RUN node node_modules/typescript-native/bin/tsc -b apps/cli apps/gateway apps/release-worker apps/console apps/wechat-sim \
  && node apps/bundle.js && node apps/console/web/build.js

# What runs, without sources. A checkout made with umask 077 would not be readable for the user of the image.
FROM manifests AS code
COPY --from=build /app/proto ./proto
COPY --from=build /app/libs ./libs
COPY --from=build /app/apps ./apps
COPY stack/docker-health.js ./
RUN rm -r package.json package-lock.json .npmrc stack apps/bundle.js apps/console/web \
  && find libs apps -depth \( -name node_modules -o -name src -o -name '*.d.ts' -o -name '*.map' -o -name '*.spec.js' \
       -o -name '*.tsbuildinfo' -o -name 'tsconfig*.json' -o -name '*.md' -o -name '.*made-of' \) -exec rm -r {} + \
  && chmod -R a+rX,go-w . && chmod a+x apps/cli/dist/main.js

FROM code AS production-code
RUN rm -r apps/wechat-sim && mkdir /programs && ln -s /app/apps/cli/dist/main.js /programs/wxa

FROM code AS simulator-code
RUN rm -r apps/[!w]* && mkdir /state

FROM ${BASE_IMAGE} AS base
COPY --from=manifests /usr/local/bin/node /usr/local/bin/
# Fewer collections of what lives as long as a call: 32 MiB of room for it, 16 is Node's default.
ENV NODE_ENV=production NODE_OPTIONS=--max-semi-space-size=32
WORKDIR /app
ARG SOURCE=
ARG REVISION=unknown
ARG VERSION=unknown
LABEL org.opencontainers.image.source=${SOURCE} \
  org.opencontainers.image.revision=${REVISION} \
  org.opencontainers.image.version=${VERSION}
# Exported as wxa_build_info{commit}.
ENV BUILD_COMMIT=${REVISION}
USER 1000:1000

FROM base AS simulator
COPY --from=simulator-modules /app ./
COPY --from=simulator-code /app ./
COPY --from=simulator-code --chown=1000:1000 /state /state
EXPOSE 8090
CMD ["node", "apps/wechat-sim/dist/bundle.js"]

FROM base AS production
COPY --from=modules /app ./
COPY --from=production-code /app ./
COPY --from=production-code /programs /usr/local/bin
EXPOSE 50051 8080 8081 8082
CMD ["node", "apps/gateway/dist/bundle.js"]
