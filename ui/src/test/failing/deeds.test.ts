import { describe } from "vitest";

import { DEEDS } from "./deeds";
import { failsWell } from "./ways";

describe("what cannot be done is said at once, and can be done again", () => failsWell(DEEDS));
