/** How the pages are built: one HTML file a page, everything it needs beside it, nothing from elsewhere. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('.'),
  publicDir: here('public'),
  logLevel: 'warn',
  clearScreen: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: here('dist'),
    target: 'es2022',
    // The pages' security policy allows no data: addresses, and every browser it is for preloads modules by itself.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // On a busy machine it would advise at every start.
      checks: { bundlerTimings: false },
      input: ['wallboard', 'intervals', 'sql'].map((page) => here(`${page}/index.html`)),
    },
  },
});
