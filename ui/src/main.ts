import "./app.css";
import "./fonts.css";

import { mount } from "svelte";

import App from "./App.svelte";
import { chooseBackend } from "./backend/choose";
import Picker from "./picker/Picker.svelte";
import { Preferences } from "./state/preferences.svelte";

const target = document.getElementById("app");
if (target) {
  const backend = await chooseBackend();
  // Before anything is drawn, so that no language and no theme flashes by.
  const preferences = new Preferences(backend);
  await preferences.load();
  if (location.hash === "#picker") mount(Picker, { target, props: { backend } });
  else mount(App, { target, props: { backend, preferences } });
}
