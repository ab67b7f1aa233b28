# The generated Prisma client, made with the development dependencies.
FROM node:24-slim AS generate
WORKDIR /laurel
COPY package.json package-lock.json prisma.config.ts ./
COPY prisma prisma
RUN npm ci

# What runs. Omitting optional and peer keeps the Prisma command line and its studio out (optional peers of the client).
FROM node:24-slim AS modules
WORKDIR /laurel
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --omit=peer --ignore-scripts

FROM node:24-slim
ENV NODE_ENV=production LAUREL_DATA=/var/lib/laurel
WORKDIR /laurel
RUN install --directory --owner=node --group=node --mode=0700 /var/lib/laurel
COPY --from=modules /laurel/node_modules node_modules
COPY package.json ./
COPY prisma prisma
COPY catalogs catalogs
COPY src src
COPY --from=generate /laurel/src/generated src/generated
USER node
EXPOSE 4000
VOLUME /var/lib/laurel
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 4000) + '/ready').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "src/main.ts"]
CMD ["serve"]
