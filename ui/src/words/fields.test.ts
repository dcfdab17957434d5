import { readdirSync, readFileSync } from "node:fs";

import { screen } from "@testing-library/svelte";
import { afterEach, expect, it } from "vitest";

import { FakeBackend } from "../backend/fake/fake";
import { openWindow, request, SECRET } from "../test/window";
import { FIELDS } from "./fields.es";
import { speak } from "./words";

afterEach(() => void speak(undefined));

const inSpanish = () => Object.assign(new FakeBackend(), { chosen: { ...new FakeBackend().chosen, language: "es" as const } });

it("calls the fields of a key by words of the window's language, and a field that it does not know as the catalogue does", async () => {
  const backend = inSpanish();
  await backend.add(request("work", { fields: [{ name: "project", value: "p", secret: false }] }));
  const { user } = await openWindow([], backend);
  await user.click(await screen.findByRole("button", { name: "Copiar Clave de API" }));
  expect(await screen.findByText(/^Copiado: Clave de API/)).toBeVisible();
  expect(backend.clipboard).toBe(SECRET);
  expect(screen.getByText("Project ID")).toBeVisible();
  await user.keyboard("{Control>}n{/Control}");
  await user.type(await screen.findByLabelText("Proveedor"), "AWS");
  expect(await screen.findByLabelText("Región")).toBeVisible();
  expect(screen.getByText(/Empieza por AKIA/)).toBeVisible();
});

it("does so with the settings of a service", async () => {
  const { user } = await openWindow(["work"], inSpanish());
  await user.click(screen.getByRole("button", { name: /^Servicios/ }));
  await user.click(await screen.findByRole("button", { name: /^Twilio/ }));
  expect(await screen.findByLabelText("Remitente")).toBeVisible();
});

it("has no words for what is not in the catalogue", () => {
  const catalogue = "../crates/providers/catalogue";
  const files = ["providers", "services"].flatMap((folder) => readdirSync(`${catalogue}/${folder}`).map((file) => `${catalogue}/${folder}/${file}`));
  const labels = files.flatMap((file) => [...readFileSync(file, "utf8").matchAll(/^label *= *"(.+)"$/gm)].map(([, label]) => label ?? ""));
  expect(Object.keys(FIELDS).filter((label) => !labels.includes(label))).toEqual([]);
});
