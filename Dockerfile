# One image for gateway, release-worker, simulator and migration; the command chooses (see docker-compose.yml).
# The version that package.json installs for npm scripts: what was tested is what runs (.ci/check-node).
ARG NODE_IMAGE=node:24.21.0-slim

FROM ${NODE_IMAGE} AS manifests
WORKDIR /app
COPY . .
# What npm needs to know, alone: the layers below are built anew only when a dependency changes.
RUN find libs apps stack -type f ! -name package.json -delete && find . -type d -empty -delete

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY --from=manifests /app ./
# Nothing of ours needs an install script in the image; the compiler's binary is a package.
RUN npm ci --ignore-scripts
COPY . .
RUN node node_modules/typescript-native/bin/tsc -b apps/cli apps/gateway apps/release-worker apps/wechat-sim

FROM ${NODE_IMAGE} AS production
WORKDIR /app
COPY --from=manifests /app ./
# The stack and its embedded servers stay out.
RUN npm ci --ignore-scripts --omit=dev --omit=optional --workspace=apps --workspace=libs && npm cache clean --force
COPY --from=build /app/proto ./proto
COPY --from=build /app/libs ./libs
COPY --from=build /app/apps ./apps
COPY stack/docker-health.js ./
RUN find libs apps -type d -name src -prune -exec rm -r {} +

FROM ${NODE_IMAGE}
# Fewer collections of what lives as long as a call: 32 MiB of room for it, 16 is Node's default.
ENV NODE_ENV=production NODE_OPTIONS=--max-semi-space-size=32
WORKDIR /app
COPY --from=production /app ./
USER node
EXPOSE 50051 8080 8081 8090
CMD ["node", "apps/gateway/dist/main.js"]
