import config from "../vite.config.ts";

// The same window in the same environment as the tests'; only what is measured is run.
export default { ...config, test: { ...config.test, include: ["bench/**/*.test.ts"], testTimeout: 300_000 } };
