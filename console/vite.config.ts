import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { fakeBridge } from './fake-bridge/plugin.ts';

/** The bridge that `npm run console` speaks with; `fake` in place of a URL: recorded answers, without a bridge. */
const BRIDGE = process.env.BRIDGE_URL ?? 'http://localhost:8080';
/** What the bridge answers, and not Vite: the modules of the folder `api` and the page /configuration are Vite's. */
const BRIDGE_PATHS = [
  String.raw`^/api/(?![\w-]+\.ts(\?|$))`,
  String.raw`^/(health|ready|config|metrics|openapi\.json)(\?|$)`,
  String.raw`^/docs(/|\?|$)`,
];
const isFake = BRIDGE === 'fake';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), ...(isFake ? [fakeBridge(BRIDGE_PATHS)] : [])],
  build: { outDir: 'dist', emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0 },
  server: {
    port: 5173,
    // The bridge compares Origin with Host: it must see the Host that the browser has asked.
    proxy: isFake
      ? {}
      : Object.fromEntries(BRIDGE_PATHS.map((path) => [path, { target: BRIDGE, changeOrigin: false }])),
  },
});
