import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, it } from "vitest";

import type { Status } from "../backend/backend";
import { FakeBackend } from "../backend/fake/fake";
import { openWindow } from "../test/window";

const DAY = 86_400_000;

function synced() {
  const backend = new FakeBackend();
  backend.server = "https://keys.example.net";
  backend.lastSync = Date.now();
  backend.homes.server.state = "ok";
  return backend;
}

async function openDevices(backend: FakeBackend) {
  const opened = await openWindow(["work"], backend);
  await opened.user.click(screen.getByRole("button", { name: /^Devices/ }));
  await screen.findByRole("heading", { name: "Devices and sync" });
  return opened;
}

const list = () => within(screen.getByRole("region", { name: "Devices" }));
const homes = () => within(screen.getByRole("region", { name: "Three homes" }));

it("shows this device and the others, with what they are and when they were heard of", async () => {
  const backend = synced();
  backend.others = [
    { id: "b", here: false, name: "laptop", platform: "macos", seen: Date.now() - 2 * 3_600_000, verified: 3 },
    { id: "c", here: false, platform: "haiku", verified: 0 },
    { id: "d", here: false, seen: Date.now() - 400 * DAY, verified: 1 },
  ];
  await openDevices(backend);
  const rows = await waitFor(() => list().getAllByRole("listitem").map((item) => item.textContent.replace(/\s+/g, " ").trim()));
  expect(rows.slice(0, 3)).toEqual(["desk Linux · verified 1 key This device", "laptop macOS · last heard of 2 hr. ago · verified 3 keys", "A device without a name haiku · not heard of yet"]);
  expect(rows[3]).toMatch(/^A device without a name last heard of \w+ \d+, \d{4} · verified 1 key$/);
  expect(screen.getByRole("button", { name: /^Devices/ })).toHaveTextContent("4");
});

it("says so where there is one device only, and what a second one needs", async () => {
  await openDevices(synced());
  expect(await list().findByText("Only this one. Another joins with the kit and your password.")).toBeVisible();
  expect(screen.getByText(/^A new device joins with the kit file/)).toBeVisible();
  expect(screen.getByRole("button", { name: "Devices" })).toBeVisible();
});

it("says when the devices cannot be read, and shows the rest", async () => {
  const backend = synced();
  const read = backend.devices.bind(backend);
  backend.devices = async () => {
    backend.failNext("CACHE_BUSY");
    return read();
  };
  await openDevices(backend);
  expect(await list().findByText("Another program holds the cache for long.")).toBeVisible();
  expect(homes().getAllByRole("listitem")).toHaveLength(3);
});

const WHY: [home: keyof Status["homes"], state: Status["homes"]["server"]["state"], text: RegExp][] = [
  ["keychain", "behind", /^Copies for the keychain are under way/],
  ["keychain", "off", /^Keymoor was started without a keychain/],
  ["keychain", "unreachable", /^The keychain does not answer, is full or failed/],
  ["keychain", "locked", /^The keychain is locked/],
  ["keychain", "damaged", /^An entry in the keychain does not open/],
  ["cache", "unreachable", /^The disk does not let Keymoor read/],
  ["cache", "damaged", /^The cache has something that does not open/],
  ["server", "behind", /^Some changes have not been sent yet/],
  ["server", "sign_in", /^The server wants your password again\. Changes wait/],
  ["server", "unreachable", /^The server does not answer, or there is no network/],
  ["server", "damaged", /^What the server holds does not add up/],
];

it.each(WHY)("says why not, what is safe and what to do: %s %s", async (home, state, text) => {
  const backend = synced();
  backend.homes = { ...backend.homes, [home]: { state, waiting: 1 } };
  await openDevices(backend);
  expect(await homes().findByText(text)).toBeVisible();
});

it("says nothing of homes that are in order", async () => {
  await openDevices(synced());
  expect(homes().getAllByRole("listitem").map((item) => item.textContent.replace(/\s+/g, " ").trim())).toEqual(["Keychain of this computer in order", "Cache on this disk in order", "Sync server in order"]);
});

it("takes offline for a state, and a server that refuses for trouble", async () => {
  const backend = synced();
  await openDevices(backend);
  backend.serverIs("unreachable", "SERVER_UNREACHABLE");
  expect(await homes().findByText(/changes go out by themselves when it is back/)).toBeVisible();
  expect(screen.queryByText("The server does not answer.")).toBeNull();
  backend.serverIs("ok", "SERVER_OVER_QUOTA");
  expect(await screen.findByText("The account on the server is full.")).toBeVisible();
});

it("says what an alarm means and what to do", async () => {
  const backend = synced();
  backend.alarms = ["ALARM_ROLLED_BACK", "ACTIVITY_BROKEN"];
  backend.syncFailure = "ALARM_ROLLED_BACK";
  await openDevices(backend);
  const alarms = within(await screen.findByRole("region", { name: "Alarms" }));
  expect(alarms.getAllByRole("alert")).toHaveLength(2);
  expect(alarms.getByText("The server holds less than this device has seen.")).toBeVisible();
  expect(screen.getAllByText("The server holds less than this device has seen.")).toHaveLength(1);
});
