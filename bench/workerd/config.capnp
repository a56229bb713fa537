using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "bench", worker = .bench)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "bench")],
);

const bench :Workerd.Worker = (
  modules = [
    (name = "bench/workerd/worker.mjs", esModule = embed "worker.mjs"),
    (name = "bench/blog-signer.mjs", esModule = embed "../blog-signer.mjs"),
    (name = "bench/aws4fetch-signer.mjs", esModule = embed "../aws4fetch-signer.mjs"),
    (name = "bench/reference-request.mjs", esModule = embed "../reference-request.mjs"),
    (name = "bench/signer-module/signer.mjs", esModule = embed "../signer-module/signer.mjs"),
    (name = "bench/build/signer.wasm", wasm = embed "../build/signer.wasm"),
    (name = "bench/workerd/aws4fetch", esModule = embed "../node_modules/aws4fetch/dist/aws4fetch.esm.mjs"),
  ],
  compatibilityDate = "2026-01-01",
  compatibilityFlags = ["nodejs_compat"],
);
