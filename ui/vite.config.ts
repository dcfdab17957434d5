import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [tailwindcss(), svelte(), svelteTesting()],
  // The window's content security policy takes no inline data, so nothing is inlined.
  build: { target: "es2022", assetsInlineLimit: 0, reportCompressedSize: false },
  clearScreen: false,
  server: { port: 5173, strictPort: true, host: "127.0.0.1" },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.ts"],
    // The whole window is drawn; a busy machine takes its time.
    testTimeout: 20_000,
    setupFiles: ["src/test/setup.ts"],
  },
});
