# The command maria with its embedded model, run by a user that is not root.
#   docker build -t maria .
#   docker run --rm maria infill "The [MASK] sat on the [MASK]."
FROM node:20-slim AS build
ENV TURBO_TELEMETRY_DISABLED=1
ENV npm_config_update_notifier=false
WORKDIR /src
COPY . .
RUN npm ci
RUN mkdir /packs && npm pack --ignore-scripts -w packages/cli -w models/tiny --pack-destination /packs
RUN npm install --global --prefix /opt/maria --ignore-scripts --no-audit --no-fund /packs/*.tgz
# ONNX Runtime brings its library for each system.
RUN cd /opt/maria/lib/node_modules/@maria/cli/node_modules/onnxruntime-node/bin/napi-v6 && rm -r darwin win32

FROM node:20-slim
COPY --from=build /opt/maria /opt/maria
RUN ln -s /opt/maria/bin/maria /usr/local/bin/maria && install -d -o node -g node /models /work
# Models of the Hub and quantised copies stay where a volume may be mounted.
ENV HF_HOME=/models
ENV MARIA_CACHE=/models/maria
USER node
WORKDIR /work
EXPOSE 8080
ENTRYPOINT ["maria"]
CMD ["--help"]
