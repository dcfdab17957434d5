import { describe } from "vitest";

import { FORMS } from "./forms";
import { failsWell } from "./ways";

describe("a form that does not arrive says why, and keeps what was entered", () => failsWell(FORMS));
