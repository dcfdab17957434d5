import "./app.css";
import "./fonts.css";

import { mount } from "svelte";

import App from "./App.svelte";
import { chooseBackend } from "./backend/choose";
import { language } from "./words/words";

const target = document.getElementById("app");
if (target) {
  document.documentElement.lang = language;
  mount(App, { target, props: { backend: await chooseBackend() } });
}
