import { expect, it } from "vitest";

import type { HomeState, Status } from "../backend/backend";
import { homesSentence } from "./homes";

function status(keychain: HomeState, server: HomeState, more: Partial<Status> = {}): Status {
  const home = (state: HomeState) => ({ state, waiting: 0 });
  return { homes: { keychain: home(keychain), cache: home("ok"), server: home(server) }, records: 1, trashed: 0, waiting: 0, alarms: [], lastSync: 1, ...more };
}

it.each<[string, Status, string, string | undefined]>([
  ["all three", status("ok", "ok"), "In keychain, cache and sync.", undefined],
  ["no account", status("ok", "not_set_up", { lastSync: undefined }), "In keychain and cache.", "Sync is not set up."],
  ["something waits", status("ok", "behind", { waiting: 2 }), "In keychain and cache.", "2 changes wait for sync"],
  ["the keychain catches up", status("behind", "ok"), "Copying to the keychain…", undefined],
  ["no keychain", status("off", "ok"), "Kept without a keychain.", undefined],
  ["the server is away", status("ok", "unreachable", { waiting: 1 }), "The server does not answer. Everything is safe here.", "1 change goes out when it is back"],
  ["the server is away and nothing waits", status("ok", "unreachable"), "The server does not answer. Everything is safe here.", undefined],
  ["the session ended", status("ok", "sign_in"), "Sync needs your password again.", undefined],
  ["the server ended the session", status("ok", "behind", { waiting: 1, syncFailure: "SIGN_IN" }), "Sync needs your password again.", undefined],
  ["an alarm", status("ok", "ok", { alarms: ["ALARM_ROLLED_BACK"] }), "Sync stopped. See why.", undefined],
  ["a broken activity, with which no sync stopped", status("ok", "ok", { alarms: ["ACTIVITY_BROKEN"] }), "What this device remembers has holes. See why.", undefined],
  ["an alarm before that", status("ok", "ok", { alarms: ["ACTIVITY_BROKEN", "ALARM_ROLLED_BACK"] }), "Sync stopped. See why.", undefined],
  ["the last sync failed, whoever began it", status("ok", "ok", { syncFailure: "SERVER_TLS" }), "Sync does not get through. See why.", undefined],
  ["the server was filled again", status("ok", "ok", { alarms: ["ALARM_PUT_BACK"] }), "In keychain, cache and sync.", undefined],
  ["the keychain is broken, above all else", status("damaged", "unreachable"), "The keychain does not answer.", undefined],
])("says in one sentence: %s", (_, given, text, second) => {
  const sentence = homesSentence(given, false);
  expect([sentence.text, sentence.second]).toEqual([text, second]);
});

it.each([
  [{ step: "receiving" as const, done: 1200, total: 10_000 }, "Receiving 1,200 of 10,000"],
  [{ step: "sending" as const, done: 3, total: 7 }, "Sending 3 of 7"],
  [{ step: "copying" as const, done: 20, total: 10_000 }, "Copying to the keychain: 20 of 10,000"],
  [{ step: "receiving" as const, done: 5, total: 0 }, "Syncing…"],
])("says how far a long sync is: %j", (progress, text) => {
  expect(homesSentence(status("behind", "behind", { waiting: 5 }), false, progress).second).toBe(text);
});

it("calls being offline no reason to worry", () => {
  expect(homesSentence(status("ok", "unreachable", { waiting: 1 }), false).care).toBe(false);
  expect(homesSentence(status("ok", "sign_in"), false).care).toBe(true);
});
