// The web view's own engine, on a display without a screen, driven by WebDriver.
import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import process from "node:process";

/** Whatever the machine has: one language, one zone, no desktop's settings, and drawing without a graphics card, which is the same each time. */
const ALWAYS_THE_SAME = { LANG: "C.UTF-8", TZ: "UTC", GTK_THEME: "Adwaita", GSETTINGS_BACKEND: "memory", NO_AT_BRIDGE: "1", WEBKIT_SKIA_ENABLE_CPU_RENDERING: "1", WEBKIT_SKIA_CPU_PAINTING_THREADS: "0" };

/** Starts display, driver and browser. `close` ends them. */
export async function openBrowser() {
  const started = [];
  const close = () => started.reverse().forEach((child) => child.kill());
  try {
    const display = await startDisplay(started);
    const port = await freePort();
    const env = { ...process.env, ...ALWAYS_THE_SAME, DISPLAY: display, GDK_BACKEND: "x11" };
    started.push(run("WebKitWebDriver", [`--port=${port}`], env));
    return { ...(await openSession(`http://127.0.0.1:${port}/session`)), close };
  } catch (error) {
    close();
    throw error;
  }
}

async function startDisplay(started) {
  const server = run("Xvfb", ["-displayfd", "3", "-screen", "0", "1800x1200x24", "-nolisten", "tcp"], process.env, ["ignore", "ignore", "ignore", "pipe"]);
  started.push(server);
  const number = await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.once("exit", () => reject(new Error("Xvfb does not start (package xvfb)")));
    let told = "";
    server.stdio[3].on("data", (data) => (told += data).endsWith("\n") && resolve(told.trim()));
  });
  return `:${number}`;
}

function run(program, args, env, stdio = ["ignore", "ignore", "ignore"]) {
  const child = spawn(program, args, { env, stdio });
  child.on("error", () => undefined); // whoever waits for it says so
  return child;
}

async function openSession(base) {
  const capabilities = { alwaysMatch: { "webkitgtk:browserOptions": { binary: miniBrowser(), args: ["--automation"] } } };
  const { sessionId } = await patiently(() => call("POST", base, { capabilities }));
  const at = `${base}/${sessionId}`;
  await call("POST", `${at}/timeouts`, { script: 60_000, pageLoad: 120_000 });
  const frame = { width: 0, height: 0 };
  const size = () => call("POST", `${at}/execute/sync`, { script: "return [innerWidth, innerHeight]", args: [] });
  return {
    go: (url) => call("POST", `${at}/url`, { url }),
    /** Runs an asynchronous function of the page and answers what it does. */
    ask: async (script, ...args) => {
      const wrapped = `const done = arguments[arguments.length - 1]; (async () => { ${script} })().then((value) => done({ value: value ?? null }), (error) => done({ error: String(error?.stack ?? error) }))`;
      const answer = await call("POST", `${at}/execute/async`, { script: `const args = [...arguments].slice(0, -1); ${wrapped}`, args });
      if (answer?.error !== undefined) throw new Error(answer.error);
      return answer?.value;
    },
    /** Makes the page so large; the frame around it comes on top. */
    resize: async (width, height) => {
      for (let round = 0; round < 20; round += 1) {
        await call("POST", `${at}/window/rect`, { x: 0, y: 0, width: width + frame.width, height: height + frame.height });
        const [wide, high] = await size();
        if (wide === width && high === height) return;
        frame.width += width - wide;
        frame.height += height - high;
      }
      throw new Error(`the page does not become ${width} x ${height}`);
    },
    picture: async () => Buffer.from(await call("GET", `${at}/screenshot`), "base64"),
  };
}

/** Beside the library that the window links to. */
function miniBrowser() {
  const places = readdirSync("/usr/lib").map((folder) => `/usr/lib/${folder}/webkit2gtk-4.1/MiniBrowser`);
  const found = [...places, "/usr/libexec/webkit2gtk-4.1/MiniBrowser", "/usr/lib/webkit2gtk-4.1/MiniBrowser"].find((path) => existsSync(path));
  if (!found) throw new Error("WebKitGTK's MiniBrowser is not there (package libwebkit2gtk-4.1-0)");
  return found;
}

async function patiently(attempt) {
  const late = Date.now() + 30_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > late) throw new Error("WebKitWebDriver does not open a browser (package webkit2gtk-driver)", { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function call(method, url, body) {
  const answer = await fetch(url, { method, ...(body && { body: JSON.stringify(body) }) });
  const { value } = await answer.json();
  if (value?.error !== undefined) throw new Error(`${value.error}: ${value.message}`);
  return value;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
